"""Lines of a file to replace, so that it has the hints that were learned."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .sources import Function, Source, first_line

_WIDTH = 88
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines from ``start`` to before ``end``, counted from 0, become ``lines``, which have no line endings."""

    start: int
    end: int
    lines: tuple[str, ...]


def edited(source: Source, edits: Iterable[Edit]) -> str:
    """Return the text of ``source`` with ``edits`` made."""
    lines = list(source.lines)
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        if lines and edit.start == len(lines) and not lines[-1].endswith("\n"):
            lines[-1] += source.newline
        lines[edit.start : edit.end] = [line + source.newline for line in edit.lines]
    return "".join(lines)


def decorating(source: Source, node: Function, name: str, paths: Sequence[str]) -> Edit | None:
    """Return the edit that puts a hint above a function, or more into the one it has; None where nothing is missing.

    ``name`` is what the file calls ``prefetch_hint``. It stands above all other decorators: it finds the function in
    properties and the like, and what wraps a function without telling hides it from none that stands outside.
    """
    indent = _indent(source, node.lineno)
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).rpartition(".")[2] == "prefetch_hint":
            return _extended(source, decorator, paths)
    start = first_line(node) - 1
    return Edit(start, start, tuple(call(f"{indent}@{name}", map(quoted, paths))))


def _extended(source: Source, decorator: ast.Call, paths: Sequence[str]) -> Edit | None:
    there = {each.value for each in decorator.args if isinstance(each, ast.Constant)}
    more = [path for path in paths if path not in {str(each).replace(".", "__") for each in there}]
    if not more:
        return None
    kept = [segment(source, each) for each in decorator.args]
    named = [segment(source, each) for each in decorator.keywords]
    line = source.lines[decorator.lineno - 1]
    head = line[: line.index("@") + 1] + segment(source, decorator.func)
    first, last = decorator.lineno - 1, decorator.end_lineno or decorator.lineno
    return Edit(first, last, tuple(call(head, [*kept, *map(quoted, more), *named])))


def segment(source: Source, node: ast.AST) -> str:
    """Return the source of an expression on one line."""
    found = ast.get_source_segment(source.text, node)
    return ast.unparse(node) if found is None or "\n" in found else found


def call(head: str, arguments: Iterable[str], close: str = ")") -> list[str]:
    """Return a call as one line, or a line for each argument where that is too long."""
    known = list(arguments)
    opening = {")": "(", "}": "{"}[close]
    whole = f"{head}{opening}{', '.join(known)}{close}"
    if len(whole) <= _WIDTH or not known:
        return [whole]
    indent = head[: len(head) - len(head.lstrip())]
    return [f"{head}{opening}", *(f"{indent}{_INDENT}{each}," for each in known), f"{indent}{close}"]


def quoted(text: str) -> str:
    """Return a string as source code."""
    return f'"{text}"'


def _indent(source: Source, line: int) -> str:
    text = source.lines[line - 1]
    return text[: len(text) - len(text.lstrip())]
