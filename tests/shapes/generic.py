"""Generic foreign keys and generic relations."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from tests.shapes.catalogue import ModelSerializer, Serializer, shape
from tests.testapp.models import Author, Book, Comment, Publisher, TaggedItem


class Label(ModelSerializer):
    class Meta:
        model = TaggedItem
        fields = ["label"]


@shape(queries=2)
class Relation(ModelSerializer):
    tags = Label(many=True)

    class Meta:
        model = Book
        fields = ["title", "tags"]


@shape(queries=2)
class RelationWithOtherColumns(ModelSerializer):
    """The content type and the object's key have names of their own."""

    class Said(ModelSerializer):
        class Meta:
            model = Comment
            fields = ["text"]

    comments = Said(many=True)

    class Meta:
        model = Book
        fields = ["comments"]


@shape(queries=3)
class TwoRelations(ModelSerializer):
    class Said(ModelSerializer):
        reader = serializers.CharField(source="reader.name")

        class Meta:
            model = Comment
            fields = ["text", "reader"]

    comments = Said(many=True)
    tags = serializers.SlugRelatedField(slug_field="label", many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["comments", "tags"]


@shape(queries=2)
class RelationBehindHop(ModelSerializer):
    tags = Label(many=True, source="author.tags")

    class Meta:
        model = Book
        fields = ["tags"]


@shape(queries=3)
class RelationInMany(ModelSerializer):
    class Tagged(ModelSerializer):
        tags = Label(many=True)

        class Meta:
            model = Book
            fields = ["title", "tags"]

    books = Tagged(many=True)

    class Meta:
        model = Author
        fields = ["books"]


@shape(queries=1)
class Columns(ModelSerializer):
    class Meta:
        model = Comment
        fields = ["text", "subject_id"]


@shape(queries=1)
class ContentTypeName(ModelSerializer):
    model = serializers.CharField(source="content_type.model")

    class Meta:
        model = TaggedItem
        fields = ["label", "model"]


@shape(queries=4)
class Text(ModelSerializer):
    """One query for each model that a page points at; each ``__str__`` is hinted."""

    subject = serializers.StringRelatedField()

    class Meta:
        model = Comment
        fields = ["text", "subject"]


@shape(queries=4)
class Keys(ModelSerializer):
    subject = serializers.PrimaryKeyRelatedField(read_only=True)

    class Meta:
        model = Comment
        fields = ["subject"]


class Key(Serializer):
    pk = serializers.IntegerField()


@shape(queries=4)
class PlainSerializer(ModelSerializer):
    subject = Key()

    class Meta:
        model = Comment
        fields = ["text", "subject"]


class Anything(serializers.RelatedField[Any, Any, Any]):
    """The field that DRF's documentation shows for generic relations."""

    def to_representation(self, value: Any) -> str:
        if isinstance(value, Book):
            return f"book {value.title}"
        if isinstance(value, Author):
            return f"author {value.name}"
        return f"publisher {value.slug}"


@shape(queries=4, unknown={"Book", "Author", "Publisher"})
class DispatchingField(ModelSerializer):
    subject = Anything(read_only=True)

    class Meta:
        model = Comment
        fields = ["text", "subject"]


@shape(queries=5)
class InMany(ModelSerializer):
    """Below a reverse relation."""

    class Said(ModelSerializer):
        subject = serializers.StringRelatedField()

        class Meta:
            model = Comment
            fields = ["subject"]

    comments = Said(many=True)

    class Meta:
        model = Comment._meta.get_field("reader").related_model
        fields = ["name", "comments"]


@shape(queries=2)
class OfPublisher(ModelSerializer):
    """A model that generic keys point at, without a relation back."""

    books = serializers.SlugRelatedField(slug_field="title", many=True, read_only=True)

    class Meta:
        model = Publisher
        fields = ["books"]
