"""What to write is what helps: pasted into the serializer, nothing is found any more."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Count, Prefetch, Q
from rest_framework import serializers

from drf_autoprefetch import prefetch_hint, watch
from tests.examples import ModelSerializer, answer
from tests.guarding.scenarios import Planned, Unplanned
from tests.testapp.models import Author, Book, Review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

Method = serializers.SerializerMethodField


class Told(ModelSerializer):
    city = Method()
    stars = Method()
    counts = Method()
    labels = Method()
    nameless = Method()
    mine = Method()
    somewhere = Method()

    class Meta:
        model = Book
        fields = ["city", "stars", "counts", "labels", "nameless", "mine", "somewhere"]

    def get_city(self, book: Book) -> str:
        return str(book.author.city and book.author.city.name)

    def get_stars(self, book: Book) -> list[int]:
        return [review.rating for review in book.reviews.filter(public=True)]

    def get_counts(self, book: Book) -> int:
        return int(book.reviews.filter(public=True).count())

    def get_labels(self, book: Book) -> list[str]:
        return [tag.label for tag in book.tags.all()]

    get_nameless = lambda self, book: book.reviews.filter(public=True).count()  # noqa: E731

    def get_mine(self, book: Book) -> int:
        return self.context["author"].books.filter(title=book.title).count()  # type: ignore[no-any-return]

    def get_somewhere(self, book: Book) -> str:
        return str(Review.objects.filter(book=book).select_related("book").first() or "")


class Hinted(ModelSerializer):
    """The same, with what was told."""

    city = Method()
    stars = Method()
    counts = Method()
    labels = Method()

    class Meta:
        model = Book
        fields = ["city", "stars", "counts", "labels"]

    @prefetch_hint("author__city")
    def get_city(self, book: Book) -> str:
        return str(book.author.city and book.author.city.name)

    @prefetch_hint(Prefetch("reviews", Review.objects.filter(public=True), to_attr="chosen_reviews"))
    def get_stars(self, book: Any) -> list[int]:
        return [review.rating for review in book.chosen_reviews]

    @prefetch_hint(annotate={"reviews_count": Count("review", filter=Q(review__public=True))})
    def get_counts(self, book: Any) -> int:
        return int(book.reviews_count)

    @prefetch_hint("tags")
    def get_labels(self, book: Book) -> list[str]:
        return [tag.label for tag in book.tags.all()]


ONCE = "load it once for all rows, in get_serializer_context() or as an annotation of the view's queryset"
FILTERED = 'Prefetch("reviews", Review.objects.filter(…), to_attr="chosen_reviews")'
COUNTED = 'annotate={"reviews_count": Count("review", filter=…)}'


def test_a_remedy_names_the_method_and_the_hint():
    with watch() as seen:
        Told(Book.objects.all(), many=True, context={"author": Author.objects.first()}).data  # noqa: B018

    assert [finding.remedy for finding in seen.findings] == [
        'add @prefetch_hint("author") to Told.get_city',
        'add @prefetch_hint("author__city") to Told.get_city',
        f"add @prefetch_hint({FILTERED}) to Told.get_stars, and read chosen_reviews there",
        f"add @prefetch_hint({COUNTED}) to Told.get_counts, and read reviews_count there",
        'add @prefetch_hint("tags") to Told.get_labels',
        ONCE,
        ONCE,
        ONCE,
    ]


def test_a_row_of_elsewhere_is_a_hint_without_its_way():
    class Elsewhere(ModelSerializer):
        city = Method()

        class Meta:
            model = Book
            fields = ["city"]

        def get_city(self, book: Book) -> str:
            return str(Author.objects.get(pk=book.author_id).city)

    with watch() as seen:
        assert len(Elsewhere(Book.objects.all(), many=True).data) == 8

    assert [(finding.relation, finding.remedy) for finding in seen.findings] == [
        ("Author", ONCE),
        ("Author.city", 'add @prefetch_hint("…__city") to Elsewhere.get_city'),
    ]


def test_a_function_outside_a_class_is_named_alone():
    class Helped(ModelSerializer):
        name = Method()

        class Meta:
            model = Book
            fields = ["name"]

        def get_name(self, book: Book) -> str:
            return name_of(book)

    with watch() as seen:
        assert len(Helped(Book.objects.all(), many=True).data) == 8

    assert [finding.remedy for finding in seen.findings] == ['add @prefetch_hint("author") to name_of']


def name_of(book: Book) -> str:
    return book.author.name


def test_what_was_told_helps():
    class Naive(Unplanned):
        serializer_class = Told

        def get_serializer_context(self) -> Any:
            return {**super().get_serializer_context(), "author": Author.objects.first()}

    class Lean(Planned):
        serializer_class = Hinted

    with watch() as seen:
        planned, plain = answer(Lean).data, answer(Naive).data

    assert [row | {"nameless": 0, "mine": 0, "somewhere": ""} for row in planned] == [
        row | {"nameless": 0, "mine": 0, "somewhere": ""} for row in plain
    ]
    assert {finding.view for finding in seen.findings} == {"Naive"}
