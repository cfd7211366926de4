"""What each type of DRF field reads: one function per type, dispatched on the field's class.

Support for a field type of your own is one registration, in ``AppConfig.ready``::

    @requirement.register(PriceField)
    def _(field: Any, model: type[Model]) -> Requirement:
        return hint_requirement(Hint(("price", "currency")), model, field.context, field_origin(field))
"""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import Any

from django.db.models import Model
from rest_framework import relations as drf_relations
from rest_framework.fields import CharField, Field, ListField, ModelField, SerializerMethodField
from rest_framework.serializers import BaseSerializer

from .bodies import (
    Leaf,
    declared_hint,
    read_field_code,
    read_representation,
    read_str,
    representation,
)
from .code import own_code
from .hints import as_hint, hint_requirement
from .origins import field_origin
from .relations import get_relation
from .requirements import Requirement, nothing, perhaps
from .sources import Rows, follow


def read_field(field: Any, model: type[Model]) -> Requirement:
    """Return what serializing ``field`` reads from an instance of ``model``, its declared hint included.

    A hint replaces what code of the project's own might read, and adds to what is known of everything else.
    """
    hint = declared_hint(field)
    if hint is None:
        return requirement(field, model)
    by_code = not isinstance(field, (BaseSerializer, drf_relations.RelatedField, drf_relations.ManyRelatedField))
    origin = field_origin(field, "hint")
    declared = hint_requirement(as_hint(hint), model, field.context, origin, by_code=by_code)
    return declared | requirement(field, model)


@singledispatch
def requirement(field: Any, model: type[Model]) -> Requirement:
    """Return what serializing ``field``, a bound field of a live serializer, reads from an instance of ``model``."""
    return read_representation(field, model)


@requirement.register(Field)
def _(field: Any, model: type[Model]) -> Requirement:
    return _attribute(field, model, lambda target: representation(field, target))


@requirement.register(SerializerMethodField)
def _(field: Any, model: type[Model]) -> Requirement:
    return _attribute(field, model, lambda target: _own_or(field, target, _method))


@requirement.register(ModelField)
def _(field: Any, model: type[Model]) -> Requirement:
    if own_code(field, "get_attribute"):
        return _read_get_attribute(field, model, lambda target: representation(field, target))
    if own_code(field, "to_representation"):
        return read_representation(field, model)
    return follow(field, model, [field.model_field.attname], nothing)


@requirement.register(ListField)
def _(field: Any, model: type[Model]) -> Requirement:
    return _rows(field, model, field.child)


@requirement.register(drf_relations.ManyRelatedField)
def _(field: Any, model: type[Model]) -> Requirement:
    return _rows(field, model, field.child_relation)


def _rows(field: Any, model: type[Model], child: Any) -> Requirement:
    """A field that shows many rows, by its child or by code of its own, which is handed them and may not look."""
    own = own_code(field, "to_representation")
    if own is None:
        return _attribute(field, model, Rows(lambda target: representation(child, target)))

    def shown(_: Any, target: type[Model]) -> Requirement:
        return representation(child, target)

    handed = Rows(lambda target: read_field_code(field, own, target, receiver=field, declared=shown, many=True))
    return perhaps(_attribute(field, model, handed))


@requirement.register(drf_relations.RelatedField)
def _(field: Any, model: type[Model]) -> Requirement:
    if own_code(field, "get_attribute"):
        return _attribute(field, model, lambda target: representation(field, target))
    if field.use_pk_only_optimization() and field.source_attrs:
        *way, last = field.source_attrs
        return follow(field, model, way, lambda target: _key(field, target, last))
    return follow(field, model, field.source_attrs, lambda target: representation(field, target))


@representation.register(CharField)
def _(field: Any, model: type[Model]) -> Requirement:
    return _own_or(field, model, read_str)


@representation.register(drf_relations.RelatedField)
def _(field: Any, model: type[Model]) -> Requirement:
    return _own_or(field, model, _related)


def _own_or(field: Any, model: type[Model], stock: Callable[[Any, type[Model]], Requirement]) -> Requirement:
    """What ``to_representation`` reads: code of the project's own, which may call that of DRF, or ``stock`` alone."""
    own = own_code(field, "to_representation")
    return read_field_code(field, own, model, receiver=field, declared=stock) if own else stock(field, model)


def _method(field: Any, model: type[Model]) -> Requirement:
    return read_field_code(field, getattr(field.parent, field.method_name), model, receiver=field.parent)


def _related(field: Any, model: type[Model]) -> Requirement:
    """What a related field reads from the related object itself."""
    match field:
        case drf_relations.PrimaryKeyRelatedField():
            return follow(field, model, ["pk"], nothing)
        case drf_relations.HyperlinkedRelatedField():
            return _linked(field, model)
        case drf_relations.SlugRelatedField():
            return follow(field, model, field.slug_field.replace("__", ".").split("."), nothing)
    return read_str(field, model)


def _attribute(field: Any, model: type[Model], leaf: Leaf) -> Requirement:
    if own_code(field, "get_attribute"):
        return _read_get_attribute(field, model, leaf)
    return follow(field, model, field.source_attrs, leaf)


def _key(field: Any, model: type[Model], name: str) -> Requirement:
    """The key of a related object stands in the foreign key column: no join, no row."""
    relation = get_relation(model, name)
    if relation is not None and relation.key:
        return follow(field, model, [relation.key], nothing)
    return follow(field, model, [name], lambda target: representation(field, target))


def _linked(field: Any, model: type[Model]) -> Requirement:
    """Links are made of the lookup column; DRF also looks at the primary key, to skip unsaved objects."""
    if own := own_code(field, "get_url"):
        return read_field_code(field, own, model, receiver=field)
    return follow(field, model, [field.lookup_field], nothing)


def _read_get_attribute(field: Any, model: type[Model], leaf: Leaf) -> Requirement:
    """A field with a ``get_attribute`` of its own is handed the whole instance."""
    own = own_code(field, "get_attribute")
    return read_field_code(field, own, model, receiver=field, returned=leaf)
