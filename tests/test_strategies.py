"""Join or prefetch: each rule, and the order of the rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db.models import Count, Model, Prefetch

from drf_autoprefetch.planning.plans import Strategy
from drf_autoprefetch.planning.strategies import Situation, choose
from drf_autoprefetch.reading.relations import get_relation
from drf_autoprefetch.reading.requirements import Annotated, Declared, Edge, Requirement, nothing
from tests.examples import HERE
from tests.testapp.models import Author, Book, Comment, Item, Medium, Publisher

DECLARED = frozenset([Declared(Prefetch("author"), HERE)])
BY_KIND = (Strategy.PREFETCH, "a join cannot follow this kind of relation")
UNCERTAIN = (Strategy.PREFETCH, "its rows may be missing or hidden, which a join would not respect")
OWN = (Strategy.PREFETCH, "a Prefetch with its own queryset is declared")


def situation(model: type[Model], name: str, target: Requirement | None = None, **more: Any) -> Situation:
    relation = get_relation(model, name)
    assert relation is not None
    found = {} if relation.model is None else {relation.model: target or nothing(relation.model)}
    return Situation(Edge(relation, found), joins=0, max_joins=8, **more)


def below(model: type[Model], name: str, target: type[Model]) -> Requirement:
    relation = get_relation(model, name)
    assert relation is not None
    return Requirement(model, edges={name: Edge(relation, {target: nothing(target)})})


def uncertain(found: Situation, **changes: Any) -> Situation:
    """Make the relation one whose rows may be missing or hidden."""
    edge = replace(found.edge, relation=replace(found.edge.relation, certain=False), **changes)
    return replace(found, edge=edge)


def with_edge(found: Situation, **changes: Any) -> Situation:
    return replace(found, edge=replace(found.edge, **changes))


ANNOTATED = Requirement(Author, annotations=frozenset([Annotated("books", Count("books"), HERE)]))
AUTHOR = situation(Book, "author")


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        pytest.param(AUTHOR, (Strategy.JOIN, "one row at most for each parent"), id="to one"),
        pytest.param(
            situation(Author, "profile"), (Strategy.JOIN, "one row at most for each parent"), id="reverse one"
        ),
        pytest.param(
            replace(AUTHOR, in_place=True),
            (Strategy.CACHED, "it is the row that it was reached from, or loaded with that"),
            id="in place",
        ),
        pytest.param(
            situation(Book, "reviews", in_place=True),
            (Strategy.PREFETCH, "many rows for each parent"),
            id="many behind what is in place",
        ),
        pytest.param(situation(Comment, "subject", in_place=True), BY_KIND, id="generic behind what is in place"),
        pytest.param(situation(Book, "reviews"), (Strategy.PREFETCH, "many rows for each parent"), id="to many"),
        pytest.param(situation(Book, "genres"), (Strategy.PREFETCH, "many rows for each parent"), id="many to many"),
        pytest.param(situation(Comment, "subject"), BY_KIND, id="generic"),
        pytest.param(
            situation(Medium, "item_ptr"),
            (Strategy.SAME_ROW, "the parent's columns come with the child's row"),
            id="parent",
        ),
        pytest.param(situation(Medium, "item_ptr", below(Item, "owner", Publisher)), BY_KIND, id="beyond a parent"),
        pytest.param(with_edge(AUTHOR, declared=DECLARED), OWN, id="declared"),
        pytest.param(uncertain(AUTHOR, beyond=True), UNCERTAIN, id="uncertain"),
        pytest.param(uncertain(situation(Book, "editor")), UNCERTAIN, id="uncertain, read as a whole"),
        pytest.param(
            uncertain(situation(Book, "editor"), beyond=True),
            (
                Strategy.LEAVE,
                "its rows may be missing or hidden, which only loading them one by one tells from null",
            ),
            id="uncertain or null",
        ),
        pytest.param(
            uncertain(situation(Book, "reviews")), (Strategy.PREFETCH, "many rows for each parent"), id="uncertain rows"
        ),
        pytest.param(with_edge(AUTHOR, to_attr="writer"), OWN, id="to_attr"),
        pytest.param(
            replace(AUTHOR, asked_to_join=True, joins_allowed=False, joins=9),
            (Strategy.JOIN, "your queryset joins it"),
            id="written join",
        ),
        pytest.param(
            replace(AUTHOR, asked_to_prefetch=True),
            (Strategy.PREFETCH, "your queryset prefetches it"),
            id="written prefetch",
        ),
        pytest.param(
            situation(Book, "author", ANNOTATED),
            (Strategy.PREFETCH, "its rows are annotated, which a join would lose"),
            id="annotated",
        ),
        pytest.param(
            replace(AUTHOR, joins_allowed=False),
            (Strategy.PREFETCH, "the queryset cannot take further joins"),
            id="no joins",
        ),
        pytest.param(
            replace(AUTHOR, joins_would_lock=True),
            (Strategy.PREFETCH, "select_for_update would lock the joined rows as well"),
            id="locked",
        ),
        pytest.param(
            replace(AUTHOR, joins_would_reorder=True),
            (Strategy.PREFETCH, "your queryset does not order its rows, and a join would reorder them"),
            id="reordered",
        ),
        pytest.param(
            replace(AUTHOR, joins=8),
            (Strategy.PREFETCH, "the query has 8 joins already (MAX_JOINS)"),
            id="too many",
        ),
        pytest.param(
            replace(AUTHOR, joins=7), (Strategy.JOIN, "one row at most for each parent"), id="not yet too many"
        ),
    ],
)
def test_the_first_rule_with_an_opinion_wins(found, verdict):
    assert choose(found) == verdict
