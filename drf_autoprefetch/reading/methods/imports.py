"""Imports inside a body: modules that are loaded already are looked at, others are not imported for it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib.util import resolve_name
from typing import Any

from .values import PLAIN, Values, known


def imported(node: ast.Import | ast.ImportFrom, namespace: dict[str, Any]) -> Iterator[tuple[str, Values]]:
    """Give each name that an import statement binds, and its value."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.split(".")[0]
            yield alias.asname or name, _module(name)
    else:
        module = sys.modules.get(_absolute(node, namespace))
        for alias in node.names:
            yield alias.asname or alias.name, known(vars(module)[alias.name]) if _has(module, alias.name) else PLAIN


def _has(module: Any, name: str) -> bool:
    return module is not None and name in vars(module)


def _module(name: str) -> Values:
    return known(sys.modules[name]) if name in sys.modules else PLAIN


def _absolute(node: ast.ImportFrom, namespace: dict[str, Any]) -> str:
    relative = "." * node.level + (node.module or "")
    try:
        return resolve_name(relative, namespace.get("__package__"))
    except ImportError:
        return ""
