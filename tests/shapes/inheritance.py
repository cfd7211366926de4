"""Multi-table inheritance of two levels, and proxies."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from rest_framework import serializers

from tests.shapes.catalogue import ModelSerializer, shape
from tests.testapp.models import AudioBook, Author, Bestseller, Book, Item, Medium, Publisher, Track


class ItemName(ModelSerializer):
    class Meta:
        model = Item
        fields = ["name"]


class Heard(ModelSerializer):
    class Meta:
        model = Medium
        fields = ["name", "minutes"]


class TrackTitle(ModelSerializer):
    class Meta:
        model = Track
        fields = ["title"]


@shape(queries=1)
class OwnColumns(ModelSerializer):
    class Meta:
        model = AudioBook
        fields = ["transcript"]


@shape(queries=1)
class InheritedColumns(ModelSerializer):
    class Meta:
        model = AudioBook
        fields = ["name", "minutes"]


@shape(queries=1)
class KeyOnly(ModelSerializer):
    class Meta:
        model = AudioBook
        fields = ["id", "pk"]


@shape(queries=1)
class AllColumns(ModelSerializer):
    class Meta:
        model = AudioBook
        fields = "__all__"


@shape(queries=1)
class ParentLinks(ModelSerializer):
    medium_ptr = serializers.PrimaryKeyRelatedField(read_only=True)
    item_ptr = serializers.PrimaryKeyRelatedField(read_only=True)

    class Meta:
        model = AudioBook
        fields = ["medium_ptr", "item_ptr"]


@shape(queries=1)
class RelationOfOwn(ModelSerializer):
    narrator = serializers.CharField(source="narrator.name", default=None)

    class Meta:
        model = AudioBook
        fields = ["name", "narrator"]


@shape(queries=1)
class InheritedRelation(ModelSerializer):
    owner = serializers.CharField(source="owner.name")

    class Meta:
        model = AudioBook
        fields = ["owner"]


@shape(queries=2)
class InheritedReverseRelation(ModelSerializer):
    """Tracks point at the middle of the chain."""

    tracks = TrackTitle(many=True)

    class Meta:
        model = AudioBook
        fields = ["name", "tracks"]


@shape(queries=2)
class ReverseRelationOfMiddle(ModelSerializer):
    tracks = TrackTitle(many=True)

    class Meta:
        model = Medium
        fields = ["minutes", "tracks"]


@shape(queries=1)
class DownToChild(ModelSerializer):
    minutes = serializers.IntegerField(source="medium.minutes", default=None)

    class Meta:
        model = Item
        fields = ["name", "minutes"]


@shape(queries=1)
class DownTwoLevels(ModelSerializer):
    transcript = serializers.CharField(source="medium.audiobook.transcript", default=None)

    class Meta:
        model = Item
        fields = ["name", "transcript"]


@shape(queries=1)
class DownToChildNested(ModelSerializer):
    medium = Heard()

    class Meta:
        model = Item
        fields = ["medium"]


@shape(queries=2)
class DownFromTheChild(ModelSerializer):
    """A child has what its parents have, the ways down to itself included."""

    transcript = serializers.CharField(source="audiobook.transcript", default=None)

    class Meta:
        model = AudioBook
        fields = ["name", "transcript"]


@shape(queries=3)
class BackToTheChildAndDown(ModelSerializer):
    """Tracks of an audio book point back at the audio book, not at the medium it is."""

    class TrackOfAudioBook(ModelSerializer):
        transcript = serializers.CharField(source="medium.audiobook.transcript", default=None)

        class Meta:
            model = Track
            fields = ["title", "transcript"]

    tracks = TrackOfAudioBook(many=True)

    class Meta:
        model = AudioBook
        fields = ["tracks"]


@shape(queries=1)
class UpToParent(ModelSerializer):
    parent = serializers.CharField(source="item_ptr.description")

    class Meta:
        model = Medium
        fields = ["minutes", "parent"]


@shape(queries=1)
class ToOneOfMiddle(ModelSerializer):
    medium = Heard()

    class Meta:
        model = Track
        fields = ["title", "medium"]


@shape(queries=1)
class InheritedBehindHop(ModelSerializer):
    owner = serializers.CharField(source="medium.owner.slug")

    class Meta:
        model = Track
        fields = ["owner"]


@shape(queries=2)
class ManyOfBase(ModelSerializer):
    items = ItemName(many=True)

    class Meta:
        model = Publisher
        fields = ["items"]


@shape(queries=2)
class ManyOfChild(ModelSerializer):
    class Narrated(ModelSerializer):
        class Meta:
            model = AudioBook
            fields = ["name", "transcript"]

    narrated = Narrated(many=True)

    class Meta:
        model = Author
        fields = ["narrated"]


@shape(queries=2)
class ProxyWithRelations(ModelSerializer):
    author = serializers.CharField(source="author.name")
    reviews = serializers.SlugRelatedField(slug_field="rating", many=True, read_only=True)

    class Meta:
        model = Bestseller
        fields = ["title", "author", "reviews"]


@shape(queries=1, queryset=Book.objects.all)
class ProxySerializerOfConcreteRows(ModelSerializer):
    class Meta:
        model = Bestseller
        fields = ["title", "isbn"]


@shape(queries=1, queryset=AudioBook.objects.all)
class BaseSerializerOfChildRows(ModelSerializer):
    """The serializer says Item, the view's queryset something more special."""

    class Meta:
        model = Item
        fields = ["name"]
