"""Serializers that name no model: what they are given tells which one it is."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from rest_framework import serializers

from tests.shapes.catalogue import ModelSerializer, Serializer, shape
from tests.testapp.models import Author, Book, City, Genre


class Named(Serializer):
    name = serializers.CharField()


@shape(queries=1, queryset=Genre.objects.all)
class Root(Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


@shape(queries=1, queryset=Book.objects.all)
class Dotted(Serializer):
    city = serializers.CharField(source="author.city.name", default=None)


@shape(queries=1, queryset=Book.objects.all)
class ToOne(Serializer):
    title = serializers.CharField()
    author = Named()
    publisher = Named()


@shape(queries=3, queryset=Book.objects.all)
class Many(Serializer):
    genres = Named(many=True)
    awards = Named(many=True)


class Home(Serializer):
    country = Named()
    name = serializers.CharField()


class Writer(Serializer):
    city = Home()
    pupils = Named(many=True)


@shape(queries=2, queryset=Book.objects.all)
class Deep(Serializer):
    author = Writer()


@shape(queries=1, queryset=Book.objects.all)
class Keys(Serializer):
    author = serializers.PrimaryKeyRelatedField(read_only=True)
    editor = serializers.PrimaryKeyRelatedField(queryset=Author.objects.all())


@shape(queries=2, queryset=City.objects.all)
class ManyKeys(Serializer):
    authors = serializers.PrimaryKeyRelatedField(many=True, read_only=True)


@shape(queries=1)
class InModelSerializer(ModelSerializer):
    author = Named()

    class Meta:
        model = Book
        fields = ["title", "author"]


@shape(queries=1, queryset=Book.objects.all)
class StarInPlain(Serializer):
    class Inner(Serializer):
        author = Named()
        pages = serializers.IntegerField()

    inner = Inner(source="*")


@shape(queries=2, queryset=Author.objects.all)
class ModelSerializerInside(Serializer):
    class Titles(ModelSerializer):
        class Meta:
            model = Book
            fields = ["title"]

    books = Titles(many=True)


@shape(queries=1, queryset=Author.objects.all)
class WithDefaults(Serializer):
    """Attributes that do not exist, with something to show instead."""

    name = serializers.CharField()
    shoe_size = serializers.IntegerField(default=42)
    hat = serializers.CharField(required=False)
    coat = serializers.CharField(allow_null=True)
