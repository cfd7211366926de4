"""``Plan``: how to load what a requirement says is read. Plain values; no request, no open queryset."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.db.models import Model

    from ..notes import Note, Origin
    from ..reading.relations import Relation
    from ..reading.requirements import Annotated, Declared, Requirement
    from .written import Written


class Strategy(str, enum.Enum):
    """How related rows are brought in."""

    ROOT = "root"
    JOIN = "join"
    PREFETCH = "prefetch"
    LATE = "prefetch when read"
    SAME_ROW = "same row"
    LEAVE = "left alone"
    CACHED = "in place"


@dataclass(frozen=True, slots=True)
class How:
    """Whether columns may be left out and rows joined; ``far`` are the columns that an incoming relation hangs on.

    ``target`` rows are at the end of a relation, and ``listed`` ones are sought by its columns alone.
    ``adrift`` ones of these come in no order that can be asked for.
    """

    trim: bool = True
    joins: bool = True
    far: frozenset[str] = frozenset()
    target: bool = False
    listed: bool = False
    adrift: bool = False


#: Every column that nothing reads is left out, and what can be joined is joined.
AS_BEST = How()


@dataclass(frozen=True, slots=True)
class Decision:
    """One node of the plan: which rows, how they come, which of their columns, and why.

    ``path`` is dotted from the root of the plan it stands in, empty for that root. ``columns`` are the attribute names
    selected, in the model's order; None means all of them, and ``everything`` has the places that made that necessary.
    ``reads`` pairs each column that something shows with the places that show it.
    """

    path: str
    model: type[Model]
    strategy: Strategy
    why: str
    origins: tuple[Origin, ...]
    columns: tuple[str, ...] | None
    reads: tuple[tuple[str, tuple[Origin, ...]], ...]
    everything: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class PrefetchPlan:
    """Rows loaded by a query of their own.

    ``lookup`` is the path from the rows of the plan that holds it, through its joins. A ``late`` one waits until the
    first of its rows is read, with the lookups ``beyond`` it that start from the same rows. ``plans`` has one plan per
    target model: several only behind a generic foreign key, none where Django must find the targets by itself.
    ``declared`` is the developer's own ``Prefetch``, whose queryset is the base of the plan's. ``requirements`` say
    what a generic foreign key's targets must have, for every model that there is. ``memo`` is for whoever loads it.
    """

    lookup: str
    relation: Relation
    plans: tuple[Plan, ...]
    to_attr: str = ""
    declared: Declared | None = None
    requirements: Mapping[type[Model], Requirement] = field(default_factory=dict)
    late: bool = False
    beyond: tuple[PrefetchPlan, ...] = ()
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def waits(self) -> bool:
        """Whether something below its rows is late, or may be where they turn out to be of one of several models."""
        known = self.memo.get("waits")
        if known is None:
            below = [inner for plan in self.plans for inner in plan.prefetches]
            edges = (edge for requirement in self.requirements.values() for _, edge in requirement.walk())
            known = any(inner.late or inner.waits for inner in below) or not all(edge.always for edge in edges)
            self.memo["waits"] = known
        return bool(known)

    def lookups(self) -> Iterator[PrefetchPlan]:
        """Yield this lookup and those beyond it."""
        yield self
        for prefetch in self.beyond:
            yield from prefetch.lookups()

    @property
    def queries(self) -> int:
        """The largest number of queries that are run for it."""
        declared = getattr(self.declared and self.declared.prefetch, "querysets", ())
        return sum(plan.queries for plan in self.plans) or len(declared) or 1


@dataclass(frozen=True, slots=True)
class Plan:
    """How to load rows of ``model``: what one queryset is told, and the plans of the queries that follow it.

    ``only`` None means that every column is loaded. ``requirement`` is what the plan was made from, ``written``
    what stood on the queryset that it was made around. ``kept_lookups`` are the developer's own prefetch lookups that
    lead through no known relation. ``peers`` says that what the plan did not foresee takes no more queries for all rows
    at once than for one.
    """

    model: type[Model]
    select_related: tuple[str, ...]
    only: tuple[str, ...] | None
    prefetches: tuple[PrefetchPlan, ...]
    annotations: tuple[Annotated, ...]
    decisions: tuple[Decision, ...]
    notes: tuple[Note, ...]
    requirement: Requirement
    written: Written
    how: How
    kept_lookups: tuple[Any, ...] = ()
    peers: bool = True

    def walk(self) -> Iterator[Plan]:
        """Yield this plan and every plan below it."""
        yield self
        for prefetch in self.lookups():
            for plan in prefetch.plans:
                yield from plan.walk()

    def lookups(self) -> Iterator[PrefetchPlan]:
        """Yield every lookup that starts from its rows."""
        for prefetch in self.prefetches:
            yield from prefetch.lookups()

    @property
    def queries(self) -> int:
        """The largest number of queries that the plan runs; empty levels, and what is not read, run fewer."""
        return 1 + sum(prefetch.queries for prefetch in self.lookups())
