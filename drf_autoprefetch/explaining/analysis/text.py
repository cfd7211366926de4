"""What happened, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .unread import unread_lines

_INSIDE = " " * 4
#: How wide a timeline is, in characters.
_TIMELINE = 60


def analysis_lines(analysis: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a report's analysis; those that belong to the one above start with a space."""
    yield summary(analysis)
    if analysis["without_plan"]:
        yield f"without the plan: {summary(analysis['without_plan'])}{sameness(analysis)}"
    else:
        yield f"not run without the plan: {analysis['not_compared']}"
    yield f"   {'at ms':>9} {'ms':>9} {'queries':>7} {'rows':>6} {'bytes':>9}  what for"
    for number, statement in enumerate(analysis["statements"], 1):
        timing, rows = statement["timing"], statement["rows"]
        times = f"{timing['start_milliseconds']:>9.1f} {timing['database_milliseconds']:>9.1f}"
        loaded = f"{statement['count']:>7} {'-' if rows is None else rows:>6} {statement['bytes']:>9}"
        yield f"{number:>2} {times} {loaded}  {purpose(statement)}"
        yield from (_INSIDE + line for line in remarks(statement))
    for each in analysis["rows_per_parent"]:
        yield per_parent(each)
    if analysis["unread"]:
        yield from unread_lines(analysis["unread"])


def timeline(analysis: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each of the statements: when its queries were run, in the time that the request took."""
    total = max(analysis["timing"]["total_milliseconds"], 0.001)
    yield f"   0 ms{f'{total:.1f} ms':>{_TIMELINE - 4}}"
    for number, statement in enumerate(analysis["statements"], 1):
        start, end = (statement["timing"][f"{each}_milliseconds"] / total * _TIMELINE for each in ("start", "end"))
        left = min(int(start), _TIMELINE - 1)
        yield f"{number:>2} {' ' * left}{'█' * max(1, min(round(end), _TIMELINE) - left)}"


def ran(analysis: dict[str, Any]) -> Iterator[str]:
    """Yield the SQL of each of the statements, and below it how the database says that it runs it."""
    for number, statement in enumerate(analysis["statements"], 1):
        yield f"{number}. {statement['sql']['text']}"
        plan = statement["database_plan"] or {"lines": ()}
        yield from (_INSIDE + line for line in plan["lines"])


def summary(outcome: dict[str, Any]) -> str:
    """Return what one run came to: the status of its response, its size, its queries and its time."""
    timing = outcome["timing"]
    answer = "cut after EXPLAIN_TIMEOUT" if outcome["cut"] else f"status {outcome['status']}"
    size = "" if outcome["response_bytes"] is None else f", {outcome['response_bytes']:,} bytes"
    error = f", {outcome['error']}" if outcome["error"] else ""
    queries = f"{outcome['queries']:,} {'query' if outcome['queries'] == 1 else 'queries'}"
    return (
        f"{answer}{error}{size}; {queries}, {outcome['bytes']:,} bytes from the database;"
        f" {timing['total_milliseconds']:.1f} ms, {timing['database_milliseconds']:.1f} ms of it in the database"
    )


def sameness(analysis: dict[str, Any]) -> str:
    """Return whether both runs answered the same, as the end of a sentence."""
    return {True: "; same response", False: "; another response", None: ""}[analysis["same_response"]]


def purpose(statement: dict[str, Any]) -> str:
    """Return what a query was for."""
    if statement["node"] is not None:
        return f"{statement['role']}: {statement['node'] or 'the rows themselves'} ({statement['model']})"
    if statement["field"]:
        return f"{statement['role']}: {statement['field']} loads {statement['loads']}"
    return str(statement["role"])


def remarks(statement: dict[str, Any]) -> Iterator[str]:
    """Yield what else is to be said of a query, but its SQL."""
    if statement["place"]:
        yield f"at {statement['place']}"
    if statement["remedy"]:
        yield statement["remedy"]
    yield from marks(statement)
    if statement["database_plan"] and statement["database_plan"]["problem"]:
        yield statement["database_plan"]["problem"]


def marks(statement: dict[str, Any]) -> Iterator[str]:
    """Yield what should be seen of a query at first sight."""
    if statement["failed"]:
        yield "failed"
    plan = statement["database_plan"] or {"full_scans": (), "bad_estimate": False}
    yield from (f"full scan of {table}" for table in plan["full_scans"])
    if plan["bad_estimate"]:
        yield f"bad estimate: {plan['estimated_rows']} rows expected; have the database ANALYZE its tables"


def per_parent(each: dict[str, Any]) -> str:
    """Return how many rows each parent has."""
    return (
        f"{each['path']}: {each['rows']} rows for {each['parents']} parents,"
        f" median {each['median']}, largest {each['largest']}"
    )
