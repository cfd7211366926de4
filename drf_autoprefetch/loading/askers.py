"""Who asks an instance for related rows, and which of its relations can be loaded for others at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import FrameType, FunctionType
from typing import Any

from django.db.models import Model
from django.db.models.manager import BaseManager

from ..reading.columns import content_type_column, parent_links
from ..reading.relations import Relation, relations

_TO_ONE = frozenset({"forward", "reverse_one", "child_link", "generic_foreign_key"})
_TO_MANY = frozenset({"reverse_many", "many_to_many", "generic_relation"})
_COUNTING = frozenset({"count", "exists"})


@cache
def single(model: type[Model]) -> dict[str, Relation]:
    """Return the relations to one row, by the name under which Django keeps it."""
    return {name: relation for name, relation in relations(model).items() if relation.kind in _TO_ONE}


@cache
def lists(model: type[Model]) -> dict[str, Relation]:
    """Return the relations to lists of rows, by the name under which Django keeps them."""
    return {_kept_as(relation): relation for relation in relations(model).values() if relation.kind in _TO_MANY}


def _kept_as(relation: Relation) -> str:
    return relation.query_name if relation.kind == "many_to_many" else relation.name


def reads(frame: FrameType, row: Model) -> bool:
    """Return whether Django's look into the cache, at ``frame``, is for an attribute of ``row`` that somebody reads.

    When something is assigned, or saved, Django looks there as well, and loads nothing.
    """
    caller = frame.f_back
    return caller is not None and caller.f_code.co_name == "__get__" and caller.f_locals.get("instance") is row


def own_manager(frame: FrameType, row: Model, relation: Relation) -> Any:
    """Return the related manager that looks into the cache, at ``frame``, if it is the plain one of ``row``.

    A copy of an instance shares its cache; and a manager for another database, or made for other rows
    (``book.reviews(manager="all_of_them")``), looks into the same one. None of these have the same rows.
    """
    manager: Any = frame.f_locals.get("self")
    if not isinstance(manager, BaseManager) or getattr(manager, "instance", None) is not row or manager._db:
        return None
    plain: Any = getattr(getattr(type(row), relation.name, None), "related_manager_cls", None)
    stands_for_itself: bool = type(manager) is plain
    return manager if stands_for_itself and not _differs_by_row(plain) else None


def keeps_its_order(queryset: Any) -> bool:
    """Return whether the rows come in the same order with those of others.

    Where nobody has put them in order they come as they lie, but groups (of a manager that aggregates) lie nowhere.
    """
    return bool(queryset.ordered or queryset.query.group_by is None)


def only_counts(frame: FrameType) -> bool:
    """Return whether a many-to-many manager looks into the cache to see how best to count."""
    caller = frame.f_back
    return frame.f_code.co_name != "get_queryset" and caller is not None and caller.f_code.co_name in _COUNTING


@cache
def _differs_by_row(manager: Any) -> bool:
    """Return whether a manager of the project's own looks at the row that it is of: each may have another queryset."""
    codes = (function.__code__ for function in _own_functions(manager))
    return any("instance" in (*code.co_names, *code.co_consts) for code in codes)


def _own_functions(manager: Any) -> Iterator[FunctionType]:
    for cls in manager.__mro__:
        if not cls.__module__.startswith("django."):
            yield from (value for value in vars(cls).values() if isinstance(value, FunctionType))


def knows_its_parent(row: Model) -> bool:
    """Return whether the row of a multi-table parent is loaded: Django looks there, too, before it runs a query."""
    return any(dict.__contains__(row._state.fields_cache, name) for name in parent_links(type(row)))


def slot_of(row: Model, relation: Relation) -> object:
    """Return what is equal for rows whose relation one query can load: behind a generic one, each model has its own."""
    if relation.kind != "generic_foreign_key":
        return relation.name
    return relation.name, row.__dict__.get(content_type_column(type(row), relation.name))


def key_of(row: Model, relation: Relation) -> tuple[Any, ...] | None:
    """Return the values by which ``row`` has its related rows; None where some are not loaded, or null."""
    values = tuple(row.__dict__.get(name) for name in sorted(relation.near))
    return None if None in values else values
