"""Operators: arithmetic on rows and lists of them, comparison, ``and`` and ``or``."""

from __future__ import annotations

import ast
from contextlib import nullcontext
from typing import Any

from .comparing import identify, render, truth
from .escaping import escape
from .frames import Frame, join
from .machine import EXPRESSIONS, Machine, rule
from .names import static
from .probing import asks_one, is_introduction
from .values import ANY, NEVER, PLAIN, Box, Call, Known, Many, Row, Values


@rule(EXPRESSIONS, ast.BinOp)
def _binary(m: Machine, frame: Frame, node: ast.BinOp) -> Values:
    left, right = m.eval(frame, node.left), m.eval(frame, node.right)
    m.place = frame.place(node)
    return combined(m, left, node.op, right, (frame.key, node))


def combined(m: Machine, left: Values, op: ast.operator, right: Values, key: Any) -> Values:
    """Return ``left <op> right``: text of rows, or a container with what both hold."""
    if isinstance(op, ast.Mod) and all(isinstance(atom, Known) and isinstance(atom.object, str) for atom in left):
        render(m, right)
        return PLAIN
    found = PLAIN
    opaque = any(not isinstance(atom, (Box, Known)) for atom in left | right)
    if opaque and isinstance(op, ast.Mod):
        escape(m, left | right, "formats {it} with a text that is not known")
    for atom in left | right:
        if isinstance(atom, Box):
            kind = atom.kind if atom.kind != "object" else "list"
            box = m.box(kind, "operator", *key)
            for slot, values in atom.slots.items():
                m.put(box, slot if kind == "dict" else ANY, values)
            found = found | {box}
        elif isinstance(atom, Many):
            found = found | m.call(m.attribute(frozenset([atom]), "union"), Call(name="union"))
        elif isinstance(atom, Row):
            escape(m, frozenset([atom]), "calculates with {it}")
    return found if found == PLAIN or opaque else found - PLAIN


@rule(EXPRESSIONS, ast.BoolOp)
def _bool(m: Machine, frame: Frame, node: ast.BoolOp) -> Values:
    """Every part but the last is the result only if it decides: when it is true for ``or``, false for ``and``."""
    if is_introduction(node):
        return m.eval(frame, node.values[-1])
    found = NEVER
    envs = [frame.env]
    decides = isinstance(node.op, ast.Or)
    for part in node.values:
        frame.env = dict(frame.env)
        with nullcontext() if part is node.values[0] else m.perhaps():
            values = m.eval(frame, part)
        envs.append(frame.env)
        if part is node.values[-1]:
            found = found | values
        else:
            m.place = frame.place(node)
            truth(m, values)
            found = found | frozenset(atom for atom in values if may_be(atom, decides))
    frame.env = join(*envs)
    return found


def may_be(atom: Any, wanted: bool) -> bool:
    """Whether a value may be true, or may be false."""
    if isinstance(atom, Known):
        scalar = atom.object is None or type(atom.object) in (str, int, float, bool)
        return bool(atom.object) is wanted if scalar else True
    if isinstance(atom, Row) and not wanted:
        return any(static(atom.node.model, name) is not None for name in ("__bool__", "__len__"))
    return True


@rule(EXPRESSIONS, ast.UnaryOp)
def _unary(m: Machine, frame: Frame, node: ast.UnaryOp) -> Values:
    values = m.eval(frame, node.operand)
    m.place = frame.place(node)
    if isinstance(node.op, ast.Not):
        truth(m, values)
    else:
        escape(m, frozenset(atom for atom in values if isinstance(atom, Row)), "calculates with {it}")
    return PLAIN


@rule(EXPRESSIONS, ast.Compare)
def _compare(m: Machine, frame: Frame, node: ast.Compare) -> Values:
    if asks_one(m, frame, node):
        return PLAIN
    operands = [m.eval(frame, part) for part in (node.left, *node.comparators)]
    m.place = frame.place(node)
    for op, left, right in zip(node.ops, operands, operands[1:], strict=False):
        if isinstance(op, (ast.Is, ast.IsNot)):
            continue
        if isinstance(op, (ast.In, ast.NotIn)):
            identify(m, m.elements(frozenset(atom for atom in right if not isinstance(atom, Row))))
            escape(m, frozenset(atom for atom in right if isinstance(atom, Row)), "looks into {it}")
        identify(m, left | right, "" if isinstance(op, (ast.Eq, ast.NotEq, ast.In, ast.NotIn)) else "<")
    return PLAIN
