"""What happened, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_INSIDE = " " * 4


def analysis_lines(analysis: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a report's analysis; those that belong to the one above start with a space."""
    yield summary(analysis)
    if analysis["without_plan"]:
        yield f"without the plan: {summary(analysis['without_plan'])}{sameness(analysis)}"
    else:
        yield f"not run without the plan: {analysis['not_compared']}"
    yield f"{'at ms':>9} {'ms':>9} {'rows':>6} {'queries':>7}  what for"
    for statement in analysis["statements"]:
        timing, rows = statement["timing"], statement["rows"]
        figures = f"{timing['start_milliseconds']:>9.1f} {timing['database_milliseconds']:>9.1f}"
        yield f"{figures} {'-' if rows is None else rows:>6} {statement['count']:>7}  {purpose(statement)}"
        yield from (_INSIDE + line for line in remarks(statement))
    for each in analysis["rows_per_parent"]:
        yield per_parent(each)


def summary(outcome: dict[str, Any]) -> str:
    """Return what one run came to: the status of its response, its size, its queries and its time."""
    timing = outcome["timing"]
    answer = "cut after EXPLAIN_TIMEOUT" if outcome["cut"] else f"status {outcome['status']}"
    size = "" if outcome["response_bytes"] is None else f", {outcome['response_bytes']} bytes"
    error = f", {outcome['error']}" if outcome["error"] else ""
    queries = f"{outcome['queries']} {'query' if outcome['queries'] == 1 else 'queries'}"
    return (
        f"{answer}{error}{size}; {queries}, {timing['total_milliseconds']:.1f} ms,"
        f" {timing['database_milliseconds']:.1f} ms of it in the database"
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
    if statement["failed"]:
        yield "failed"
    plan = statement["database_plan"] or {"full_scans": (), "problem": ""}
    yield from (f"full scan of {table}" for table in plan["full_scans"])
    if plan["problem"]:
        yield plan["problem"]


def per_parent(each: dict[str, Any]) -> str:
    """Return how many rows each parent has."""
    return (
        f"{each['path']}: {each['rows']} rows for {each['parents']} parents,"
        f" median {each['median']}, largest {each['largest']}"
    )
