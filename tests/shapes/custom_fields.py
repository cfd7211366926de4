"""Fields and serializers whose methods somebody wrote."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from drf_autoprefetch import prefetch_hint
from tests.shapes.catalogue import ModelSerializer, shape
from tests.testapp.models import Author, Book, Genre, Review


class Shout(serializers.CharField):
    """Represents the value of a column, and sees nothing but that."""

    def to_representation(self, value: Any) -> str:
        return str(value).upper()


@shape(queries=1)
class ValueOfColumn(ModelSerializer):
    title = Shout()
    author = Shout(source="author.name")

    class Meta:
        model = Book
        fields = ["title", "author"]


class Summary(serializers.Field[Any, Any, Any, Any]):
    """Is given the whole row, and reads two columns of it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, value: Book) -> str:
        return f"{value.title} ({value.pages})"


@shape(queries=1)
class WholeRow(ModelSerializer):
    summary = Summary()

    class Meta:
        model = Book
        fields = ["summary"]


@shape(queries=1)
class WholeRowOfToOne(ModelSerializer):
    """Two columns of the book, one of the review."""

    class BookSummary(ModelSerializer):
        summary = Summary()

        class Meta:
            model = Book
            fields = ["summary"]

    book = BookSummary()

    class Meta:
        model = Review
        fields = ["rating", "book"]


class TitleAndPages(serializers.Field[Any, Any, Any, Any]):
    """Looks at the row itself."""

    def get_attribute(self, instance: Book) -> str:
        return f"{instance.title} ({instance.pages})"

    def to_representation(self, value: str) -> str:
        return value


@shape(queries=1)
class OwnGetAttribute(ModelSerializer):
    title = TitleAndPages(read_only=True)

    class Meta:
        model = Book
        fields = ["title"]


class HintedSummary(serializers.Field[Any, Any, Any, Any]):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)

    @prefetch_hint("title", "author__name")
    def to_representation(self, value: Book) -> str:
        return f"{value.title} by {value.author.name}"


@shape(queries=1)
class HintedField(ModelSerializer):
    summary = HintedSummary()

    class Meta:
        model = Book
        fields = ["summary"]


class Initials(serializers.RelatedField[Any, Any, Any]):
    """A related field that shows its target in its own way."""

    def to_representation(self, value: Author) -> str:
        return value.name[:1]


@shape(queries=1)
class OwnRelatedField(ModelSerializer):
    author = Initials(read_only=True)

    class Meta:
        model = Book
        fields = ["title", "author"]


@shape(queries=2)
class OwnRelatedFields(ModelSerializer):
    class Label(serializers.RelatedField[Any, Any, Any]):
        def to_representation(self, value: Genre) -> str:
            return value.name.lower()

    genres = Label(many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["genres"]


@shape(queries=1)
class HintedRelatedField(ModelSerializer):
    class HomeTown(serializers.RelatedField[Any, Any, Any]):
        @prefetch_hint("city__name")
        def to_representation(self, value: Author) -> str | None:
            return value.city.name if value.city else None

    author = HomeTown(read_only=True)

    class Meta:
        model = Book
        fields = ["author"]


@shape(queries=1)
class OwnRepresentation(ModelSerializer):
    def to_representation(self, instance: Book) -> dict[str, Any]:
        return {**super().to_representation(instance), "long": instance.pages > 20}

    class Meta:
        model = Book
        fields = ["title"]


@shape(queries=2)
class OwnRepresentationInMany(ModelSerializer):
    """What stands in the place of the fields reads the rating."""

    class Stars(ModelSerializer):
        def to_representation(self, instance: Review) -> Any:
            return "*" * instance.rating

        class Meta:
            model = Review
            fields = ["rating"]

    reviews = Stars(many=True)

    class Meta:
        model = Book
        fields = ["title", "reviews"]


@shape(queries=1)
class HintedRepresentation(ModelSerializer):
    @prefetch_hint("pages", "title")
    def to_representation(self, instance: Book) -> dict[str, Any]:
        return {**super().to_representation(instance), "long": instance.pages > 20}

    class Meta:
        model = Book
        fields = ["title"]


class Backwards(serializers.ListSerializer[Any]):
    def to_representation(self, data: Any) -> list[Any]:
        return super().to_representation(data)[::-1]


@shape(queries=2)
class OwnListSerializer(ModelSerializer):
    class Stars(ModelSerializer):
        class Meta:
            model = Review
            fields = ["rating"]
            list_serializer_class = Backwards

    reviews = Stars(many=True)

    class Meta:
        model = Book
        fields = ["title", "reviews"]


class OnlyForWriting(serializers.ListSerializer[Any]):
    def create(self, validated_data: Any) -> Any: ...


@shape(queries=2)
class ListSerializerForWriting(ModelSerializer):
    """A list serializer that changes nothing about reading."""

    class Stars(ModelSerializer):
        class Meta:
            model = Review
            fields = ["rating"]
            list_serializer_class = OnlyForWriting

    reviews = Stars(many=True)

    class Meta:
        model = Book
        fields = ["reviews"]


@shape(queries=1)
class OwnListSerializerAtRoot(ModelSerializer):
    class Meta:
        model = Book
        fields = ["title"]
        list_serializer_class = Backwards


@shape(queries=1)
class OwnModelField(ModelSerializer):
    """The library must not stumble over a field class that it has never seen."""

    class Stub(serializers.ReadOnlyField):
        pass

    title = Stub()

    class Meta:
        model = Book
        fields = ["title"]


class LoudSlug(serializers.SlugRelatedField):  # type: ignore[type-arg]
    def to_representation(self, obj: Any) -> str:
        return str(super().to_representation(obj)).upper()


class LoudText(serializers.StringRelatedField):  # type: ignore[type-arg]
    def to_representation(self, value: Any) -> str:
        return super().to_representation(value).upper()


class NamedKey(serializers.PrimaryKeyRelatedField):  # type: ignore[type-arg]
    def to_representation(self, value: Any) -> str:
        return f"#{super().to_representation(value)}"


class LoudChars(serializers.CharField):
    def to_representation(self, value: Any) -> str:
        return super().to_representation(value).upper()


class LoudMethod(serializers.SerializerMethodField):
    def to_representation(self, value: Any) -> str:
        return str(super().to_representation(value)).upper()


class SortedTexts(serializers.ListField):
    def to_representation(self, data: Any) -> list[Any]:
        return sorted(super().to_representation(data))


@shape(queries=1)
class RelatedFieldsThatCallTheirBase(ModelSerializer):
    author = LoudSlug(slug_field="name", read_only=True)
    publisher = LoudText()
    editor = NamedKey(read_only=True)
    city = LoudChars(source="author.city", default="")
    label = LoudMethod()

    def get_label(self, book: Book) -> str:
        return book.subtitle

    class Meta:
        model = Book
        fields = ["author", "publisher", "editor", "city", "label"]


@shape(queries=3)
class ListsThatCallTheirBase(ModelSerializer):
    genres = SortedTexts(source="genres.all", child=serializers.StringRelatedField())
    reviews = SortedTexts(source="reviews.all", child=serializers.SlugRelatedField("rating", read_only=True))

    class Meta:
        model = Book
        fields = ["title", "genres", "reviews"]


class Attribute(serializers.Field[Any, Any, Any, Any]):
    """Is told which attribute it shows."""

    def __init__(self, attribute: str, **kwargs: Any) -> None:
        self.attribute = attribute
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> Any:
        return getattr(value, self.attribute)


class OwnLink(serializers.HyperlinkedRelatedField):  # type: ignore[type-arg]
    def get_url(self, obj: Any, view_name: str, request: Any, format: Any) -> str:
        return f"/{view_name}/{getattr(obj, self.lookup_field)}/"


class Fickle(serializers.CharField):
    """Tells itself something else for each row."""

    attribute = "title"

    def get_attribute(self, instance: Book) -> Any:
        self.attribute = "title" if instance.pages % 2 else "subtitle"
        return getattr(instance, self.attribute)


@shape(queries=1)
class WhatFieldsAreTold(ModelSerializer):
    title = Attribute("isbn")
    pages = Attribute("price")
    publisher = OwnLink("publisher", lookup_field="slug", read_only=True)
    author = OwnLink("author", read_only=True)

    class Meta:
        model = Book
        fields = ["title", "pages", "publisher", "author"]


@shape(queries=1, unknown=["Book"])
class WhatFieldsTellThemselves(ModelSerializer):
    title = Fickle()

    class Meta:
        model = Book
        fields = ["title"]


@shape(queries=1, params={"shown": "isbn"}, variant="isbn")
@shape(queries=1, params={"shown": "subtitle"}, variant="subtitle")
class ToldByTheRequest(ModelSerializer):
    def get_fields(self) -> dict[str, Any]:
        return {"shown": Attribute(self.context["request"].query_params.get("shown", "title"))}

    class Meta:
        model = Book
        fields = ["id"]
