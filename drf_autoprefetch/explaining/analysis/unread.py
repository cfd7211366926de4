"""What was loaded and not read on this page, by the first rows of each list, which are watched while it is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from ...guarding.reads.recorder import FIRST, Recorder
from ...guarding.reads.unread import Judged, judged
from ...loading.watching import Watched, kept_here
from ...reading.columns import label, ordered_columns


class Watching:
    """A block in which rows are watched."""

    def __init__(self) -> None:
        self._recorder = Recorder()
        self._stack = ExitStack()
        self._views: list[Watched] = []

    def __enter__(self) -> Watching:
        self._views = self._stack.enter_context(kept_here())
        self._stack.enter_context(self._recorder.watching())
        return self

    def __exit__(self, *about: object) -> None:
        self._stack.close()

    def seconds(self) -> float:
        """Return how long watching has taken so far."""
        return self._recorder.seconds

    def unread(self) -> dict[str, Any] | None:
        """Return what was not read, as a dict of JSON types; None where no plan has loaded anything."""
        plans = [used.plan for view in self._views for used in view.used]
        if not plans or self._recorder.failed:
            return None
        nodes = [_node(each) for each in judged(self._recorder.nodes.values(), plans)]
        return {
            "rows": self._recorder.rows,
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
