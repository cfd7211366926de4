"""Running a request, and recording its queries."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from time import perf_counter
from types import FrameType
from typing import Any

from django.db import connections

from ...guarding.watching import unwatched
from .blocks import rolled_back
from .cursors import count_rows
from .shapes import is_transaction
from .statements import Query

logger = logging.getLogger("drf_autoprefetch")

Look = Callable[[Query, FrameType], None]
Seconds = Callable[[], float]


class OutOfTimeError(BaseException):
    """The run has had its time. No ``Exception``: a view that catches those is cut all the same."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run took. ``answer`` is None where it was cut; ``seconds`` are without what recording took."""

    answer: Any
    queries: list[Query]
    seconds: float


class Recorder:
    """An execute wrapper that records, and stops the run before a query for which there is no time left."""

    def __init__(self, limit: float, look: Look | None, beside: Seconds) -> None:
        self.queries: list[Query] = []
        self._limit, self._look, self._beside = limit, look, beside
        self._started, self._own, self._busy = perf_counter(), 0.0, False

    @property
    def seconds(self) -> float:
        """The time since the run began, without what recording took of it."""
        return perf_counter() - self._started - self._own - self._beside()

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        """Run one query. Raises OutOfTimeError."""
        if self._busy or is_transaction(sql):
            return execute(sql, params, many, context)
        if self.seconds >= self._limit:
            raise OutOfTimeError
        connection = context["connection"]
        query = Query(sql, params, connection.alias, connection.vendor, self.seconds, failed=True)
        self.queries.append(query)
        try:
            result = execute(sql, params, many, context)
            query.failed = False
        finally:
            query.seconds = self.seconds - query.started
            self._record(query, context["cursor"], sys._getframe(1))
        return result

    def _record(self, query: Query, cursor: Any, frame: FrameType) -> None:
        """Raises nothing: what cannot be found out is not told."""
        since, self._busy = perf_counter(), True
        try:
            if self._look is not None:
                self._look(query, frame)
            if not query.failed:
                count_rows(cursor, query, self._took)
        except Exception:
            logger.exception("A query is not analyzed")
        finally:
            self._busy = False
            self._took(perf_counter() - since)

    def _took(self, seconds: float) -> None:
        self._own += seconds


def run(again: Callable[[], Any], limit: float, look: Look | None = None, beside: Seconds = float) -> Run:
    """Answer a request within ``limit`` seconds; what it writes to a database is rolled back.

    ``look`` is shown each query while the frames that run it are there. ``beside`` says how many seconds went by in
    whoever else watches, which are none of the run's.
    """
    with unwatched(), rolled_back(), ExitStack() as stack:
        recorder = Recorder(limit, look, beside)
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(recorder))
        try:
            answer = again()
        except OutOfTimeError:
            answer = None
        return Run(answer, recorder.queries, recorder.seconds)
