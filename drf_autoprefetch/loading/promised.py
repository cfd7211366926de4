"""Querysets of related rows that are loaded together with those of other instances, if somebody looks at the rows.

Until then it is the queryset that Django's related manager makes, and what is made of it (``filter()``, ``values()``)
is no different from what it would be.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

from django.db.models import QuerySet

#: Loads the rows, and returns Django's queryset that has them, or None.
Load = Callable[[], Any]


def promised(queryset: Any, load: Load) -> Any:
    """Return ``queryset``, a fresh one, which calls ``load`` for its rows when they are looked at."""
    cls: Any = type(queryset)
    queryset.__class__ = _promised(cls)
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


@cache
def _promised(cls: Any) -> Any:
    return type(cls.__name__, (_Promised, cls), {"_autoprefetch_class": cls})
