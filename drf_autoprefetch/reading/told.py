"""What a field was told when it was made, and keeps: names of attributes, as a rule, that its methods read."""

from __future__ import annotations

from typing import Any

from rest_framework.fields import Field
from rest_framework.serializers import BaseSerializer

#: Of no concern to what is read, or not the same each time.
_BESIDE = frozenset({"label", "help_text", "initial", "field_name"})


def told(field: Any) -> dict[str, str | int]:
    """Return the texts and numbers that stand on ``field``, by attribute; nothing where it is no simple field."""
    if not isinstance(field, Field) or isinstance(field, BaseSerializer):
        return {}
    return {
        name: value
        for name, value in vars(field).items()
        if isinstance(value, (str, int)) and not name.startswith("_") and name not in _BESIDE
    }
