"""Querysets that carry a plan, and apply it at the moment their rows are fetched.

A view hands its queryset to filter backends, paginators and code of its own before anything is loaded. Joins,
columns and prefetches put on at once would collide with what those do: a second ``Prefetch`` for one relation,
``only()`` after ``only()``, ``values()``, ``iterator()``, ``union()``, ``select_for_update()``, ``delete()``. So the
queryset carries the plan unseen, as an attribute of its query, and its iterable class (which every clone keeps, and
``values()`` and the like replace) applies it when model instances are built. Counts, subqueries, updates and deletions
never meet it.
"""

from __future__ import annotations

import copyreg
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any, Protocol

from django.db.models import QuerySet, prefetch_related_objects

from .healing import current_heals
from .late import have_wait
from .peers import have_heal
from .watching import tell

ATTRIBUTE = "_autoprefetch"


class Source(Protocol):
    """What a queryset carries: something that can load it by plan when the time has come."""

    def load(self, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        """Return a copy of ``queryset``, carrying nothing, with the plan applied; None to leave it as it is."""


class _Carried:
    """Wraps a source on its way through clones; a pickled or copied queryset leaves it behind."""

    __slots__ = ("source",)

    def __init__(self, source: Source | None) -> None:
        self.source = source

    def __reduce__(self) -> tuple[Any, ...]:
        return _Carried, (None,)


class _PlannedType(type):
    """The type of iterable classes made here: pickled as what they were made from."""

    base: type


def carry(queryset: Any, source: Source, *, fresh: bool = False) -> Any:
    """Return a copy of ``queryset`` that ``source`` will load by plan when its rows are fetched.

    A ``fresh`` queryset, which nobody else holds, is not copied again.
    """
    carrying = queryset if fresh else queryset._chain()
    setattr(carrying.query, ATTRIBUTE, _Carried(source))
    if not isinstance(carrying._iterable_class, _PlannedType):
        carrying._iterable_class = _planned(carrying._iterable_class)
    return carrying


def carries(queryset: Any, source: Source) -> bool:
    """Return whether ``queryset`` carries ``source`` already."""
    carried = getattr(getattr(queryset, "query", None), ATTRIBUTE, None)
    return carried is not None and carried.source is source and isinstance(queryset._iterable_class, _PlannedType)


def without_plan(queryset: Any) -> Any:
    """Return a copy of ``queryset`` that carries nothing."""
    bare = queryset._chain()
    bare._iterable_class = _plain(bare._iterable_class)
    bare.query.__dict__.pop(ATTRIBUTE, None)
    return bare


class _Planned:
    """Mixed into an iterable class: builds the rows of the planned queryset instead of its own."""

    queryset: Any
    chunked_fetch: bool
    chunk_size: int

    def __iter__(self) -> Iterator[Any]:
        planned = self._planned()
        if planned is None:
            yield from self._healing(super().__iter__())  # type: ignore[misc]
        else:
            yield from self._rows(planned)

    def _healing(self, built: Iterator[Any]) -> Iterator[Any]:
        """Give rows that come without a plan to their peers, where they are healed."""
        if current_heals() is None or self.queryset._for_write:
            return built
        return self._given_to_peers(built)

    def _given_to_peers(self, built: Iterator[Any]) -> Iterator[Any]:
        while rows := list(islice(built, self._at_once)):
            have_heal(rows)
            yield from rows

    @property
    def _at_once(self) -> int | None:
        return self.chunk_size if self.chunked_fetch else None

    def _rows(self, planned: Any) -> Iterator[Any]:
        """What ``_fetch_all()`` and ``iterator()`` do, which a queryset class may have overridden to do more."""
        built = iter(planned._iterable_class(planned, chunked_fetch=self.chunked_fetch, chunk_size=self.chunk_size))
        while rows := list(islice(built, self._at_once)):
            prefetch_related_objects(rows, *planned._prefetch_related_lookups)
            have_wait(planned, rows)
            have_heal(rows)
            tell(rows)
            yield from rows
        self.queryset._prefetch_done = True

    def _planned(self) -> Any:
        carried = getattr(self.queryset.query, ATTRIBUTE, None)
        query = self.queryset.query
        writing = self.queryset._for_write and not query.select_for_update
        if carried is None or carried.source is None or writing or query.combinator:
            return None
        return carried.source.load(self.queryset)


#: What loads the rows of a plan, and what it prefetches for them: explain knows their queries by it.
rows_of_plan = _Planned._rows


@cache
def _planned(base: type) -> type:
    return _PlannedType(f"Planned{base.__name__}", (_Planned, base), {"base": base})


def _plain(iterable_class: Any) -> Any:
    return iterable_class.base if isinstance(iterable_class, _PlannedType) else iterable_class


def _reduce(cls: Any) -> tuple[Any, ...]:
    return _planned, (cls.base,)


copyreg.pickle(_PlannedType, _reduce)
