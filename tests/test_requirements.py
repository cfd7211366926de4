"""Requirements merge like sets: in any order, any number of times."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import Count, Model, Prefetch
from hypothesis import given, settings
from hypothesis import strategies as st

from drf_autoprefetch.notes import Note, Origin
from drf_autoprefetch.reading.attributes import Column
from drf_autoprefetch.reading.columns import all_columns
from drf_autoprefetch.reading.relations import get_relation, relations
from drf_autoprefetch.reading.requirements import (
    Annotated,
    Declared,
    Edge,
    Requirement,
    everything,
    noted,
    nothing,
    reads,
    through,
    union,
)
from tests.examples import HERE, outline
from tests.testapp.models import Author, Book, City, Review, TaggedItem

pytestmark = pytest.mark.once

THERE = Origin("AuthorSerializer", "name", "shop/serializers.py", 12)
ORIGINS = st.sampled_from([HERE, THERE])
DECLARED = [Declared(Prefetch("reviews", Review.objects.all()), origin) for origin in (HERE, THERE)]
NOTES = st.builds(Note, st.just("code-unread"), st.sampled_from(["", "author"]), st.just(""), st.just(""), ORIGINS)
ANNOTATIONS = st.builds(Annotated, st.sampled_from(["a", "b"]), st.sampled_from([Count("id"), Count("pk")]), ORIGINS)
FOLLOWED = {Book: ("author", "reviews"), Author: ("city", "books"), City: ("country",), TaggedItem: ("content_object",)}


def edges(model: type[Model], name: str, depth: int) -> st.SearchStrategy[Edge]:
    relation = relations(model)[name]
    targets = (relation.model,) if relation.model else (Author, Book)
    return st.builds(
        Edge,
        st.just(relation),
        st.fixed_dictionaries({}, optional={target: requirements(target, depth - 1) for target in targets}),
        to_attr=st.just(""),
        declared=st.frozensets(st.sampled_from(DECLARED)),
        origins=st.frozensets(ORIGINS),
    )


def requirements(model: type[Model], depth: int = 2) -> st.SearchStrategy[Requirement]:
    """Requirements of one model, a few relations deep."""
    names = FOLLOWED.get(model, ()) if depth else ()
    return st.builds(
        Requirement,
        st.just(model),
        st.dictionaries(st.sampled_from(sorted(all_columns(model))[:4]), st.frozensets(ORIGINS, min_size=1)),
        st.frozensets(ORIGINS),
        st.fixed_dictionaries({}, optional={name: edges(model, name, depth) for name in names}),
        st.frozensets(ANNOTATIONS, max_size=2),
        st.frozensets(NOTES, max_size=2),
        st.booleans(),
    )


ANY = requirements(Book) | requirements(Author) | requirements(TaggedItem)
THREE: Any = st.sampled_from([Book, Author, TaggedItem]).flatmap(lambda model: st.tuples(*[requirements(model)] * 3))


@settings(deadline=None)
@given(ANY)
def test_merging_with_itself_changes_nothing(one):
    assert one | one == one


@settings(deadline=None)
@given(THREE)
def test_merging_has_no_order(three):
    one, other, _ = three

    assert one | other == other | one


@settings(deadline=None)
@given(THREE)
def test_merging_has_no_grouping(three):
    one, other, third = three

    assert (one | other) | third == one | (other | third)


@settings(deadline=None)
@given(ANY)
def test_merging_with_nothing_changes_nothing(one):
    assert one | nothing(one.model) == one


def test_requirements_of_two_models_do_not_merge():
    with pytest.raises(ValueError, match=r"^Cannot merge what is read from Book and from Author\.$"):
        nothing(Book) | nothing(Author)


def test_merging_keeps_who_reads_a_column():
    title = Column(frozenset(["title"]))

    merged = reads(Book, title, HERE) | reads(Book, title, THERE)

    assert merged.reads == {"title": frozenset([HERE, THERE])}


def test_a_column_may_need_others_beside_it():
    read = reads(Book, Column(frozenset(["cover", "cover_width"])), HERE)

    assert outline(read) == "cover cover_width"


def test_columns_are_those_read_or_none_for_all():
    read = reads(Book, Column(frozenset(["title"])), HERE)

    assert (read.columns, (read | everything(Book, THERE)).columns) == (frozenset(["title"]), None)


def test_a_note_comes_without_reads():
    note = Note("code-unread", "", "", "", HERE)

    assert noted(Book, note) == Requirement(Book, notes=frozenset([note]))


def test_a_relation_without_a_target_is_only_reached():
    author = get_relation(Book, "author")
    assert author is not None

    assert outline(through(author, HERE)) == "author()"


def test_a_generic_relation_without_a_target_has_none():
    target = get_relation(TaggedItem, "content_object")
    assert target is not None

    assert through(target, HERE).edges["content_object"].targets == {}


def test_an_edge_is_named_after_the_attribute_that_holds_the_rows():
    reviews = get_relation(Book, "reviews")
    assert reviews is not None

    assert [Edge(reviews, {}).name, Edge(reviews, {}, "public").name] == ["reviews", "public"]


def test_a_union_of_none_is_nothing():
    assert union(Review, []) == nothing(Review)


def test_declarations_are_one_where_they_hold_the_same_queryset_for_the_same_path():
    queryset = Review.objects.all()
    one, same, other = (Declared(Prefetch("reviews", each), HERE) for each in (queryset, queryset, queryset.all()))
    elsewhere = Declared(Prefetch("reviews", queryset, to_attr="rows"), HERE)

    assert (one == same, hash(one) == hash(same), one == other, one == elsewhere) == (True, True, False, False)
    assert one != one.prefetch


def test_generic_declarations_are_one_where_they_hold_the_same_querysets():
    querysets = [Book.objects.all(), Author.objects.all()]
    one, same = (Declared(GenericPrefetch("content_object", querysets), HERE) for _ in range(2))

    assert (one == same, one == Declared(GenericPrefetch("content_object", querysets[:1]), HERE)) == (True, False)
