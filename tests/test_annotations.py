"""Annotations that do not multiply one another."""

from __future__ import annotations

import pytest
from django.db.models import Avg, Count, F, Q, Value
from django.db.models.functions import Upper

from drf_autoprefetch.planning.annotations import independent
from tests.testapp.models import Book, Supplier

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]


def test_what_aggregates_nothing_stays_as_it_is():
    expression = Upper(F("title"))

    assert independent(expression, Book) is expression
    assert independent(Value(3), Book).value == 3


def test_aggregates_do_not_multiply_one_another():
    expressions = {"reviewed": Count("review"), "in_genres": Count("genres"), "rated": Avg("review__rating")}
    annotated = Book.objects.annotate(**{name: independent(each, Book) for name, each in expressions.items()})

    for book in annotated:
        alone = {name: Book.objects.annotate(x=each).get(pk=book.pk).x for name, each in expressions.items()}
        assert {name: getattr(book, name) for name in expressions} == alone


def test_aggregates_are_not_multiplied_by_filters():
    rows = Book.objects.filter(review__rating__gt=0).annotate(in_genres=independent(Count("genres"), Book))

    assert {book.in_genres == book.genres.count() for book in rows} == {True}


def test_aggregates_may_be_part_of_an_expression_and_have_a_filter():
    expression = Count("review", filter=Q(review__public=True)) + 10
    book = Book.objects.annotate(score=independent(expression, Book)).first()

    assert book is not None
    assert book.score == book.reviews.filter(public=True).count() + 10


def test_rows_that_a_manager_hides_are_counted_too():
    row = Supplier.everything.filter(deleted=True).annotate(n=independent(Count("books"), Supplier)).first()

    assert row is not None
    assert row.n == row.books.count()
