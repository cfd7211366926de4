"""What ``?explain_prefetch=analyze`` adds to a report: the request as it went, and as it goes without the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...conf import get_settings
from ...loading.switches import autoprefetch_disabled
from ..characters import without_addresses
from .again import Again
from .blocks import rolled_back
from .database_plans import database_plan
from .running import Run, run
from .served import Nodes, rows_per_parent
from .shapes import shape
from .statements import UNPLANNED, Query, Statement, Statements
from .unread import Watching

_MOST_PARAMETERS = 20


@dataclass(frozen=True, slots=True)
class Planned:
    """What is known before the request is run: its report, as data, and whether values may be shown."""

    report: Mapping[str, Any]
    open: bool

    @property
    def plan(self) -> dict[str, Any] | None:
        """The node of the rows themselves."""
        found: dict[str, Any] | None = self.report["plan"]
        return found

    @property
    def columns(self) -> str:
        """``12 of 61 columns``, or nothing where there is no plan."""
        return str(self.report["headline"]).partition("; ")[2] if self.plan else ""


def analyze(again: Again, planned: Planned) -> dict[str, Any]:
    """Run a request with its plan and without, and return what happened as a dict of JSON types.

    Times stand in ``timing`` and nowhere else. What the runs write to a database is rolled back.
    """
    limit = get_settings().EXPLAIN_TIMEOUT
    statements = Statements(Nodes(planned.plan))
    with Watching() as watching:
        done = run(again, limit, statements.add, watching.seconds)
    why_not = _not_compared(done, statements, planned)
    bare = None if why_not else _without_plan(again, limit)
    with rolled_back():
        told = [_statement(statement, planned) for statement in statements]
    return {
        "headline": _headline(done, bare, planned.columns),
        **_outcome(done, planned),
        "statements": told,
        "rows_per_parent": rows_per_parent(statements.levels),
        "unread": watching.unread() if _answered(done) else None,
        "without_plan": bare and _outcome(bare, planned),
        "same_response": None if bare is None else _same(done, bare),
        "not_compared": why_not,
    }


def _without_plan(again: Again, limit: float) -> Run:
    with autoprefetch_disabled():
        return run(again, limit)


def _not_compared(done: Run, statements: Statements, planned: Planned) -> str:
    if planned.plan is None:
        return "the request has no plan"
    if done.answer is None:
        return "the request was cut after EXPLAIN_TIMEOUT"
    if done.answer.status >= 500:
        return "the request failed"
    rows, most = _rows(statements), get_settings().EXPLAIN_MAX_ROWS
    return f"{rows} rows are more than EXPLAIN_MAX_ROWS, {most}" if rows > most else ""


def _answered(done: Run) -> bool:
    return done.answer is not None and done.answer.status < 400


def _rows(statements: Statements) -> int:
    """How many rows are shown: those of the plan's root, or where its query is not known, the most of any."""
    found = [(statement.reason.node, statement.rows or 0) for statement in statements]
    shown = [rows for node, rows in found if node is not None and not node.path]
    return sum(shown) if shown else max((rows for _, rows in found), default=0)


def _headline(done: Run, bare: Run | None, columns: str) -> str:
    """``4 queries instead of 1,121; 12 of 61 columns; same response``."""
    queries = f"{_number(done)} {'query' if len(done.queries) == 1 else 'queries'}"
    if bare is None:
        return "; ".join(filter(None, (queries, columns)))
    failed = bare.answer is not None and bare.answer.status >= 500
    instead = "; it fails without the plan" if failed else f" instead of {_number(bare)}"
    same = {True: "same response", False: "another response", None: ""}[_same(done, bare)]
    return "; ".join(filter(None, (queries + instead, columns, "" if failed else same)))


def _number(each: Run) -> str:
    return f"{'more than ' if each.answer is None else ''}{len(each.queries):,}"


def _outcome(each: Run, planned: Planned) -> dict[str, Any]:
    answer = each.answer
    content = None if answer is None else answer.content
    return {
        "cut": answer is None,
        "status": answer and answer.status,
        "error": _error(answer.error, planned) if answer and answer.error else "",
        "queries": len(each.queries),
        "rows": sum(query.rows or 0 for query in each.queries),
        "bytes": sum(query.bytes for query in each.queries),
        "response_bytes": None if content is None else len(content),
        "timing": {
            "total_milliseconds": _milliseconds(each.seconds),
            "database_milliseconds": _milliseconds(sum(query.seconds for query in each.queries)),
        },
    }


def _error(error: Exception, planned: Planned) -> str:
    """The words of an error may hold what users wrote."""
    name = type(error).__name__
    return f"{name}: {without_addresses(error)}" if planned.open and str(error) else name


def _same(done: Run, bare: Run) -> bool | None:
    one, other = done.answer, bare.answer
    if one is None or other is None or (one.content is None and other.content is None):
        return None
    return (one.status, one.content) == (other.status, other.content)


def _statement(statement: Statement, planned: Planned) -> dict[str, Any]:
    first, reason, last = statement.first, statement.reason, statement.queries[-1]
    return {
        "role": reason.role,
        "node": reason.node and reason.node.path,
        "model": reason.node and reason.node.model,
        "field": reason.field,
        "loads": reason.loads,
        "place": statement.place,
        "remedy": _remedy(statement, planned),
        "count": len(statement.queries),
        "rows": statement.rows,
        "bytes": statement.bytes,
        "failed": any(query.failed for query in statement.queries),
        "database": first.alias,
        "sql": {
            "text": shape(first.sql, first.vendor, literals=planned.open),
            "parameters": _parameters(first) if planned.open else None,
        },
        "database_plan": database_plan(first),
        "timing": {
            "start_milliseconds": _milliseconds(first.started),
            "end_milliseconds": _milliseconds(last.started + last.seconds),
            "database_milliseconds": _milliseconds(sum(query.seconds for query in statement.queries)),
        },
    }


def _remedy(statement: Statement, planned: Planned) -> str:
    """What the notes of the plan say about a field comes first: it was found in the code, not by chance."""
    if statement.reason.role != UNPLANNED:
        return ""
    path = statement.reason.field.partition(".")[2]
    known = (note["remedy"] for note in planned.report["notes"] if path and note["path"] == path and note["remedy"])
    return next(known, statement.remedy)


def _parameters(query: Query) -> list[str]:
    values = query.params.values() if isinstance(query.params, dict) else query.params or ()
    shown = [str(value) for value in values]
    return shown if len(shown) <= _MOST_PARAMETERS else [*shown[:_MOST_PARAMETERS], "…"]


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
