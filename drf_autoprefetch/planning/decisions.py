"""What is said of each node of a plan: its decision, and a note where a relation is left to be loaded row by row."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..notes import Note
from ..reading.columns import ordered_columns
from ..reading.requirements import Edge, Requirement
from .columns_needed import NO_COLUMNS
from .plans import Decision, Plan, Strategy
from .written import Path


@dataclass(frozen=True, slots=True)
class Node:
    """A requirement at its place in one query: by attribute names, and by names inside the query."""

    requirement: Requirement
    strategy: Strategy
    why: str
    attributes: Path = ()
    names: Path = ()
    far: frozenset[str] = NO_COLUMNS
    edge: Edge | None = None
    joinable: bool = True
    back: str = ""
    in_place: bool = False
    at_once: bool = False


def entered(plan: Plan, edge: Edge, strategy: Strategy, why: str) -> Plan:
    """Return ``plan``, whose root says how and why its rows are loaded, and which field asked for it."""
    root, *others = plan.decisions
    origins = tuple(sorted(edge.origins)) or root.origins
    root = replace(root, strategy=strategy, why=why, origins=origins)
    return replace(plan, decisions=(root, *others))


def left_alone(node: Node, edge: Edge, why: str) -> Note:
    """Return the note that ``edge`` is not planned."""
    message = f"{edge.relation} is loaded row by row: {why}."
    remedy = "Give the field a nested serializer, or the model a base manager that hides nothing."
    if node.requirement.asks_about(edge):
        remedy = "Prefetch it in the queryset of your view where it shall be loaded."
    return Note("not-planned", ".".join((*node.attributes, edge.name)), message, remedy, min(edge.origins))


def decision(node: Node, columns: frozenset[str] | None) -> Decision:
    """Return what is decided for ``node``, whose query selects ``columns``."""
    requirement = node.requirement
    origins = node.edge.origins if node.edge else requirement.everything
    ordered = ordered_columns(requirement.model)
    return Decision(
        path=".".join(node.attributes),
        model=requirement.model,
        strategy=node.strategy,
        why=node.why,
        origins=tuple(sorted(origins)),
        columns=None if columns is None else tuple(name for name in ordered if name in columns),
        reads=tuple((name, tuple(sorted(requirement.reads[name]))) for name in ordered if name in requirement.reads),
        everything=() if columns is not None else tuple(sorted(requirement.everything)),
    )
