"""Code without hints: what can be read is loaded and nothing else, and what cannot is loaded in full."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from copy import copy
from operator import attrgetter
from typing import Any

from rest_framework import serializers

from tests.shapes.catalogue import ModelSerializer, shape
from tests.testapp.models import Author, Book, Genre, Publisher, Review


def label_of(thing: Any) -> str:
    """A helper of a module."""
    return f"{thing.title} ({thing.pages})"


class WithValue(ModelSerializer):
    """A serializer with one method field."""

    value = serializers.SerializerMethodField()


@shape(queries=1)
class Alias(WithValue):
    def get_value(self, book: Book) -> str:
        author = book.author
        home = author.city
        return f"{author.name} of {home.name if home else 'nowhere'}"

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=1)
class Branches(WithValue):
    def get_value(self, book: Book) -> str | None:
        if book.publisher is None:
            return book.subtitle
        if book.pages > 10 and book.editor:
            return book.editor.name
        return book.publisher.slug

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=2)
class Loop(WithValue):
    def get_value(self, book: Book) -> int:
        total = 0
        for review in book.reviews.all():
            if review.public:
                total += review.rating
        return total

    class Meta:
        model = Book
        fields = ["title", "value"]


@shape(queries=2)
class Comprehension(WithValue):
    def get_value(self, book: Book) -> list[str]:
        return sorted({review.reader.name for review in book.reviews.all() if review.reader is not None})

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=2)
class SortedByLambda(WithValue):
    def get_value(self, book: Book) -> list[int]:
        return [review.rating for review in sorted(book.reviews.all(), key=lambda review: (-review.rating, review.pk))]

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=3)
class LoopInLoop(WithValue):
    def get_value(self, author: Author) -> dict[str, list[int]]:
        return {book.title: [review.rating for review in book.reviews.all()] for book in author.books.all()}

    class Meta:
        model = Author
        fields = ["value"]


@shape(queries=2)
class Counted(WithValue):
    """What is only counted needs no columns."""

    def get_value(self, book: Book) -> int:
        return book.reviews.count() + len(book.reviews.all())

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=2)
class Exists(WithValue):
    def get_value(self, book: Book) -> bool:
        return book.genres.exists()

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=2)
class First(WithValue):
    """Rows with an ordering: the first one is the first of those that were prefetched."""

    def get_value(self, book: Book) -> int | None:
        review = book.reviews.first()
        return review.rating if review else None

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=1)
class Helper(WithValue):
    def get_value(self, book: Book) -> str:
        return label_of(book)

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=1)
class HelperOfSerializer(WithValue):
    def shorten(self, author: Author) -> str:
        return author.email[:3]

    def get_value(self, book: Book) -> str:
        return self.shorten(book.author)

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=1)
class MethodsOfModel(WithValue):
    """Methods and properties of the model, hinted or not."""

    def get_value(self, book: Book) -> str:
        return book.shout() + book.blurb + book.author.address_line + book.full_title

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=1)
class TextOfTarget(WithValue):
    """What ``str()`` reads is in another body."""

    def get_value(self, book: Book) -> str:
        return f"{book.publisher} {book.author.city!s}"

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=1)
class ConstantAttributes(WithValue):
    def get_value(self, book: Book) -> str:
        return str(getattr(book, "isbn")) + str(getattr(book.author, "name", None))  # noqa: B009

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=1)
class ReverseOneToOne(WithValue):
    def get_value(self, author: Author) -> str | None:
        if hasattr(author, "profile"):
            return author.profile.website
        return None

    class Meta:
        model = Author
        fields = ["value"]


@shape(queries=1)
class Tried(WithValue):
    def get_value(self, author: Author) -> str:
        try:
            return author.founded.slug
        except Publisher.DoesNotExist:
            return author.name

    class Meta:
        model = Author
        fields = ["value"]


@shape(queries=2)
class NestedInBody(WithValue):
    class GenreName(ModelSerializer):
        class Meta:
            model = Genre
            fields = ["name"]

    def get_value(self, book: Book) -> Any:
        return self.GenreName(book.genres.all(), many=True, context=self.context).data

    class Meta:
        model = Book
        fields = ["title", "value"]


@shape(queries=1)
class DisplayInBody(WithValue):
    def get_value(self, book: Book) -> str:
        return book.get_status_display()

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=1)
class KeysOnly(WithValue):
    """Neither a key of the row nor that of a target needs a join."""

    def get_value(self, book: Book) -> tuple[int, int, int | None]:
        return book.pk, book.author_id, book.editor_id

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=1)
class NothingOfTheRow(WithValue):
    def get_value(self, book: Book) -> bool:
        return "request" in self.context

    class Meta:
        model = Book
        fields = ["title", "value"]


@shape(queries=2)
class InMany(ModelSerializer):
    class Stars(WithValue):
        def get_value(self, review: Review) -> str:
            return f"{review.rating} for {review.book.title}"

        class Meta:
            model = Review
            fields = ["value"]

    reviews = Stars(many=True)

    class Meta:
        model = Book
        fields = ["isbn", "reviews"]


@shape(queries=1)
class FileInBody(WithValue):
    def get_value(self, book: Book) -> str | None:
        return book.cover.url if book.cover else None

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=1, unknown={"Book"})
class VariableAttribute(WithValue):
    """Which column it is, nobody knows before it runs."""

    def get_value(self, book: Book) -> str:
        name = "".join(["ti", "tle"])
        return str(getattr(book, name))

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=1)
class Getter(WithValue):
    def get_value(self, book: Book) -> list[Any]:
        return list(map(attrgetter("title"), [book]))

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=1, unknown={"Book"})
class Copied(WithValue):
    """A copy is made of all that the row has loaded."""

    def get_value(self, book: Book) -> str:
        return copy(book).title

    class Meta:
        model = Book
        fields = ["value"]


@shape(queries=1, unknown={"Book"})
class Dictionary(WithValue):
    def get_value(self, book: Book) -> str:
        return str(vars(book)["subtitle"])

    class Meta:
        model = Book
        fields = ["value"]


REMEMBERED: list[Any] = []


def remember(thing: Any) -> Any:
    """Store a row where others may find it."""
    REMEMBERED[:] = [thing]
    return REMEMBERED[0]


@shape(queries=1, unknown={"Author"})
class Escaped(WithValue):
    """Only the author escapes: of the book nothing but its key is needed."""

    def get_value(self, book: Book) -> str:
        remember(book.author)
        return str(REMEMBERED[0].name)

    class Meta:
        model = Book
        fields = ["value"]


namespace: dict[str, Any] = {}
exec("def without_source(book):\n    return book.title + book.subtitle\n", namespace)


@shape(queries=1, unknown={"Book"})
class WithoutSource(WithValue):
    def get_value(self, book: Book) -> str:
        return str(namespace["without_source"](book))

    class Meta:
        model = Book
        fields = ["value"]
