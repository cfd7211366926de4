"""Prometheus: a histogram of queries per response, and counters of what no plan foresaw, heals and budgets exceeded.

Importing it registers the metrics and has them filled; ``METRICS`` does that. Labels are names of URLs and methods of
HTTP, so that there are no more of them than a project has views.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from prometheus_client import Counter, Histogram

from ..signals import response_measured

_LABELS = ("view", "method")
#: Planned responses take a handful; what loads row by row takes one for each row of a page.
_BUCKETS = (0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 1000)
_NAMESPACE = getattr(settings, "PROMETHEUS_METRIC_NAMESPACE", None) or ""

response_queries = Histogram(
    "drf_autoprefetch_response_queries", "Queries of a response.", _LABELS, namespace=_NAMESPACE, buckets=_BUCKETS
)
unplanned_queries = Counter(
    "drf_autoprefetch_unplanned_queries_total", "Queries that no plan foresaw.", _LABELS, namespace=_NAMESPACE
)
healed = Counter(
    "drf_autoprefetch_healed_total",
    "Rows for which what no plan foresaw was loaded with another's.",
    _LABELS,
    namespace=_NAMESPACE,
)
budget_exceeded = Counter(
    "drf_autoprefetch_budget_exceeded_total", "Responses over their budget.", _LABELS, namespace=_NAMESPACE
)


def count(*, view: str, method: str, queries: int, unplanned: Any, budget: int | None, **kwargs: Any) -> None:
    """Count one response."""
    response_queries.labels(view, method).observe(queries)
    unplanned_queries.labels(view, method).inc(sum(finding.count for finding in unplanned))
    healed.labels(view, method).inc(sum(finding.healed for finding in unplanned))
    exceeded = budget is not None and queries > budget
    # Counted where nothing is to be counted as well: an alert needs a series that starts at zero.
    budget_exceeded.labels(view, method).inc(exceeded)


response_measured.connect(count, dispatch_uid="drf_autoprefetch.prometheus")
