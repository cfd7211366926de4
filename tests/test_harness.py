"""The harness itself: it must see what naive views do wrong, and find nothing wrong with an expert's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db.models import Prefetch, QuerySet
from rest_framework import serializers
from rest_framework.permissions import BasePermission

from tests.laws import BrokenLawError, Shape, check_laws
from tests.recording import selected_columns
from tests.testapp.models import Author, Book, Genre, Member, Review, Seat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]


class Naive:
    """A mixin that does nothing."""


def loading(change: Any) -> type:
    """Make a mixin that changes the queryset by hand."""

    class ByHand:
        def get_queryset(self) -> QuerySet[Any]:
            changed: QuerySet[Any] = change(super().get_queryset())  # type: ignore[misc]
            return changed

    return ByHand


class AuthorSerializer(serializers.ModelSerializer[Author]):
    class Meta:
        model = Author
        fields = ["name"]


class ReviewSerializer(serializers.ModelSerializer[Review]):
    class Meta:
        model = Review
        fields = ["rating"]


class BookSerializer(serializers.ModelSerializer[Book]):
    author = AuthorSerializer()
    reviews = ReviewSerializer(many=True)

    class Meta:
        model = Book
        fields = ["title", "author", "reviews"]


BOOKS = Shape(name="Books", serializer=BookSerializer, queryset=Book.objects.all, queries=2)


def reviews(*columns: str) -> Prefetch[Any]:
    return Prefetch("reviews", Review.objects.only(*columns))


def expert(queryset: QuerySet[Any]) -> QuerySet[Any]:
    return queryset.select_related("author").only("title", "author__name").prefetch_related(reviews("rating", "book"))


def test_an_expert_keeps_the_laws():
    check_laws(BOOKS, mixin=loading(expert))


def test_a_naive_view_is_not_lean():
    with pytest.raises(BrokenLawError, match=r"is not lean, nothing reads\n  testapp_book in query 1: created, "):
        check_laws(BOOKS, mixin=Naive)


def test_a_query_per_row_is_not_flat():
    mixin = loading(lambda rows: rows.only("title", "author").prefetch_related(reviews("rating", "book")))
    titles = Shape(
        name="Books", serializer=BookSerializer, queryset=Book.objects.all, queries=2, unknown=frozenset({"Author"})
    )
    with pytest.raises(BrokenLawError, match="Books is not flat: 6 queries for 4 rows, 10 for 8"):
        check_laws(titles, mixin=mixin)


def test_a_query_too_many_is_seen():
    mixin = loading(
        lambda rows: rows.only("title", "author").prefetch_related(
            Prefetch("author", Author.objects.only("name")), reviews("rating", "book")
        )
    )
    with pytest.raises(BrokenLawError, match="Books takes 3 queries, not 2"):
        check_laws(BOOKS, mixin=mixin)


def test_one_column_too_many_in_a_join_is_not_lean():
    mixin = loading(lambda rows: expert(rows).only("title", "author__name", "author__biography"))
    with pytest.raises(BrokenLawError, match=r"nothing reads\n  testapp_author in query 1: biography"):
        check_laws(BOOKS, mixin=mixin)


def test_columns_that_the_developer_asked_for_are_kept():
    mixin = loading(lambda rows: expert(rows).only("title", "author__name", "author__biography"))
    shape = Shape(
        name="Books",
        serializer=BookSerializer,
        queryset=Book.objects.all,
        queries=2,
        kept=frozenset({"Author.biography"}),
    )

    check_laws(shape, mixin=mixin)


def test_one_column_too_many_in_a_prefetch_is_not_lean():
    mixin = loading(
        lambda rows: (
            rows.select_related("author")
            .only("title", "author__name")
            .prefetch_related(reviews("rating", "book", "body"))
        )
    )
    with pytest.raises(BrokenLawError, match=r"nothing reads\n  testapp_review in query 2: body"):
        check_laws(BOOKS, mixin=mixin)


def test_a_column_read_elsewhere_of_the_same_table_is_not_lean_here():
    class TwoAuthors(serializers.ModelSerializer[Book]):
        email = serializers.CharField(source="author.email")
        editor = serializers.CharField(source="editor.name", default="nobody")

        class Meta:
            model = Book
            fields = ["email", "editor"]

    shape = Shape(name="Two", serializer=TwoAuthors, queryset=Book.objects.all, queries=1)
    columns = ("author__email", "editor__name")

    check_laws(shape, mixin=loading(lambda rows: rows.select_related("author", "editor").only(*columns)))
    with pytest.raises(BrokenLawError, match=r"nothing reads\n  Author instances of query 1: email"):
        check_laws(
            shape,
            mixin=loading(lambda rows: rows.select_related("author", "editor").only(*columns, "editor__email")),
        )


def test_a_deferred_reload_is_worse():
    mixin = loading(lambda rows: rows.select_related("author").only("author__name").prefetch_related(reviews("book")))
    with pytest.raises(BrokenLawError, match=r"reloads Book.title; Review.rating"):
        check_laws(BOOKS, mixin=mixin)


def test_more_queries_than_the_plain_view_are_worse():
    mixin = loading(lambda rows: expert(rows).prefetch_related("genres", "copies", "nominations", "comments", "tags"))
    with pytest.raises(BrokenLawError, match=r"row .* is worse: 7 queries instead of 3"):
        check_laws(
            Shape(
                name="Books",
                serializer=BookSerializer,
                queryset=Book.objects.all,
                queries=7,
                unknown=frozenset({"Genre", "Copy", "Nomination", "Comment", "TaggedItem"}),
            ),
            mixin=mixin,
        )


def test_another_answer_is_not_the_same():
    with pytest.raises(BrokenLawError, match="Books, list of 4 is not the same"):
        check_laws(BOOKS, mixin=loading(lambda rows: expert(rows).order_by("-pk")))


def test_an_error_is_told():
    class Nobody(BasePermission):
        def has_permission(self, request, view):
            return False

    shape = Shape(
        name="Books",
        serializer=BookSerializer,
        queryset=Book.objects.all,
        queries=2,
        view={"permission_classes": [Nobody]},
    )
    with pytest.raises(BrokenLawError, match="Books answers 403"):
        check_laws(shape, mixin=loading(expert))


def test_without_an_ordering_lists_are_multisets():
    class Names(serializers.ModelSerializer[Genre]):
        class Meta:
            model = Genre
            fields = ["name"]

    backwards = loading(lambda rows: rows.only("name").order_by("-pk"))
    shape = Shape(name="Names", serializer=Names, queryset=Genre.objects.all, queries=1)

    check_laws(replace(shape, ordered=False), mixin=backwards)
    with pytest.raises(BrokenLawError, match="is not the same"):
        check_laws(shape, mixin=backwards)


def test_what_a_model_reads_while_it_is_built_is_needed():
    class Names(serializers.ModelSerializer[Member]):
        class Meta:
            model = Member
            fields = ["name"]

    shape = Shape(name="Names", serializer=Names, queryset=Member.objects.all, queries=1)

    check_laws(shape, mixin=loading(lambda rows: rows.only("name", "level")))
    with pytest.raises(BrokenLawError, match=r"nothing reads\n  testapp_member in query 1: letters"):
        check_laws(shape, mixin=loading(lambda rows: rows.only("name", "level", "letters")))


def test_an_image_needs_its_size_and_its_size_needs_no_image():
    class Cover(serializers.ModelSerializer[Book]):
        class Meta:
            model = Book
            fields = ["cover"]

    class Size(serializers.ModelSerializer[Book]):
        class Meta:
            model = Book
            fields = ["cover_width"]

    check_laws(
        Shape(name="Cover", serializer=Cover, queryset=Book.objects.all, queries=1),
        mixin=loading(lambda rows: rows.only("cover", "cover_width", "cover_height")),
    )
    with pytest.raises(BrokenLawError, match=r"nothing reads\n  testapp_book in query 1: cover"):
        check_laws(
            Shape(name="Size", serializer=Size, queryset=Book.objects.all, queries=1),
            mixin=loading(lambda rows: rows.only("cover", "cover_width", "cover_height")),
        )


def test_composite_keys_are_needed():
    class Label(serializers.ModelSerializer[Seat]):
        class Meta:
            model = Seat
            fields = ["label"]

    check_laws(
        Shape(name="Label", serializer=Label, queryset=Seat.objects.all, queries=1),
        mixin=loading(lambda rows: rows.only("label")),
    )


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        pytest.param('SELECT "a"."x", "a"."y" FROM "a"', [("a", "a", "x"), ("a", "a", "y")], id="double quotes"),
        pytest.param("SELECT `a`.`x` FROM `a` WHERE `a`.`z` = %s", [("a", "a", "x")], id="backticks"),
        pytest.param(
            'SELECT "a"."x", T3."x", "b"."y" FROM "a" INNER JOIN "b" ON ("a"."b_id" = "b"."id") '
            'LEFT OUTER JOIN "a" T3 ON ("b"."a_id" = T3."id")',
            [("a", "a", "x"), ("T3", "a", "x"), ("b", "b", "y")],
            id="aliases",
        ),
        pytest.param(
            'SELECT "a"."x", COUNT("b"."id") AS "n", (SELECT U0."z" FROM "c" U0 WHERE U0."k" IN (1)) AS "m" FROM "a"',
            [("a", "a", "x")],
            id="functions and subqueries",
        ),
    ],
)
def test_columns_are_found_in_sql(sql, columns):
    assert selected_columns(sql) == columns


def test_tests_are_called_the_same_in_every_process(request):
    """Else pytest-xdist cannot hand them out."""
    assert [item.nodeid for item in request.session.items if " at 0x" in item.nodeid] == []
