"""What a developer wrote on a queryset: read as values, merged into what is read."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import FilteredRelation, Prefetch, Q, QuerySet
from django.db.models.query import ModelIterable

from drf_autoprefetch.planning.written import UNWRITTEN, Written, knows_all_joins, read_queryset, with_written
from drf_autoprefetch.reading.requirements import nothing
from tests.examples import joining_all, needs, outline, shows
from tests.testapp.models import Author, Book, Comment, Publisher, Review

UNTYPED: Any = Book.objects
"""For lookups that the type checker does not believe in."""


@pytest.mark.parametrize(
    ("queryset", "written"),
    [
        (Book.objects.all(), UNWRITTEN),
        (Book.objects.order_by("title").filter(pages=1), UNWRITTEN),
        (
            Book.objects.select_related("author__city", "editor"),
            Written(joins=frozenset([("author",), ("author", "city"), ("editor",)])),
        ),
        (joining_all(Book.objects), Written(joins_all=True)),
        (Book.objects.prefetch_related("reviews", "genres"), Written(lookups=("reviews", "genres"))),
        (
            Book.objects.only("title", "author__name"),
            Written(named=frozenset([("title",), ("author", "name")]), deferring=False),
        ),
        (Book.objects.defer("summary"), Written(named=frozenset([("summary",)]))),
        (Book.objects.select_for_update(), Written(locked=True, seen=True)),
        (Book.objects.select_for_update(of=("self",)), Written(seen=True)),
    ],
    ids=["nothing", "filters", "joins", "all joins", "lookups", "only", "defer", "locked", "locked in part"],
)
def test_the_loading_state_of_a_queryset_is_read(queryset, written):
    assert read_queryset(queryset) == written


def test_only_lookups_without_a_queryset_can_be_part_of_a_key():
    assert Written(lookups=("reviews",)).hashable
    assert not Written(lookups=(Prefetch("reviews"),)).hashable


def test_a_plan_fits_where_the_same_is_written():
    prefetch = Prefetch("reviews", Review.objects.all())
    other = Prefetch("reviews", Review.objects.filter(public=True))
    one = Written(lookups=(prefetch,))

    assert [one.matches(Written(lookups=(each,))) for each in (prefetch, other)] == [True, False]
    assert Written(lookups=("reviews",)).matches(Written(lookups=("reviews",)))
    assert not one.matches(UNWRITTEN)


def asked(queryset: Any, serializer: Any = None) -> str:
    requirement = needs(serializer, queryset.model) if serializer else nothing(queryset.model)
    return outline(with_written(requirement, read_queryset(queryset))[0])


@pytest.mark.parametrize(
    ("queryset", "outlined"),
    [
        (Book.objects.select_related("author__city"), "author(* city(*))"),
        (Author.objects.select_related("venture__city"), "founded(* city(*))"),
        (Book.objects.prefetch_related("reviews__reader"), "reviews(* reader(*))"),
        (Book.objects.prefetch_related(Prefetch("reviews", to_attr="public")), "public(*)"),
        (UNTYPED.prefetch_related(Prefetch("reviews", to_attr="public"), "public__reader"), "public(* reader(*))"),
        (Comment.objects.prefetch_related(GenericPrefetch("subject", [Book.objects.all()])), "subject()"),
        (Comment.objects.prefetch_related("subject"), "subject()"),
    ],
    ids=["join", "by query name", "prefetch", "to_attr", "beyond to_attr", "generic prefetch", "generic"],
)
def test_what_is_written_and_nothing_known_reads_is_loaded_whole(queryset, outlined):
    assert asked(queryset) == outlined


def test_what_is_written_and_read_is_loaded_as_it_is_read():
    shown = shows(Book, author=shows(Author, "name")())

    assert asked(Book.objects.select_related("author", "publisher"), shown) == "author(name) publisher(*)"
    assert asked(Book.objects.select_related("author__city"), shown) == "author(name city(*))"
    assert asked(Book.objects.prefetch_related("author__pupils"), shown) == "author(name pupils(*))"


def test_a_lookup_that_is_no_known_relation_is_kept_as_it_is():
    lookups = ("nothing__like__it", Prefetch("reviews"), "author__nothing", "subject__author")

    assert with_written(nothing(Book), Written(lookups=lookups))[1] == (lookups[0], lookups[2], lookups[3])


def test_a_lookup_beyond_a_generic_foreign_key_is_kept_as_it_is():
    assert with_written(nothing(Comment), Written(lookups=("subject__author",)))[1] == ("subject__author",)


def test_a_declared_queryset_may_be_of_another_class():
    prefetch = Prefetch("books", Book.objects.filter(pages=1))
    requirement, _ = with_written(nothing(Author), Written(lookups=(prefetch,)))
    (declared,) = requirement.edges["books"].declared

    assert declared.prefetch is prefetch


def test_only_joins_of_relations_are_known():
    filtered = UNTYPED.annotate(good=FilteredRelation("editor", condition=Q(editor__born=None)))
    for queryset, known in [
        (Book.objects.all(), True),
        (Book.objects.select_related("author__city"), True),
        (Author.objects.select_related("venture"), True),
        (filtered.select_related("good"), False),
    ]:
        assert knows_all_joins(queryset.model, read_queryset(queryset)) is known


def test_a_join_by_the_name_of_the_accessor_is_not_known_to_queries():
    assert not knows_all_joins(Author, Written(joins=frozenset([("founded",)])))
    assert knows_all_joins(Publisher, Written(joins=frozenset([("founder",)])))


class OwnRows(QuerySet[Book]):
    def _fetch_all(self) -> Any: ...


class OwnBuilding(ModelIterable):  # type: ignore[type-arg]
    """Stands for the iterable class of polymorphic models."""


def test_rows_that_code_of_a_querysets_class_is_handed_are_seen():
    own_building = Book.objects.all()
    own_building._iterable_class = OwnBuilding

    assert [read_queryset(queryset).seen for queryset in (OwnRows(Book), own_building, QuerySet(Book))] == [
        *(True, True, False),
    ]
