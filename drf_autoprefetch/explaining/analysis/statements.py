"""Queries as they are told: with what they were for, and each once, however often it was run."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from types import FrameType
from typing import Any

from ...guarding.remedies import remedy_for
from ...guarding.sights import Sight, place_of, sight_of
from ...guarding.stacks import Stack
from .served import Level, Node, Nodes
from .shapes import shape

PLANNED, BESIDE, UNPLANNED = "planned", "beside the plan", "not planned"
ROLES = (PLANNED, BESIDE, UNPLANNED)


@dataclass(slots=True)
class Query:
    """One query that was run: when, in seconds since the run began, how long, and what was fetched.

    ``bytes`` is the size of all values, as the driver hands them over.
    """

    sql: str
    params: Any
    alias: str
    vendor: str
    started: float
    seconds: float = 0.0
    rows: int | None = None
    bytes: int = 0
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """What a query was for: a node of the plan, or a field that loads what the plan does not have."""

    role: str
    node: Node | None = None
    field: str = ""
    loads: str = dataclasses.field(default="", compare=False)


class Statement:
    """The same SQL, run for the same reason: once, or again and again."""

    def __init__(self, first: Query, reason: Reason, place: str) -> None:
        self.first, self.reason, self.place = first, reason, place
        self.remedy = ""
        self.queries: list[Query] = []

    @property
    def bytes(self) -> int:
        """What the rows weigh together."""
        return sum(query.bytes for query in self.queries)

    @property
    def rows(self) -> int | None:
        """How many rows were fetched; None where no query has rows."""
        found = [query.rows for query in self.queries if query.rows is not None]
        return sum(found) if found else None


class Statements:
    """Takes in queries while the code that runs them is still on the stack."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._found: dict[object, Statement] = {}
        self.levels: list[tuple[Node, Level]] = []

    def __iter__(self) -> Any:
        return iter(self._found.values())

    def add(self, query: Query, frame: FrameType) -> None:
        """Find out what ``query``, which was run below ``frame``, was for."""
        served = self._nodes.served(frame)
        sight = None if served else sight_of(Stack().read(frame), query.sql, query.params)
        if served is not None:
            reason = Reason(PLANNED, served.node)
            if served.level is not None:
                self.levels.append((served.node, served.level))
        elif sight is not None:
            reason = Reason(UNPLANNED, None, sight.path, sight.load.relation)
        else:
            reason = Reason(BESIDE)
        self._add(query, reason, sight)

    def _add(self, query: Query, reason: Reason, sight: Sight | None) -> None:
        key = (reason, query.alias, shape(query.sql, query.vendor, literals=False))
        statement = self._found.get(key)
        if statement is None:
            statement = self._found[key] = Statement(query, reason, place_of(sight.stack) if sight else "")
        statement.queries.append(query)
        # One object may be loaded by itself: there is something to write when it comes to the second.
        if sight is not None and len(statement.queries) == 2:
            statement.remedy = remedy_for(sight)
