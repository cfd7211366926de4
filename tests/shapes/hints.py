"""What a developer declares about reads that cannot be seen."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Prefetch, QuerySet
from rest_framework import serializers

from drf_autoprefetch import prefetch_hint
from tests.shapes.catalogue import ModelSerializer, shape
from tests.testapp.models import Author, Bestseller, Book, Genre, Review


def public_reviews() -> QuerySet[Review]:
    return Review.objects.filter(public=True)


def books_with_public_reviews() -> QuerySet[Book]:
    return Book.objects.prefetch_related(Prefetch("reviews", public_reviews(), to_attr="public_reviews"))


def books_with_counts() -> QuerySet[Book]:
    # Django drops Meta.ordering where an annotation groups rows; the order that the view had must stay.
    return Book.objects.annotate(review_count=Count("review")).order_by("id")


@shape(queries=1)
class Columns(ModelSerializer):
    label = serializers.SerializerMethodField()

    @prefetch_hint("title", "pages")
    def get_label(self, book: Book) -> str:
        return f"{book.title} ({book.pages})"

    class Meta:
        model = Book
        fields = ["label"]


@shape(queries=1)
class ColumnsOfHop(ModelSerializer):
    home = serializers.SerializerMethodField()

    @prefetch_hint("author__name", "author__city__name")
    def get_home(self, book: Book) -> str:
        return f"{book.author.name}, {book.author.city.name if book.author.city else '-'}"

    class Meta:
        model = Book
        fields = ["home"]


@shape(queries=2)
class ColumnsOfRows(ModelSerializer):
    stars = serializers.SerializerMethodField()

    @prefetch_hint("reviews__rating")
    def get_stars(self, book: Book) -> int:
        return sum(review.rating for review in book.reviews.all())

    class Meta:
        model = Book
        fields = ["title", "stars"]


@shape(queries=3)
class ColumnsOfRowsOfRows(ModelSerializer):
    stars = serializers.SerializerMethodField()

    @prefetch_hint("books__reviews__rating")
    def get_stars(self, author: Author) -> int:
        return sum(review.rating for book in author.books.all() for review in book.reviews.all())

    class Meta:
        model = Author
        fields = ["name", "stars"]


@shape(queries=1, unknown={"Author"})
class WholeTarget(ModelSerializer):
    """A hint that ends at a relation loads all of its target."""

    contact = serializers.SerializerMethodField()

    @prefetch_hint("author")
    def get_contact(self, book: Book) -> str:
        return book.author.email

    class Meta:
        model = Book
        fields = ["contact"]


@shape(queries=2, unknown={"Genre"})
class WholeTargets(ModelSerializer):
    labels = serializers.SerializerMethodField()

    @prefetch_hint("genres")
    def get_labels(self, book: Book) -> list[str]:
        return [genre.name for genre in book.genres.all()]

    class Meta:
        model = Book
        fields = ["labels"]


@shape(queries=1)
class Dotted(ModelSerializer):
    """A hinted method beside a field that follows the same relation."""

    name = serializers.CharField(source="author.name")
    mail = serializers.SerializerMethodField()

    @prefetch_hint("author__email")
    def get_mail(self, book: Book) -> str:
        return book.author.email

    class Meta:
        model = Book
        fields = ["name", "mail"]


@shape(queries=2)
class InMany(ModelSerializer):
    class Stars(ModelSerializer):
        by = serializers.SerializerMethodField()

        @prefetch_hint("rating", "reader__name")
        def get_by(self, review: Review) -> str:
            return f"{review.rating} by {review.reader.name if review.reader else 'nobody'}"

        class Meta:
            model = Review
            fields = ["by"]

    reviews = Stars(many=True)

    class Meta:
        model = Book
        fields = ["title", "reviews"]


@shape(queries=1)
class InMeta(ModelSerializer):
    label = serializers.SerializerMethodField()

    def get_label(self, book: Book) -> str:
        return book.title.upper()

    class Meta:
        model = Book
        fields = ["label"]
        prefetch_hints = {"label": ["title"]}


@shape(queries=2)
class InMetaOverRows(ModelSerializer):
    stars = serializers.SerializerMethodField()

    def get_stars(self, book: Book) -> list[str | None]:
        return [review.reader.name if review.reader else None for review in book.reviews.all()]

    class Meta:
        model = Book
        fields = ["title", "stars"]
        prefetch_hints = {"stars": ["reviews__reader__name"]}


@shape(queries=1)
class InMetaForProperty(ModelSerializer):
    """A hint for somebody else's property."""

    class Meta:
        model = Book
        fields = ["blurb"]
        prefetch_hints = {"blurb": ["summary"]}


@shape(queries=1)
class InMetaForSource(ModelSerializer):
    loud = serializers.CharField(source="shout")

    class Meta:
        model = Book
        fields = ["loud"]
        prefetch_hints = {"loud": ["title"]}


@shape(queries=2, by_hand=books_with_public_reviews, unknown={"Review"})
class ToAttribute(ModelSerializer):
    """A list of its own, filtered as the developer says; all columns, as its queryset says."""

    public = serializers.SerializerMethodField()

    @prefetch_hint(Prefetch("reviews", public_reviews(), to_attr="public_reviews"))
    def get_public(self, book: Any) -> list[int]:
        return [review.rating for review in book.public_reviews]

    class Meta:
        model = Book
        fields = ["title", "public"]


@shape(queries=3, by_hand=books_with_public_reviews, unknown={"Review"})
class ToAttributeBesideRelation(ModelSerializer):
    public = serializers.SerializerMethodField()
    reviews = serializers.SlugRelatedField(slug_field="rating", many=True, read_only=True)

    @prefetch_hint(Prefetch("reviews", public_reviews(), to_attr="public_reviews"))
    def get_public(self, book: Any) -> list[int]:
        return [review.rating for review in book.public_reviews]

    class Meta:
        model = Book
        fields = ["public", "reviews"]


@shape(queries=2, unknown={"Review"})
class OwnQueryset(ModelSerializer):
    """A Prefetch without an attribute of its own: its columns and order are the developer's."""

    stars = serializers.SerializerMethodField()

    @prefetch_hint(Prefetch("reviews", Review.objects.order_by("id")))
    def get_stars(self, book: Book) -> list[int]:
        return [review.rating for review in book.reviews.all()]

    class Meta:
        model = Book
        fields = ["title", "stars"]


@shape(queries=1, by_hand=books_with_counts)
class Annotation(ModelSerializer):
    reviews = serializers.SerializerMethodField()

    @prefetch_hint(annotate={"review_count": Count("review")})
    def get_reviews(self, book: Any) -> int:
        count: int = book.review_count
        return count

    class Meta:
        model = Book
        fields = ["title", "reviews"]


@shape(queries=1, by_hand=lambda: Bestseller.objects.annotate(review_count=Count("review")).order_by("-id"))
class AnnotationAndOrdering(ModelSerializer):
    """Rows that are ordered by their model stay ordered."""

    reviews = serializers.SerializerMethodField()

    @prefetch_hint(annotate={"review_count": Count("review")})
    def get_reviews(self, book: Any) -> int:
        count: int = book.review_count
        return count

    class Meta:
        model = Bestseller
        fields = ["title", "reviews"]


@shape(
    queries=2,
    by_hand=lambda: Author.objects.prefetch_related(Prefetch("books", books_with_counts())),
)
class AnnotationInMany(ModelSerializer):
    class Counted(ModelSerializer):
        reviews = serializers.SerializerMethodField()

        @prefetch_hint(annotate={"review_count": Count("review")})
        def get_reviews(self, book: Any) -> int:
            count: int = book.review_count
            return count

        class Meta:
            model = Book
            fields = ["title", "reviews"]

    books = Counted(many=True)

    class Meta:
        model = Author
        fields = ["name", "books"]


@shape(queries=2, by_hand=lambda: Review.objects.prefetch_related(Prefetch("book", books_with_counts())))
class AnnotationOnToOne(ModelSerializer):
    """A join would lose the annotation: the to-one becomes a prefetch."""

    class Counted(ModelSerializer):
        reviews = serializers.SerializerMethodField()

        @prefetch_hint(annotate={"review_count": Count("review")})
        def get_reviews(self, book: Any) -> int:
            count: int = book.review_count
            return count

        class Meta:
            model = Book
            fields = ["title", "reviews"]

    book = Counted()

    class Meta:
        model = Review
        fields = ["rating", "book"]


def by_length(context: Mapping[str, Any]) -> str:
    """Hint at what depends on the request."""
    return "summary" if "long" in context["request"].GET else "title"


@shape(queries=1)
@shape(queries=1, variant="Long", params={"long": "1"})
class OfContext(ModelSerializer):
    text = serializers.SerializerMethodField()

    @prefetch_hint(by_length)
    def get_text(self, book: Book) -> str:
        return book.summary if "long" in self.context["request"].GET else book.title

    class Meta:
        model = Book
        fields = ["text"]


@shape(queries=1, view={"prefetch_hints": ["author__name"]}, kept={"Author.name", "Book.author_id"})
class OnView(ModelSerializer):
    """What the view needs beside the serializer."""

    class Meta:
        model = Book
        fields = ["title"]


@shape(queries=2)
class HintedPropertyOfRows(ModelSerializer):
    class WithTitle(ModelSerializer):
        class Meta:
            model = Book
            fields = ["full_title"]

    books = WithTitle(many=True)

    class Meta:
        model = Genre
        fields = ["name", "books"]


@shape(queries=1)
class Nothing(ModelSerializer):
    """A hint of nothing: the method reads no model data."""

    three = serializers.SerializerMethodField()

    @prefetch_hint()
    def get_three(self, book: Book) -> int:
        return 3

    class Meta:
        model = Book
        fields = ["title", "three"]
