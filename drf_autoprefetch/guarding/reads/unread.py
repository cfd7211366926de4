"""What was loaded and not read: columns of the rows that were watched, and relations that the plan brought to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cache

from django.db.models import Model

from ...planning.plans import Decision, Plan, Strategy
from ...reading.columns import all_columns, columns_by_name, load_with, primary_key
from ...reading.relations import relations
from .seen import NodeReads

#: What asks for these columns reads them of other rows than those that are watched, or where nobody can look.
_BESIDE = frozenset({"view", "model"})
_SAME_ROW = frozenset({"parent_link", "child_link", "sibling_link"})


@dataclass(slots=True)
class Planned:
    """What plans say of the rows of a model at a path: the relations that come with them, and the columns to keep."""

    relations: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Judged:
    """What rows at one place were loaded with, but for what loading needs itself, and what was read of them."""

    path: str
    model: type[Model]
    rows: int
    columns: Set[str]
    relations: Set[str]
    read: Set[str]


#: By path and model.
Places = dict[tuple[str, type[Model]], Planned]


def judged(nodes: Iterable[NodeReads], plans: Iterable[Plan]) -> Iterator[Judged]:
    """Yield, for each place of the plans where rows were watched, what was loaded there, and read."""
    planned: Places = defaultdict(Planned)
    for plan in plans:
        _collect(plan, "", planned)
    for node in nodes:
        there = [known for (path, model), known in planned.items() if path == node.path and _fits(node.model, model)]
        if there:
            columns = node.loaded - _needed(node, there)
            joined = {name for known in there for name in known.relations}
            yield Judged(node.path, node.model, node.rows, columns, frozenset(joined), _read(node))


def _fits(model: type[Model], planned: type[Model]) -> bool:
    """Rows may be of a proxy or a child of the model that was planned."""
    return issubclass(model, planned) or issubclass(planned, model)


def _read(node: NodeReads) -> frozenset[str]:
    """An image is measured with the columns beside it."""
    measured = _measured(node.model)
    return frozenset(node.read).union(*(measured[name] for name in node.read & measured.keys()))


@cache
def _measured(model: type[Model]) -> dict[str, frozenset[str]]:
    found = ((name, load_with(model, column)) for name, column in columns_by_name(model).items())
    return {name: names for name, names in found if len(names) > 1}


def _needed(node: NodeReads, there: Iterable[Planned]) -> set[str]:
    """Keys: its own, and those that relations hang on which were loaded or read.

    The rows of a multi-table parent and child share columns: what is read of one is not known of the other.
    """
    needed = set(primary_key(node.model)).union(*(known.kept for known in there))
    used = node.read.union(*(known.relations for known in there))
    for name, relation in relations(node.model).items():
        if name in used:
            needed |= all_columns(node.model) if relation.kind in _SAME_ROW else relation.near
    return needed


def _collect(plan: Plan, above: str, planned: Places) -> None:
    models = {decision.path: decision.model for decision in plan.decisions}
    for decision in plan.decisions:
        _decided(decision, above, models, planned)
    for prefetch in plan.lookups():
        *way, last = prefetch.lookup.split("__")
        roots = [below.decisions[0] for below in prefetch.plans]
        if not prefetch.late and not any(map(_is_beside, roots)):
            parent = models.get(".".join(way), plan.model)
            planned[_joined(above, *way), parent].relations.add(prefetch.to_attr or last)
        for below in prefetch.plans:
            path = _joined(above, *way, prefetch.to_attr or last)
            planned[path, below.model].kept |= prefetch.relation.far
            _collect(below, path, planned)


def _decided(decision: Decision, above: str, models: Mapping[str, type[Model]], planned: Places) -> None:
    known = planned[_joined(above, decision.path), decision.model]
    if decision.strategy is Strategy.SAME_ROW or any(origin.kind == "model" for origin in decision.everything):
        known.kept |= all_columns(decision.model)
    known.kept |= {name for name, origins in decision.reads if any(origin.kind in _BESIDE for origin in origins)}
    if decision.strategy is Strategy.JOIN and not _is_beside(decision):
        parent, _, name = decision.path.rpartition(".")
        planned[_joined(above, parent), models[parent]].relations.add(name)
        if relations(models[parent])[name].kind in _SAME_ROW:
            known.kept |= all_columns(models[parent])


def _is_beside(decision: Decision) -> bool:
    return any(origin.kind in _BESIDE for origin in decision.origins)


def _joined(*paths: str) -> str:
    return ".".join(filter(None, paths))
