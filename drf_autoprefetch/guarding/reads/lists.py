"""Related managers and querysets that tell when their rows are looked at, disguised as the rows are.

A queryset that is narrowed, ordered or cut is another one, which tells nothing: no prefetch could have served it.
"""

from __future__ import annotations

import copy
import copyreg
import sys
from collections.abc import Callable
from functools import lru_cache
from types import FrameType
from typing import Any

from django.db.models import QuerySet
from django.db.models.manager import BaseManager

from .rows import disguised, own_class

_ROWS, _LOOK = "_result_cache", "_autoprefetch_look"

#: Told that a manager hands out a queryset, or None where it only counts, in which frame.
HandOut = Callable[[Any, FrameType], None]
#: Told that somebody looks at the rows of a queryset, None where there are none yet, in which frame.
Look = Callable[[Any, Any, FrameType], None]


def watch_list(manager: Any, hand_out: HandOut) -> None:
    """Have ``hand_out`` told of the querysets that a related manager hands out."""
    if isinstance(manager, BaseManager):
        manager.__dict__[_LOOK] = hand_out
        manager.__class__ = _watched_manager(own_class(manager))


def watch_rows(queryset: Any, look: Look) -> None:
    """Have ``look`` told when the rows of ``queryset`` are looked at."""
    if isinstance(queryset, QuerySet):
        queryset.__dict__[_LOOK] = look
        queryset.__class__ = _watched_queryset(own_class(queryset))


def unwatch(queryset: Any) -> None:
    """Leave ``queryset`` as it was."""
    queryset.__dict__.pop(_LOOK, None)
    queryset.__class__ = own_class(queryset)


class _WatchedManager:
    def get_queryset(self) -> Any:
        queryset = super().get_queryset()  # type: ignore[misc]
        self.__dict__[_LOOK](queryset, sys._getframe(1))
        return queryset

    def count(self) -> Any:
        """A many-to-many relation that is not loaded is counted without a queryset of its own."""
        self.__dict__[_LOOK](None, sys._getframe(1))
        return super().count()  # type: ignore[misc]

    def exists(self) -> Any:
        self.__dict__[_LOOK](None, sys._getframe(1))
        return super().exists()  # type: ignore[misc]


class _WatchedQueryset:
    """Tells where Django looks whether there are rows, and at which."""

    __autoprefetch_own__: Any

    @property
    def _result_cache(self) -> Any:
        own: Any = getattr(self.__autoprefetch_own__, _ROWS, None)
        rows = self.__dict__.get(_ROWS) if own is None else own.__get__(self)
        look = self.__dict__.get(_LOOK)
        if look is not None:
            look(self, rows, sys._getframe(1))
        return rows

    @_result_cache.setter
    def _result_cache(self, rows: Any) -> None:
        self.__dict__[_ROWS] = rows

    def _clone(self) -> Any:
        clone = super()._clone()  # type: ignore[misc]
        clone.__class__ = own_class(clone)
        return clone

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copy.deepcopy(self._clone(), memo)

    def __reduce_ex__(self, protocol: Any) -> Any:
        own = self.__autoprefetch_own__
        if hasattr(own, _ROWS):
            return own.__reduce_ex__(self, protocol)
        state = self.__getstate__()
        return copyreg.__newobj__, (own,), {name: value for name, value in state.items() if name != _LOOK}


@lru_cache(maxsize=1024)
def _watched_manager(cls: Any) -> Any:
    return disguised(cls, _WatchedManager)


@lru_cache(maxsize=1024)
def _watched_queryset(cls: Any) -> Any:
    return disguised(cls, _WatchedQueryset)
