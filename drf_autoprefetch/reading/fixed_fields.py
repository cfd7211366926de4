"""Whether a ``get_fields()`` of the project's own makes the same fields for every instance of its class.

It does where it says nothing but what fields there are: classes, constants, and what ``super()`` makes. Whatever else
it looks at (the context, arguments, settings, a condition) may differ from one request to the next.
"""

from __future__ import annotations

import ast
import inspect
from collections import OrderedDict
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from rest_framework.fields import Field

from .methods.sources import tree_of

#: What is done to a dict of fields without looking at anything else.
_CHANGES = frozenset({"copy", "pop", "setdefault", "update"})


def makes_fixed_fields(function: Any, cls: Any, is_fixed: Callable[[Any], bool]) -> bool:
    """Return whether ``function``, a ``get_fields()`` of ``cls``, makes fields that nothing but their class decides.

    ``is_fixed`` tells it of the field classes that ``function`` instantiates.
    """
    node = tree_of(function) if isinstance(function, FunctionType) else None
    if not isinstance(node, ast.FunctionDef) or node.decorator_list or len(inspect.signature(function).parameters) != 1:
        return False
    return _Reader(function, cls, node.args.args[0].arg, is_fixed).all_fixed(node.body)


class _Reader:
    def __init__(self, function: Any, cls: Any, this: str, is_fixed: Callable[[Any], bool]) -> None:
        self._names = inspect.getclosurevars(function)
        self._cls, self._this, self._is_fixed = cls, this, is_fixed
        self._known: set[str] = set()

    def all_fixed(self, body: list[ast.stmt]) -> bool:
        return all(map(self._statement, body))

    def _statement(self, node: ast.stmt) -> bool:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            return node.value is not None and self._fixed(node.value) and all(map(self._target, targets))
        if isinstance(node, ast.Delete):
            return all(map(self._target, node.targets))
        return isinstance(node, (ast.Expr, ast.Return)) and node.value is not None and self._fixed(node.value)

    def _target(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            self._known.add(node.id)
            return True
        return isinstance(node, ast.Subscript) and self._fixed(node.value) and self._fixed(node.slice)

    def _fixed(self, node: ast.expr | None) -> bool:
        match node:
            case None | ast.Constant():  # None stands for the key of `**more`
                return True
            case ast.Name(id=name):
                return name in self._known
            case ast.Dict(keys=keys, values=values):
                return all(map(self._fixed, [*keys, *values]))
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return all(map(self._fixed, parts))
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self._fixed(left) and self._fixed(right)
            case ast.Subscript(value=value, slice=key):
                return self._fixed(value) and self._fixed(key)
            case ast.Call(func=function, args=arguments, keywords=keywords):
                given = [*arguments, *(keyword.value for keyword in keywords)]
                return self._harmless(function) and all(map(self._fixed, given))
        return False

    def _harmless(self, function: ast.expr) -> bool:
        match function:
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=[]), attr="get_fields"):
                return True
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in self._known:
                return attr in _CHANGES
        made = self._class(function)
        return made in (dict, OrderedDict) or (
            isinstance(made, type) and issubclass(made, Field) and self._is_fixed(made)
        )

    def _class(self, node: ast.expr) -> Any:
        match node:
            case ast.Name(id=name):
                return self._object(name)
            case ast.Attribute(value=ast.Name(id=this), attr="__class__") if this == self._this:
                return self._cls
            case ast.Call(func=ast.Name(id="type"), args=[ast.Name(id=this)], keywords=[]) if this == self._this:
                return self._cls
            case ast.Attribute(value=ast.Name(id=name), attr=attr):
                place = self._object(name)
                return getattr(place, attr, None) if isinstance(place, (ModuleType, type)) else None
        return None

    def _object(self, name: str) -> Any:
        for names in (self._names.nonlocals, self._names.globals, self._names.builtins):
            if name in names:
                return names[name]
        return None
