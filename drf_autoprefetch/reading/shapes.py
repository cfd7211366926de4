"""The shape of a serializer: whatever of it can change what it reads, as a hashable value."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from rest_framework.fields import Field
from rest_framework.relations import ManyRelatedField
from rest_framework.serializers import BaseSerializer, ListSerializer

from ..conf import get_settings
from .code import find, is_stock, own_code
from .fixed_fields import makes_fixed_fields
from .settling import readable_fields
from .told import told

#: Overriding any of these lets the fields of a serializer differ from one instance to the next; so does overriding
#: ``get_fields``, unless that looks at nothing.
_CHANGING = (
    "__init__",
    "__new__",
    "__getattribute__",
    "__deepcopy__",
    "bind",
    "fields",
    "_readable_fields",
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
    kept: Hashable = frozenset(told(field).items()) if own_code(field, "__init__") else ()
    means = (*(str(getattr(field, name, "")) for name in _TELLING), kept)
    if above.count(cls) > get_settings().MAX_DEPTH:
        return (cls, means)
    inner = (*above, cls) if isinstance(field, BaseSerializer) else above
    if isinstance(field, ListSerializer):
        below: tuple[Hashable, ...] = (_shape(field.child, inner),)
    elif isinstance(field, ManyRelatedField):
        below = (_shape(field.child_relation, inner),)
    elif isinstance(field, BaseSerializer):
        below = tuple((name.field_name, _shape(name, inner)) for name in readable_fields(field))
    else:
        below = (_shape(field.child, inner),) if isinstance(getattr(field, "child", None), Field) else ()
    return (cls, means, below)


@lru_cache(maxsize=4096)
def is_static(cls: Any) -> bool:
    """Return whether every instance of the serializer class ``cls`` has the same fields, whatever it is told.

    True only where no code of the project's, but a ``get_fields()`` that looks at nothing, takes part in making them:
    then the class itself is the shape.
    """
    return _is_static(cls, frozenset())


def _is_static(cls: Any, above: frozenset[Any]) -> bool:
    if any(not is_stock(function) for name in _CHANGING if (function := find(cls, name)) is not None):
        return False
    inside = above | {cls}
    own = [base.__dict__["get_fields"] for base in cls.__mro__ if "get_fields" in base.__dict__]
    made = all(
        is_stock(one) or makes_fixed_fields(one, cls, lambda made: _is_static_class(made, inside)) for one in own
    )
    return made and all(_is_static_field(field, inside) for field in getattr(cls, "_declared_fields", {}).values())


def _is_static_class(cls: Any, above: frozenset[Any]) -> bool:
    if issubclass(cls, BaseSerializer):
        return cls in above or _is_static(cls, above)
    return is_stock(find(cls, "bind"))


def _is_static_field(field: Any, above: frozenset[Any]) -> bool:
    if isinstance(field, (ListSerializer, ManyRelatedField)) or isinstance(getattr(field, "child", None), Field):
        child = field.child_relation if isinstance(field, ManyRelatedField) else field.child
        return is_stock(find(type(field), "bind")) and _is_static_field(child, above)
    return _is_static_class(type(field), above)
