"""Following a relation of a row: to the rows behind it, or to the manager of them."""

from __future__ import annotations

from ..relations import Relation, generic_targets
from .machine import Machine
from .trails import Node
from .values import NEVER, PLAIN, Many, Row, Values

#: How the rows behind a generic foreign key are loaded.
_TARGETS = "those that declare a generic relation back are loaded with what it reads of them, others whole"

#: How many models a body is read for where a generic foreign key may lead to any of them.
_MAX_TARGETS = 8


def follow(m: Machine, node: Node, relation: Relation) -> Values:
    """Return the rows, or the manager of the rows, behind a relation."""
    back = frozenset(Row(ancestor) for ancestor in node.ancestors(relation))
    if relation.model is None:
        if not node.detached:
            node.follow(relation.name, m.place, always=m.runs_for(node))
            node.notes[("generic-target", m.place)] = (relation.name, _TARGETS)
        return PLAIN | back | _known_targets(node, relation)
    child = node.child(relation, relation.model)
    if child.detached:
        _too_deep(m, node, relation)
    if relation.to_many:
        return frozenset([Many(child, child if child.detached else node, relation)])
    m.touch(child)
    return frozenset([Row(child)]) | back


def _known_targets(node: Node, relation: Relation) -> Values:
    """The rows of models that declare a generic relation back; behind another generic foreign key they are too many."""
    models = generic_targets(relation)
    again = any(step.relation is not None and step.relation.model is None for step in node.lineage())
    if node.detached or again or len(models) > _MAX_TARGETS:
        return NEVER
    return frozenset(Row(node.child(relation, model)) for model in models)


def _too_deep(m: Machine, node: Node, relation: Relation) -> None:
    if not node.detached:
        node.read(relation.near, m.place)
        node.notes[("depth-limit", m.place)] = (relation.name, "")
