"""What each kind of expression gives, and reads."""

from __future__ import annotations

import ast
from typing import Any

from .comparing import identify, render, truth
from .escaping import escape
from .frames import Frame, join
from .machine import EXPRESSIONS, Machine, rule
from .names import mangled
from .values import ANY, KEYS, NEVER, OTHER, PLAIN, Box, Call, Func, Known, Many, Row, Values, constants, known, union


@rule(EXPRESSIONS, ast.AST)
def _unknown(m: Machine, frame: Frame, node: ast.AST) -> Values:
    """A kind of expression that no rule knows: every row in sight is out of sight from here on."""
    for name in [inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)]:
        escape(m, frame.look_up(name), f"uses {type(node).__name__}, which is not understood")
    return PLAIN


@rule(EXPRESSIONS, ast.Constant)
def _constant(m: Machine, frame: Frame, node: ast.Constant) -> Values:
    return known(node.value)


@rule(EXPRESSIONS, ast.Name)
def _name(m: Machine, frame: Frame, node: ast.Name) -> Values:
    return frame.look_up(mangled(node.id, frame.mangle))


@rule(EXPRESSIONS, ast.Attribute)
def _attribute(m: Machine, frame: Frame, node: ast.Attribute) -> Values:
    values = m.eval(frame, node.value)
    m.place = frame.place(node)
    return m.attribute(values, mangled(node.attr, frame.mangle))


@rule(EXPRESSIONS, ast.Subscript)
def _subscript(m: Machine, frame: Frame, node: ast.Subscript) -> Values:
    values = m.eval(frame, node.value)
    if isinstance(node.slice, ast.Slice):
        for bound in (node.slice.lower, node.slice.upper, node.slice.step):
            if bound is not None:
                m.eval(frame, bound)
        m.place = frame.place(node)
        return sliced(m, values, (frame.key, node))
    key = m.eval(frame, node.slice)
    m.place = frame.place(node)
    return item(m, values, key)


def item(m: Machine, values: Values, key: Values) -> Values:
    """Return ``values[key]``."""
    identify(m, key)
    return union(_item(m, atom, key) for atom in values)


def _item(m: Machine, atom: Any, key: Values) -> Values:
    if isinstance(atom, Box):
        names = constants(key)
        found = atom.elements() if names is None else union(atom.at(name) for name in names)
        return found if names is None or atom.kind in ("tuple", "dict") else atom.elements()
    if isinstance(atom, Many):
        return m.elements(frozenset([atom]))
    if isinstance(atom, Row):
        return m.call(m.attribute(frozenset([atom]), "__getitem__"), Call((key,), name="__getitem__"))
    if isinstance(atom, Known):
        return m.elements(frozenset([atom])) if isinstance(atom.object, tuple) else PLAIN
    return PLAIN


def sliced(m: Machine, values: Values, key: Any) -> Values:
    """Return ``values[a:b]``."""
    found = NEVER
    for atom in values:
        if isinstance(atom, (Box, Many)):
            found = found | m.filled_box("list", m.elements(frozenset([atom])), "slice", *key)
        elif isinstance(atom, Row):
            escape(m, frozenset([atom]), "slices {it}")
            found = found | PLAIN
        else:
            found = found | PLAIN
    return found


@rule(EXPRESSIONS, ast.IfExp)
def _either(m: Machine, frame: Frame, node: ast.IfExp) -> Values:
    truth(m, m.eval(frame, node.test))
    before = frame.env
    frame.env = dict(before)
    with m.perhaps():
        first = m.eval(frame, node.body)
        env, frame.env = frame.env, dict(before)
        second = m.eval(frame, node.orelse)
    frame.env = join(env, frame.env)
    return first | second


@rule(EXPRESSIONS, ast.NamedExpr)
def _walrus(m: Machine, frame: Frame, node: ast.NamedExpr) -> Values:
    values = m.eval(frame, node.value)
    target = frame
    while target.transparent and target.parent is not None:
        target = target.parent
    target.bind(node.target.id, values)
    return values


@rule(EXPRESSIONS, ast.Lambda)
def _lambda(m: Machine, frame: Frame, node: ast.Lambda) -> Values:
    return frozenset([function_value(m, frame, node)])


def function_value(m: Machine, frame: Frame, node: Any) -> Func:
    """Return the function that a ``def`` or ``lambda`` makes."""
    defaults = tuple(m.eval(frame, default) for default in node.args.defaults)
    keyword = tuple(None if default is None else m.eval(frame, default) for default in node.args.kw_defaults)
    return Func(node, frame, defaults, keyword)


@rule(EXPRESSIONS, ast.JoinedStr)
def _fstring(m: Machine, frame: Frame, node: ast.JoinedStr) -> Values:
    for part in node.values:
        m.eval(frame, part)
    return PLAIN


@rule(EXPRESSIONS, ast.FormattedValue)
def _formatted(m: Machine, frame: Frame, node: ast.FormattedValue) -> Values:
    values = m.eval(frame, node.value)
    if node.format_spec is not None:
        m.eval(frame, node.format_spec)
    m.place = frame.place(node)
    render(m, values)
    return PLAIN


@rule(EXPRESSIONS, ast.List, ast.Tuple, ast.Set)
def _display(m: Machine, frame: Frame, node: ast.List | ast.Tuple | ast.Set) -> Values:
    box = m.box(type(node).__name__.lower(), frame.key, node)
    exact = isinstance(node, ast.Tuple) and not any(isinstance(part, ast.Starred) for part in node.elts)
    for index, part in enumerate(node.elts):
        starred = isinstance(part, ast.Starred)
        values = m.eval(frame, part.value if isinstance(part, ast.Starred) else part)
        m.place = frame.place(node)
        if isinstance(node, ast.Set):
            identify(m, values)
        m.put(box, ("slot", index) if exact else ANY, m.elements(values) if starred else values)
    return frozenset([box])


@rule(EXPRESSIONS, ast.Dict)
def _dict(m: Machine, frame: Frame, node: ast.Dict) -> Values:
    box = m.box("dict", frame.key, node)
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        if key_node is None:
            pour(m, box, m.eval(frame, value_node))
            continue
        key = m.eval(frame, key_node)
        values = m.eval(frame, value_node)
        m.place = frame.place(node)
        store(m, box, key, values)
    return frozenset([box])


def store(m: Machine, box: Box, key: Values, values: Values) -> None:
    """Do ``box[key] = values``."""
    identify(m, key)
    names = constants(key)
    if box.kind == "dict":
        m.put(box, KEYS, key)
    for slot in [ANY] if names is None or box.kind != "dict" else [("slot", name) for name in names]:
        m.put(box, slot, values)


def pour(m: Machine, box: Box, values: Values) -> None:
    """Do ``box.update(values)``, also for a list of pairs."""
    for atom in values:
        if isinstance(atom, Box) and atom.kind == "dict":
            for slot, content in list(atom.slots.items()):
                m.put(box, slot, content)
        else:
            for pair in m.elements(frozenset([atom])):
                if not isinstance(pair, Box):
                    m.put(box, KEYS, frozenset([pair]))
                else:
                    store(m, box, item(m, frozenset([pair]), known(0)), item(m, frozenset([pair]), known(1)))
    m.put(box, ANY, frozenset([OTHER]) if OTHER in values else NEVER)
