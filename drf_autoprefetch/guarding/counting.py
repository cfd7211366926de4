"""Counting the queries of a block of code, by database, and how long they took: no more than that, of any code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

from .findings import Finding
from .streams import Turns

_tally: ContextVar[Tally | None] = ContextVar("drf_autoprefetch.tally", default=None)


class Tally:
    """How many queries were run on each database, for how many seconds, and which of them no plan foresaw.

    The seconds are those until the database answered; rows that are fetched afterwards are not among them.
    """

    def __init__(self, around: Tally | None = None) -> None:
        self.seconds = 0.0
        self.databases: dict[str, int] = {}
        self.unplanned: list[Finding] = []
        self.around = around
        self._lock = Lock()

    @property
    def queries(self) -> int:
        """The number of queries on all databases."""
        return sum(self.databases.values())

    def add(self, database: str, seconds: float) -> None:
        """Count a query, here and in the blocks around."""
        with self._lock:
            self.databases[database] = self.databases.get(database, 0) + 1
            self.seconds += seconds
        if self.around is not None:
            self.around.add(database, seconds)

    def add_unplanned(self, findings: Iterable[Finding]) -> None:
        """Take in what a request found, here and in the blocks around."""
        with self._lock:
            self.unplanned.extend(findings)
        if self.around is not None:
            self.around.add_unplanned(findings)


def current_tally() -> Tally | None:
    """Return where the queries of this thread or task are counted, if they are."""
    return _tally.get()


@contextmanager
def counted() -> Iterator[Tally]:
    """Count the queries of this block: those of this thread or task, and of what it waits for."""
    around = _tally.get()
    tally = Tally(around)
    _tally.set(tally)
    try:
        yield tally
    finally:
        _tally.set(around)


def counted_in_turns(tally: Tally) -> Turns:
    """Return a block that can be entered again and again; what is counted inside is added to ``tally``."""
    return Turns(_tally, tally)
