"""What a developer wrote on a queryset already: it is kept, and the plan is made around it."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.db.models import Model, Prefetch
from django.db.models.query import MAX_GET_RESULTS

from ..notes import Origin
from ..reading import columns, relations
from ..reading.code import is_stock, own_code_of
from ..reading.requirements import Declared, Edge, Requirement, everything, nothing
from .unordered import adrift

Path = tuple[str, ...]
#: Which relation, and which rows, the ``to_attr`` of an earlier lookup stands for.
Filled = dict[Path, tuple[relations.Relation, type[Model]]]

ORIGIN = Origin("queryset", "", kind="queryset")


@dataclass(frozen=True, slots=True)
class Written:
    """The loading state of a queryset, as values.

    ``joins`` are the paths of its ``select_related``; ``joins_all`` is a ``select_related()`` without names.
    ``lookups`` are those of its ``prefetch_related``, in order. ``named`` are the paths given to ``only()``, or to
    ``defer()`` if ``deferring``. ``known`` are the columns by which rows of a related manager find the instance they
    belong to. ``seen`` rows leave out no column: they are locked, so about to be written, or
    the queryset's class has code of its own that is handed each of them. ``locked`` says that joined rows would be
    locked as well, ``ordered`` that the order of the rows is said, or that there is one at most. ``grouped`` rows are
    aggregated and not ordered: they come as the database groups them, by all that is selected. ``adrift`` ones
    are in an order that cannot be asked for: with a join it might be another.
    """

    joins: frozenset[Path] = frozenset()
    joins_all: bool = False
    lookups: tuple[Any, ...] = ()
    named: frozenset[Path] = frozenset()
    deferring: bool = True
    known: frozenset[str] = frozenset()
    seen: bool = False
    locked: bool = False
    ordered: bool = True
    grouped: bool = False
    adrift: bool = False

    def matches(self, other: Written) -> bool:
        """Return whether a plan made around this can be used where ``other`` is written."""
        if self is other:
            return True
        return self == other and (self.hashable or all(map(operator.is_, self.lookups, other.lookups)))

    @property
    def narrowed(self) -> bool:
        """Whether an ``only()`` names the columns that its author wants."""
        return bool(self.named) and not self.deferring

    @property
    def hashable(self) -> bool:
        """Whether it can be part of a cache key: ``Prefetch`` objects compare by path alone, so they cannot."""
        return not self.lookups or not any(isinstance(lookup, Prefetch) for lookup in self.lookups)


UNWRITTEN = Written()


def read_queryset(queryset: Any) -> Written:
    """Return what is written on ``queryset``. Runs no query."""
    query = queryset.query
    names, deferring = query.deferred_loading
    joins = query.select_related
    lookups, known = queryset._prefetch_related_lookups, queryset._known_related_objects
    cls: Any = type(queryset)
    own = _has_own_loading(cls, queryset._iterable_class)
    ordered = queryset.ordered or query.high_mark == MAX_GET_RESULTS
    if ordered and not (names or joins or lookups or known or own or query.select_for_update):
        return UNWRITTEN
    return Written(
        joins=frozenset(_paths(joins)) if isinstance(joins, dict) else frozenset(),
        joins_all=joins is True,
        lookups=tuple(map(_run, lookups)),
        named=frozenset(tuple(name.split("__")) for name in names),
        deferring=deferring,
        known=frozenset(name for field in known for name in columns.key_columns(field)),
        seen=bool(query.select_for_update) or own,
        locked=bool(query.select_for_update and not query.select_for_update_of),
        ordered=ordered,
        grouped=query.group_by is True and not ordered,
        adrift=not ordered and adrift(queryset),
    )


def _run(lookup: Any) -> Any:
    """Return ``lookup`` with the queryset that is run, where a plan that was put on earlier keeps another for code."""
    return Prefetch(lookup.prefetch_through, lookup.fetched) if hasattr(lookup, "fetched") else lookup


@lru_cache(maxsize=1024)
def _has_own_loading(cls: Any, iterable_class: Any) -> bool:
    """Whether code that is not Django's builds the rows of a queryset, or looks at them when they are fetched."""
    methods = ("_fetch_all", "__iter__", "iterator", "_iterator", "__getitem__", "__len__", "get")
    return not is_stock(iterable_class) or any(own_code_of(cls, name) for name in methods)


def with_written(requirement: Requirement, written: Written) -> tuple[Requirement, tuple[Any, ...]]:
    """Return ``requirement`` with the relations that ``written`` loads, and the lookups that are no known relation.

    What is written and read by nothing known is loaded whole: someone asked for it.
    """
    asked = nothing(requirement.model)
    for path in sorted(written.joins):
        asked = asked | _joined(requirement.model, path)
    rest: list[Any] = []
    filled: Filled = {}
    for lookup in written.lookups:
        prefetch = lookup if isinstance(lookup, Prefetch) else Prefetch(lookup)
        found = _looked_up(requirement.model, prefetch, filled)
        if found is None:
            rest.append(lookup)
        else:
            asked = asked | found
    return add_unread(requirement, asked), tuple(rest)


def add_unread(requirement: Requirement, asked: Requirement) -> Requirement:
    """Merge ``asked`` into ``requirement``; rows that only ``asked`` reaches are loaded with every column."""
    edges = dict(requirement.edges)
    for name, edge in asked.edges.items():
        known = edges.get(name)
        if known is None:
            edges[name] = replace(edge, targets={model: _whole(target) for model, target in edge.targets.items()})
        else:
            edges[name] = replace(known | edge, targets=_targets(known, edge))
    return replace(requirement, edges=edges)


def _targets(known: Edge, asked: Edge) -> dict[type[Model], Requirement]:
    targets = dict(known.targets)
    for model, target in asked.targets.items():
        targets[model] = add_unread(targets[model], target) if model in targets else _whole(target)
    return targets


def _whole(requirement: Requirement) -> Requirement:
    edges = {
        name: replace(edge, targets={model: _whole(target) for model, target in edge.targets.items()})
        for name, edge in requirement.edges.items()
    }
    return replace(requirement | everything(requirement.model, ORIGIN), edges=edges)


def _paths(joins: dict[str, Any], above: Path = ()) -> Iterator[Path]:
    for name, below in joins.items():
        yield (*above, name)
        yield from _paths(below, (*above, name))


def _joined(model: type[Model], path: Path) -> Requirement:
    for relation in relations.relations(model).values():
        if relation.query_name == path[0] and relation.model is not None and not relation.to_many:
            target = _joined(relation.model, path[1:]) if path[1:] else nothing(relation.model)
            return Requirement(model, edges={relation.name: Edge(relation, {target.model: target})})
    return nothing(model)


def filled_attributes(model: type[Model], written: Written) -> dict[tuple[type[Model], str], Edge]:
    """Return the ``to_attr`` attributes that ``written`` fills, by the model that has them and their name.

    What is read along them is remembered longer than the request, so they hold nothing of its queryset.
    """
    if written.hashable or not any(isinstance(lookup, Prefetch) and lookup.to_attr for lookup in written.lookups):
        return {}
    asked, _ = with_written(nothing(model), written)
    return {
        (owner.model, edge.name): replace(edge, declared=frozenset()) for owner, edge in asked.walk() if edge.to_attr
    }


def knows_all_joins(model: type[Model], written: Written) -> bool:
    """Return whether every written join is a relation of the models (a ``FilteredRelation`` is not)."""
    return all(_length(_joined(model, path)) == len(path) for path in written.joins)


def _length(requirement: Requirement) -> int:
    for edge in requirement.edges.values():
        return 1 + max((_length(target) for target in edge.targets.values()), default=0)
    return 0


def _looked_up(model: type[Model], prefetch: Prefetch[Any, Any, Any], filled: Filled) -> Requirement | None:
    """The edges along one lookup; ``filled`` remembers which ``to_attr`` paths earlier lookups fill."""
    steps: list[tuple[relations.Relation, str, type[Model] | None]] = []
    at: type[Model] | None = model
    names = prefetch.prefetch_through.split("__")
    for depth in range(len(names)):
        known = filled.get(tuple(names[: depth + 1]))
        relation = known[0] if known else relations.get_relation(at, names[depth]) if at else None
        if relation is None:
            return None
        at = known[1] if known else relation.model
        steps.append((relation, names[depth] if known else "", at))
    return _edges_of(steps, prefetch, filled)


def _edges_of(
    steps: list[tuple[relations.Relation, str, type[Model] | None]],
    prefetch: Prefetch[Any, Any, Any],
    filled: Filled,
) -> Requirement:
    last, own_attr, target = steps[-1]
    declared: frozenset[Declared] = frozenset()
    to_attr = prefetch.to_attr or own_attr
    if prefetch.queryset is not None or prefetch.to_attr or hasattr(prefetch, "querysets"):
        declared = frozenset([Declared(prefetch, ORIGIN)])
        target = getattr(prefetch.queryset, "model", None) or target
    if prefetch.to_attr and target is not None:
        filled[tuple(prefetch.prefetch_to.split("__"))] = (last, target)
    targets = {} if target is None else {target: nothing(target)}
    found = Edge(last, targets, to_attr, declared, frozenset([ORIGIN]))
    requirement = Requirement(last.owner, edges={found.name: found})
    for relation, attr, _ in reversed(steps[:-1]):
        edge = Edge(relation, {requirement.model: requirement}, attr, origins=frozenset([ORIGIN]))
        requirement = Requirement(relation.owner, edges={edge.name: edge})
    return requirement
