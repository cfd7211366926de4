"""Code that asks what is loaded with a row already: it may take another way then, and show something else."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from .frames import Frame
from .machine import Machine
from .values import Many, Row, Values, constants

#: Stands for every relation of a row.
ANY_RELATION = "*"
#: Stands for the relation at whose end the row is, where a list serializer is handed the rows of one.
THESE_ROWS = ""


def asked_row(node: ast.expr) -> ast.expr | None:
    """Return the expression of the row that ``node`` takes the loaded relations of; None where it does not."""
    match node:
        case ast.Attribute(value=ast.Attribute(value=row, attr="_state"), attr="fields_cache"):
            return row
        case ast.Attribute(value=row, attr="_prefetched_objects_cache"):
            return row
        case ast.Call(
            func=ast.Name(id="getattr" | "hasattr"), args=[row, ast.Constant(value="_prefetched_objects_cache"), *_]
        ):
            return row
    return None


def asks_one(m: Machine, frame: Frame, node: ast.Compare) -> bool:
    """Follow ``"name" in row._prefetched_objects_cache``, which asks about one relation; return whether it is that."""
    match node:
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[cache]) if row := asked_row(cache):
            names = constants(m.eval(frame, node.left))
            probe(m, m.eval(frame, row), [ANY_RELATION] if names is None else map(str, names))
            return True
    return False


def is_introduction(node: ast.BoolOp) -> bool:
    """Whether ``and`` only makes sure that there is a cache, before it is asked about one relation."""
    match node:
        case ast.BoolOp(
            op=ast.And(),
            values=[ast.Call(func=ast.Name(id="hasattr")) as first, ast.Compare(comparators=[second])],
        ):
            rows = [asked_row(first), asked_row(second)]
            return None not in rows and len({ast.dump(row) for row in rows if row is not None}) == 1
    return False


def probe(m: Machine, values: Values, names: Iterable[str]) -> None:
    """Write down that code asks whether relations of rows are loaded."""
    names = list(names)
    for atom in values:
        if isinstance(atom, Row) and not atom.node.detached:
            for name in names:
                atom.node.probed.setdefault(name, set()).add(m.place)


def probe_list(m: Machine, many: Many) -> None:
    """Write down that code asks whether the rows of a relation are there already: ``rows.all()._result_cache``."""
    if many.relation is not None:
        probe(m, frozenset([Row(many.owner)]), [many.relation.name])
    else:
        probe(m, frozenset([Row(many.node)]), [THESE_ROWS])
