"""Lists, dictionaries and JSON."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from rest_framework import serializers

from tests.shapes.catalogue import ModelSerializer, Serializer, shape
from tests.testapp.models import Author, Book, Review


class Stars(Serializer):
    rating = serializers.IntegerField()


@shape(queries=1)
class Json(ModelSerializer):
    data = serializers.JSONField()

    class Meta:
        model = Book
        fields = ["data"]


@shape(queries=1)
class ListOfJson(ModelSerializer):
    words = serializers.ListField(source="data.words", child=serializers.CharField(), default=None)

    class Meta:
        model = Book
        fields = ["words"]


@shape(queries=1)
class DictOfJson(ModelSerializer):
    codes = serializers.DictField(source="data.codes", child=serializers.CharField(), default=None)
    data = serializers.HStoreField(source="data.codes", default=None)

    class Meta:
        model = Book
        fields = ["codes", "data"]


@shape(queries=1)
class DictOfColumn(ModelSerializer):
    data = serializers.DictField()

    class Meta:
        model = Book
        fields = ["data"]


@shape(queries=2)
class ListOfProperty(ModelSerializer):
    genre_names = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Book
        fields = ["genre_names"]


@shape(queries=2)
class ListOfSerializers(ModelSerializer):
    reviews = serializers.ListField(child=Stars(), source="reviews.all")

    class Meta:
        model = Book
        fields = ["reviews"]


@shape(queries=2)
class ListOfSlugs(ModelSerializer):
    genres = serializers.ListField(
        child=serializers.SlugRelatedField(slug_field="name", read_only=True), source="genres.all"
    )

    class Meta:
        model = Book
        fields = ["genres"]


@shape(queries=2)
class ListOfKeys(ModelSerializer):
    books = serializers.ListField(child=serializers.PrimaryKeyRelatedField(read_only=True), source="books.all")

    class Meta:
        model = Author
        fields = ["books"]


@shape(queries=2)
class ListOfTexts(ModelSerializer):
    """A CharField calls ``__str__`` on each."""

    books = serializers.ListField(child=serializers.CharField(), source="books.all")

    class Meta:
        model = Author
        fields = ["books"]


@shape(queries=2)
class ListBehindHop(ModelSerializer):
    stars = serializers.ListField(child=Stars(), source="book.reviews.all")

    class Meta:
        model = Review
        fields = ["stars"]


@shape(queries=2)
class ListOfSerializersWithHops(ModelSerializer):
    class OfReader(Serializer):
        reader = serializers.CharField(source="reader.name", default=None)

    reviews = serializers.ListField(child=OfReader(), source="reviews.all")

    class Meta:
        model = Book
        fields = ["reviews"]
