"""Which columns an index holds: a database that finds all it needs in one reads it, in its order, and not the table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.db.models import Field, Model

from .columns import all_columns, as_attributes, columns_by_name, primary_key

#: Types of columns by what they weigh, the lightest first; others are heavier.
_WEIGHTS = (
    *("BooleanField", "SmallIntegerField", "PositiveSmallIntegerField", "IntegerField", "PositiveIntegerField"),
    *("DateField", "TimeField", "DateTimeField", "BigIntegerField", "FloatField", "DurationField", "DecimalField"),
    *("UUIDField", "GenericIPAddressField", "SlugField", "CharField", "URLField"),
)


@cache
def uncovered(model: type[Model], names: frozenset[str], sought: frozenset[str] | None = None) -> frozenset[str]:
    """Return ``names``, and where an index has all of them a column that it has not; all columns where each is in one.

    Rows that nobody has put in order come as they lie where the table is read. They shall come so with fewer columns.
    """
    if not covered(model, names, sought):
        return names
    others = sorted(all_columns(model) - names, key=lambda name: (_weight(columns_by_name(model)[name]), name))
    for name in others:
        if not covered(model, names | {name}, sought):
            return names | {name}
    return all_columns(model)


def covered(model: type[Model], names: frozenset[str], sought: frozenset[str] | None = None) -> bool:
    """Return whether an index has all of ``names``, and an order of its own.

    It has none where it holds but the key and columns that are all equal, those by which rows are ``sought``.
    """
    key = primary_key(model)
    return not model._meta.parents and any(
        names <= index and (sought is None or not index <= key | sought) for index in indexes(model)
    )


@cache
def indexes(model: type[Model]) -> frozenset[frozenset[str]]:
    """Return the columns of every index of ``model``, each with the primary key, to which indexes lead."""
    return frozenset(as_attributes(model, names) | primary_key(model) for names in _indexed(model))


def _indexed(model: type[Model]) -> Iterator[tuple[str, ...]]:
    meta: Any = model._meta
    yield from ((field.name,) for field in meta.local_concrete_fields if field.unique or field.db_index)
    yield from meta.unique_together
    for index in (*meta.indexes, *meta.constraints):
        names = (name.lstrip("-") for name in getattr(index, "fields", ()))
        yield (*names, *getattr(index, "include", ()))


def _weight(field: Field[Any, Any]) -> int:
    kind = field.get_internal_type()
    return _WEIGHTS.index(kind) if kind in _WEIGHTS else len(_WEIGHTS)
