"""Whether a handler of the view's own may show the view's serializer: one that never names it need not have it made."""

from __future__ import annotations

import ast
from functools import lru_cache
from types import FunctionType
from typing import Any

from .code import find, is_stock
from .hints import function_of
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

    So it may where it cannot be read, or gives its view to somebody else.
    """
    seen: set[str] = set()
    todo = [handler]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        used = _used(cls, name)
        if used is None or not _SHOWING.isdisjoint(used):
            return True
        todo.extend(used)
    return find(cls, handler) is None


def _used(cls: Any, name: str) -> set[str] | None:
    """What the methods called ``name``, that of the class and those that it overrides, take from their view."""
    found = (function_of(base.__dict__[name]) for base in cls.__mro__[:-1] if name in base.__dict__)
    taken = [_taken(function) for function in found]
    return None if None in taken else set().union(*filter(None, taken))


def _taken(function: Any) -> set[str] | None:
    """What a method takes from ``self``; None where that is not known, nothing where it is no code of the project's."""
    if not callable(function) or isinstance(function, type) or is_stock(function):
        return set()
    tree = tree_of(function) if isinstance(function, FunctionType) else None
    if tree is None or not tree.args.args:
        return None
    nodes, name = list(ast.walk(tree)), tree.args.args[0].arg
    taken = [found for node in nodes if (found := _name_taken(node, name, function)) is not None]
    named = sum(isinstance(node, ast.Name) and node.id in (name, "super") for node in nodes)
    return None if named > len(taken) else set(taken)


def _name_taken(node: ast.AST, name: str, function: FunctionType) -> str | None:
    """The name that a node takes from ``self`` or ``super()``: as an attribute, or by ``getattr()`` and a constant."""
    match node:
        case ast.Attribute(value=value, attr=found) if _is_view(value, name):
            return found
        case ast.Call(
            func=ast.Name(id="getattr" | "hasattr" as asks), args=[value, ast.Constant(value=str(found)), *_]
        ):
            return found if _is_view(value, name) and _is_builtin(function, asks) else None
    return None


def _is_builtin(function: FunctionType, name: str) -> bool:
    return name in function.__code__.co_names and name not in function.__globals__


def _is_view(node: ast.expr, name: str) -> bool:
    """Whether an expression is ``self`` or ``super()``."""
    match node:
        case ast.Name(id=found):
            return found == name
        case ast.Call(func=ast.Name(id="super"), args=[]):
            return True
    return False
