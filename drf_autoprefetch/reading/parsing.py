"""Syntax trees of source files, and where the classes in them stand."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

from .locks import Lock

# Up to Python 3.11 two threads that make syntax trees at once can fail each other, with a SystemError.
_one_at_a_time = Lock()


@dataclass(frozen=True, slots=True)
class ClassPlace:
    """Where a class stands: its first line, and the lines in which its body assigns names."""

    line: int
    assignments: dict[str, int]


def parse(source: str) -> ast.Module:
    """Return the syntax tree of ``source``. Raises SyntaxError."""
    with _one_at_a_time:
        try:
            return ast.parse(source)
        except SystemError:  # pragma: no cover - another thread, not ours, parsed at the same time
            return ast.parse(source)


def compile_tree(module: ast.Module, file: str, flags: int) -> CodeType:
    """Return the code of ``module``, as it is compiled in ``file`` with the ``__future__`` features in ``flags``."""
    with _one_at_a_time:
        code: CodeType = compile(module, file, "exec", flags=flags, dont_inherit=True)
        return code


def find_class(cls: Any) -> tuple[str, ClassPlace] | None:
    """Return the file of a class and its place there; None where Python has no source for it."""
    try:
        file = inspect.getsourcefile(cls)
    except (OSError, TypeError):
        return None
    place = _classes_in(file).get(cls.__qualname__) if file else None
    return (file, place) if file and place else None


@functools.lru_cache(maxsize=1024)
def _classes_in(file: str) -> dict[str, ClassPlace]:
    try:
        tree = parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError, RecursionError):
        return {}
    return dict(_classes(tree, ""))


def _classes(node: ast.AST, above: str) -> Iterator[tuple[str, ClassPlace]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield above + child.name, _place(child)
            yield from _classes(child, f"{above}{child.name}.")
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _classes(child, f"{above}{child.name}.<locals>.")
        elif isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            yield from _classes(child, above)


def _place(node: ast.ClassDef) -> ClassPlace:
    found: dict[str, int] = {}
    for statement in node.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        found.update({target.id: statement.lineno for target in targets if isinstance(target, ast.Name)})
    first = node.decorator_list[0] if node.decorator_list else node
    return ClassPlace(first.lineno, found)
