"""Code that asks whether a relation of its row is loaded already: it must find what it finds without us."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Prefetch
from rest_framework import serializers

from tests.testapp.models import Author, Book, Review
from tests.traps.answers import compare, shows, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

AuthorName = shows(Author, "name")


def by_default(book: Any) -> Any:
    if "reviews" in getattr(book, "_prefetched_objects_cache", {}):
        return [review.rating for review in book.reviews.all()]
    return [review.rating for review in book.reviews.order_by("-rating")]


def by_introduction(book: Any) -> Any:
    if hasattr(book, "_prefetched_objects_cache") and "reviews" in book._prefetched_objects_cache:
        return [review.rating for review in book.reviews.all()]
    return [review.rating for review in book.reviews.order_by("-rating")]


def of_another_row(book: Any) -> Any:
    other = book.author
    if hasattr(book, "_prefetched_objects_cache") and "books" not in other._prefetched_objects_cache:
        return "loaded"
    return [review.rating for review in book.reviews.all()]


def by_its_absence(book: Any) -> Any:
    if "reviews" not in getattr(book, "_prefetched_objects_cache", ()):
        return [review.rating for review in book.reviews.order_by("-rating")]
    return [review.rating for review in book.reviews.all()]


def in_a_variable(book: Any) -> Any:
    cache = getattr(book, "_prefetched_objects_cache", {})
    name = "reviews"
    return [review.rating for review in (cache[name] if name in cache else book.reviews.order_by("-rating"))]


def by_presence(book: Any) -> Any:
    if hasattr(book, "_prefetched_objects_cache"):
        return [review.rating for review in book.reviews.all()]
    return [review.rating for review in book.reviews.order_by("-rating")]


def one_row(book: Any) -> Any:
    return book.author.name if "author" in book._state.fields_cache else "not loaded"


def by_descriptor(book: Any) -> Any:
    return book.author.name if Book.author.is_cached(book) else "not loaded"


def by_field(book: Any) -> Any:
    return book.author.name if Book._meta.get_field("author").is_cached(book) else "not loaded"


def of_what_may_be_no_row(book: Any) -> Any:
    row = book if book.pages else None
    if "reviews" in getattr(row, "_prefetched_objects_cache", {}):
        return "loaded"
    return [review.rating for review in book.reviews.all()]


def by_the_list(book: Any) -> Any:
    reviews = book.reviews.all()
    if getattr(reviews, "_result_cache", None) is not None:
        return [review.rating for review in reviews]
    return [review.rating for review in reviews.order_by("-rating")]


PROBES = [
    *(of_what_may_be_no_row, by_default, by_introduction, of_another_row, by_its_absence, in_a_variable, by_presence),
    *(one_row, by_descriptor, by_field, by_the_list),
]


def probing(probe: Callable[[Any], Any], **more: Any) -> Any:
    """Return a serializer with a method field that probes its row."""
    return shows(
        Book, "title", shown=serializers.SerializerMethodField(), get_shown=lambda self, book: probe(book), **more
    )


@pytest.mark.parametrize("probe", PROBES)
def test_what_is_asked_about_is_not_loaded_ahead(probe: Callable[[Any], Any]) -> None:
    """Trap 36: the answer would be another one."""
    compare(viewset(probing(probe)))
    compare(viewset(probing(probe)), pk=Book.objects.earliest("pk").pk)


@pytest.mark.parametrize("probe", PROBES)
def test_also_where_another_field_shows_it(probe: Callable[[Any], Any]) -> None:
    shown = {"reviews": shows(Review, "rating")(many=True), "author": AuthorName()}
    fields = ["shown", *shown]
    serializer = probing(probe, **shown)
    serializer.Meta.fields = fields
    compare(viewset(serializer))


@pytest.mark.parametrize("probe", [by_default, by_introduction])
def test_what_the_developer_loads_is_loaded_and_the_rest_is_planned(probe: Callable[[Any], Any]) -> None:
    compare(viewset(probing(probe), Book.objects.prefetch_related("reviews")), queries=2)
    compare(
        viewset(probing(probe), Book.objects.prefetch_related(Prefetch("reviews", Review.objects.all()))), queries=2
    )
    answers = compare(viewset(probing(probe, author=AuthorName()), Book.objects.prefetch_related("reviews")), queries=2)
    assert answers.planned.columns(Book) == {"id", "title", "author_id"}


def test_what_the_developer_loads_behind_a_prefetch_of_theirs() -> None:
    reviewed = shows(Review, "rating", book=probing(by_default)())
    rows = Review.objects.prefetch_related(Prefetch("book", Book.objects.all()), "book__reviews")
    compare(viewset(reviewed, rows), queries=3)


def test_asking_for_the_state_of_the_row_itself_reads_nothing() -> None:
    answers = compare(viewset(probing(lambda book: (book._state.adding, book._state.db, book.author.name))), queries=1)
    assert answers.planned.columns(Author) == {"id", "name"}


class Best(serializers.ListSerializer[Any]):
    """Has the database choose, unless the rows are there already."""

    def to_representation(self, rows: Any) -> Any:
        found = rows.all()
        if getattr(found, "_result_cache", None) is not None:
            return super().to_representation([review for review in found if review.rating > 2])
        return super().to_representation(found.filter(rating__gt=2).order_by("-rating"))


def test_a_list_serializer_that_asks_whether_its_rows_are_there_finds_what_it_found() -> None:
    """A tenant's rows are picked in this way: by Python from a prefetch, else by the database."""
    best = shows(Review, "rating")
    best.Meta.list_serializer_class = Best
    reviewed = shows(Book, "title", reviews=best(many=True))

    compare(viewset(reviewed))
    compare(viewset(reviewed), pk=Book.objects.earliest("pk").pk)
    compare(viewset(shows(Author, "name", books=reviewed(many=True))))
    compare(viewset(reviewed, Book.objects.prefetch_related("reviews")), queries=2)


def test_a_list_of_the_view_itself_is_the_same_queryset() -> None:
    best = shows(Review, "rating")
    best.Meta.list_serializer_class = Best

    compare(viewset(best), queries=1)
