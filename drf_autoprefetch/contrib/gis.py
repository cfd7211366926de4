"""djangorestframework-gis: a feature is its declared fields in another order."""

from __future__ import annotations

from typing import Any

from ..reading.settling import settles


@settles("rest_framework_gis")
def _settle(serializer: Any) -> None:
    """Its fields are settled when it is made."""
