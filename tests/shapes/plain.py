"""Columns of the root, and nothing else."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from rest_framework import serializers

from tests.shapes.catalogue import ModelSerializer, shape
from tests.testapp.models import Author, Bestseller, Book, Country, Footnote, Review


@shape(queries=1)
class OneColumn(ModelSerializer):
    class Meta:
        model = Book
        fields = ["title"]


@shape(queries=1)
class Nothing(ModelSerializer):
    class Meta:
        model = Book
        fields: list[str] = []


@shape(queries=1)
class OnlyTheKey(ModelSerializer):
    class Meta:
        model = Book
        fields = ["pk", "id"]


@shape(queries=3)
class Everything(ModelSerializer):
    """All columns, the keys of all foreign keys, and two lists of keys."""

    class Meta:
        model = Book
        fields = "__all__"


@shape(queries=1)
class AllBut(ModelSerializer):
    class Meta:
        model = Author
        exclude = ["biography", "email", "city"]


@shape(queries=1)
class EveryColumnType(ModelSerializer):
    class Meta:
        model = Book
        fields = ["created", "isbn", "pages", "price", "published", "status", "data"]


@shape(queries=1)
class ForeignKeyColumn(ModelSerializer):
    """The column of a foreign key by its own name: no relation is followed."""

    author_id = serializers.IntegerField()
    house = serializers.IntegerField(source="publisher_id")

    class Meta:
        model = Book
        fields = ["author_id", "house"]


@shape(queries=1)
class Renamed(ModelSerializer):
    name = serializers.CharField(source="title")
    same_again = serializers.ReadOnlyField(source="title")

    class Meta:
        model = Book
        fields = ["name", "same_again"]


@shape(queries=1)
class Generated(ModelSerializer):
    class Meta:
        model = Book
        fields = ["price_with_tax"]


@shape(queries=1)
class FromAbstractBase(ModelSerializer):
    class Meta:
        model = Author
        fields = ["created", "updated"]


@shape(queries=1)
class OfProxy(ModelSerializer):
    class Meta:
        model = Bestseller
        fields = ["title", "pages"]


@shape(queries=1)
class TextKey(ModelSerializer):
    class Meta:
        model = Country
        fields = ["code", "name"]


@shape(queries=1)
class SharedPrefix(ModelSerializer):
    """A column whose name begins like a relation's."""

    author_name = serializers.CharField(source="author.name")

    class Meta:
        model = Book
        fields = ["author_note", "author_name"]


@shape(queries=1)
class Prefixed(ModelSerializer):
    class Meta:
        model = Book
        fields = ["author_note"]


@shape(queries=1)
class Choices(ModelSerializer):
    status = serializers.ChoiceField(choices=Book.Status.choices)
    many = serializers.MultipleChoiceField(choices=Book.Status.choices, source="status")

    class Meta:
        model = Book
        fields = ["status", "many"]


@shape(queries=1)
class Formats(ModelSerializer):
    created = serializers.DateTimeField(format="%Y")
    price = serializers.DecimalField(max_digits=8, decimal_places=2, coerce_to_string=False)
    pages = serializers.CharField()
    cheap = serializers.BooleanField(source="pages")

    class Meta:
        model = Book
        fields = ["created", "price", "pages", "cheap"]


@shape(queries=1)
class WithoutOrdering(ModelSerializer):
    class Meta:
        model = Footnote
        fields = ["text"]


class Base(ModelSerializer):
    rating = serializers.CharField()

    class Meta:
        model = Review
        fields = ["rating", "body"]


@shape(queries=1)
class Inherited(Base):
    class Meta(Base.Meta):
        fields = [*Base.Meta.fields, "public"]


@shape(queries=1)
class InheritedAndRemoved(Base):
    """A field of the base, taken away."""

    rating = None

    class Meta(Base.Meta):
        fields = ["body"]
