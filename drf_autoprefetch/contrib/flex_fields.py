"""drf-flex-fields: ``?expand=``, ``?fields=`` and ``?omit=`` change the fields when the first row is shown."""

from __future__ import annotations

from typing import Any

from ..reading.settling import settles


@settles("rest_flex_fields")
def _settle(serializer: Any) -> None:
    if not serializer._flex_fields_rep_applied:
        serializer.apply_flex_fields(serializer.fields, serializer._flex_options_rep_only)
        serializer._flex_fields_rep_applied = True
