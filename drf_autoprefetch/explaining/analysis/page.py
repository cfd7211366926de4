"""What happened, as the page shows it."""

from __future__ import annotations

from typing import Any

from ..copying import to_copy
from ..highlighting import sql_as_html
from .statements import ROLES, UNPLANNED
from .text import marks, per_parent, purpose, remarks, sameness, summary
from .unread import unread_page

#: How wide the timeline is, in units of its own.
_WIDTH = 1000
_NARROWEST = 3


def analysis_page(analysis: dict[str, Any]) -> dict[str, Any]:
    """Return what the template of the analysis shows: what is not planned first, the rest in order."""
    total = max(analysis["timing"]["total_milliseconds"], 0.001)
    statements = sorted(analysis["statements"], key=lambda statement: statement["role"] != UNPLANNED)
    bare = analysis["without_plan"]
    return {
        "summary": summary(analysis),
        "without": bare and f"{summary(bare)}{sameness(analysis)}",
        "not_compared": analysis["not_compared"],
        "statements": [_statement(statement, number, total) for number, statement in enumerate(statements, 1)],
        "rows_per_parent": [per_parent(each) for each in analysis["rows_per_parent"]],
        "unread": analysis["unread"] and unread_page(analysis["unread"]),
    }


def _statement(statement: dict[str, Any], number: int, total: float) -> dict[str, Any]:
    remedy, marked = statement["remedy"], list(marks(statement))
    return statement | {
        "number": number,
        "class": ("planned", "beside", "unknown")[ROLES.index(statement["role"])],
        "purpose": purpose(statement).removeprefix(statement["role"]).removeprefix(": "),
        "marks": marked,
        "remarks": [remark for remark in remarks(statement) if remark != remedy and remark not in marked],
        "copied": to_copy(remedy, f"cure-{number}", f"code-{number}", f"line {number}"),
        "html": sql_as_html(statement["sql"]["text"]),
        "bar": _bar(statement["timing"], total),
    }


def _bar(timing: dict[str, float], total: float) -> dict[str, Any]:
    """Where a query stands on the timeline; one that took next to no time is seen all the same."""
    start, end = timing["start_milliseconds"], timing["end_milliseconds"]
    left = min(round(start / total * _WIDTH), _WIDTH - _NARROWEST)
    width = min(max(round((end - start) / total * _WIDTH), _NARROWEST), _WIDTH - left)
    return {"left": left, "width": width, "all": _WIDTH, "words": f"from {start:.1f} ms to {end:.1f} ms"}
