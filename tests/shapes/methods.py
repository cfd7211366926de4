"""Method fields without hints, at every place in a tree: their bodies say what they read."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from functools import lru_cache

from rest_framework import serializers

from tests.shapes.catalogue import ModelSerializer, shape
from tests.testapp.models import Author, Book, Review


@shape(queries=1)
class AtRoot(ModelSerializer):
    label = serializers.SerializerMethodField()

    def get_label(self, book: Book) -> str:
        return f"{book.title} ({book.pages})"

    class Meta:
        model = Book
        fields = ["label"]


@shape(queries=1)
class NamedMethod(ModelSerializer):
    label = serializers.SerializerMethodField(method_name="shorten")

    def shorten(self, book: Book) -> str:
        return book.title[:3]

    class Meta:
        model = Book
        fields = ["label"]


@shape(queries=1)
class InToOne(ModelSerializer):
    class Contact(ModelSerializer):
        mail = serializers.SerializerMethodField()

        def get_mail(self, author: Author) -> str:
            return author.email.upper()

        class Meta:
            model = Author
            fields = ["mail"]

    author = Contact()

    class Meta:
        model = Book
        fields = ["title", "author"]


@shape(queries=2)
class InMany(ModelSerializer):
    class Stars(ModelSerializer):
        stars = serializers.SerializerMethodField()

        def get_stars(self, review: Review) -> str:
            return "*" * review.rating

        class Meta:
            model = Review
            fields = ["stars"]

    reviews = Stars(many=True)

    class Meta:
        model = Book
        fields = ["title", "reviews"]


@shape(queries=1)
class BesideAJoin(ModelSerializer):
    """The method reads the book, the field beside it the author."""

    author = serializers.CharField(source="author.name")
    label = serializers.SerializerMethodField()

    def get_label(self, book: Book) -> str:
        return book.title.upper()

    class Meta:
        model = Book
        fields = ["author", "label"]


@shape(queries=2)
class BesideAPrefetch(ModelSerializer):
    reviews = serializers.SlugRelatedField(slug_field="rating", many=True, read_only=True)
    label = serializers.SerializerMethodField()

    def get_label(self, book: Book) -> str:
        return book.title.upper()

    class Meta:
        model = Book
        fields = ["reviews", "label"]


@shape(queries=2)
class ReadingWhatOthersLoad(ModelSerializer):
    """The method follows a relation that a field has loaded anyway."""

    reviews = serializers.SlugRelatedField(slug_field="rating", many=True, read_only=True)
    best = serializers.SerializerMethodField()

    def get_best(self, book: Book) -> int:
        return max((review.rating for review in book.reviews.all()), default=0)

    class Meta:
        model = Book
        fields = ["reviews", "best"]


class Base(ModelSerializer):
    label = serializers.SerializerMethodField()

    def get_label(self, book: Book) -> str:
        return book.title

    class Meta:
        model = Book
        fields = ["label"]


@shape(queries=1)
class Inherited(Base):
    def get_label(self, book: Book) -> str:
        return super().get_label(book) + book.subtitle


@shape(queries=1)
class RememberedMethod(ModelSerializer):
    label = serializers.SerializerMethodField()

    @lru_cache(maxsize=8)  # noqa: B019 - what projects write
    def shorten(self, title: str) -> str:
        return title[:3]

    def get_label(self, book: Book) -> str:
        return self.shorten(book.title)

    class Meta:
        model = Book
        fields = ["label"]
