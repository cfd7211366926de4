"""Applying plans to querysets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import models
from django.db.models import Count, FilteredRelation, Prefetch, Q
from django.test import override_settings
from rest_framework import serializers

from drf_autoprefetch import apply_plan, plan_for, prefetch_hint
from drf_autoprefetch.loading.querysets import prefetch_for, why_not
from drf_autoprefetch.planning.planner import make_plan
from drf_autoprefetch.planning.plans import PrefetchPlan
from drf_autoprefetch.reading.relations import get_relation
from tests.examples import ModelSerializer, joining_all, needs, shows
from tests.testapp.models import Author, Bestseller, Book, Genre, Publisher, Review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

UNTYPED: Any = Book.objects
"""For lookups that the type checker does not believe in."""

TITLE = shows(Book, "title")
NAMED = shows(Book, "title", author=shows(Author, "name")())
RATED = shows(Book, "title", reviews=shows(Review, "rating")(many=True))


def loaded(row: Any) -> set[str]:
    """Return the columns that a row was loaded with."""
    columns = {field.attname for field in row._meta.concrete_fields}
    return columns.difference(row.get_deferred_fields())


def applied(serializer: Any, queryset: Any) -> Any:
    return apply_plan(plan_for(serializer), queryset)


def test_only_what_is_shown_is_loaded(django_assert_num_queries):
    with django_assert_num_queries(1):
        rows = list(applied(NAMED, Book.objects.all()))
        assert [row.author.name for row in rows] == ["Author 0"] * 3 + ["Author 3"] + ["Author 4"] * 3 + ["Author 7"]

    assert (loaded(rows[0]), loaded(rows[0].author)) == ({"id", "title", "author_id"}, {"id", "name"})


def test_prefetched_rows_are_loaded_with_what_is_shown(django_assert_num_queries):
    with django_assert_num_queries(2):
        rows = list(applied(RATED, Book.objects.all()))
        reviews = [review for row in rows for review in row.reviews.all()]

    assert {frozenset(loaded(review)) for review in reviews} == {frozenset({"id", "book_id", "rating"})}


def test_applying_runs_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        applied(RATED, Book.objects.filter(pages__gt=3)[:2])


def test_the_queryset_itself_stays_as_it_was():
    queryset: Any = Book.objects.prefetch_related("genres")
    applied(RATED, queryset)

    assert (queryset._prefetch_related_lookups, queryset.query.deferred_loading) == (("genres",), (frozenset(), True))


def test_a_plan_can_be_applied_twice():
    once = applied(RATED, Book.objects.all())
    twice = applied(RATED, once)

    assert [[review.rating for review in row.reviews.all()] for row in twice] == [
        [review.rating for review in row.reviews.all()] for row in once
    ]


@pytest.mark.parametrize(
    ("queryset", "why"),
    [
        (Book.objects.all(), ""),
        (Bestseller.objects.all(), ""),
        (Book.objects.order_by("title")[:3], ""),
        ([], "list is no queryset"),
        (Book.objects.raw("select * from testapp_book"), "RawQuerySet is no queryset"),
        (Book.objects.union(Book.objects.all()), "it is a union() of querysets"),
        (Book.objects.values("title"), "it answers values(), not instances"),
        (Author.objects.all(), "it is a queryset of Author, and the plan is for Book"),
    ],
    ids=["plain", "proxy", "slice", "list", "raw", "union", "values", "other model"],
)
def test_a_queryset_that_cannot_take_a_plan_says_why(queryset, why):
    assert why_not(queryset, Book) == why
    if why:
        assert applied(TITLE, queryset) is queryset


def test_an_evaluated_queryset_cannot_take_a_plan():
    queryset = Book.objects.all()
    list(queryset)

    assert (why_not(queryset), applied(TITLE, queryset) is queryset) == ("it is evaluated already", True)


def test_written_lookups_are_kept_where_the_plan_was_made_for_none(django_assert_num_queries):
    queryset = Book.objects.select_related("publisher").prefetch_related("genres", Prefetch("awards", to_attr="won"))
    with django_assert_num_queries(4):
        rows = list(applied(RATED, queryset))
        shown = [(row.publisher, list(row.genres.all()), row.won, list(row.reviews.all())) for row in rows]

    assert len(shown) == 8


def test_a_written_prefetch_of_the_same_relation_wins():
    public = Prefetch("reviews", Review.objects.filter(public=True).order_by("-id"))
    rows = applied(RATED, Book.objects.prefetch_related(public))

    assert [[review.pk for review in row.reviews.all()] for row in rows] == [
        [review.pk for review in row.reviews.all()] for row in Book.objects.prefetch_related(public)
    ]


def test_a_written_prefetch_is_never_changed():
    public = Prefetch("reviews", Review.objects.filter(public=True))
    for _ in range(2):
        list(applied(RATED, Book.objects.prefetch_related(public)))

    assert (public.prefetch_through, public.queryset.query.deferred_loading) == (  # type: ignore[union-attr]
        *("reviews", (frozenset(), True)),
    )


def test_a_lookup_of_no_known_relation_is_kept():
    first = applied(TITLE, UNTYPED.prefetch_related("author__nothing"))
    with_object = applied(TITLE, UNTYPED.prefetch_related(Prefetch("author__nothing")))

    assert first._prefetch_related_lookups == ("author__nothing",)
    assert [lookup.prefetch_to for lookup in with_object._prefetch_related_lookups] == ["author__nothing"]


def test_written_columns_are_kept():
    row = applied(TITLE, Book.objects.only("isbn")).first()

    assert loaded(row) == {"id", "title", "isbn"}


def test_a_deferred_column_that_is_shown_is_loaded():
    row = applied(TITLE, Book.objects.defer("title")).first()

    assert loaded(row) == {"id", "title"}


class Counted(ModelSerializer):
    stars = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = ["stars"]

    @prefetch_hint(annotate={"reviewed": Count("review"), "sorted": Count("genres")})
    def get_stars(self, book: Any) -> Any: ...


def test_declared_annotations_are_computed_each_on_its_own():
    rows = applied(Counted, Book.objects.all())

    assert [(row.reviewed, row.sorted) for row in rows] == [
        (book.reviews.count(), book.genres.count()) for book in Book.objects.all()
    ]


def test_an_annotation_of_ones_own_wins():
    rows = applied(Counted, Book.objects.annotate(reviewed=models.Value(7)))

    assert {row.reviewed for row in rows} == {7}


def test_nothing_is_annotated_twice():
    rows = applied(Counted, Book.objects.annotate(reviewed=models.Value(7), sorted=models.Value(8)))

    assert set(rows.query.annotations) == {"reviewed", "sorted"}


def test_a_join_of_everything_stays(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert len([row.author.name for row in applied(NAMED, joining_all(Book.objects))]) == 8


def test_a_filtered_relation_stays():
    queryset = UNTYPED.annotate(e=FilteredRelation("editor", condition=Q(editor__born=None))).select_related("e")

    assert [row.title for row in applied(TITLE, queryset)] == [row.title for row in queryset]


def test_a_prefetch_into_an_attribute_is_loaded(django_assert_num_queries):
    class Public(ModelSerializer):
        public = shows(Review, "rating", stars=serializers.StringRelatedField(source="book"))(many=True)

        class Meta:
            model = Book
            fields = ["public"]

    hint = Prefetch("reviews", Review.objects.filter(public=True), to_attr="public")
    plan = make_plan(needs(Public, Book, [hint]))
    with django_assert_num_queries(2):
        rows = list(apply_plan(plan, Book.objects.all()))

    assert [[review.public for review in row.public] for row in rows] == [
        [True] * row.reviews.filter(public=True).count() for row in Book.objects.all()
    ]


def test_lookups_below_a_written_attribute_are_loaded(django_assert_num_queries):
    written = Prefetch("reviews", Review.objects.filter(public=True), to_attr="public")
    with django_assert_num_queries(2):
        rows = list(applied(TITLE, UNTYPED.prefetch_related(written, "public__reader")))
        readers = [review.reader_id and review.reader.name for row in rows for review in row.public]

    assert len(readers) == Review.objects.filter(public=True).count()


@pytest.mark.skipif(not hasattr(models, "FETCH_PEERS"), reason="Django 6.1 has fetch modes")
def test_what_was_not_foreseen_is_fetched_once_for_all_rows(django_assert_num_queries):
    with django_assert_num_queries(2):
        rows = list(applied(TITLE, Book.objects.all()))
        assert len([row.isbn for row in rows]) == 8


@pytest.mark.skipif(not hasattr(models, "FETCH_PEERS"), reason="Django 6.1 has fetch modes")
def test_fetching_for_all_rows_can_be_switched_off(django_assert_num_queries):
    with override_settings(DRF_AUTOPREFETCH={"FETCH_PEERS": False}), django_assert_num_queries(9):
        rows = list(applied(TITLE, Book.objects.all()))
        assert len([row.isbn for row in rows]) == 8


@pytest.mark.skipif(not hasattr(models, "FETCH_PEERS"), reason="Django 6.1 has fetch modes")
def test_a_fetch_mode_of_ones_own_wins():
    queryset = Book.objects.fetch_mode(models.FETCH_RAISE)  # type: ignore[attr-defined]

    assert applied(TITLE, queryset)._fetch_mode is models.FETCH_RAISE


def test_a_third_partys_relation_is_looked_up_by_its_name():
    genres = get_relation(Book, "genres")
    assert genres is not None

    assert prefetch_for(PrefetchPlan("genres", replace(genres, kind="custom"), ())) == "genres"


def test_related_rows_are_looked_for_in_the_database_of_the_queryset(django_assert_num_queries):
    queryset = applied(RATED, Book.objects.using("default"))

    assert {review._state.db for row in queryset for review in row.reviews.all()} == {"default"}


def test_models_are_shown_as_their_proxies():
    assert [type(row) for row in applied(TITLE, Bestseller.objects.all())] == [Bestseller] * 7


def test_nothing_below_an_empty_level_is_asked_for(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert list(applied(RATED, Book.objects.filter(pages__lt=0))) == []
    assert Genre.objects.exists()
    assert Publisher.objects.exists()
