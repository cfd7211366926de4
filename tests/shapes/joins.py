"""More to-one relations than one query should join."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from rest_framework import serializers

from tests.shapes.catalogue import ModelSerializer, Serializer, shape
from tests.testapp.models import Book, Loan, Reader


class Home(Serializer):
    country = serializers.CharField(source="city.country.name", default=None)


@shape(queries=1)
class Eight(ModelSerializer):
    """As many as are joined by default."""

    author = Home()
    editor = serializers.CharField(source="editor.city.name", default=None)
    translator = serializers.CharField(source="translator.name", default=None)
    publisher = serializers.CharField(source="publisher.city.name", default=None)

    class Meta:
        model = Book
        fields = ["author", "editor", "translator", "publisher"]


@shape(queries=2)
class Nine(ModelSerializer):
    author = Home()
    editor = serializers.CharField(source="editor.city.name", default=None)
    translator = Home()
    publisher = serializers.CharField(source="publisher.name", default=None)

    class Meta:
        model = Book
        fields = ["author", "editor", "translator", "publisher"]


@shape(queries=3)
class Twelve(ModelSerializer):
    """Each of four ways has three hops, so only two of them fit into eight joins."""

    author = Home()
    editor = Home()
    translator = Home()
    publisher = Home()

    class Meta:
        model = Book
        fields = ["author", "editor", "translator", "publisher"]


@shape(queries=3)
class NineBelowMany(ModelSerializer):
    class Shown(ModelSerializer):
        reader = serializers.CharField(source="reader.name", default=None)
        shelf = serializers.CharField(source="copy.shelf.place", default=None)
        author = Home(source="copy.book.author")
        editor = Home(source="copy.book.editor")

        class Meta:
            model = Loan
            fields = ["reader", "shelf", "author", "editor"]

    loans = Shown(many=True)

    class Meta:
        model = Reader
        fields = ["name", "loans"]


@shape(queries=2)
class PrefetchBehindManyJoins(ModelSerializer):
    """A list of keys at the end of a long way."""

    pupils = serializers.PrimaryKeyRelatedField(
        source="copy.book.editor.mentor.pupils", many=True, read_only=True, default=None
    )
    city = serializers.CharField(source="copy.book.publisher.founder.city.country.name", default=None)

    class Meta:
        model = Loan
        fields = ["due", "pupils", "city"]
