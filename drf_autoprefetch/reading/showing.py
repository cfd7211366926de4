"""Whether a handler of the view's own may show the view's serializer: one that never names it need not have it made."""

from __future__ import annotations

import ast
from functools import lru_cache
from types import FunctionType
from typing import Any

from .code import find, is_stock
from .methods.sources import tree_of

#: What makes the view's serializer, and what DRF's own views do with it.
_SHOWING = frozenset(
    (
        *("get_serializer", "get_serializer_class", "serializer_class", "metadata", "options"),
        *("list", "retrieve", "create", "update", "partial_update", "get", "head", "post", "put", "patch"),
    )
)


@lru_cache(maxsize=4096)
def may_show(cls: Any, handler: str) -> bool:
    """Return whether ``handler`` of the view class ``cls``, or a method that it calls, may make the view's serializer.

    So it may where it cannot be read, calls ``super()``, or gives its view to somebody else.
    """
    seen: set[str] = set()
    todo = [handler]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        used = _names_of_self(find(cls, name), first=name == handler)
        if used is None or not _SHOWING.isdisjoint(used - {handler}):
            return True
        todo.extend(used)
    return False


def _names_of_self(function: Any, *, first: bool) -> set[str] | None:
    """What a method takes from ``self``; None where that is not known, nothing where it is no code of the project's."""
    if not isinstance(function, FunctionType) or is_stock(function):
        return None if first or _is_unread(function) else set()
    tree = tree_of(function)
    if tree is None or not tree.args.args:
        return None
    return _taken(tree, tree.args.args[0].arg)


def _is_unread(function: Any) -> bool:
    """A descriptor or callable of somebody else's; constants of the class are none."""
    return callable(function) and not isinstance(function, (FunctionType, type))


def _taken(tree: ast.AST, name: str) -> set[str] | None:
    nodes = list(ast.walk(tree))
    taken = [node.attr for node in nodes if isinstance(node, ast.Attribute) and _is(node.value, name)]
    given_away = sum(_is(node, name) for node in nodes) > len(taken)
    return None if given_away or any(_is(node, "super") for node in nodes) else set(taken)


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
