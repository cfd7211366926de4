"""``Node``: where the interpreter writes down what a body reads, one node per row that it can reach."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from ..columns import primary_key, same_table
from ..relations import Relation
from ..requirements import Edge

Place = tuple[str, int]

#: How often one relation may repeat on the way to a row. Loops up a tree have no end that a plan could name.
MAX_REPEATS = 3

#: What is settled of rows that the body gives back.
RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Unserved:
    """A query that a body runs for each row, whatever is prefetched: where it starts and what is called on it."""

    relation: Relation
    chain: tuple[str, ...]
    constant: bool
    local: bool = False


class Node:
    """The rows of ``model`` at the end of one path from the instance that the body is given.

    A ``detached`` node stands for rows that come from a query of the body's own: they are whole, and nothing read
    from them needs a plan. They still know their ``parent``, whose rows they may lead back to.
    """

    __slots__ = (
        "certain", "children", "detached", "edge", "escapes", "handed", "hinted", "loose", "model", "notes", "parent",
        "probed", "reads", "relation", "represented", "returned", "touched", "unserved",
    )  # fmt: skip

    def __init__(self, model: type[Model], parent: Node | None = None, relation: Relation | None = None) -> None:
        self.model = model
        self.parent = parent
        self.relation = relation
        self.edge: Edge | None = None
        self.detached = False
        self.children: dict[tuple[str, type[Model]], Node] = {}
        self.loose: dict[type[Model], Node] = {}
        self.reads: dict[str, set[Place]] = {}
        self.touched: dict[str, set[Place]] = {}
        self.escapes: dict[Place, str] = {}
        self.handed: set[Place] = set()
        self.hinted: dict[int, tuple[Any, Place]] = {}
        self.represented: dict[tuple[str, int], tuple[str, Any, Place]] = {}
        self.unserved: dict[Place, Unserved] = {}
        self.notes: dict[tuple[str, Place], tuple[str, str]] = {}
        self.returned: set[Place] = set()
        self.probed: dict[str, set[Place]] = {}
        self.certain: set[Hashable] = set()

    def read(self, names: frozenset[str], place: Place) -> None:
        """Write down that columns are read."""
        for name in names:
            self.reads.setdefault(name, set()).add(place)

    def identify(self, place: Place) -> None:
        """Write down that the primary key is read."""
        self.read(primary_key(self.model), place)

    def touch(self, place: Place, *, always: bool) -> None:
        """Write down that the rows are loaded, whatever is read from them: for every parent, or for some perhaps."""
        if self.parent is not None and self.relation is not None and not self.detached:
            self.parent.follow(self.name, place, always=always)

    def follow(self, name: str, place: Place, *, always: bool) -> None:
        """Write down that a relation is followed."""
        self.touched.setdefault(name, set()).add(place)
        self.settle(name, always=always)

    def settle(self, key: Hashable, *, always: bool) -> None:
        """Write down whether what ``key`` stands for happens to every row: once is enough."""
        if always:
            self.certain.add(key)

    @property
    def name(self) -> str:
        """The attribute under which the parent has these rows."""
        assert self.relation is not None
        return self.edge.name if self.edge is not None else self.relation.name

    @property
    def anchor(self) -> Node:
        """The nearest planned row on the way here."""
        return self.parent.anchor if self.detached and self.parent is not None else self

    def lineage(self) -> Iterator[Node]:
        """Give this node and those on the way to it."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def child(self, relation: Relation, model: type[Model], edge: Edge | None = None) -> Node:
        """Return the node of the rows behind ``relation``."""
        if self.detached or self.repeats(relation):
            return self.outside(model)
        key = (edge.name if edge is not None else relation.name, model)
        if key not in self.children:
            self.children[key] = Node(model, self, relation)
            self.children[key].edge = edge
        return self.children[key]

    def behind(self, name: str) -> list[Node]:
        """Return the nodes of the rows under an attribute: several models may turn up in one."""
        return [child for (known, _), child in self.children.items() if known == name]

    def outside(self, model: type[Model]) -> Node:
        """Return the node of rows of ``model`` that the body fetches by itself, starting from here."""
        anchor = self.anchor
        if model not in anchor.loose:
            anchor.loose[model] = Node(model, anchor)
            anchor.loose[model].detached = True
        return anchor.loose[model]

    def repeats(self, relation: Relation) -> bool:
        """Whether ``relation`` was followed so often on the way here that it must be a loop."""
        return sum(node.relation == relation for node in self.lineage()) >= MAX_REPEATS

    def ancestors(self, relation: Relation) -> list[Node]:
        """Return the rows on the way here that ``relation`` may lead back to: Django hands out the same objects."""
        if self.detached:
            return [node for node in self.anchor.lineage() if relation.model and same_table(node.model, relation.model)]
        if self.parent is None or self.relation is None:
            return []
        generic = self.relation.kind == "generic_relation" and relation.kind == "generic_foreign_key"
        return [self.parent] if generic or self.relation.back == relation.name else []

    def path(self) -> list[str]:
        """Return the relation names from the body's instance to here."""
        return [] if self.parent is None else [*self.parent.path(), *([] if self.detached else [self.name])]
