"""Querysets of related rows that are loaded together with those of other instances, if somebody looks at the rows.

Until then it is the queryset that Django's related manager makes, and what is made of it (``filter()``, ``values()``)
is no different from what it would be.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

from django.db.models import QuerySet

#: Loads the rows, and returns Django's queryset that has them, or None.
Load = Callable[[], Any]


def promised(queryset: Any, load: Load) -> Any:
    """Return ``queryset``, a fresh one, which calls ``load`` for its rows when they are looked at."""
    return _made(_Promised, queryset, load)


class Wish(Protocol):
    """What a queryset may ask for its rows, instead of the database; None says that there is nothing to have."""

    def whole(self) -> Any:
        """Return a queryset that has all rows."""

    def part(self) -> Any:
        """Return the same for somebody who counts, or looks at some of the rows."""

    def fetched(self, rows: Any) -> None:
        """Take in the rows that the database gave."""


def healable(queryset: Any, wish: Wish) -> Any:
    """Return ``queryset``, a fresh one, which tells ``wish`` when its rows are looked at, and may get them from it."""
    return _made(_Healable, queryset, wish)


def _made(kind: Any, queryset: Any, load: Any) -> Any:
    # What a plan has promised comes before what could be healed.
    cls: Any = getattr(queryset, "_autoprefetch_class", type(queryset))
    queryset.__class__ = _mixed(kind, cls)
    queryset.__dict__[_LOAD] = load
    return queryset


def is_promised(queryset: Any) -> bool:
    """Return whether the rows of ``queryset`` are loaded together with those of others."""
    return isinstance(queryset, _Promised)


_LOAD = "_autoprefetch_load"
_ROWS = "_result_cache"


class _Promised:
    """Mixed into a queryset class: asks for the rows where Django looks for them."""

    _autoprefetch_class: type[QuerySet[Any]]

    @property
    def _result_cache(self) -> Any:
        load = self.__dict__.pop(_LOAD, None)
        if load is not None and (found := load()) is not None:
            self.__dict__.update({_ROWS: found._result_cache, "_prefetch_done": True})
        return self.__dict__.get(_ROWS)

    @_result_cache.setter
    def _result_cache(self, rows: Any) -> None:
        self.__dict__[_ROWS] = rows

    def _clone(self) -> Any:
        clone = super()._clone()  # type: ignore[misc]
        clone.__class__ = self._autoprefetch_class
        return clone

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copy.deepcopy(self._clone(), memo)

    def __reduce_ex__(self, protocol: Any) -> Any:
        filled = self._clone()
        filled._result_cache = self._result_cache
        return _itself, (filled,)


def _itself(queryset: QuerySet[Any]) -> QuerySet[Any]:
    return queryset


class _Healable(_Promised):
    """The same, for rows of which it is known only now whether they will be loaded."""

    @property
    def _result_cache(self) -> Any:
        wish = self.__dict__.get(_LOAD)
        if wish is not None and self.__dict__.get(_ROWS) is None:
            self._fill(wish.part())
        return self.__dict__.get(_ROWS)

    @_result_cache.setter
    def _result_cache(self, rows: Any) -> None:
        self.__dict__[_ROWS] = rows

    def _fill(self, found: Any) -> bool:
        if found is not None:
            self.__dict__.update({_ROWS: found._result_cache, "_prefetch_done": True})
        return found is not None

    def _fetch_all(self) -> None:
        wish = self.__dict__.pop(_LOAD, None)
        filled = wish is None or self.__dict__.get(_ROWS) is not None or self._fill(wish.whole())
        super()._fetch_all()  # type: ignore[misc]
        if not filled:
            wish.fetched(self.__dict__[_ROWS])


@cache
def _mixed(kind: type, cls: Any) -> Any:
    return type(cls.__name__, (kind, cls), {"_autoprefetch_class": cls})
