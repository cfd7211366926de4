"""Locks that a forked process finds open: the thread that held one stays behind in its parent."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from weakref import WeakSet

_locks: WeakSet[Lock] = WeakSet()


class Lock:
    """A reentrant lock, used in ``with``."""

    def __init__(self) -> None:
        self.renew()
        _locks.add(self)

    def renew(self) -> None:
        """Be open, whoever holds it."""
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()


def _renew_all() -> None:
    for lock in list(_locks):
        lock.renew()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_renew_all)
