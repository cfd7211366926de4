"""Relations and rows shown as addresses."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.relations import HyperlinkedIdentityField, HyperlinkedRelatedField

from tests.shapes.catalogue import ModelSerializer, shape
from tests.testapp.models import Author, Book, Copy, Genre, Publisher, Reader, Review


class HyperlinkedModelSerializer(serializers.HyperlinkedModelSerializer[Any]):
    """Spare each one its type argument."""


@shape(queries=1)
class Identity(ModelSerializer):
    url = HyperlinkedIdentityField(view_name="book-detail")

    class Meta:
        model = Book
        fields = ["url", "title"]


@shape(queries=1)
class IdentityByColumn(ModelSerializer):
    url = HyperlinkedIdentityField(view_name="book-detail", lookup_field="isbn")

    class Meta:
        model = Book
        fields = ["url"]


@shape(queries=1)
class IdentityByColumnInMeta(HyperlinkedModelSerializer):
    class Meta:
        model = Reader
        fields = ["url", "name"]
        extra_kwargs = {"url": {"lookup_field": "card"}}


@shape(queries=1)
class KeyLinks(HyperlinkedModelSerializer):
    """Links by primary key need the foreign key's column only."""

    class Meta:
        model = Book
        fields = ["url", "author", "editor", "publisher"]


@shape(queries=1)
class LinkByColumn(HyperlinkedModelSerializer):
    class Meta:
        model = Book
        fields = ["publisher"]
        extra_kwargs = {"publisher": {"lookup_field": "slug"}}


@shape(queries=1)
class LinkBehindHop(ModelSerializer):
    city = HyperlinkedRelatedField(view_name="city-detail", source="author.city", read_only=True)

    class Meta:
        model = Book
        fields = ["city"]


@shape(queries=1)
class LinkByColumnBehindHop(ModelSerializer):
    city = HyperlinkedRelatedField(view_name="city-detail", lookup_field="name", source="author.city", read_only=True)

    class Meta:
        model = Book
        fields = ["city"]


@shape(queries=1)
class LinkToReverseOneToOne(ModelSerializer):
    profile = HyperlinkedRelatedField(view_name="profile-detail", read_only=True)

    class Meta:
        model = Author
        fields = ["profile"]


@shape(queries=1)
class LinkThroughOtherColumn(ModelSerializer):
    shelf = HyperlinkedRelatedField(view_name="shelf-detail", lookup_field="code", read_only=True)

    class Meta:
        model = Copy
        fields = ["shelf"]


@shape(queries=2)
class Links(HyperlinkedModelSerializer):
    class Meta:
        model = Book
        fields = ["url", "genres"]


@shape(queries=2)
class LinksByColumn(ModelSerializer):
    genres = HyperlinkedRelatedField(view_name="genre-detail", lookup_field="name", many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["genres"]


@shape(queries=2)
class LinksToReverseForeignKey(HyperlinkedModelSerializer):
    class Meta:
        model = Publisher
        fields = ["url", "books"]


@shape(queries=2)
class NestedIdentity(ModelSerializer):
    class Stars(HyperlinkedModelSerializer):
        class Meta:
            model = Review
            fields = ["url", "rating", "book"]

    reviews = Stars(many=True)

    class Meta:
        model = Book
        fields = ["reviews"]


@shape(queries=1)
class NestedIdentityByColumn(ModelSerializer):
    class House(HyperlinkedModelSerializer):
        class Meta:
            model = Publisher
            fields = ["url"]
            extra_kwargs = {"url": {"lookup_field": "slug"}}

    publisher = House()

    class Meta:
        model = Book
        fields = ["publisher"]


@shape(queries=2)
class DepthOne(HyperlinkedModelSerializer):
    class Meta:
        model = Genre
        fields = ["url", "name", "parent", "related"]
