"""Comprehensions, generator expressions, ``yield`` and ``await``."""

from __future__ import annotations

import ast
from contextlib import ExitStack

from .assigning import assign
from .comparing import identify, truth
from .expressions import store
from .frames import Frame
from .machine import EXPRESSIONS, Machine, rule
from .values import ANY, PLAIN, Box, Values

Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


@rule(EXPRESSIONS, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
def _comprehension(m: Machine, frame: Frame, node: Comprehension) -> Values:
    kind = {ast.DictComp: "dict", ast.SetComp: "set"}.get(type(node), "list")
    box = m.box(kind, frame.key, node)
    inner = _inner(m, frame, node)
    first = m.eval(frame, node.generators[0].iter)
    m.lazy += inner.lazy
    version = None
    while m.version != version:
        version = m.version
        with ExitStack() as blocks:
            for number, generator in enumerate(node.generators):
                source = first if number == 0 else m.eval(inner, generator.iter)
                m.place = frame.place(generator.iter)
                found = m.elements(source)
                blocks.enter_context(m.perhaps(source))
                assign(m, inner, generator.target, found)
                for condition in generator.ifs:
                    truth(m, m.eval(inner, condition))
                    blocks.enter_context(m.perhaps())
            _element(m, inner, node, box)
    m.lazy -= inner.lazy
    return frozenset([box])


def _element(m: Machine, inner: Frame, node: Comprehension, box: Box) -> None:
    if isinstance(node, ast.DictComp):
        store(m, box, m.eval(inner, node.key), m.eval(inner, node.value))
        return
    values = m.eval(inner, node.elt)
    if isinstance(node, ast.SetComp):
        identify(m, values)
    m.put(box, ANY, values)


def _inner(m: Machine, frame: Frame, node: Comprehension) -> Frame:
    key = m.key("comprehension", frame.key, node)
    if key not in m.frames:
        m.frames[key] = Frame(key, frame.file, frame.name, frame.namespace, frame.cells, frame, frame.cls, frame.mangle)
        m.frames[key].lazy = isinstance(node, ast.GeneratorExp)
        m.frames[key].transparent = True
    m.frames[key].begin({})
    m.frames[key].owner = frame.owner
    return m.frames[key]


@rule(EXPRESSIONS, ast.Yield)
def _yield(m: Machine, frame: Frame, node: ast.Yield) -> Values:
    if node.value is not None:
        _collect(m, frame, m.eval(frame, node.value))
    return PLAIN


@rule(EXPRESSIONS, ast.YieldFrom)
def _yield_from(m: Machine, frame: Frame, node: ast.YieldFrom) -> Values:
    values = m.eval(frame, node.value)
    m.place = frame.place(node)
    _collect(m, frame, m.elements(values))
    return PLAIN


def _collect(m: Machine, frame: Frame, values: Values) -> None:
    if m.scopes:
        m.unsure |= values
    if not values <= frame.yielded:
        frame.yielded = frame.yielded | values
        m.version += 1


@rule(EXPRESSIONS, ast.Await)
def _await(m: Machine, frame: Frame, node: ast.Await) -> Values:
    return m.eval(frame, node.value)
