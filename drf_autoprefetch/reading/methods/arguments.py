"""Collecting the arguments of a call."""

from __future__ import annotations

import ast
from dataclasses import replace

from .escaping import escape
from .frames import Frame
from .machine import Machine
from .values import (
    ANY,
    NEVER,
    PLAIN,
    Box,
    Call,
    Known,
    Self,
    Super,
    Values,
    known,
)  # fmt: skip

SEES_NAMES = known(locals) | known(vars) | known(dir)


RUNS_TEXT = known(eval) | known(exec)


def show_names(m: Machine, frame: Frame) -> None:
    """Whoever gets the names of a frame sees all that they hold."""
    inner: Frame | None = frame
    while inner is not None:
        for values in list(inner.env.values()):
            escape(m, values - frozenset([Self(type(m.receiver))]), "shows {it} among all local names")
        inner = inner.parent


def positional(m: Machine, frame: Frame, node: ast.Call) -> tuple[list[Values], Values]:
    """Return the arguments by position, and those of ``*args`` whose position is not known."""
    args: list[Values] = []
    rest = NEVER
    for part in node.args:
        if isinstance(part, ast.Starred):
            values = m.eval(frame, part.value)
            exact = _exact(values)
            if exact is None or rest:
                rest = rest | m.elements(values) | (NEVER if m.elements(values) else PLAIN)
            else:
                args += exact
        elif rest:
            rest = rest | m.eval(frame, part)
        else:
            args.append(m.eval(frame, part))
    return args, rest


def _exact(values: Values) -> list[Values] | None:
    """The elements of a tuple whose places are known."""
    (atom,) = values if len(values) == 1 else (None,)
    if not isinstance(atom, Box) or atom.kind != "tuple" or ANY in atom.slots:
        return None
    return [atom.at(index) for index in range(len(atom.slots))]


def unpacked(m: Machine, kwargs: dict[str, Values], values: Values) -> Values:
    """Add what ``**values`` passes by a known name to ``kwargs``; return the rest."""
    rest = NEVER
    for atom in values:
        if isinstance(atom, Box) and atom.kind == "dict":
            for slot, content in atom.slots.items():
                if isinstance(slot, tuple) and isinstance(slot[1], str):
                    kwargs[slot[1]] = kwargs.get(slot[1], NEVER) | content
                elif slot == ANY:
                    rest = rest | content
        else:
            rest = rest | PLAIN
    return rest


def is_super(frame: Frame, node: ast.Call) -> bool:
    """Whether this is a call of the builtin ``super``, which sees the frame it is called from."""
    return isinstance(node.func, ast.Name) and frame.look_up(node.func.id) == known(super)


def super_value(m: Machine, frame: Frame, node: ast.Call) -> Values:
    """Return what ``super()`` gives, with and without arguments."""
    if not node.args and frame.cls is not None:
        return frozenset(Super(frame.cls, owner) for owner in frame.owner) or PLAIN
    args = [m.eval(frame, part) for part in node.args]
    if len(args) != 2:
        return PLAIN
    classes = [atom.object for atom in args[0] if isinstance(atom, Known) and isinstance(atom.object, type)]
    return frozenset(Super(cls, owner) for cls in classes for owner in args[1]) or PLAIN


def name_of(function: ast.expr) -> str:
    """Return what a function is called in a sentence."""
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.Subscript() | ast.Call():
            text = ast.unparse(function)
            return text if len(text) <= 40 else "a function"
    return "a function"


def as_written(frame: Frame, node: ast.Call, call: Call) -> Call:
    """Return ``call`` with what is told of it."""
    parts = [*node.args, *(keyword.value for keyword in node.keywords)]
    return replace(
        call,
        text=", ".join(map(ast.unparse, (*node.args, *node.keywords))),
        constant=all(isinstance(part, ast.Constant) for part in parts),
        local=any(_is_local(frame, part) for part in parts),
    )


def _is_local(frame: Frame, node: ast.AST) -> bool:
    """Whether an expression uses names that only the body knows; a hint is given the context."""
    if isinstance(node, ast.Name):
        return frame.binds(node.id)
    given = isinstance(node, ast.Attribute) and node.attr == "context" and isinstance(node.value, ast.Name)
    return not given and any(_is_local(frame, part) for part in ast.iter_child_nodes(node))
