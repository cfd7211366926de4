"""django-restql: ``?query={…}`` selects the fields when the first row is shown."""

from __future__ import annotations

from typing import Any

from ..reading.settling import settles


@settles("django_restql")
def _settle(serializer: Any) -> None:
    serializer.is_ready_to_use_dynamic_fields = True
