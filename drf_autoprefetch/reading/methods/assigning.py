"""Assignment to names, attributes, items and patterns of them."""

from __future__ import annotations

import ast

from .comparing import identify
from .escaping import escape
from .expressions import item, store
from .frames import Frame
from .machine import Machine
from .names import mangled, static
from .values import ANY, NEVER, Box, Call, Known, Row, Values, known, union


def assign(m: Machine, frame: Frame, target: ast.expr, values: Values) -> None:
    """Do ``target = values``."""
    if isinstance(target, ast.Name):
        _bind(m, frame, target.id, values)
    elif isinstance(target, ast.Starred):
        assign(m, frame, target.value, m.filled_box("list", m.elements(values), "star", frame.key, target))
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(m, frame, target, values)
    elif isinstance(target, ast.Attribute):
        owner = m.eval(frame, target.value)
        m.place = frame.place(target)
        set_attribute(m, owner, mangled(target.attr, frame.mangle), values)
    else:
        assert isinstance(target, ast.Subscript)  # Python's grammar has no other targets
        _set_item(m, frame, target, values)


def _bind(m: Machine, frame: Frame, name: str, values: Values) -> None:
    if name in frame.shared:
        escape(m, values, "stores {it} in a global")
    frame.bind(mangled(name, frame.mangle), values)


def _unpack(m: Machine, frame: Frame, target: ast.Tuple | ast.List, values: Values) -> None:
    starred = any(isinstance(part, ast.Starred) for part in target.elts)
    everything = m.elements(values)
    for index, part in enumerate(target.elts):
        exact = union(_position(m, atom, index) for atom in values)
        assign(m, frame, part, values if isinstance(part, ast.Starred) else everything if starred else exact)


def _position(m: Machine, atom: object, index: int) -> Values:
    if isinstance(atom, Box) and atom.kind in ("tuple", "list"):
        return item(m, frozenset([atom]), known(index))
    return m.elements(frozenset([atom]))


def set_attribute(m: Machine, owner: Values, name: str, values: Values) -> None:
    """Do ``owner.name = values``."""
    for atom in owner:
        if isinstance(atom, Box) and atom.kind == "object":
            _set_slot(m, atom, name, values)
        else:
            escape(m, values, "stores {it} on an object")
            if isinstance(atom, Row):
                _change(m, atom, name)


def _set_slot(m: Machine, box: Box, name: str, values: Values) -> None:
    """An attribute of an object of ours; a property has a setter."""
    member = static(box.cls, name)
    if isinstance(member, property):
        here: Values = frozenset([box])
        m.call(known(member.fset), Call((here, values), name=name, key=("set", name, box)))
    m.put(box, ("slot", name), values)


def _change(m: Machine, row: Row, name: str) -> None:
    """Setting a property runs its code; setting a relation or a file looks at the old value."""
    from ..attributes import Code, get_attribute
    from ..relations import Relation

    found = get_attribute(row.node.model, name)
    if isinstance(found, (Code, Relation)):
        escape(m, frozenset([row]), f"sets {name} of {{it}}")


def _set_item(m: Machine, frame: Frame, target: ast.Subscript, values: Values) -> None:
    owner = m.eval(frame, target.value)
    key = NEVER if isinstance(target.slice, ast.Slice) else m.eval(frame, target.slice)
    m.place = frame.place(target)
    for atom in owner:
        if isinstance(atom, Box) and atom.kind != "object":
            if isinstance(target.slice, ast.Slice):
                m.put(atom, ANY, m.elements(values))
            else:
                store(m, atom, key, values)
        elif not isinstance(atom, Known) or atom.object is not None:
            identify(m, key)
            escape(m, values | key, "stores {it} in an object")
