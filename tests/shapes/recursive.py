"""Serializers that contain themselves: followed to ``MAX_DEPTH``."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from tests.shapes.catalogue import ModelSerializer, shape
from tests.testapp.models import Author, Book, Genre


@shape(queries=4)
class Tree(ModelSerializer):
    """Two levels of children exist; the third level's query finds none."""

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "children": Tree(many=True)}

    class Meta:
        model = Genre
        fields = ["name"]


@shape(queries=1)
class Ancestors(ModelSerializer):
    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "parent": Ancestors()}

    class Meta:
        model = Genre
        fields = ["name"]


@shape(queries=1)
class Sequels(ModelSerializer):
    """A chain of reverse one-to-ones, that ends with one that does not exist."""

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "sequel": Sequels()}

    class Meta:
        model = Book
        fields = ["title"]


@shape(queries=4)
class TreeWithHops(ModelSerializer):
    city = serializers.CharField(source="city.name", default=None)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "pupils": TreeWithHops(many=True)}

    class Meta:
        model = Author
        fields = ["name", "city"]


@shape(queries=7)
class TreeWithRows(ModelSerializer):
    """Every level also lists books."""

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "pupils": TreeWithRows(many=True)}

    books = serializers.SlugRelatedField(slug_field="title", many=True, read_only=True)

    class Meta:
        model = Author
        fields = ["name", "books"]


@shape(queries=5)
class TreeBelow(ModelSerializer):
    """The recursion starts below the root."""

    genres = Tree(many=True)

    class Meta:
        model = Book
        fields = ["title", "genres"]


@shape(queries=2)
class TreeByHand(ModelSerializer):
    """Not recursive, only alike: each level is a class of its own."""

    class Child(ModelSerializer):
        class Meta:
            model = Genre
            fields = ["name"]

    children = Child(many=True)

    class Meta:
        model = Genre
        fields = ["name", "children"]
