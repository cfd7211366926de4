"""``Requirement``: what serializing one object reads, as a tree of values that merges with ``|``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db.models import Model, Prefetch

from ..notes import Note, Origin
from .attributes import Column
from .relations import Relation, get_relation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_NONE: frozenset[Any] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """A queryset that a developer declared for a relation: the very object, which is copied before use.

    Two are equal where they hold the same queryset for the same path. (``Prefetch`` itself compares paths alone.)
    """

    prefetch: Prefetch[Any, Any, Any]
    origin: Origin

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Declared) and other._key == self._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[Any, ...]:
        one = self.prefetch
        querysets = getattr(one, "querysets", None) or [one.queryset]
        return (one.prefetch_through, one.to_attr, *(id(queryset) for queryset in querysets))


@dataclass(frozen=True, slots=True)
class Edge:
    """A relation that is followed, and what is read from the rows at its end.

    ``targets`` has one requirement per model: several only behind a generic foreign key, none where the targets are
    not known. ``to_attr`` is the attribute that a declared ``Prefetch`` fills instead of the relation's own.
    ``beyond`` says that something is read from the row by an attribute path, where a missing row is an error and a
    null is not the same as that. ``always`` says that it is read from every row that is shown; else code decides.
    """

    relation: Relation
    targets: Mapping[type[Model], Requirement]
    to_attr: str = ""
    declared: frozenset[Declared] = _NONE
    origins: frozenset[Origin] = _NONE
    beyond: bool = False
    always: bool = True

    @property
    def name(self) -> str:
        """The attribute under which the rows are read."""
        return self.to_attr or self.relation.name

    def each(self, change: Callable[[Requirement], Requirement]) -> Edge:
        """Return the same edge with every target changed."""
        return replace(self, targets={model: change(target) for model, target in self.targets.items()})

    def __or__(self, other: Edge) -> Edge:
        return replace(
            self,
            targets=_merge(self.targets, other.targets),
            declared=self.declared | other.declared,
            origins=self.origins | other.origins,
            beyond=self.beyond or other.beyond,
            always=self.always or other.always,
        )


@dataclass(frozen=True, slots=True)
class Annotated:
    """A value the queryset must compute under a name. ``expression`` is any Django expression."""

    name: str
    expression: Any
    origin: Origin


@dataclass(frozen=True, slots=True)
class Requirement:
    """What is read from one instance of ``model``, and from everything reached through it.

    ``reads`` maps each column's attribute name to the places that read it; ``everything`` holds the places that made
    every column necessary (empty: only ``reads`` are). ``edges`` are keyed by attribute name. A requirement has no
    opinion about joins. ``volatile`` says that a hint asked the serializer context, so that the next request may
    differ. ``probed`` maps a relation, ``*`` for all, or an empty string for the one at whose end the row is, to the
    places that ask whether it is loaded already.
    ``handed`` holds the places where the row goes to code out of sight. Merging with ``|`` is idempotent, commutative
    and associative.
    """

    model: type[Model]
    reads: Mapping[str, frozenset[Origin]] = field(default_factory=dict)
    everything: frozenset[Origin] = _NONE
    edges: Mapping[str, Edge] = field(default_factory=dict)
    annotations: frozenset[Annotated] = _NONE
    notes: frozenset[Note] = _NONE
    volatile: bool = False
    probed: Mapping[str, frozenset[Origin]] = field(default_factory=dict)
    handed: frozenset[Origin] = _NONE

    @property
    def columns(self) -> frozenset[str] | None:
        """The attribute names read, or None where every column must be loaded."""
        return None if self.everything else frozenset(self.reads)

    def asks_about(self, edge: Edge) -> bool:
        """Return whether code asks if the rows behind ``edge``, one of its own, are loaded already."""
        asked = self.probed.keys() & {edge.name, "*"}
        return bool(asked) or any("" in target.probed for target in edge.targets.values())

    def walk(self) -> Iterator[tuple[Requirement, Edge]]:
        """Yield every edge of the tree, with the requirement that it starts from."""
        for edge in self.edges.values():
            yield self, edge
            for target in edge.targets.values():
                yield from target.walk()

    def __or__(self, other: Requirement) -> Requirement:
        if self.model is not other.model:
            raise ValueError(f"Cannot merge what is read from {self.model.__name__} and from {other.model.__name__}.")
        return Requirement(
            self.model,
            _merge(self.reads, other.reads),
            self.everything | other.everything,
            _merge(self.edges, other.edges),
            self.annotations | other.annotations,
            self.notes | other.notes,
            self.volatile or other.volatile,
            _merge(self.probed, other.probed),
            self.handed | other.handed,
        )


def recast(requirement: Requirement, model: type[Model]) -> Requirement:
    """Return what ``requirement`` reads, from instances of ``model``: a proxy or child of its own model."""
    if model is requirement.model:
        return requirement
    edges = {
        name: replace(edge, relation=get_relation(model, edge.relation.name) or edge.relation)
        for name, edge in requirement.edges.items()
    }
    return replace(requirement, model=model, edges=edges)


def perhaps(requirement: Requirement) -> Requirement:
    """Return ``requirement`` of code that may not run: none of its relations is always read."""
    edges = {name: replace(edge.each(perhaps), always=False) for name, edge in requirement.edges.items()}
    return replace(requirement, edges=edges)


def nothing(model: type[Model]) -> Requirement:
    """Return the requirement of code that reads nothing from ``model``."""
    return Requirement(model)


def union(model: type[Model], requirements: Iterable[Requirement]) -> Requirement:
    """Return all of ``requirements`` in one."""
    total = nothing(model)
    for requirement in requirements:
        total = total | requirement
    return total


def reads(model: type[Model], column: Column, origin: Origin) -> Requirement:
    """Return the requirement of reading one column."""
    return Requirement(model, {name: frozenset([origin]) for name in column.names})


def everything(model: type[Model], origin: Origin, *notes: Note) -> Requirement:
    """Return the requirement of code that may read any column of ``model``."""
    return Requirement(model, everything=frozenset([origin]), notes=frozenset(notes))


def handed_on(model: type[Model], origin: Origin, *notes: Note) -> Requirement:
    """Return the requirement of code out of sight: it may read any column of ``model``, and go on from there."""
    return Requirement(model, everything=frozenset([origin]), notes=frozenset(notes), handed=frozenset([origin]))


def whole(
    requirement: Requirement, origins: frozenset[Origin], leads_on: Callable[[Edge], bool] = lambda _: True
) -> Requirement:
    """Return ``requirement`` of code out of sight that has its row, and may go on by each edge that ``leads_on``."""
    edges = {
        name: edge.each(lambda target: whole(target, origins, leads_on)) if leads_on(edge) else edge
        for name, edge in requirement.edges.items()
    }
    everything, handed = requirement.everything | origins, requirement.handed | origins
    return replace(requirement, everything=everything, handed=handed, edges=edges)


def noted(model: type[Model], note: Note) -> Requirement:
    """Return a requirement that reads nothing and says ``note``."""
    return Requirement(model, notes=frozenset([note]))


def through(relation: Relation, origin: Origin, *targets: Requirement, beyond: bool = True) -> Requirement:
    """Return the requirement of following ``relation`` and reading ``targets`` (one per model) at its end.

    Without a target, the rows are reached and nothing but their identity is read.
    """
    found = {target.model: target for target in targets}
    if not found and relation.model is not None:
        found = {relation.model: nothing(relation.model)}
    edge = Edge(relation, found, origins=frozenset([origin]), beyond=beyond)
    return Requirement(relation.owner, edges={edge.name: edge})


def _merge(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> dict[Any, Any]:
    merged = dict(one)
    for key, value in other.items():
        merged[key] = merged[key] | value if key in merged else value
    return merged
