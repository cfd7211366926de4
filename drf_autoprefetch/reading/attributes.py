"""What reading an attribute of a model instance means: a column, a relation, code, or nothing at all."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import partialmethod
from typing import Any

from django.db.models import Model

from .columns import columns_by_name, is_plain, load_with, primary_key
from .relations import Relation, relations


@dataclass(frozen=True, slots=True)
class Column:
    """An attribute that is stored: the attribute names that must be loaded to read it."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Code:
    """An attribute that runs Python when it is read: a method, a property, a descriptor of someone's own."""

    name: str
    function: Any


@dataclass(frozen=True, slots=True)
class Inert:
    """An attribute that reads nothing from the row: a constant, an annotation, something set from outside."""


Attribute = Column | Relation | Code | Inert


def get_attribute(model: type[Model], name: str) -> Attribute:
    """Return what reading ``name`` from an instance of ``model`` means."""
    if name == "pk":
        return Column(primary_key(model))
    if relation := relations(model).get(name):
        return relation
    static = inspect.getattr_static(model, name, None)
    if field := columns_by_name(model).get(name):
        return Column(load_with(model, field)) if is_plain(model, field) else Code(name, static)
    if display := _displayed_field(model, name, static):
        return Column(frozenset([display]))
    if static is None or isinstance(static, (staticmethod, classmethod, type)):
        return _absent(model, name)
    if isinstance(static, partialmethod):
        return Code(name, static.func)
    return Code(name, static) if _runs_code(static) else Inert()


def get_column(model: type[Model], name: str) -> Column | None:
    """Return the column behind ``name``, also where Python reads it through a descriptor of someone's own."""
    if name == "pk":
        return Column(primary_key(model))
    field = columns_by_name(model).get(name)
    return None if field is None else Column(load_with(model, field))


def attribute_names(model: type[Model]) -> list[str]:
    """Return every column and relation name a hint may use, sorted."""
    return sorted({"pk", *columns_by_name(model), *relations(model)})


def _displayed_field(model: type[Model], name: str, static: Any) -> str:
    """The column behind ``get_FOO_display``, unless the model has a method of its own by that name."""
    if not (name.startswith("get_") and name.endswith("_display") and isinstance(static, partialmethod)):
        return ""
    field = columns_by_name(model).get(name[4:-8])
    return field.attname if field is not None and static.func is Model._get_FIELD_display else ""  # type: ignore[attr-defined]


def _absent(model: type[Model], name: str) -> Attribute:
    """An annotation or a value set from outside, unless the model answers for names that it does not have."""
    static = inspect.getattr_static(model, "__getattr__", None)
    return Inert() if static is None else Code(name, static)


def _runs_code(static: Any) -> bool:
    return inspect.isfunction(static) or hasattr(type(static), "__get__")
