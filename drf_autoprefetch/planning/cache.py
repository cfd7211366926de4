"""A bounded, thread-safe memory of plans, keyed by the live shape of serializers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from ..conf import get_settings
from ..reading.locks import Lock

Value = TypeVar("Value")


class Identity:
    """A cache key part that equals only the very object it holds, and keeps it alive so that its id stays its own."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and other.value is self.value


class Cache(Generic[Value]):
    """The least recently used entries are dropped beyond ``CACHE_SIZE``; a change of settings empties it.

    Far from that size nobody needs to know which they are.
    """

    def __init__(self) -> None:
        self._entries: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = Lock()
        self._crowded = False

    def get(self, key: Hashable) -> Value | None:
        """Return what is kept under ``key``, or None."""
        with self._lock:
            found = self._entries.get(key)
            if found is not None and self._crowded:
                self._entries.move_to_end(key)
            return found

    def put(self, key: Hashable, value: Value) -> Value:
        """Keep ``value`` under ``key`` and return it."""
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            size = get_settings().CACHE_SIZE
            self._crowded = 2 * len(self._entries) > size
            while len(self._entries) > size:
                self._entries.popitem(last=False)
        return value

    def get_or_make(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return what is kept under ``key``, made and kept first if need be. Two threads may both make it."""
        found = self.get(key)
        return self.put(key, make()) if found is None else found

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)
