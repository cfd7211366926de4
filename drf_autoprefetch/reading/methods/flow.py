"""Statements that loop, may fail, or choose: names are what any way through them left."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from .assigning import assign
from .comparing import truth
from .escaping import escape
from .frames import Frame, Names, join
from .machine import STATEMENTS, Machine, TooLong, rule
from .patterns import match_pattern
from .values import PLAIN, Values

_MAX_ROUNDS = 25


@rule(STATEMENTS, ast.If)
def _if(m: Machine, frame: Frame, node: ast.If) -> bool:
    truth(m, m.eval(frame, node.test))
    return branches(m, frame, [lambda: m.run(frame, node.body), lambda: m.run(frame, node.orelse)])


def branches(m: Machine, frame: Frame, ways: list[Callable[[], bool]]) -> bool:
    """Run one of ``ways``: afterwards names are what any of them left."""
    before = frame.env
    ends: list[Names] = []
    for way in ways:
        frame.env = dict(before)
        with m.perhaps():
            goes_on = way()
        if goes_on:
            ends.append(frame.env)
    if len(ends) < len(ways):
        m.doubt()
    frame.env = join(*ends) if ends else before
    return bool(ends)


@rule(STATEMENTS, ast.For, ast.AsyncFor)
def _for(m: Machine, frame: Frame, node: ast.For | ast.AsyncFor) -> bool:
    source = m.eval(frame, node.iter)

    def step() -> None:
        m.place = frame.place(node)
        found = m.elements(source)
        with m.perhaps(source):
            assign(m, frame, node.target, found)
            if not m.run(frame, node.body):
                m.doubt()

    _loop(m, frame, step)
    m.run(frame, node.orelse)
    return True


@rule(STATEMENTS, ast.While)
def _while(m: Machine, frame: Frame, node: ast.While) -> bool:
    def step() -> None:
        truth(m, m.eval(frame, node.test))
        with m.perhaps():
            if not m.run(frame, node.body):
                m.doubt()

    _loop(m, frame, step)
    m.run(frame, node.orelse)
    return True


def _loop(m: Machine, frame: Frame, step: Callable[[], None]) -> None:
    """Run ``step`` until nothing new happens, each time with all that any round may have left."""
    trace: Names = {}
    before = frame.env
    depth, left = len(m.scopes), False
    frame.traces.append(trace)
    for _ in range(_MAX_ROUNDS):
        state = (dict(trace), m.version)
        frame.env = join(before, trace)
        step()
        left = left or len(m.scopes) > depth
        del m.scopes[depth:]
        if (trace, m.version) == state:
            break
    else:
        raise TooLong
    if left:
        m.doubt()
    frame.traces.pop()
    frame.env = join(before, trace)


@rule(STATEMENTS, ast.With, ast.AsyncWith)
def _with(m: Machine, frame: Frame, node: ast.With | ast.AsyncWith) -> bool:
    """A context manager may end its block at any line."""
    for part in node.items:
        values = m.eval(frame, part.context_expr)
        m.place = frame.place(node)
        escape(m, values, "enters a context with {it}")
        if part.optional_vars is not None:
            assign(m, frame, part.optional_vars, PLAIN)
    before, trace, alive = _attempt(m, frame, node.body)
    if not alive:
        m.doubt()
    frame.env = join(before, trace)
    return True


def _attempt(m: Machine, frame: Frame, body: list[ast.stmt]) -> tuple[Names, Names, bool]:
    """Run ``body`` and return the names before it, all that were bound in it, and whether it may come to its end."""
    trace: Names = {}
    before = dict(frame.env)
    frame.traces.append(trace)
    alive = m.run(frame, body)
    frame.traces.pop()
    return before, trace, alive


@rule(STATEMENTS, ast.Try, *([ast.TryStar] if hasattr(ast, "TryStar") else []))
def _try(m: Machine, frame: Frame, node: ast.Try) -> bool:
    with m.perhaps():
        return _tried(m, frame, node)


def _tried(m: Machine, frame: Frame, node: Any) -> bool:
    whole: Names = {}
    frame.traces.append(whole)
    before, trace, alive = _attempt(m, frame, node.body)
    ends: list[Names] = []
    if alive and m.run(frame, node.orelse):
        ends.append(frame.env)
    for handler in node.handlers:
        frame.env = join(before, trace)
        if handler.type is not None:
            m.eval(frame, handler.type)
        if handler.name:
            frame.bind(handler.name, PLAIN)
        if m.run(frame, handler.body):
            ends.append(frame.env)
    if len(ends) <= len(node.handlers):
        m.doubt()
    frame.traces.pop()
    frame.env = join(before, whole) if node.finalbody or not ends else join(*ends)
    return m.run(frame, node.finalbody) and bool(ends)


@rule(STATEMENTS, *([ast.Match] if hasattr(ast, "Match") else []))
def _match(m: Machine, frame: Frame, node: ast.Match) -> bool:
    subject = m.eval(frame, node.subject)

    def way(case: ast.match_case) -> Callable[[], bool]:
        return lambda: _case(m, frame, case, subject)

    return branches(m, frame, [*map(way, node.cases), lambda: True])


def _case(m: Machine, frame: Frame, case: ast.match_case, subject: Values) -> bool:
    match_pattern(m, frame, case.pattern, subject)
    if case.guard is not None:
        truth(m, m.eval(frame, case.guard))
    return m.run(frame, case.body)
