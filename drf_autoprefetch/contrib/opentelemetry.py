"""OpenTelemetry: a histogram of queries per response, a counter of healed rows; the current span tells the rest.

Importing it is enough; ``METRICS`` does that. Needs the API alone: without an SDK nothing is recorded, and a provider
that is set later gets what is counted from then on.
"""

from __future__ import annotations

from typing import Any

from opentelemetry import metrics, trace

from ..guarding.findings import Finding
from ..signals import response_measured

_PREFIX = "drf_autoprefetch"

_METER = metrics.get_meter(_PREFIX)

response_queries = _METER.create_histogram(
    f"{_PREFIX}.response.queries", unit="{query}", description="Queries of a response."
)
healed_rows = _METER.create_counter(
    f"{_PREFIX}.healed", unit="{row}", description="Rows for which what no plan foresaw was loaded with another's."
)


def count(*, request: Any, method: str, queries: int, unplanned: list[Finding], **kwargs: Any) -> None:
    """Record one response, and describe it on the span of its request."""
    attributes = {"http.request.method": method}
    match = getattr(request, "resolver_match", None)
    if match:
        attributes["http.route"] = match.route
    response_queries.record(queries, attributes)
    healed_rows.add(sum(finding.healed for finding in unplanned), attributes)
    span = trace.get_current_span()
    if span.is_recording():
        _describe(span, queries=queries, unplanned=unplanned, **kwargs)


def _describe(
    span: trace.Span,
    *,
    queries: int,
    unplanned: list[Finding],
    seconds_in_database: float,
    budget: int | None,
    **kwargs: Any,
) -> None:
    span.set_attribute(f"{_PREFIX}.response.queries", queries)
    span.set_attribute(f"{_PREFIX}.response.unplanned_queries", sum(finding.count for finding in unplanned))
    span.set_attribute(f"{_PREFIX}.response.healed", sum(finding.healed for finding in unplanned))
    span.set_attribute(f"{_PREFIX}.response.seconds_in_database", seconds_in_database)
    if budget is not None:
        span.set_attribute(f"{_PREFIX}.response.budget", budget)
    for finding in unplanned:
        span.add_event(f"{_PREFIX}.unplanned_queries", _event(finding))


def _event(finding: Finding) -> dict[str, str | int]:
    file, _, line = finding.place.rpartition(":")
    attributes: dict[str, str | int] = {
        f"{_PREFIX}.serializer_field": finding.path,
        f"{_PREFIX}.relation": finding.relation,
        f"{_PREFIX}.kind": finding.kind.value,
        f"{_PREFIX}.query_count": finding.count,
        f"{_PREFIX}.healed": finding.healed,
        f"{_PREFIX}.remedy": finding.remedy,
    }
    if file:
        attributes |= {"code.file.path": file, "code.line.number": int(line)}
    if finding.function:
        attributes["code.function.name"] = finding.function
    return attributes


response_measured.connect(count, dispatch_uid="drf_autoprefetch.opentelemetry")
