"""What was loaded and not read: columns of the rows that were watched, and relations that the plan brought to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import Model

from ...planning.plans import Decision, Plan, PrefetchPlan, Strategy
from ...reading.columns import columns_by_name, load_with, primary_key
from ...reading.relations import relations
from .seen import NodeReads

#: What asks for these columns reads them of other rows than those that are watched, or where nobody can look.
_BESIDE = frozenset({"view", "model"})


@dataclass(slots=True)
class Planned:
    """What the plans of a view say of the rows at one path: the relations that are loaded for them, columns to keep."""

    relations: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Judged:
    """What rows at one place were loaded with, but for what loading needs itself, and what was read of them."""

    path: str
    model: type[Model]
    rows: int
    columns: frozenset[str]
    relations: frozenset[str]
    read: frozenset[str]


def judged(nodes: Iterable[NodeReads], plans: Iterable[Plan]) -> Iterator[Judged]:
    """Yield, for each place of the plans where rows were watched, what was loaded there, and read."""
    planned: dict[str, Planned] = {}
    for plan in plans:
        _collect(plan, "", planned)
    for node in nodes:
        known = planned.get(node.path)
        if known is None:
            continue
        yield Judged(
            node.path,
            node.model,
            node.rows,
            frozenset(node.loaded - known.kept - _needed(node, known)),
            frozenset(known.relations),
            frozenset(_read(node)),
        )


def _read(node: NodeReads) -> set[str]:
    """An image is measured with the columns beside it."""
    found = set(node.read)
    for name in node.read:
        column = columns_by_name(node.model).get(name)
        if column is not None:
            found |= load_with(node.model, column)
    return found


def _needed(node: NodeReads, known: Planned) -> set[str]:
    """Keys: its own, and those that relations hang on which were loaded or read."""
    needed = set(primary_key(node.model))
    for name, relation in relations(node.model).items():
        if name in known.relations or name in node.read or relation.kind == "parent_link":
            needed |= relation.near
    return needed


def _collect(plan: Plan, above: str, planned: dict[str, Planned]) -> None:
    for decision in plan.decisions:
        _decided(decision, _joined(above, decision.path), planned)
    for prefetch in plan.lookups():
        path = _lookup_path(above, prefetch)
        roots = [below.decisions[0] for below in prefetch.plans]
        if not prefetch.late and not any(_is_beside(root) for root in roots):
            _relation(path, planned)
        for below in prefetch.plans:
            planned.setdefault(path, Planned()).kept |= prefetch.relation.far
            _collect(below, path, planned)


def _decided(decision: Decision, path: str, planned: dict[str, Planned]) -> None:
    known = planned.setdefault(path, Planned())
    if any(origin.kind == "model" for origin in decision.everything):
        known.kept |= columns_by_name(decision.model).keys()
    for name, origins in decision.reads:
        if any(origin.kind in _BESIDE for origin in origins):
            known.kept.add(name)
    if decision.strategy is Strategy.JOIN and not _is_beside(decision):
        _relation(path, planned)


def _is_beside(decision: Decision) -> bool:
    return any(origin.kind in _BESIDE for origin in decision.origins)


def _lookup_path(above: str, prefetch: PrefetchPlan) -> str:
    *way, last = prefetch.lookup.split("__")
    return _joined(above, *way, prefetch.to_attr or last)


def _relation(path: str, planned: dict[str, Planned]) -> None:
    parent, _, name = path.rpartition(".")
    planned.setdefault(parent, Planned()).relations.add(name)


def _joined(*paths: str) -> str:
    return ".".join(filter(None, paths))
