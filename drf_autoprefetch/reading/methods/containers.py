"""Lists, tuples, sets, dicts and iterators that a body makes: iteration and methods."""

from __future__ import annotations

from typing import Any

from .comparing import identify
from .escaping import escape
from .expressions import item, pour, store
from .machine import ELEMENTS, Machine, rule
from .values import ANY, KEYS, NEVER, PLAIN, Box, Call, Known, Many, Method, Row, Values, known, union

_ADD = {"append", "add", "appendleft"}
_EXTEND = {"extend", "extendleft", "update", "union", "symmetric_difference", "intersection_update"}
_SAME = {"copy", "union", "intersection", "difference", "symmetric_difference", "__iter__"}
_READ = {"pop", "popleft", "get", "setdefault", "__next__", "__getitem__", "popitem"}
_QUIET = {"clear", "index", "count", "remove", "discard", "isdisjoint", "issubset", "issuperset", "reverse", "rotate",
          "difference_update", "move_to_end", "total", "close", "__len__", "__contains__"}  # fmt: skip


@rule(ELEMENTS, Box)
def _box(m: Machine, box: Box) -> Values:
    if box.kind == "dict":
        return box.slots.get(KEYS, NEVER) | PLAIN
    return box.elements()


@rule(ELEMENTS, Known)
def _constant(m: Machine, found: Known) -> Values:
    """A tuple of constants cannot change; other containers may have changed by then."""
    if isinstance(found.object, (tuple, frozenset)):
        return union(map(known, found.object))
    return PLAIN


@rule(ELEMENTS, Row)
def _row(m: Machine, row: Row) -> Values:
    return m.elements(m.call(m.attribute(frozenset([row]), "__iter__"), Call(name="__iter__", key=("iter", row))))


@rule(ELEMENTS, Method)
def _method(m: Machine, method: Method) -> Values:
    escape(m, frozenset([method]), "iterates over a method of {it}")
    return PLAIN


@rule(ELEMENTS, Many)
def _many(m: Machine, many: Many) -> Values:
    """The rows of a relation; a manager is no iterable."""
    m.touch(many.node)
    return frozenset([Row(many.node)])


def call_box(m: Machine, box: Box, name: str, call: Call) -> Values:
    """Call a method of a container."""
    if call.rest:
        return _unknown_method(m, box, name, call)
    if name in _ADD or name == "insert":
        return _add(m, box, call.arg(1) if name == "insert" else call.everything())
    if name in _EXTEND or name in _SAME:
        return _extend(m, box, name, call)
    if name == "sort":
        with m.perhaps():
            keys = m.call(call.kwargs["key"], _key_call(box, call)) if "key" in call.kwargs else box.elements()
        identify(m, keys, "<")
        return PLAIN
    if name in ("items", "keys", "values", "elements", "most_common"):
        return _views(m, box, name, call)
    if name in _READ:
        return _read(m, box, name, call)
    if name in _QUIET:
        identify(m, call.everything() | (box.elements() if name in ("index", "count", "remove") else NEVER))
        return PLAIN
    return _unknown_method(m, box, name, call)


def _key_call(box: Box, call: Call) -> Call:
    return Call((box.elements(),), name="key", key=(call.key, "sort"))


def _extend(m: Machine, box: Box, name: str, call: Call) -> Values:
    """Take in the elements of other containers, in place or in a copy that shares the box."""
    if box.kind == "dict" and name in _EXTEND:
        return _update(m, box, call)
    if name in _EXTEND:
        _add(m, box, *map(m.elements, call.args))
    else:
        identify(m, call.everything())
    return frozenset([box]) if name in _SAME else PLAIN


def _add(m: Machine, box: Box, *many: Values) -> Values:
    for values in many:
        if box.kind == "set":
            identify(m, values)
        m.put(box, KEYS if box.kind == "dict" else ANY, values)
    return PLAIN


def _update(m: Machine, box: Box, call: Call) -> Values:
    for values in call.args:
        pour(m, box, values)
    for name, values in call.kwargs.items():
        store(m, box, known(name), values)
    m.put(box, ANY, call.rest)
    return PLAIN


def _views(m: Machine, box: Box, name: str, call: Call) -> Values:
    keys = box.slots.get(KEYS, NEVER) | PLAIN
    if name in ("items", "most_common"):
        pair = m.box("tuple", "pair", call.key)
        m.put(pair, ("slot", 0), keys)
        m.put(pair, ("slot", 1), box.elements() | (PLAIN if name == "most_common" else NEVER))
        return m.filled_box("list", frozenset([pair]), "items", call.key)
    return m.filled_box("list", box.elements() if name == "values" else keys, name, call.key)


def _read(m: Machine, box: Box, name: str, call: Call) -> Values:
    identify(m, call.arg(0))
    if name == "popitem":
        return m.elements(_views(m, box, "items", call))
    if name == "setdefault":
        store(m, box, call.arg(0), call.arg(1) or known(None))
    if name in ("get", "setdefault", "__getitem__") and call.args:
        default = known(None) if name == "get" and len(call.args) == 1 else call.arg(1)
        return item(m, frozenset([box]), call.arg(0)) | default
    return (box.slots.get(KEYS, NEVER) if box.kind == "set" else NEVER) | box.elements() | call.arg(1)


def _unknown_method(m: Machine, box: Box, name: str, call: Call) -> Values:
    escape(m, frozenset([box]) | call.everything(), f"calls {name}() of a {box.kind} with {{it}}")
    m.put(box, ANY, PLAIN)
    return PLAIN


def pairs(m: Machine, columns: list[Values], *key: Any) -> Values:
    """Return a list of tuples with one value of each column."""
    row = m.box("tuple", "pairs", *key)
    for index, values in enumerate(columns):
        m.put(row, ("slot", index), values)
    return m.filled_box("list", frozenset([row]), "pairs", *key)
