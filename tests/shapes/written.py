"""Querysets on which the developer wrote something: it is kept, and merged with."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from django.db.models import Count, F, Prefetch
from rest_framework import serializers

from tests.shapes.catalogue import ModelSerializer, shape
from tests.testapp.models import AudioBook, Author, Bestseller, Book, Medium, Nomination, Review, Track

ALL_OF_AUTHOR = {"Author"}


class Titles(ModelSerializer):
    class Meta:
        model = Book
        fields = ["title"]


class WithAuthor(ModelSerializer):
    author = serializers.CharField(source="author.name")

    class Meta:
        model = Book
        fields = ["title", "author"]


class WithReviews(ModelSerializer):
    reviews = serializers.SlugRelatedField(slug_field="rating", many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["title", "reviews"]


@shape(queries=1, queryset=lambda: Book.objects.select_related("author"))
class SameJoin(WithAuthor):
    pass


@shape(
    queries=1,
    queryset=lambda: Book.objects.select_related("publisher"),
    unknown={"Publisher"},
    kept={"Book.publisher_id"},
)
class OtherJoin(WithAuthor):
    pass


@shape(queries=2, queryset=lambda: Book.objects.prefetch_related("reviews"), unknown={"Review"})
class SamePrefetch(WithReviews):
    pass


@shape(
    queries=2, queryset=lambda: Book.objects.prefetch_related(Prefetch("reviews", Review.objects.filter(public=True)))
)
class FilteredPrefetch(WithReviews):
    pass


@shape(
    queries=2,
    queryset=lambda: Book.objects.prefetch_related(Prefetch("reviews", Review.objects.order_by("-rating", "id"))),
)
class OrderedPrefetch(WithReviews):
    pass


@shape(queries=2, queryset=lambda: Book.objects.prefetch_related("genres"), unknown={"Genre"})
class OtherPrefetch(Titles):
    pass


@shape(queries=1, queryset=lambda: Book.objects.only("title", "pages"), kept={"Book.pages"})
class OwnOnly(Titles):
    pass


@shape(queries=1, queryset=lambda: Book.objects.defer("summary"))
class OwnDefer(Titles):
    pass


@shape(queries=1, queryset=lambda: Book.objects.order_by("author__name", "-id"))
class OrderedByJoin(Titles):
    pass


@shape(queries=1, queryset=lambda: Book.objects.order_by("-published", "id"))
class OrderedByColumn(Titles):
    pass


@shape(queries=1, queryset=lambda: Book.objects.filter(author__name__startswith="Author").distinct())
class Distinct(Titles):
    pass


@shape(queries=1, queryset=lambda: Book.objects.annotate(stars=Count("review"), twice=F("pages") * 2))
class Annotated(ModelSerializer):
    stars = serializers.IntegerField()
    twice = serializers.IntegerField()

    class Meta:
        model = Book
        fields = ["title", "stars", "twice"]


@shape(queries=2, queryset=lambda: Author.objects.annotate(n=Count("books")).filter(n__gte=0).order_by("-n", "id"))
class AnnotatedWithRows(ModelSerializer):
    n = serializers.IntegerField()
    books = Titles(many=True)

    class Meta:
        model = Author
        fields = ["name", "n", "books"]


@shape(queries=2, queryset=lambda: Book.objects.prefetch_related("author"), unknown=ALL_OF_AUTHOR)
class PrefetchedToOne(WithAuthor):
    pass


@shape(queries=1, queryset=lambda: Book.objects.extra(select={"one": "1"}))
class Extra(ModelSerializer):
    one = serializers.IntegerField()

    class Meta:
        model = Book
        fields = ["title", "one"]


@shape(queries=1, queryset=lambda: Book.objects.using("default"))
class Using(WithAuthor):
    pass


@shape(queries=1, queryset=lambda: Book.objects.reverse())
class Reversed(Titles):
    pass


class BackToBook(ModelSerializer):
    class Parent(ModelSerializer):
        nominations = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

        class Meta:
            model = Book
            fields = ["nominations"]

    book = Parent()

    class Meta:
        model = Nomination
        fields = ["year", "book"]


@shape(
    queries=2,
    queryset=lambda: Bestseller.objects.prefetch_related(Prefetch("nominations", Nomination.objects.order_by("-pk"))),
    kept={"Nomination.speech", "Nomination.award_id"},
)
class PrefetchBackToProxy(ModelSerializer):
    """The book of a nomination is the bestseller that it was prefetched for, with the developer's list."""

    nominations = BackToBook(many=True)

    class Meta:
        model = Bestseller
        fields = ["nominations"]


class BackToMedium(ModelSerializer):
    class Parent(ModelSerializer):
        tracks = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

        class Meta:
            model = Medium
            fields = ["tracks"]

    medium = Parent()

    class Meta:
        model = Track
        fields = ["title", "medium"]


@shape(
    queries=2,
    queryset=lambda: AudioBook.objects.prefetch_related(Prefetch("tracks", Track.objects.order_by("-pk"))),
    kept={"Track.lyrics"},
)
class PrefetchBackToChild(ModelSerializer):
    """The same where the parent is more special than what the relation points at."""

    tracks = BackToMedium(many=True)

    class Meta:
        model = AudioBook
        fields = ["tracks"]
