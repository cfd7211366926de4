"""Watching queries: one permanent entry among the execute wrappers of each connection, and who watches at the moment.

A wrapper that is put there for a request and taken away again sees nothing where the view runs in another thread, and
may take away somebody else's. This one stays, first in the list, and asks a context variable. Nothing of Django is
patched, nothing is raised from here, and what fails here is logged once: the query's result is handed on whatever
happens.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from dataclasses import replace
from threading import Lock
from time import perf_counter
from types import FrameType
from typing import Any

from django.db import connections
from django.db.backends.signals import connection_created

from ..loading.healing import Heals, current_heals, unhealed
from ..reading.views import handler_name
from .allowing import allowances
from .counting import Tally, current_tally
from .findings import Finding
from .groups import Group
from .sights import field_of, sight_of
from .stacks import Stack
from .streams import Turns

logger = logging.getLogger("drf_autoprefetch")

#: What changes no row. Anything else may have.
_READING = ("SELECT", "DECLARE", "BEGIN", "SAVEPOINT", "RELEASE SAVEPOINT", "COMMIT", "EXPLAIN", "SET ")

_watching: ContextVar[Watch | None] = ContextVar("drf_autoprefetch.watching", default=None)


class Watch:
    """What was seen of a block of code, or of a ``view``'s request. ``queries`` counts all queries."""

    def __init__(self, view: Any = None, *, heal: bool = False) -> None:
        self.queries = 0
        self._view = view
        self.around: Watch | None = None
        self._heals = Heals() if heal else None
        self._groups: dict[object, Group] = {}
        self._inner: list[Finding] = []
        self._lock = Lock()
        self._failed = False

    @property
    def findings(self) -> list[Finding]:
        """What was loaded unplanned, each relation once for each field, in the order in which they began."""
        with self._lock:
            groups, inner = list(self._groups.values()), list(self._inner)
        found = (group.finding() for group in groups)
        return [*(self._named(finding) for finding in found if finding is not None), *inner]

    def _named(self, finding: Finding) -> Finding:
        view = self._view
        if view is None:
            return finding
        return replace(finding, view=type(view).__name__, action=handler_name(view))

    def _saw(self, frame: FrameType, sql: str, params: Any) -> None:
        """Take in a query that was run below ``frame``. Raises nothing."""
        # Whatever is asked of rows here must not be watched itself.
        token = _watching.set(None)
        try:
            self._count()
            if not self._failed:
                self._look(frame, sql, params)
        except Exception:
            self._failed = True
            heals = current_heals()
            if heals is not None:
                heals.stop()
            complain("Queries are watched no further")
        finally:
            _watching.reset(token)

    def _count(self) -> None:
        watch: Watch | None = self
        while watch is not None:
            with watch._lock:
                watch.queries += 1
            watch = watch.around

    def _look(self, frame: FrameType, sql: str, params: Any) -> None:
        heals = current_heals()
        if heals is not None and not sql.lstrip(" (").startswith(_READING):
            heals.wrote()
        sight = sight_of(Stack().read(frame), sql, params, heals=heals is not None)
        if sight is None or any(each.covers(sight.path, field_of(sight.stack)) for each in allowances()):
            return
        key = (sight.path, sight.load.relation, sight.load.kind)
        watch: Watch | None = self
        while watch is not None:
            with watch._lock:
                if key not in watch._groups:
                    watch._groups[key] = Group(sight)
                watch._groups[key].add(sight)
            # What a request does is judged by itself, not together with the next one.
            watch = watch.around if watch._view is None else None

    def hand_on(self) -> None:
        """Tell the watches around a request what was found in it."""
        if self._view is None:
            return
        found, watch = self.findings, self.around
        while watch is not None:
            # A request around reports what it did itself.
            if watch._view is None:
                with watch._lock:
                    watch._inner.extend(found)
            watch = watch.around


@contextmanager
def watch(*, heal: bool = False) -> Iterator[Watch]:
    """Watch the queries of this block: those of this thread or task, and of what it waits for.

    Gives a ``Watch``: its ``findings`` are what serializers loaded row by row in the block, its ``queries`` the number
    of queries. Blocks may stand inside each other. With ``heal``, what views load in the block is healed.
    """
    with entered(Watch(heal=heal)) as watching:
        yield watching


@contextmanager
def entered(watching: Watch) -> Iterator[Watch]:
    """Have ``watching`` see the queries of this block."""
    with Guarded("Queries are not watched"):
        install()
    watching.around = _watching.get()
    token = _watching.set(watching)
    try:
        with nullcontext() if watching._heals is None else watching._heals.in_force():
            yield watching
    finally:
        _watching.reset(token)
        with Guarded("What was found is not told to the blocks around"):
            watching.hand_on()


def entered_in_turns(watching: Watch) -> Turns:
    """Return a block that can be entered again and again; ``watching`` sees its queries, and is told of no end."""
    return Turns(_watching, watching)


@contextmanager
def unwatched() -> Iterator[None]:
    """Have nobody outside see the queries of this block: they are none of what is watched there."""
    token = _watching.set(None)
    try:
        with unhealed():
            yield
    finally:
        _watching.reset(token)


def observe(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """Run a query, count it, and show it to whoever watches."""
    watching, tally = _watching.get(), current_tally()
    if tally is None:
        result = execute(sql, params, many, context)
    else:
        result = _counted(tally, execute, sql, params, many, context)
    if watching is not None:
        watching._saw(sys._getframe(1), sql, params)
    return result


def _counted(tally: Tally, execute: Callable[..., Any], *query: Any) -> Any:
    """A query that fails was run as well."""
    started = perf_counter()
    try:
        return execute(*query)
    finally:
        seconds = perf_counter() - started
        try:
            tally.add(query[-1]["connection"].alias, seconds)
        except Exception:
            complain("A query is not counted")


def install() -> None:
    """Put ``observe`` first among the wrappers of this thread's connections. Those made later get it by themselves."""
    for connection in connections.all(initialized_only=True):
        _install_on(connection)


def _install_on(connection: Any, **kwargs: Any) -> None:
    wrappers = connection.execute_wrappers
    if observe not in wrappers:
        wrappers.insert(0, observe)


class Guarded:
    """A block that may fail: that ``what`` it was for does not happen is logged, and it goes on; ``but`` is raised.

    A class, because a generator would cost more than most of what is guarded.
    """

    __slots__ = ("_but", "_what")

    def __init__(self, what: str, *but: type[Exception]) -> None:
        self._what, self._but = what, but

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *about: object) -> bool:
        if kind is None or not issubclass(kind, Exception) or issubclass(kind, self._but):
            return False
        complain(self._what)
        return True


def complain(what: str) -> None:
    """Log that the guard itself failed; even where logging fails, the request goes on."""
    with suppress(Exception):
        logger.exception("%s: the guard failed", what)


connection_created.connect(_install_on, dispatch_uid="drf_autoprefetch.watching")
