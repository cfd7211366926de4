"""Fields that are there or not: for writing only, hidden, and chosen per request."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from tests.shapes.catalogue import ModelSerializer, shape
from tests.testapp.models import Author, Book, Genre, Review


@shape(queries=1)
class WriteOnly(ModelSerializer):
    """What is only written is not read."""

    secret = serializers.CharField(write_only=True, source="summary")
    author = serializers.PrimaryKeyRelatedField(write_only=True, queryset=Author.objects.all())
    genres = serializers.PrimaryKeyRelatedField(write_only=True, many=True, queryset=Genre.objects.all())

    class Meta:
        model = Book
        fields = ["title", "secret", "author", "genres"]


@shape(queries=1)
class WriteOnlyNested(ModelSerializer):
    class Writer(ModelSerializer):
        class Meta:
            model = Author
            fields = ["name", "email"]

    author = Writer(write_only=True)

    class Meta:
        model = Book
        fields = ["title", "author"]


@shape(queries=1)
class WriteOnlyInMeta(ModelSerializer):
    class Meta:
        model = Book
        fields = ["title", "summary"]
        extra_kwargs = {"summary": {"write_only": True}}


@shape(queries=1)
class Hidden(ModelSerializer):
    pages = serializers.HiddenField(default=3)

    class Meta:
        model = Book
        fields = ["title", "pages"]


class Chosen(ModelSerializer):
    """Takes away what ``?fields=`` does not name, once the context is there."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        wanted = self.context["request"].query_params.get("fields")
        return fields if wanted is None else {name: fields[name] for name in wanted.split(",")}


@shape(queries=2)
@shape(queries=1, variant="OneColumn", params={"fields": "title"})
@shape(queries=1, variant="ToOne", params={"fields": "title,author"})
@shape(queries=2, variant="ToMany", params={"fields": "reviews"})
class ByRequest(Chosen):
    author = serializers.CharField(source="author.name")
    reviews = serializers.SlugRelatedField(slug_field="rating", many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["title", "pages", "author", "reviews"]


@shape(queries=2)
@shape(queries=1, variant="Short", params={"short": "1"})
class NestedByRequest(ModelSerializer):
    """The child looks at the request, the parent does not."""

    class Writer(ModelSerializer):
        def get_fields(self) -> dict[str, Any]:
            fields = super().get_fields()
            if "short" in self.context["request"].query_params:
                del fields["edited"]
            return fields

        edited = serializers.SlugRelatedField(slug_field="title", many=True, read_only=True)

        class Meta:
            model = Author
            fields = ["name", "edited"]

    author = Writer()

    class Meta:
        model = Book
        fields = ["title", "author"]


@shape(queries=1)
class PoppedInInit(ModelSerializer):
    """Takes a field away when it is built."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("reviews")
        self.fields.pop("author")

    author = serializers.CharField(source="author.name")
    reviews = serializers.SlugRelatedField(slug_field="rating", many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["title", "author", "reviews"]


@shape(queries=1)
class AddedInInit(ModelSerializer):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["editor"] = serializers.CharField(source="editor.name", default=None)

    class Meta:
        model = Book
        fields = ["title"]


@shape(queries=1)
@shape(queries=1, variant="Long", params={"long": "1"})
class SourceByRequest(ModelSerializer):
    """One name, one class, two sources."""

    def get_fields(self) -> dict[str, Any]:
        column = "summary" if "long" in self.context["request"].query_params else "subtitle"
        return {**super().get_fields(), "text": serializers.CharField(source=column)}

    class Meta:
        model = Book
        fields = ["title"]


class Short(ModelSerializer):
    class Meta:
        model = Book
        fields = ["title"]


def by_action(view: Any) -> type[serializers.BaseSerializer[Any]]:
    """Show more of one book than of many."""
    return PerAction if view.action == "retrieve" else Short


@shape(queries=1, view={"get_serializer_class": by_action})
class PerAction(ModelSerializer):
    author = serializers.CharField(source="author.name")
    reviews = serializers.SlugRelatedField(slug_field="rating", many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["title", "author", "reviews"]


@shape(queries=2, view={"get_serializer_context": lambda view: {"view": view, "request": view.request, "stars": True}})
class ByContext(ModelSerializer):
    class Stars(ModelSerializer):
        def get_fields(self) -> dict[str, Any]:
            return super().get_fields() if self.context.get("stars") else {}

        class Meta:
            model = Review
            fields = ["rating"]

    reviews = Stars(many=True)

    class Meta:
        model = Book
        fields = ["reviews"]


@shape(queries=1)
class ReadOnlyDefault(ModelSerializer):
    publisher = serializers.CharField(source="publisher.name", read_only=True, default="self-published")

    class Meta:
        model = Book
        fields = ["title", "publisher"]
