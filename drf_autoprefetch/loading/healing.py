"""Whether rows are healed: what no plan foresaw is loaded for all that came together, not for one after the other.

A context variable says so, as another says who watches and tells of each heal: where nobody watches, nothing is healed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..conf import get_settings

logger = logging.getLogger("drf_autoprefetch")


class Heals:
    """Stands for a block or a request in which rows are healed.

    Whatever is written may be what a list has loaded already, so rows that came before are loaded as Django does from
    then on.
    """

    __slots__ = ("_around", "stopped", "writes")

    def __init__(self) -> None:
        self.writes = 0
        self.stopped = False
        self._around: Heals | None = None

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Have rows that are fetched in this block healed."""
        self._around = _heals.get()
        token = _heals.set(self)
        try:
            yield
        finally:
            _heals.reset(token)

    def wrote(self) -> None:
        """Take in that something was written, here and in the blocks around."""
        heals: Heals | None = self
        while heals is not None:
            heals.writes += 1
            heals = heals._around

    def stop(self) -> None:
        """Heal no further: nobody would tell of it."""
        self.stopped = True


_heals: ContextVar[Heals | None] = ContextVar("drf_autoprefetch.heals", default=None)


def current_heals() -> Heals | None:
    """Return what rows are healed for, in this thread or task; None where they are not."""
    return _heals.get()


@contextmanager
def unhealed() -> Iterator[None]:
    """Load rows as Django does in this block."""
    token = _heals.set(None)
    try:
        yield
    finally:
        _heals.reset(token)


class Scope:
    """Rows that were fetched by one plan, with all that came with them, for as long as nothing is written."""

    __slots__ = ("_closed", "_heals", "_writes")

    def __init__(self, heals: Heals) -> None:
        self._heals = heals
        self._writes = heals.writes
        self._closed = False

    @property
    def open(self) -> bool:
        """Whether its rows are healed, here and now."""
        heals = self._heals
        watched = not (self._closed or heals.stopped) and heals.writes == self._writes
        return watched and _heals.get() is heals

    def close(self) -> None:
        """Have its rows loaded as Django does from now on."""
        self._closed = True

    @contextmanager
    def unharmed(self, what: object) -> Iterator[None]:
        """Log what fails: Django then loads these rows as it does. Under STRICT it is raised."""
        try:
            yield
        except Exception:
            self.close()
            if get_settings().STRICT:
                raise
            logger.exception("%s is not healed: its rows are loaded one by one", what)
