"""Rows that go where they cannot be followed: every column of their model must be loaded."""

from __future__ import annotations

import re
from typing import Any

from .machine import Machine
from .trails import Node
from .values import (
    ANY,
    NEVER,
    PLAIN,
    Above,
    Box,
    Call,
    File,
    Func,
    Many,
    Method,
    Partial,
    Row,
    Self,
    Serializer,
    Super,
    Values,
)
from .views import is_view


def escape(m: Machine, values: Values, reason: str) -> None:
    """Give ``values`` out of sight. ``reason`` says how, with ``{it}`` for what was lost."""
    place = m.place
    for atom in values:
        m.place = place
        _escape(m, atom, reason)
    m.place = place


def look(m: Machine, values: Values, reason: str) -> None:
    """Have attributes of ``values`` read whose names are not known: they are lost, and nothing goes on from them."""
    m.looking = True
    escape(m, values, reason)
    m.looking = False


def _escape(m: Machine, atom: Any, reason: str) -> None:
    match atom:
        case Row(node=node) | File(node=node):
            _lose(m, node, reason.format(it=f"the {noun(node)}"))
        case Many(node=node):
            _lose(m, node, reason.format(it=f"the {noun(node)} rows"))
        case Box():
            _lose_box(m, atom, reason)
        case Func():
            _lose_function(m, atom, reason)
        case Self(cls=cls) if hasattr(cls, "to_representation"):
            _lose(m, m.root, reason.format(it="self, which knows its instance,"))
        case Self(cls=cls) if is_view(cls):
            _lose(m, m.root, reason.format(it="self, which knows its rows,"))
        case Above():
            _lose(m, m.root, reason.format(it="what holds the serializer"))
        case _:
            escape(m, _held(atom), reason)


def lose_if_writing(m: Machine, name: str, writing: frozenset[str]) -> None:
    """A handler that changes rows while it holds those it will show may show them as they are then."""
    receiver = m.receiver
    if {name, name.removeprefix("a")} & writing and is_view(receiver if isinstance(receiver, type) else type(receiver)):
        _lose(m, m.root, f"may change what it shows with {name}()")


def _held(atom: Any) -> Values:
    """What a value holds that is no container."""
    match atom:
        case Method(owner=owner) | Super(owner=owner):
            return frozenset([owner])
        case Partial():
            return atom.callee.union(*atom.args, *(values for _, values in atom.kwargs))
        case Serializer(cls=(_, rows)):
            return rows  # type: ignore[no-any-return]
    return NEVER


def _lose(m: Machine, node: Node, reason: str) -> None:
    if not node.detached:
        if not m.looking:
            node.handed.add(m.place)
        node.escapes.setdefault(m.place, reason)
        node.touch(m.place, always=False)


def _lose_box(m: Machine, box: Box, reason: str) -> None:
    """What is in a list is lost now; what is put in later is lost when the body has been read to its end."""
    if (box, m.place) not in m.leaked:
        m.leaked[(box, m.place)] = reason
        m.put(box, ANY, PLAIN)
        escape(m, box.everything(), reason)


def lose_late(m: Machine) -> None:
    """Give out of sight what was put into lists after they had gone."""
    version = None
    while version != m.version:
        version = m.version
        for (box, place), reason in list(m.leaked.items()):
            m.place = place
            with m.perhaps():
                escape(m, box.everything(), reason)


def _lose_function(m: Machine, function: Func, reason: str) -> None:
    """Whoever gets a function may call it, with anything, and keep what it returns."""
    if m.escaped.get((function, "called")) != m.version:
        m.escaped[(function, "called")] = m.version
        unknown = Call(tuple(PLAIN for _ in function.node.args.args), rest=PLAIN, key=("escaped", function))
        m.lazy += 1
        with m.perhaps():
            escape(m, m.call(frozenset([function]), unknown), reason)
        m.lazy -= 1


def noun(node: Node) -> str:
    """Return what a row is called in a sentence: ``order line`` for ``OrderLine``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", node.model.__name__).lower()
