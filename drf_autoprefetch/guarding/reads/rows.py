"""Rows that tell what is read of them: they have another class for a while, which looks like their own.

Nothing is written on a row but its class, and nothing of Django is patched. The class says of itself what the row's own
says, a row of it is an instance of its own, and what is copied or pickled of it is of its own class again.
"""

from __future__ import annotations

import copyreg
import sys
from functools import lru_cache
from types import FrameType
from typing import Any, Protocol

from django.db.models import Model


class Reader(Protocol):
    """Who is told what is read of a row. Neither method may raise, or read anything of a row that is told of."""

    def reads(self, row: Model, name: str, frame: FrameType) -> bool:
        """Take in that code in ``frame`` asks ``row`` for ``name``, and return whether to be told the answer."""

    def has_read(self, row: Model, name: str, value: Any, frame: FrameType) -> None:
        """Take in what it got."""


#: Who is told of which row, by the identity of the row: whoever is told keeps the row alive.
_readers: dict[int, Reader] = {}


class Disguise:
    """Mixed into a class that stands for another."""

    def __init_subclass__(cls) -> None:
        """What a project does for each of its classes is not done for one that is no class of it."""


class _Told(Disguise):
    """Mixed into the class of a row."""

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            return own_class(self)
        reader = _readers.get(id(self))
        if reader is None:
            return super().__getattribute__(name)
        frame = sys._getframe(1)
        wanted = reader.reads(self, name, frame)  # type: ignore[arg-type]
        value = super().__getattribute__(name)
        if wanted:
            reader.has_read(self, name, value, frame)  # type: ignore[arg-type]
        return value


def told(row: Model, reader: Reader) -> bool:
    """Have ``reader`` told what is read of ``row``; False where somebody else is, or the class cannot be changed."""
    if _readers.setdefault(id(row), reader) is not reader:
        return False
    cls: Any = own_class(row)
    try:
        object.__setattr__(row, "__class__", _told_class(cls))
    except TypeError:
        del _readers[id(row)]
        return False
    return True


def untold(row: Model) -> None:
    """Give ``row`` back its own class."""
    object.__setattr__(row, "__class__", own_class(row))
    _readers.pop(id(row), None)


def own_class(instance: Any) -> Any:
    """Return the class that ``instance`` has for everybody else."""
    return getattr(type(instance), "__autoprefetch_own__", type(instance))


def disguised(cls: Any, mixin: type, **attributes: Any) -> Any:
    """Return a subclass of ``cls``, with ``mixin`` before it, that goes by the same name and equals it."""
    base: Any = type(cls)
    named = {name: getattr(cls, name) for name in ("__module__", "__qualname__", "__doc__")}
    return type.__new__(_meta(base), cls.__name__, (mixin, cls), named | {"__autoprefetch_own__": cls} | attributes)


@lru_cache(maxsize=1024)
def _told_class(cls: Any) -> Any:
    return disguised(cls, _Told)


@lru_cache(maxsize=64)
def _meta(base: Any) -> Any:
    """The class of the classes made here: equal to their own, so that they are found wherever that is a key."""

    def equal(cls: Any, other: object) -> bool:
        return other is cls or other is cls.__autoprefetch_own__

    def call(cls: Any, *args: Any, **kwargs: Any) -> Any:
        return cls.__autoprefetch_own__(*args, **kwargs)

    def same_hash(cls: Any) -> int:
        return hash(cls.__autoprefetch_own__)

    meta = type(base.__name__, (base,), {"__eq__": equal, "__hash__": same_hash, "__call__": call})
    copyreg.pickle(meta, lambda cls: (_itself, (cls.__autoprefetch_own__,)))
    return meta


def _itself(cls: Any) -> Any:
    return cls
