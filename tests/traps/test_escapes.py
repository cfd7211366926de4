"""Rows handed to code that cannot be read: what such code finds beside them is not loaded again row by row."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from tests.testapp.models import Author, Book, City, Review
from tests.traps.answers import compare, shows, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

# Code without a source.
NAMES: Any = eval("lambda book: [book.title, book.author.email, book.author.biography, book.author.city_id]")
PAGES: Any = eval("lambda review: [review.rating, review.book.pages, review.book.isbn]")
HOMES: Any = eval("lambda review: [review.book.author.email, review.book.author.biography]")
OWN: Any = eval("lambda book: [book.title, book.pages]")


def method(function: Any) -> dict[str, Any]:
    """Declare a method field."""
    return {"shown": serializers.SerializerMethodField(), "get_shown": lambda self, row: function(row)}


def seen_first(self: Any, book: Any) -> Any:
    return [book.author.name, *NAMES(book)]


SEEN = shows(Book, shown=serializers.SerializerMethodField(), get_shown=seen_first)


@pytest.mark.parametrize("rows", [Book.objects.all(), Book.objects.select_related("author")], ids=["plain", "joined"])
def test_a_relation_that_was_seen_before_the_row_was_handed_on(rows: QuerySet[Book]) -> None:
    """Trap 8: its rows come whole."""
    compare(viewset(SEEN, rows), queries=1)


def test_a_relation_that_the_developer_joins() -> None:
    """Trap 8: and nothing that is seen reads, where the row is handed on."""
    compare(viewset(shows(Book, **method(NAMES)), Book.objects.select_related("author")), queries=1)


def test_the_parent_of_rows_that_are_handed_on() -> None:
    """Trap 8: Django fills in the pointer, so it costs nothing without a plan."""
    compare(viewset(shows(Book, "title", reviews=shows(Review, **method(PAGES))(many=True))), queries=2)


def test_what_the_developer_joins_to_the_parent_of_rows_that_are_handed_on() -> None:
    rows = Book.objects.select_related("author").prefetch_related(Prefetch("reviews", Review.objects.all()))
    compare(viewset(shows(Book, "title", reviews=shows(Review, **method(HOMES))(many=True)), rows), queries=2)


def test_what_other_fields_show_of_other_models_stays_lean() -> None:
    """Law 6: all columns of that model only."""
    author = shows(Author, "name", city=shows(City, "name")())
    answers = compare(viewset(shows(Book, author=author(), **method(OWN))), queries=1)
    assert answers.planned.columns(Author) == {"id", "name", "city_id"}
    assert "summary" in answers.planned.columns(Book)
