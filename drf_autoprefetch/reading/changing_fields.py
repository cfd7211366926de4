"""Serializers whose own ``to_representation`` changes their fields: which of them are shown, nobody knows before."""

from __future__ import annotations

import ast
from enum import IntEnum
from functools import lru_cache
from types import FunctionType
from typing import Any

from .code import is_stock
from .hints import function_of
from .methods.sources import tree_of

_DROPPING = frozenset({"__delitem__", "clear", "pop", "popitem"})
_ADDING = frozenset({"__setitem__", "setdefault", "update"})


class Change(IntEnum):
    """What is done to the fields; the worst is what counts."""

    NONE = 0
    DROPS = 1
    ADDS = 2


@lru_cache(maxsize=4096)
def field_changes(cls: Any) -> Change:
    """Return what a ``to_representation`` of ``cls``, own or inherited, does to ``self.fields``."""
    found = (function_of(base.__dict__.get("to_representation")) for base in cls.__mro__)
    own = [each for each in found if isinstance(each, FunctionType) and not is_stock(each)]
    return max(map(_changes, own), default=Change.NONE)


def _changes(function: FunctionType) -> Change:
    tree = tree_of(function)
    nodes = [] if tree is None else list(ast.walk(tree))
    names = {target.id for node in nodes for target in _other_names(node) if isinstance(target, ast.Name)}
    return max((_change(node, frozenset(names)) for node in nodes), default=Change.NONE)


def _other_names(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Assign(targets=targets, value=value) if _is_fields(value, frozenset()):
            return targets
        case ast.AnnAssign() | ast.NamedExpr() if node.value is not None and _is_fields(node.value, frozenset()):
            return [node.target]
    return []


def _change(node: ast.AST, names: frozenset[str]) -> Change:
    match node:
        case ast.Call(func=ast.Attribute(value=fields, attr=attr)) if _is_fields(fields, names):
            return Change.ADDS if attr in _ADDING else Change.DROPS if attr in _DROPPING else Change.NONE
        case ast.Subscript(value=fields, ctx=ast.Store()) if _is_fields(fields, names):
            return Change.ADDS
        case ast.Subscript(value=fields, ctx=ast.Del()) if _is_fields(fields, names):
            return Change.DROPS
        case ast.Attribute(attr="fields", ctx=ast.Store()):
            return Change.ADDS
    return Change.NONE


def _is_fields(node: ast.expr, names: frozenset[str]) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "fields") or (
        isinstance(node, ast.Name) and node.id in names
    )
