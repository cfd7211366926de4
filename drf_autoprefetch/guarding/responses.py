"""What a response took, and who is told: the log, and who may see it in headers."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.conf import settings as django_settings
from django.utils.functional import LazyObject

from ..conf import get_settings
from ..exceptions import QueryBudgetError
from .asides import is_a, settled
from .budgets import budget_of
from .counting import Tally
from .findings import Finding

logger = logging.getLogger("drf_autoprefetch.budget")

#: Whoever sends a request chooses its method: others than these would be names without end.
METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
OTHER = "_OTHER"

#: The most queries that the log has told of, by view and method.
_logged: dict[tuple[str, str], int] = {}


@dataclass(frozen=True, slots=True)
class Measurement:
    """The queries of one response. ``view`` is the name of the URL, empty where none led anywhere."""

    view: str
    method: str
    queries: int
    databases: dict[str, int]
    seconds: float
    unplanned: list[Finding]
    budget: int | None

    @property
    def exceeded(self) -> bool:
        """Whether it took more queries than it may."""
        return self.budget is not None and self.queries > self.budget

    def __str__(self) -> str:
        return f"{self.method} {self.view}: {self.queries} queries, and {self.budget} are allowed."


def measured(request: Any, tally: Tally) -> Measurement:
    """Return what the answer to ``request`` took."""
    match = getattr(request, "resolver_match", None)
    view = match.view_name if match else ""
    return Measurement(
        view=view,
        method=request.method if request.method in METHODS else OTHER,
        queries=tally.queries,
        databases=dict(tally.databases),
        seconds=tally.seconds,
        unplanned=list(tally.unplanned),
        budget=budget_of(view),
    )


def log_exceeded(measurement: Measurement) -> None:
    """Log a response over budget: the first of each view and method, and then those with more queries than any before.

    Else one slow view would fill the log; how often it happens is for metrics to count.
    """
    key = (measurement.view, measurement.method)
    if not measurement.exceeded or measurement.queries <= _logged.get(key, 0):
        return
    _logged[key] = measurement.queries
    extra = {
        "view": measurement.view,
        "method": measurement.method,
        "query_count": measurement.queries,
        "query_budget": measurement.budget,
        "databases": measurement.databases,
        "seconds_in_database": measurement.seconds,
        "unplanned_count": sum(finding.count for finding in measurement.unplanned),
    }
    logger.warning("%s", measurement, extra=extra)


def forget_logged() -> None:
    """Have the log say everything once more."""
    _logged.clear()


def add_headers(request: Any, response: Any, measurement: Measurement) -> None:
    """Tell whoever may know it in the headers of ``response``; for others they stay what they are, to the byte."""
    if not _may_see(request):
        return
    timing = f'db;dur={measurement.seconds * 1000:.1f};desc="{measurement.queries} queries"'
    own = response.get("Server-Timing")
    response["Server-Timing"] = f"{own}, {timing}" if own else timing
    if measurement.exceeded and "header" in get_settings().OVER_BUDGET:
        response["X-Query-Count"] = str(measurement.queries)


def _may_see(request: Any) -> bool:
    """Nobody is asked who they are for this: that may run a query, and would have the response vary by cookie."""
    if django_settings.DEBUG:
        return True
    user = settled(vars(request).get("user"))
    if user is None or is_a(user, LazyObject):
        return False
    return bool(getattr(user, "is_active", False) and getattr(user, "is_staff", False))


def error_for(measurement: Measurement) -> QueryBudgetError | None:
    """Return the error to raise, where the response is over its budget and the project asked for it."""
    if not measurement.exceeded or "raise" not in get_settings().OVER_BUDGET:
        return None
    return QueryBudgetError("\n".join([*map(str, measurement.unplanned), str(measurement)]))
