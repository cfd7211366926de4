"""What each kind of statement does. Each rule returns whether the code after it may run too."""

from __future__ import annotations

import ast

from .assigning import assign
from .comparing import truth
from .escaping import escape
from .expressions import function_value, item
from .frames import Frame
from .machine import STATEMENTS, Machine, rule
from .operators import combined
from .values import ANY, NEVER, PLAIN, Box, Values


@rule(STATEMENTS, ast.AST)
def _unknown(m: Machine, frame: Frame, node: ast.stmt) -> bool:
    """A kind of statement that no rule knows: rows that it names are out of sight, names that it binds unknown."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            escape(m, frame.look_up(inner.id), f"uses {type(node).__name__}, which is not understood")
            if isinstance(inner.ctx, ast.Store):
                frame.bind(inner.id, PLAIN)
    for name in (getattr(node, "name", None),):
        if isinstance(name, str):
            frame.bind(name, PLAIN)
    return True


@rule(STATEMENTS, ast.Expr)
def _expression(m: Machine, frame: Frame, node: ast.Expr) -> bool:
    m.eval(frame, node.value)
    return True


@rule(STATEMENTS, ast.Assign)
def _assign(m: Machine, frame: Frame, node: ast.Assign) -> bool:
    values = m.eval(frame, node.value)
    for target in node.targets:
        m.place = frame.place(node)
        assign(m, frame, target, values)
    return True


@rule(STATEMENTS, ast.AnnAssign)
def _annotated(m: Machine, frame: Frame, node: ast.AnnAssign) -> bool:
    if node.value is not None:
        assign(m, frame, node.target, m.eval(frame, node.value))
    return True


@rule(STATEMENTS, ast.AugAssign)
def _augmented(m: Machine, frame: Frame, node: ast.AugAssign) -> bool:
    load = ast.copy_location(_loaded(node.target), node)
    left, right = m.eval(frame, load), m.eval(frame, node.value)
    m.place = frame.place(node)
    found = combined(m, left, node.op, right, (frame.key, node))
    for atom in left:
        if isinstance(atom, Box):
            for extra in found:
                if isinstance(extra, Box):
                    m.put(atom, ANY, extra.elements())
    boxes = frozenset(atom for atom in left if isinstance(atom, Box))
    assign(m, frame, node.target, boxes | found)
    return True


def _loaded(target: ast.Name | ast.Attribute | ast.Subscript) -> ast.expr:
    """The same target, to be read."""
    match target:
        case ast.Name(id=name):
            return ast.Name(name, ast.Load())
        case ast.Attribute(value=value, attr=attr):
            return ast.Attribute(value, attr, ast.Load())
    return ast.Subscript(target.value, target.slice, ast.Load())


@rule(STATEMENTS, ast.Delete)
def _delete(m: Machine, frame: Frame, node: ast.Delete) -> bool:
    for target in node.targets:
        if isinstance(target, ast.Attribute):
            m.place = frame.place(node)
            escape(m, m.eval(frame, target.value), f"deletes {target.attr} of {{it}}")
        elif isinstance(target, ast.Subscript):
            item(m, m.eval(frame, target.value), NEVER)
    return True


@rule(STATEMENTS, ast.Return)
def _return(m: Machine, frame: Frame, node: ast.Return) -> bool:
    if node.value is not None:
        values = m.eval(frame, node.value)
        frame.returned = frame.returned | values
        if m.scopes:
            m.unsure |= values
    return False


@rule(STATEMENTS, ast.Raise)
def _raise(m: Machine, frame: Frame, node: ast.Raise) -> bool:
    for part in (node.exc, node.cause):
        if part is not None:
            escape(m, m.eval(frame, part), "raises an error with {it}")
    return False


@rule(STATEMENTS, ast.Break, ast.Continue)
def _jump(m: Machine, frame: Frame, node: ast.stmt) -> bool:
    return False


@rule(STATEMENTS, ast.Assert)
def _assert(m: Machine, frame: Frame, node: ast.Assert) -> bool:
    truth(m, m.eval(frame, node.test))
    if node.msg is not None:
        escape(m, m.eval(frame, node.msg), "raises an error with {it}")
    return True


@rule(STATEMENTS, ast.Global, ast.Nonlocal)
def _declare(m: Machine, frame: Frame, node: ast.Global | ast.Nonlocal) -> bool:
    (frame.shared if isinstance(node, ast.Global) else frame.outer).update(node.names)
    return True


@rule(STATEMENTS, ast.Import, ast.ImportFrom)
def _import(m: Machine, frame: Frame, node: ast.Import | ast.ImportFrom) -> bool:
    from .imports import imported

    for name, values in imported(node, frame.namespace):
        frame.bind(name, values)
    return True


@rule(STATEMENTS, ast.FunctionDef, ast.AsyncFunctionDef)
def _define(m: Machine, frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    values: Values = frozenset([function_value(m, frame, node)])
    frame.bind(node.name, values)
    for decorator in reversed(node.decorator_list):
        escape(m, values | m.eval(frame, decorator), "decorates a function that uses {it}")
        frame.bind(node.name, PLAIN | values)
    return True
