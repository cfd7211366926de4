"""The report as a tree of text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from .analysis.text import analysis_lines, ran, timeline
from .characters import visible

_LAST, _MORE, _BAR, _BLANK = "└── ", "├── ", "│   ", "    "
WIDTH = 100


def render_text(data: dict[str, Any], *, width: int = WIDTH) -> str:
    """Return the report data as text no wider than ``width`` where its words allow."""
    return "\n".join(_lines(visible(data), width)) + "\n"


def _lines(data: dict[str, Any], width: int) -> Iterator[str]:
    yield f"{data['view']}.{data['action']} → {data['serializer']}"
    yield (data.get("analysis") or data)["headline"]
    if data["notes"]:
        yield ""
        yield "Notes"
        for note in data["notes"]:
            yield from _wrapped(note_line(note), "  ", width)
    if data["plan"]:
        yield ""
        yield from _node(data["plan"], "", "", width)
        yield ""
        yield "SQL"
        for number, (path, sql) in enumerate(_sql(data["plan"]), 1):
            yield from _wrapped(f"{number}. {path and f'{path}: '}{sql}", "  ", width)
    if data.get("analysis"):
        yield from _happened(data["analysis"], width)
    timing = data["timing"]
    yield ""
    yield f"planned in {timing['plan_milliseconds']} ms ({'remembered' if timing['cached'] else 'made anew'})"


def _happened(analysis: dict[str, Any], width: int) -> Iterator[str]:
    parts = {"What happened": analysis_lines, "When": timeline, "What was run": ran}
    for heading, lines in parts.items() if analysis["statements"] else [*parts.items()][:1]:
        yield ""
        yield heading
        for line in lines(analysis):
            yield from _wrapped(line, "  ", width)


def note_line(note: dict[str, Any]) -> str:
    """Return a note as one line: who, where, what, and what to write."""
    path = f" ({note['path']})" if note["path"] else ""
    place = f" [{note['place']}]" if note["place"] else ""
    return f"{note['severity']} {note['id']}: {note['about']}{path}: {note['message']} {note['remedy']}{place}"


def _node(node: dict[str, Any], head: str, tail: str, width: int) -> Iterator[str]:
    name = node["path"].rpartition(".")[2] or node["model"]
    model = f" → {node['model']}" if node["path"] else ""
    related = node["related"]
    inner = tail + (_BAR if related else _BLANK)
    yield from _wrapped(f"{name}{model}  [{node['strategy']}] {node['why']}", head, width, inner)
    for line in _details(node):
        yield from _wrapped(line, inner, width)
    for child in related:
        last = child is related[-1]
        yield from _node(child, tail + (_LAST if last else _MORE), tail + (_BLANK if last else _BAR), width)


def _details(node: dict[str, Any]) -> Iterator[str]:
    everything: list[Any] = []
    if node["columns"] is not None and not node["dropped"]:
        everything = node["everything"]
        yield f"all {len(node['columns'])} columns" + (f" because of {_origins(everything)}" if everything else "")
    elif node["columns"] is not None:
        total = len(node["columns"]) + len(node["dropped"])
        yield f"only {len(node['columns'])} of {total} columns: {', '.join(node['columns'])}"
    if node.get("annotations"):
        yield f"annotated: {', '.join(node['annotations'])}"
    if others := [origin for origin in node["origins"] if origin not in everything]:
        yield f"for {_origins(others)}"


def _origins(origins: list[dict[str, Any]]) -> str:
    return ", ".join(f"{each['by']} [{each['place']}]" if each["place"] else each["by"] for each in origins)


def _sql(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if node.get("sql"):
        yield node["path"], node["sql"]["text"]
    for child in node["related"]:
        yield from _sql(child)


def _wrapped(line: str, indent: str, width: int, below: str | None = None) -> list[str]:
    """``line`` behind ``indent``; what does not fit goes behind ``below``, the same unless told otherwise."""
    room = max(width, len(indent) + 40)
    wrapper = textwrap.TextWrapper(room, break_long_words=False, break_on_hyphens=False)
    inner = " " * (len(line) - len(line.lstrip()))
    wrapper.initial_indent = indent
    wrapper.subsequent_indent = f"{indent if below is None else below}{inner}  "
    return wrapper.wrap(line)
