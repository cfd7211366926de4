"""Join or prefetch: small rules, the first with an opinion wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .plans import Strategy

if TYPE_CHECKING:
    from ..reading.requirements import Edge

Verdict = tuple[Strategy, str]


@dataclass(frozen=True, slots=True)
class Situation:
    """What a rule may look at: the edge, and the query it would be joined to."""

    edge: Edge
    joins: int
    max_joins: int
    joins_allowed: bool = True
    joins_would_lock: bool = False
    joins_would_reorder: bool = False
    in_place: bool = False
    asked_to_join: bool = False
    asked_to_prefetch: bool = False
    probed: bool = False
    may_wait: bool = False


def in_place(situation: Situation) -> Verdict | None:
    """What Django has filled in already is only passed through, on the way to lists."""
    if not (situation.in_place and situation.edge.relation.joinable):
        return None
    return Strategy.CACHED, "it is the row that it was reached from, or loaded with that"


def probed(situation: Situation) -> Verdict | None:
    """Code that asks what is loaded may show something else when it is; what the developer loads, it knows."""
    if not situation.probed or situation.asked_to_join or situation.asked_to_prefetch or situation.edge.declared:
        return None
    return Strategy.LEAVE, "code asks whether it is loaded already, and may show something else then"


def to_many(situation: Situation) -> Verdict | None:
    """Many rows per parent would multiply the parent's own columns in a join."""
    return (Strategy.PREFETCH, "many rows for each parent") if situation.edge.relation.to_many else None


def parent_link(situation: Situation) -> Verdict | None:
    """A multi-table parent is made of columns that the child's own query has."""
    if situation.edge.relation.kind != "parent_link":
        return None
    nested = any(target.edges for target in situation.edge.targets.values())
    return None if nested else (Strategy.SAME_ROW, "the parent's columns come with the child's row")


def not_joinable(situation: Situation) -> Verdict | None:
    """Generic foreign keys point at several tables; third-party relations have their own way of loading."""
    if situation.edge.relation.joinable:
        return None
    return Strategy.PREFETCH, "a join cannot follow this kind of relation"


def uncertain(situation: Situation) -> Verdict | None:
    """An inner join would drop rows whose target is missing, and any join shows targets that their manager hides.

    Where the relation may be null as well, a prefetched null would pass for a missing row that is an error.
    """
    relation = situation.edge.relation
    if relation.certain or relation.to_many:
        return None
    if relation.kind == "forward" and relation.nullable and situation.edge.beyond:
        return Strategy.LEAVE, "its rows may be missing or hidden, which only loading them one by one tells from null"
    return Strategy.PREFETCH, "its rows may be missing or hidden, which a join would not respect"


def declared(situation: Situation) -> Verdict | None:
    """A declared queryset has filters, an ordering or annotations that a join would lose."""
    if situation.edge.declared or situation.edge.to_attr:
        return Strategy.PREFETCH, "a Prefetch with its own queryset is declared"
    return None


def written(situation: Situation) -> Verdict | None:
    """What the developer wrote on the queryset stays as written."""
    if situation.asked_to_join:
        return Strategy.JOIN, "your queryset joins it"
    return (Strategy.PREFETCH, "your queryset prefetches it") if situation.asked_to_prefetch else None


def annotated(situation: Situation) -> Verdict | None:
    """Annotations on the target belong to a queryset of the target's own."""
    if any(target.annotations for target in situation.edge.targets.values()):
        return Strategy.PREFETCH, "its rows are annotated, which a join would lose"
    return None


def locked(situation: Situation) -> Verdict | None:
    """FOR UPDATE locks the rows of every joined table, and PostgreSQL refuses it on the nullable side of a join."""
    if not situation.joins_allowed:
        return Strategy.PREFETCH, "the queryset cannot take further joins"
    if situation.joins_would_lock:
        return Strategy.PREFETCH, "select_for_update would lock the joined rows as well"
    return None


def reordered(situation: Situation) -> Verdict | None:
    """Rows that are grouped, by the columns of every joined table, come in that order where none is asked for.

    Where the database begins at the joined table, rows in no order come in another one, and a page may be another page.
    """
    if situation.joins_would_reorder:
        return Strategy.PREFETCH, "your queryset does not order its rows, and a join would reorder them"
    return None


def too_many(situation: Situation) -> Verdict | None:
    """Databases stop looking for the best order of many joins."""
    if situation.joins >= situation.max_joins:
        return Strategy.PREFETCH, f"the query has {situation.joins} joins already (MAX_JOINS)"
    return None


def to_one(situation: Situation) -> Verdict | None:
    """One row at most for each parent."""
    return Strategy.JOIN, "one row at most for each parent"


RULES: tuple[Callable[[Situation], Verdict | None], ...] = (
    in_place,
    probed,
    to_many,
    parent_link,
    not_joinable,
    declared,
    uncertain,
    written,
    annotated,
    locked,
    reordered,
    too_many,
    to_one,
)


def choose(situation: Situation) -> Verdict:
    """Return the verdict of the first rule that has one.

    What is prefetched for code that may not run waits until it does, unless the developer asked for it.
    """
    strategy, why = next(verdict for rule in RULES if (verdict := rule(situation)) is not None)
    asked = situation.asked_to_prefetch or situation.edge.declared or situation.edge.to_attr
    if strategy is Strategy.PREFETCH and situation.may_wait and not asked:
        return Strategy.LATE, f"{why}; it waits, because it may not be read"
    return strategy, why
