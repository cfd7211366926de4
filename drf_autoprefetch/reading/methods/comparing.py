"""What Python asks of a value without an attribute being named: identity, order, truth and text."""

from __future__ import annotations

from types import MethodDescriptorType, WrapperDescriptorType

from django.db.models import Model

from ..relations import relations
from .machine import Machine
from .names import static
from .values import NEVER, OTHER, Box, Call, Known, Many, Method, Row, Values


def identify(m: Machine, values: Values, operator: str = "") -> None:
    """Compare, hash or look up ``values``: rows are known by their primary key, lists by what is in them."""
    for row in rows_in(m, values):
        special(m, row, {"": "__eq__", "<": "__lt__"}.get(operator, operator))
        row.node.identify(m.place)


def look_up(m: Machine, values: Values) -> None:
    """Hand ``values`` to a query: a row stands for its key, which a foreign key may keep in another column."""
    for row in rows_in(m, values):
        row.node.identify(m.place)
        for relation in relations(row.node.model).values():
            if relation.kind in ("reverse_many", "reverse_one"):
                row.node.read(relation.near, m.place)


def render(m: Machine, values: Values) -> None:
    """Make a text of ``values``."""
    for row in rows_in(m, values):
        place = m.place
        for name in ("__str__", "__repr__", "__format__"):
            special(m, row, name)
            m.place = place


def truth(m: Machine, values: Values) -> None:
    """Ask whether ``values`` are true: querysets are loaded, managers are not."""
    for atom in values:
        if isinstance(atom, Many) and not atom.manager:
            m.elements(frozenset([atom]))
        elif isinstance(atom, Row):
            special(m, atom, "__bool__")
            special(m, atom, "__len__")


def special(m: Machine, row: Row, name: str) -> Values:
    """Call a special method of a row, where the project defines one; Django's own read the primary key."""
    function = static(row.node.model, name)
    if (
        function is None
        or isinstance(function, WrapperDescriptorType | MethodDescriptorType)
        or getattr(function, "__module__", "") == Model.__module__
    ):
        if name in ("__str__", "__eq__", "__hash__"):
            row.node.identify(m.place)
        return NEVER
    args = (frozenset([OTHER]),) if name in ("__eq__", "__lt__", "__format__") else ()
    return m.call(frozenset([Method(row, name, function)]), Call(args, name=name, key=("special", name, row)))


def rows_in(m: Machine, values: Values) -> list[Row]:
    """Return every row among ``values`` or inside them; querysets are loaded for that."""
    found: dict[Row, None] = {}
    seen: set[object] = set()
    todo = list(values)
    while todo:
        atom = todo.pop()
        if atom in seen:
            continue
        seen.add(atom)
        if isinstance(atom, Row):
            found[atom] = None
        elif isinstance(atom, Box):
            todo.extend(atom.everything())
        elif isinstance(atom, Many) and not atom.manager:
            todo.extend(m.elements(frozenset([atom])))
    return list(found)


def tracked(values: Values) -> bool:
    """Whether any row may be reached through ``values``."""
    seen: set[object] = set()
    todo = list(values)
    while todo:
        atom = todo.pop()
        if atom in seen or atom is OTHER:
            continue
        seen.add(atom)
        if isinstance(atom, Box):
            todo.extend(atom.everything())
        elif not isinstance(atom, Known):
            return True
    return False
