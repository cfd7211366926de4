"""Relations shown as keys, slugs and texts."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from rest_framework import serializers
from rest_framework.relations import PrimaryKeyRelatedField, SlugRelatedField, StringRelatedField

from tests.shapes.catalogue import ModelSerializer, shape
from tests.testapp.models import (
    Author,
    Book,
    City,
    Comment,
    Copy,
    Genre,
    Nomination,
    Publisher,
    Reader,
    Review,
    TaggedItem,
)


@shape(queries=1)
class Keys(ModelSerializer):
    """Foreign keys as ModelSerializer shows them: no join."""

    class Meta:
        model = Book
        fields = ["author", "editor", "publisher", "sequel_of"]


@shape(queries=1)
class KeyRenamed(ModelSerializer):
    writer = PrimaryKeyRelatedField(source="author", read_only=True)
    house = PrimaryKeyRelatedField(source="publisher", queryset=Publisher.objects.all())

    class Meta:
        model = Book
        fields = ["writer", "house"]


@shape(queries=1)
class KeyBehindHop(ModelSerializer):
    city = PrimaryKeyRelatedField(source="author.city", read_only=True)

    class Meta:
        model = Book
        fields = ["city"]


@shape(queries=1)
class KeyBehindNullableHop(ModelSerializer):
    city = PrimaryKeyRelatedField(source="editor.city", read_only=True, default=None)

    class Meta:
        model = Book
        fields = ["city"]


@shape(queries=1)
class KeyWithKeyField(ModelSerializer):
    reader = PrimaryKeyRelatedField(pk_field=serializers.UUIDField(format="hex"), read_only=True)

    class Meta:
        model = Review
        fields = ["reader"]


@shape(queries=1)
class KeyOfForwardOneToOne(ModelSerializer):
    class Meta:
        model = Publisher
        fields = ["founder"]


@shape(queries=1)
class KeyOfReverseOneToOne(ModelSerializer):
    """There is no column for it here: the other row must be fetched, its key only."""

    profile = PrimaryKeyRelatedField(read_only=True)

    class Meta:
        model = Author
        fields = ["profile"]


@shape(queries=1)
class KeyOfReverseOneToOneQueryName(ModelSerializer):
    founded = PrimaryKeyRelatedField(read_only=True)

    class Meta:
        model = Author
        fields = ["founded"]


@shape(queries=1)
class KeyOfOtherColumn(ModelSerializer):
    """A key field over a ``to_field`` foreign key shows the column, as DRF does."""

    shelf = PrimaryKeyRelatedField(read_only=True)

    class Meta:
        model = Copy
        fields = ["shelf"]


@shape(queries=1)
class SlugOfOtherColumn(ModelSerializer):
    """ModelSerializer makes a slug field of a ``to_field`` foreign key."""

    class Meta:
        model = Copy
        fields = ["barcode", "shelf"]


@shape(queries=1)
class KeyOfContentType(ModelSerializer):
    class Meta:
        model = TaggedItem
        fields = ["label", "content_type", "object_id"]


@shape(queries=2)
class KeysOfManyToMany(ModelSerializer):
    class Meta:
        model = Book
        fields = ["genres"]


@shape(queries=2)
class KeysOfManyToManyReverse(ModelSerializer):
    books = PrimaryKeyRelatedField(many=True, read_only=True)

    class Meta:
        model = Genre
        fields = ["books"]


@shape(queries=2)
class KeysOfManyToManyThrough(ModelSerializer):
    class Meta:
        model = Book
        fields = ["awards"]


@shape(queries=2)
class KeysOfReverseForeignKey(ModelSerializer):
    class Meta:
        model = Author
        fields = ["books"]


@shape(queries=3)
class KeysOfTwoReverseForeignKeys(ModelSerializer):
    class Meta:
        model = Author
        fields = ["books", "edited"]


@shape(queries=2)
class KeysOfSelfManyToMany(ModelSerializer):
    class Meta:
        model = Reader
        fields = ["friends"]


@shape(queries=2)
class KeysBehindHop(ModelSerializer):
    books = PrimaryKeyRelatedField(many=True, read_only=True, source="author.books")

    class Meta:
        model = Book
        fields = ["books"]


@shape(queries=2)
class KeysOfGenericRelation(ModelSerializer):
    tags = PrimaryKeyRelatedField(many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["tags"]


@shape(queries=1)
class Slug(ModelSerializer):
    author = SlugRelatedField(slug_field="name", read_only=True)
    publisher = SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = Book
        fields = ["author", "publisher"]


@shape(queries=1)
class SlugFollowing(ModelSerializer):
    """Two underscores in the slug field follow a relation of the target."""

    author = SlugRelatedField(source="book", slug_field="author__name", read_only=True)

    class Meta:
        model = Review
        fields = ["author"]


@shape(queries=1)
class SlugOfProperty(ModelSerializer):
    author = SlugRelatedField(slug_field="address_line", read_only=True)

    class Meta:
        model = Book
        fields = ["author"]


@shape(queries=1)
class SlugBehindHop(ModelSerializer):
    city = SlugRelatedField(source="author.city", slug_field="name", read_only=True)

    class Meta:
        model = Book
        fields = ["city"]


@shape(queries=2)
class Slugs(ModelSerializer):
    genres = SlugRelatedField(slug_field="name", many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["genres"]


@shape(queries=2)
class SlugsFollowing(ModelSerializer):
    nominations = SlugRelatedField(slug_field="award__name", many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["nominations"]


@shape(queries=2)
class SlugsForWriting(ModelSerializer):
    """A field that may be written, with a queryset of its own."""

    genres = SlugRelatedField(slug_field="name", many=True, queryset=Genre.objects.all())

    class Meta:
        model = Book
        fields = ["genres"]


@shape(queries=1)
class TextOfHintedStr(ModelSerializer):
    author = StringRelatedField()

    class Meta:
        model = Book
        fields = ["author"]


@shape(queries=1)
class TextThatFollows(ModelSerializer):
    """The hinted ``__str__`` follows a nullable relation."""

    publisher = StringRelatedField()

    class Meta:
        model = Book
        fields = ["publisher"]


@shape(queries=2)
class TextsThatFollow(ModelSerializer):
    books = StringRelatedField(many=True)

    class Meta:
        model = Publisher
        fields = ["name", "books"]


@shape(queries=1)
class TextOfStrWithoutHint(ModelSerializer):
    city = StringRelatedField()

    class Meta:
        model = Author
        fields = ["name", "city"]


@shape(queries=2)
class TextsOfStrWithoutHint(ModelSerializer):
    genres = StringRelatedField(many=True)

    class Meta:
        model = Book
        fields = ["title", "genres"]


@shape(queries=1)
class TextBehindHop(ModelSerializer):
    mentor = StringRelatedField(source="author.mentor")

    class Meta:
        model = Book
        fields = ["mentor"]


@shape(queries=1)
class TextOfReverseOneToOne(ModelSerializer):
    founded = StringRelatedField()

    class Meta:
        model = Author
        fields = ["founded"]


@shape(queries=2)
class KeysInMany(ModelSerializer):
    class WithKeys(ModelSerializer):
        class Meta:
            model = Nomination
            fields = ["book", "award"]

    nominations = WithKeys(many=True)

    class Meta:
        model = Book
        fields = ["nominations"]


@shape(queries=3)
class KeysInKeys(ModelSerializer):
    class WithKeys(ModelSerializer):
        class Meta:
            model = Book
            fields = ["author", "genres"]

    books = WithKeys(many=True)

    class Meta:
        model = Publisher
        fields = ["books"]


@shape(queries=3)
class ManyRelationsAsKeys(ModelSerializer):
    class Meta:
        model = City
        fields = ["country", "authors", "publishers"]


@shape(queries=1)
class ForeignKeyOfComment(ModelSerializer):
    class Meta:
        model = Comment
        fields = ["reader", "subject_type", "subject_id"]


@shape(queries=1)
class TextOfSomebodyElsesModel(ModelSerializer):
    """Django's own ``__str__`` of a content type reads two of its columns."""

    content_type = StringRelatedField()

    class Meta:
        model = TaggedItem
        fields = ["label", "content_type"]
