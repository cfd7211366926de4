"""What is kept of watched rows: where they stand in the plan, what is read of them, and by which code."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from ...loading.caches import kept_as
from ...loading.late import Waiting
from ...reading.relations import Relation, relations

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the project's own: where its code begins and ends."""

    file: str
    line: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a serializer class."""

    serializer: Any
    name: str


@dataclass(slots=True, eq=False)
class NodeReads:
    """Rows at one place of the plan: how many were watched, with which columns, and what was read of any of them."""

    path: str
    model: type[Model]
    rows: int = 0
    loaded: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)


@dataclass(slots=True)
class CodeReads:
    """What code reads from its row: columns and relations, by the way to them.

    ``paths`` has True for what was loaded for one row of a list by itself. ``fields`` are those that call the code.
    """

    model: type[Model]
    paths: dict[Path, bool] = field(default_factory=dict)
    fields: set[Field] = field(default_factory=set)
    _rows: set[int] = field(default_factory=set)

    @property
    def rows(self) -> int:
        """From how many rows."""
        return len(self._rows)

    def add(self, start: Seen, path: Path, missing: bool) -> None:
        """Take in that ``path`` was read from the row of ``start``."""
        self._rows.add(id(start.row))
        self.paths[path] = missing or self.paths.get(path, False)


@dataclass(slots=True, eq=False)
class Seen:
    """A row that is watched, ``many`` where there are others beside it; ``ways`` lead to it from other rows."""

    row: Any
    model: Any
    many: bool
    nodes: list[NodeReads] = field(default_factory=list)
    ways: list[tuple[Seen, str]] = field(default_factory=list)

    def read_whole(self) -> None:
        """Take in that the row went where nobody looks."""
        for node in self.nodes:
            node.read |= node.loaded | relations(self.model).keys()

    def declares(self, name: str) -> bool:
        """Return whether its class has something of that name. Descriptors are not asked."""
        return any(name in vars(each) for each in self.model.__mro__)


def way_to(seen: Seen, start: Seen) -> Path | None:
    """Return the shortest way from ``start`` to ``seen``, None where there is none."""
    queue: deque[tuple[Seen, Path]] = deque([(seen, ())])
    known = {id(seen)}
    while queue:
        here, way = queue.popleft()
        if here is start:
            return way
        for parent, name in here.ways:
            if id(parent) not in known:
                known.add(id(parent))
                queue.append((parent, (name, *way)))
    return None


def values_of(row: Any) -> dict[str, Any]:
    """Return what stands on ``row``, without telling anybody."""
    found: dict[str, Any] = object.__getattribute__(row, "__dict__")
    return found


def is_missing(row: Any, relation: Relation) -> bool:
    """Return whether reading ``relation`` asks the database for this one row."""
    values = values_of(row)
    if relation.to_many:
        cache = values.get("_prefetched_objects_cache", {})
        names = kept_as(relation)
    else:
        cache, names = values["_state"].fields_cache, (relation.name,)
        if relation.near and all(values.get(name, row) is None for name in relation.near):
            return False
    known = {*cache, *(cache.late if isinstance(cache, Waiting) else ())}
    return known.isdisjoint(names)
