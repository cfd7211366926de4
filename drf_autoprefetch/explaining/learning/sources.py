"""The source of a file, and functions and classes found in it."""

from __future__ import annotations

import ast
import io
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


class NoPlaceError(Exception):
    """There is no place for a hint; the message says why."""


@dataclass(frozen=True)
class Source:
    """A file of Python, with its line endings as they are."""

    file: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines, as Python counts them, with their endings."""
        return list(io.StringIO(self.text, newline=""))

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed source."""
        return ast.parse(self.text.removeprefix("\ufeff"))

    @property
    def newline(self) -> str:
        """How a line ends."""
        return "\r\n" if self.lines and self.lines[0].endswith("\r\n") else "\n"

    def function(self, line: int, name: str) -> Function:
        """Return the function that begins at ``line``, or is the only one called ``name``. Raises NoPlaceError."""
        last = name.rpartition(".")[2]
        named = [(path, node) for path, node in _definitions(self.tree, "") if node.name == last]
        functions = [(path, node) for path, node in named if isinstance(node, Function)]
        at_line = [node for _, node in functions if first_line(node) == line]
        same_path = [node for path, node in functions if path == name]
        for found in (at_line, same_path, [node for _, node in functions]):
            if len(found) == 1:
                return found[0]
        raise NoPlaceError(f"{self.file} has no {name} any more, or more than one")

    def class_of(self, qualname: str) -> ast.ClassDef:
        """Return a class by its qualified name. Raises NoPlaceError."""
        for path, node in _definitions(self.tree, ""):
            if isinstance(node, ast.ClassDef) and path == qualname:
                return node
        raise NoPlaceError(f"{self.file} has no class {qualname}")


def from_here(file: str) -> str:
    """Return a file as it is called from the working folder, if it lies below that."""
    path = os.path.abspath(file)
    here = os.path.join(os.getcwd(), "")
    return path.removeprefix(here)


def read_source(file: str) -> Source:
    """Return a file of Python. Raises NoPlaceError where it cannot be read as such."""
    try:
        source = Source(file, Path(file).read_bytes().decode("utf-8"))
        source.tree  # noqa: B018 - parsed here, so that it is here that it fails
    except (OSError, ValueError, SyntaxError) as error:
        raise NoPlaceError(f"{file} cannot be read: {error}") from error
    return source


def first_line(node: Function | ast.ClassDef) -> int:
    """Return the line where a definition begins, with its decorators."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _definitions(parent: ast.AST, prefix: str) -> list[tuple[str, Function | ast.ClassDef]]:
    found: list[tuple[str, Function | ast.ClassDef]] = []
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, Function | ast.ClassDef):
            path = prefix + node.name
            inner = f"{path}." if isinstance(node, ast.ClassDef) else f"{path}.<locals>."
            found += [(path, node), *_definitions(node, inner)]
        else:
            found += _definitions(node, prefix)
    return found
