"""The plans of a project in a file, so that a change of one is seen before it is merged.

What tells one plan from another is kept: rows, how they come, their columns, what is noted. Places are left out, since
any edit above them moves them; so are words, SQL and times, which differ between versions, databases and runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from typing import Any

from .table import walk
from .unasked import Explained

VERSION = 1


class SnapshotError(Exception):
    """A file that is no snapshot of this version; the message says what it is instead."""


def snapshot(explained: Iterable[Explained]) -> str:
    """Return the plans as JSON with a line for each node, so that the lines of a diff say what they are about."""
    return _written({each.name: _view(each.data) for each in explained})


def normal(text: str) -> str:
    """Return a snapshot as ``snapshot()`` lays it out, however it was formatted. Raises SnapshotError."""
    try:
        data = json.loads(text)
        if data["version"] != VERSION:
            raise SnapshotError(f"it is of version {data['version']}, and {VERSION} is read. Make it anew with --write")
        return _written(data["views"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SnapshotError(f"it is no file of plans ({type(error).__name__}: {error})") from error


def difference(before: str, after: str, name: str) -> list[str]:
    """Return the lines of a unified diff; each hunk names the view that it starts in."""
    lines = before.splitlines()
    found = unified_diff(lines, after.splitlines(), name, "the plans now", lineterm="")
    return [_with_view(line, lines) if line.startswith("@@") else line for line in found]


def _view(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "serializer": data["serializer"],
        "queries": data["queries"],
        "plan": [_node(node) for node in walk(data["plan"])] if data["plan"] else [],
        "notes": sorted({f"{note['id']} {note['path']}".rstrip() for note in data["notes"]}),
    }


def _node(node: dict[str, Any]) -> dict[str, Any]:
    return {name: node[name] for name in ("path", "model", "strategy", "columns")}


def _written(views: dict[str, dict[str, Any]]) -> str:
    body = ",\n".join(f"    {_json(name)}: {{\n{_lines(view)}\n    }}" for name, view in sorted(views.items()))
    inside = f"\n{body}\n  " if body else ""
    return f'{{\n  "version": {VERSION},\n  "views": {{{inside}}}\n}}\n'


def _lines(view: dict[str, Any]) -> str:
    return ",\n".join(f"      {_json(name)}: {_listed(value)}" for name, value in view.items())


def _listed(value: Any) -> str:
    """A list has a line for each entry."""
    if not isinstance(value, list) or not value:
        return _json(value)
    return "[\n" + ",\n".join(f"        {_json(entry)}" for entry in value) + "\n      ]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _with_view(hunk: str, lines: list[str]) -> str:
    start = int(re.findall(r"\d+", hunk)[0])
    return " ".join([hunk, *_views_above(lines[: start or 1])][:2])


def _views_above(lines: list[str]) -> Iterator[str]:
    for line in reversed(lines):
        if line.startswith('    "'):
            yield line.strip().rstrip("{: ")
