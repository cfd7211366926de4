"""From what was written down to a ``Requirement``, with origins and notes that name the caller's field."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Model

from ...notes import Note, Origin
from ..hints import hint_of, hint_requirement
from ..origins import shorten
from ..relations import relations
from ..requirements import Edge, Requirement, handed_on, noted, perhaps, union, whole
from . import wording
from .trails import RETURNED, Node, Place

Child = Callable[[Any, type[Model]], Requirement]


@dataclass(frozen=True, slots=True)
class Subject:
    """What the caller knows about a body.

    ``model`` is that of the instance it is given, ``receiver`` its ``self`` (None: the instance itself). ``child``
    says what a serializer class or instance that is called in the body reads from its model, ``declared`` what the
    receiver's own fields read, ``returned`` what the caller reads from each row that the body gives back (None: that
    is not known). ``filled`` has the edges that declared ``Prefetch(to_attr=…)`` objects fill, by model and attribute.
    """

    model: type[Model]
    origin: Origin
    path: str
    receiver: Any = None
    child: Child | None = None
    declared: Child | None = None
    returned: Callable[[type[Model]], Requirement] | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    filled: Mapping[tuple[type[Model], str], Edge] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read once: the root of the trail, the name of the body, and where it was left if it is too long."""

    root: Node
    name: str
    left: Place | None = None


def requirement_of(reading: Reading, subject: Subject) -> Requirement:
    """Return what the body asks of its instance."""
    stamp = _Stamp(reading, subject)
    found = stamp.build(reading.root)
    return found if reading.left is None else stamp.beyond(found, reading.left)


@dataclass(slots=True)
class _Stamp:
    reading: Reading
    subject: Subject
    seen: list[str] | None = None

    def build(self, node: Node) -> Requirement:
        model = node.model
        reads = {name: self._origins(places) for name, places in node.reads.items()}
        everywhere = self._origins(node.escapes)
        probed = {name: self._origins(places) for name, places in node.probed.items()}
        found = Requirement(
            model,
            reads,
            everywhere,
            self._edges(node),
            notes=frozenset(self._notes(node)),
            probed=probed,
            handed=self._origins(node.handed),
        )
        return union(model, [found, *self._others(node)])

    def beyond(self, seen: Requirement, place: Place) -> Requirement:
        """What the rest of a body may read besides ``seen``: it has the instance, and may go where it went before."""
        reason = "is too long to follow to its end"
        origin, note = (
            self._origin(place),
            self._unread(self.reading.root, place, reason, ", and of the rows behind it,"),
        )
        return whole(seen | noted(seen.model, note), frozenset([origin]))

    def _origin(self, place: Place) -> Origin:
        file, line = place
        origin = self.subject.origin
        return replace(origin, file=shorten(file) or origin.file, line=line or origin.line, kind="method body")

    def _origins(self, places: Any) -> frozenset[Origin]:
        return frozenset(map(self._origin, places))

    def _edges(self, node: Node) -> dict[str, Edge]:
        edges: dict[str, Edge] = {}
        for name, places in node.touched.items():
            targets = {child.model: self.build(child) for child in node.behind(name)}
            given = _edge(node, name)
            edges[name] = replace(given, targets=targets, origins=self._origins(places), always=name in node.certain)
        return edges

    def _others(self, node: Node) -> Iterator[Requirement]:
        """Hints of what was called, serializers that were called, and rows that the caller gets."""
        subject, model = self.subject, node.model
        for key, (function, place) in node.hinted.items():
            hint = hint_of(function)
            assert hint is not None
            origin = replace(self._origin(place), kind="hint")
            yield _settled(node, key, hint_requirement(hint, model, subject.context, origin))
        for shown, (kind, cls, place) in node.represented.items():
            yield _settled(node, shown, self._represented(kind, cls, node, place))
        for place in node.returned:
            yield _settled(node, RETURNED, self._returned(node, place))
        for target in node.loose.values():
            yield from self._loose(node, target)

    def _loose(self, node: Node, target: Node) -> Iterator[Requirement]:
        """Rows of a query of the body's own ask for nothing, but what is noted on them is told."""
        notes = frozenset(self._notes(target))
        if notes:
            yield Requirement(node.model, notes=notes)

    def _represented(self, kind: str, cls: Any, node: Node, place: Place) -> Requirement:
        subject = self.subject
        if kind == "declared" and subject.declared is not None:
            return subject.declared(subject.receiver, node.model)
        if kind == "child" and subject.child is not None:
            return subject.child(getattr(subject.receiver, "child", subject.receiver), node.model)
        if kind == "class" and subject.child is not None:
            return subject.child(cls, node.model)
        return self._lost(node, place, f"passes the {wording.noun(node)} to {getattr(cls, '__name__', 'its fields')}()")

    def _returned(self, node: Node, place: Place) -> Requirement:
        if self.subject.returned is not None:
            return self.subject.returned(node.model)
        return self._lost(node, place, f"returns the {wording.noun(node)}")

    def _lost(self, node: Node, place: Place, reason: str) -> Requirement:
        return handed_on(node.model, self._origin(place), self._unread(node, place, reason))

    def _unread(self, node: Node, place: Place, reason: str, more: str = "") -> Note:
        message = f"what {self.reading.name} reads is unknown because it {reason};"
        message += f" all columns of {node.model.__name__}{more} are loaded."
        return Note("code-unread", self.subject.path, message, self._remedy(), self._origin(place))

    def _remedy(self) -> str:
        if self.seen is None:
            self.seen = wording.paths(self.reading.root)
        return wording.hint(self.seen)

    def _notes(self, node: Node) -> Iterator[Note]:
        path = self.subject.path
        for place, reason in node.escapes.items():
            yield self._unread(node, place, reason)
        for place, unserved in node.unserved.items():
            message, remedy = wording.not_planned(self.reading.name, node, unserved)
            yield Note("not-planned", path, message, remedy, self._origin(place))
        for (kind, place), (name, extra) in node.notes.items():
            message, remedy = wording.remark(kind, self.reading.name, node, name, extra)
            yield Note(kind, path, message, remedy, self._origin(place))


def _settled(node: Node, key: Hashable, requirement: Requirement) -> Requirement:
    return requirement if key in node.certain else perhaps(requirement)


def _edge(node: Node, name: str) -> Edge:
    declared = next((child.edge for child in node.behind(name) if child.edge is not None), None)
    return declared or Edge(relations(node.model)[name], {}, beyond=True)


def unread(subject: Subject, name: str, reason: str) -> Requirement:
    """Return everything, with a note that says why nothing is known of a function."""
    message = f"what {name} reads is unknown because {reason}; all columns of {subject.model.__name__} are loaded."
    origin = replace(subject.origin, kind="method body")
    note = Note("code-unread", subject.path, message, wording.hint([]), origin)
    return handed_on(subject.model, origin, note)
