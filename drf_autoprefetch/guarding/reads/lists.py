"""Related managers and querysets that tell when their rows are looked at, disguised as the rows are.

A queryset that is narrowed, ordered or cut is another one, which tells nothing: no prefetch could have served it.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from functools import lru_cache
from types import FrameType
from typing import Any

from django.db.models import QuerySet
from django.db.models.manager import BaseManager

from .rows import Disguise, disguised, own_class

_ROWS, _LOOK = "_result_cache", "_autoprefetch_look"

#: Told that a manager hands out a queryset, or None where it only counts, in which frame.
HandOut = Callable[[Any, FrameType], None]
#: Told that somebody looks at the rows of a queryset, None where there are none yet, in which frame.
Look = Callable[[Any, Any, FrameType], None]


def watch_list(manager: Any, hand_out: HandOut) -> bool:
    """Have ``hand_out`` told of the querysets that a related manager hands out; False for what is none."""
    return _watch(manager, hand_out, _watched_manager) if issubclass(type(manager), BaseManager) else False


def watch_rows(queryset: Any, look: Look) -> bool:
    """Have ``look`` told when the rows of ``queryset`` are looked at; False for what is none."""
    return _watch(queryset, look, _watched_queryset) if issubclass(type(queryset), QuerySet) else False


def _watch(watched: Any, told: Any, made: Callable[[Any], Any]) -> bool:
    watched.__dict__[_LOOK] = told
    watched.__class__ = made(own_class(watched))
    return True


def unwatch(watched: Any) -> None:
    """Leave a manager or queryset as it was."""
    watched.__class__ = own_class(watched)
    watched.__dict__.pop(_LOOK, None)


class _WatchedManager(Disguise):
    def get_queryset(self) -> Any:
        queryset = super().get_queryset()  # type: ignore[misc]
        _tell(self, queryset, sys._getframe(1))
        return queryset

    def count(self) -> Any:
        """A many-to-many relation that is not loaded is counted without a queryset of its own."""
        _tell(self, None, sys._getframe(1))
        return super().count()  # type: ignore[misc]

    def exists(self) -> Any:
        _tell(self, None, sys._getframe(1))
        return super().exists()  # type: ignore[misc]


def _tell(manager: Any, queryset: Any, frame: FrameType) -> None:
    told = manager.__dict__.get(_LOOK)
    if told is not None:
        told(queryset, frame)


class _WatchedQueryset(Disguise):
    """Tells where Django looks whether there are rows, and at which."""

    __autoprefetch_own__: Any

    @property
    def _result_cache(self) -> Any:
        own: Any = getattr(self.__autoprefetch_own__, _ROWS, None)
        rows = own.__get__(self) if hasattr(own, "__get__") else self.__dict__.get(_ROWS)
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
        state: Any = self.__getstate__()
        return _made, (own,), {name: value for name, value in state.items() if name != _LOOK}


def _made(cls: Any) -> Any:
    return cls.__new__(cls)


@lru_cache(maxsize=1024)
def _watched_manager(cls: Any) -> Any:
    return disguised(cls, _WatchedManager)


@lru_cache(maxsize=1024)
def _watched_queryset(cls: Any) -> Any:
    return disguised(cls, _WatchedQueryset)
