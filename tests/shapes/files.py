"""Files and images, whose fields read more columns than one."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from rest_framework import serializers

from tests.shapes.catalogue import ModelSerializer, shape
from tests.testapp.models import Author, Book, Profile, Review


class Cover(ModelSerializer):
    class Meta:
        model = Book
        fields = ["cover"]


@shape(queries=1)
class File(ModelSerializer):
    class Meta:
        model = Book
        fields = ["sample"]


@shape(queries=1)
class FileName(ModelSerializer):
    sample = serializers.FileField(use_url=False)

    class Meta:
        model = Book
        fields = ["sample"]


@shape(queries=1)
class FileAttribute(ModelSerializer):
    """A dotted source into the file: the path stops at the column."""

    name = serializers.CharField(source="sample.name")

    class Meta:
        model = Book
        fields = ["name"]


@shape(queries=1)
class Image(Cover):
    """An image brings its width and height, or Django would reload them for every row."""


@shape(queries=1)
class ImageAsText(ModelSerializer):
    picture = serializers.CharField(source="cover")

    class Meta:
        model = Book
        fields = ["picture"]


@shape(queries=1)
class Dimensions(ModelSerializer):
    class Meta:
        model = Book
        fields = ["cover_width", "cover_height"]


@shape(queries=1)
class ImageInToOne(ModelSerializer):
    book = Cover()

    class Meta:
        model = Review
        fields = ["book"]


@shape(queries=2)
class ImageInMany(ModelSerializer):
    books = Cover(many=True)

    class Meta:
        model = Author
        fields = ["name", "books"]


@shape(queries=1)
class ImageBehindHop(ModelSerializer):
    cover = serializers.ImageField(source="book.cover")

    class Meta:
        model = Review
        fields = ["cover"]


@shape(queries=1)
class FileInReverseOneToOne(ModelSerializer):
    class Portrait(ModelSerializer):
        class Meta:
            model = Profile
            fields = ["portrait"]

    profile = Portrait()

    class Meta:
        model = Author
        fields = ["profile"]
