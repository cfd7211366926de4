"""The shape of a serializer: whatever of it can change what it reads, as a hashable value."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from rest_framework.fields import Field
from rest_framework.relations import ManyRelatedField
from rest_framework.serializers import BaseSerializer, ListSerializer

from ..conf import get_settings
from .code import find, is_stock

#: Overriding any of these lets the fields of a serializer differ from one instance to the next.
_CHANGING = (
    "__init__",
    "__new__",
    "__getattribute__",
    "__deepcopy__",
    "bind",
    "fields",
    "_readable_fields",
    "get_fields",
    "get_field_names",
    "get_default_field_names",
    "get_extra_kwargs",
    "get_uniqueness_extra_kwargs",
    "include_extra_kwargs",
    "build_field",
    "build_standard_field",
    "build_relational_field",
    "build_nested_field",
    "build_property_field",
    "build_url_field",
    "build_unknown_field",
    "many_init",
)

#: What a field of the same class and source may be told that changes what it reads.
_TELLING = ("source", "slug_field", "lookup_field", "method_name", "pk_field", "model_field", "write_only")


def live_shape(serializer: Any) -> Hashable:
    """Return the shape of a live serializer: the classes and settings of its tree of fields.

    A serializer that stands inside itself without end is cut where the walk of its tree is cut.
    """
    return _shape(serializer, ())


def _shape(field: Any, above: tuple[type, ...]) -> Hashable:
    cls = type(field)
    told = tuple(str(getattr(field, name, "")) for name in _TELLING)
    if above.count(cls) > get_settings().MAX_DEPTH:
        return (cls, told)
    inner = (*above, cls) if isinstance(field, BaseSerializer) else above
    if isinstance(field, ListSerializer):
        below: tuple[Hashable, ...] = (_shape(field.child, inner),)
    elif isinstance(field, ManyRelatedField):
        below = (_shape(field.child_relation, inner),)
    elif isinstance(field, BaseSerializer):
        readable = getattr(field, "_readable_fields", ())
        below = tuple((name.field_name, _shape(name, inner)) for name in readable)
    else:
        below = (_shape(field.child, inner),) if isinstance(getattr(field, "child", None), Field) else ()
    return (cls, told, below)


@lru_cache(maxsize=4096)
def is_static(cls: Any) -> bool:
    """Return whether every instance of the serializer class ``cls`` has the same fields, whatever it is told.

    True only where no code of the project's takes part in making the fields: then the class itself is the shape.
    """
    if any(not is_stock(function) for name in _CHANGING if (function := find(cls, name)) is not None):
        return False
    return all(_is_static_field(field) for field in getattr(cls, "_declared_fields", {}).values())


def _is_static_field(field: Any) -> bool:
    if isinstance(field, (ListSerializer, ManyRelatedField)) or isinstance(getattr(field, "child", None), Field):
        child = field.child_relation if isinstance(field, ManyRelatedField) else field.child
        return is_stock(find(type(field), "bind")) and _is_static_field(child)
    if isinstance(field, BaseSerializer):
        cls: Any = type(field)
        return is_static(cls)
    return is_stock(find(type(field), "bind"))
