"""Counts and values: aggregates beside each other, and queries that never were about instances."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Avg, Count, F, Sum
from rest_framework import serializers
from rest_framework.pagination import LimitOffsetPagination, PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from drf_autoprefetch import optimize, prefetch_hint
from tests.testapp.models import Author, Book, Publisher, Review
from tests.traps.answers import ask, compare, mixed, shows, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]


def counted(**annotations: Any) -> Any:
    """Return a serializer whose fields are annotations that hints ask for."""

    def field(name: str, expression: Any) -> dict[str, Any]:
        @prefetch_hint(annotate={name: expression})
        def read(self: Any, book: Any) -> Any:
            return getattr(book, name)

        return {name: serializers.SerializerMethodField(), f"get_{name}": read}

    attributes: dict[str, Any] = {}
    for name, expression in annotations.items():
        attributes |= field(name, expression)
    return shows(Book, "title", **attributes)


def test_two_counts_do_not_multiply_each_other():
    """Trap 37: in one query three reviews and three genres would be nine and nine."""
    view = viewset(counted(reviewed=Count("review"), genred=Count("genres"), rated=Sum("review__rating")))
    with mixed(view):
        answer = ask(view)
    assert len(answer.queries) == 1
    for row, book in zip(answer.json, Book.objects.all(), strict=True):
        assert (row["reviewed"], row["genred"]) == (book.reviews.count(), book.genres.count())
        assert row["rated"] == book.reviews.aggregate(n=Sum("rating"))["n"]


def test_a_count_of_ours_does_not_change_one_of_the_developers():
    """Trap 37: theirs stands on the queryset already, or comes in a filter backend."""
    title = counted(reviewed=Count("review"))
    serializer = type("Both", (title,), {"genred": serializers.IntegerField(), "Meta": title.Meta})
    title.Meta.fields.append("genred")

    class Genred:
        def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
            return queryset.annotate(genred=Count("genres"))

    before = viewset(serializer, Book.objects.annotate(genred=Count("genres")))
    for view in (before, viewset(serializer, filter_backends=[Genred])):
        with mixed(view):
            rows = ask(view).json
        found = {row["title"]: (row["reviewed"], row["genred"]) for row in rows}
        assert found == {book.title: (book.reviews.count(), book.genres.count()) for book in Book.objects.all()}


def test_an_annotation_of_the_developers_is_shown_with_joins_beside_it():
    """Trap 37: grouping by columns that `only()` would leave out."""
    author = shows(Author, "name")
    queryset = Book.objects.annotate(n=Count("review"), mean=Avg("review__rating")).order_by("-n", "id")
    fields = {"n": serializers.IntegerField(), "mean": serializers.FloatField(), "author": author()}
    compare(viewset(shows(Book, "title", **fields), queryset), queries=1)
    grouped = Author.objects.annotate(n=Count("books")).filter(n__gt=0).order_by("id")
    books = shows(Book, "title")(many=True)
    compare(viewset(shows(Author, "name", n=serializers.IntegerField(), books=books), grouped), queries=2)


def test_values_across_a_relation_count_as_before():
    """Trap 38: parents multiplied by their children, collapsed by `distinct()`: as the developer wrote it."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = shows(Book, "title", reviews=shows(Review, "rating")(many=True))

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            rows = self.filter_queryset(self.get_queryset())
            found: list[Any] = list(rows.order_by("id", "review__id").values("id", "review__rating"))
            found += rows.order_by("author_note").distinct().values("author_note")
            found += rows.order_by("status").values("status").annotate(n=Count("id"))
            found += rows.order_by("id").values_list("title", F("author__name"))
            return Response(found)

    answers = compare(Books, queries=4)
    assert len(answers.planned.json) > Book.objects.count()


def test_a_file_shown_by_a_serializer_is_a_file():
    """Trap 39: `values()` gives a string, and `.url` of one fails."""
    urls = shows(Book, "cover", "sample", cover_url=serializers.CharField(source="cover.url", default=None))
    compare(viewset(urls, Book.objects.exclude(cover="")), queries=1)
    name = serializers.FileField(source="sample", use_url=False)
    compare(viewset(shows(Book, name=name)), queries=1)


def test_optimize_keeps_a_count_of_its_own():
    """Trap 37, without a view."""
    rows = optimize(Book.objects.all(), counted(reviewed=Count("review"), genred=Count("genres")))
    assert [row.reviewed for row in rows] == [book.reviews.count() for book in Book.objects.all()]


@pytest.mark.parametrize("paginator", [PageNumberPagination, LimitOffsetPagination])
def test_the_count_of_a_page_carries_nothing(paginator: Any) -> None:
    """Trap 49: no joins, annotations or prefetches in the query that counts."""
    pages = type("Pages", (paginator,), {"page_size": 3, "default_limit": 3})
    serializer: Any = counted(reviewed=Count("review"))
    serializer = type("Full", (serializer,), {"author": shows(Author, "name")(), "Meta": serializer.Meta})
    serializer.Meta.fields.append("author")
    view = viewset(serializer, pagination_class=pages)
    with mixed(view):
        answer = ask(view, params={"page": 2, "offset": 2})
    count, *_ = answer.queries
    assert len(answer.queries) == 2
    assert "COUNT(*)" in count
    assert " JOIN " not in count
    assert "review" not in count


def test_a_count_keeps_the_joins_that_a_filter_needs():
    """Trap 49: what the developer filters by is part of the count."""
    pages = type("Pages", (PageNumberPagination,), {"page_size": 3})
    queryset = Book.objects.filter(publisher__city__name__startswith="City").order_by("publisher__name", "id")
    view = viewset(shows(Book, "title", publisher=shows(Publisher, "name")()), queryset, pagination_class=pages)
    compare(view, queries=2)
