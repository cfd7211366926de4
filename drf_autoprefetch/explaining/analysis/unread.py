"""What was loaded and not read on this page: the request is run once more, and the first rows of each list are watched.

It is a run of its own, because to watch takes time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...guarding.reads.recorder import FIRST, Recorder
from ...guarding.reads.unread import Judged, judged
from ...loading.watching import kept_here
from ...reading.columns import label, ordered_columns
from .again import Again
from .running import run


def watch_reads(again: Again, limit: float) -> dict[str, Any] | None:
    """Return what a run of the request loaded and did not read, as a dict of JSON types; None where it does not end."""
    recorder = Recorder()
    with kept_here() as watched, recorder.watching():
        done = run(again, limit)
    if done.answer is None or done.answer.status >= 400:
        return None
    plans = [used.plan for one in watched for used in one.used]
    nodes = [_node(each) for each in judged(recorder.nodes.values(), plans)]
    return {
        "rows": recorder.rows,
        "of_each_list": FIRST,
        "nodes": [node for node in nodes if node["columns"] or node["relations"]],
    }


def _node(each: Judged) -> dict[str, Any]:
    unread = each.columns - each.read
    return {
        "path": each.path,
        "model": label(each.model),
        "rows": each.rows,
        "columns": [name for name in ordered_columns(each.model) if name in unread],
        "relations": sorted(each.relations - each.read),
    }


def unread_lines(unread: dict[str, Any]) -> Iterator[str]:
    """Yield the same as lines of text; those that belong to the one above start with a space."""
    yield f"loaded and not read on this page: {_told(unread)}"
    yield from (f"    {_line(node)}" for node in unread["nodes"])


def unread_page(unread: dict[str, Any]) -> dict[str, Any]:
    """Return the same as the page shows it."""
    told = _told(unread)
    return {"watched": f"{told[:1].upper()}{told[1:]}.", "nodes": [_line(node) for node in unread["nodes"]]}


def _told(unread: dict[str, Any]) -> str:
    seen = f"{_counted(unread['rows'], 'row')} watched, the first {unread['of_each_list']} of each list"
    return seen if unread["nodes"] else f"nothing; {seen}"


def _line(node: dict[str, Any]) -> str:
    columns = f"columns {', '.join(node['columns'])}" if node["columns"] else ""
    relations = f"relations {', '.join(node['relations'])}" if node["relations"] else ""
    what = "; ".join(filter(None, (columns, relations)))
    return f"{node['path'] or 'the rows themselves'} ({node['model']}, {_counted(node['rows'], 'row')}): {what}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
