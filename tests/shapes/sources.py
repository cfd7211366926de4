"""Dotted and starred sources, methods, properties and keys."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from rest_framework import serializers

from tests.shapes.catalogue import ModelSerializer, Serializer, shape
from tests.testapp.models import Author, Book, City, Loan, Nomination, Profile, Publisher, Review


@shape(queries=1)
class OneHop(ModelSerializer):
    author = serializers.CharField(source="author.name")

    class Meta:
        model = Book
        fields = ["title", "author"]


@shape(queries=1)
class TwoHops(ModelSerializer):
    country = serializers.CharField(source="city.country.name", default=None)

    class Meta:
        model = Author
        fields = ["country"]


@shape(queries=1)
class ThreeHops(ModelSerializer):
    country = serializers.CharField(source="author.city.country.name", default="nowhere")

    class Meta:
        model = Book
        fields = ["country"]


@shape(queries=1)
class TwoColumnsOfOneHop(ModelSerializer):
    name = serializers.CharField(source="author.name")
    email = serializers.CharField(source="author.email")

    class Meta:
        model = Book
        fields = ["name", "email"]


@shape(queries=1)
class NullableNotRequired(ModelSerializer):
    """Where the hop is null the field is left out."""

    publisher = serializers.CharField(source="publisher.name", required=False)

    class Meta:
        model = Book
        fields = ["title", "publisher"]


@shape(queries=1)
class NullableAllowed(ModelSerializer):
    city = serializers.CharField(source="publisher.city.name", allow_null=True)

    class Meta:
        model = Book
        fields = ["city"]


@shape(queries=1)
class NullableDefault(ModelSerializer):
    city = serializers.CharField(source="editor.city.name", default=lambda: "unknown")

    class Meta:
        model = Book
        fields = ["city"]


@shape(queries=1)
class TwoRelationsOfOneModel(ModelSerializer):
    author = serializers.CharField(source="author.name")
    editor = serializers.CharField(source="editor.email", default=None)
    translator = serializers.CharField(source="translator.born", default=None)

    class Meta:
        model = Book
        fields = ["author", "editor", "translator"]


@shape(queries=1)
class KeyThroughRelation(ModelSerializer):
    """Python asks for the author to ask it for its key."""

    author = serializers.IntegerField(source="author.pk")
    editor = serializers.IntegerField(source="editor.id", default=None)

    class Meta:
        model = Book
        fields = ["author", "editor"]


@shape(queries=1)
class ForeignKeyThroughRelation(ModelSerializer):
    city = serializers.IntegerField(source="author.city_id")

    class Meta:
        model = Book
        fields = ["city"]


@shape(queries=1)
class ReverseOneToOne(ModelSerializer):
    """DRF makes null of a row that does not exist."""

    website = serializers.CharField(source="profile.website", default=None)

    class Meta:
        model = Author
        fields = ["website"]


@shape(queries=1)
class ReverseOneToOneBehindHop(ModelSerializer):
    website = serializers.CharField(source="author.profile.website", default=None)

    class Meta:
        model = Book
        fields = ["website"]


@shape(queries=1)
class ReverseOneToOneBehindNullableHop(ModelSerializer):
    website = serializers.CharField(source="editor.profile.website", required=False)

    class Meta:
        model = Book
        fields = ["title", "website"]


@shape(queries=1)
class BothEndsOfSelfOneToOne(ModelSerializer):
    before = serializers.CharField(source="sequel_of.title", default=None)
    after = serializers.CharField(source="sequel.title", default=None)

    class Meta:
        model = Book
        fields = ["before", "after"]


@shape(queries=1)
class RelatedQueryName(ModelSerializer):
    """The accessor is ``founded``; select_related wants ``venture``."""

    house = serializers.CharField(source="founded.name", default=None)

    class Meta:
        model = Author
        fields = ["house"]


@shape(queries=1)
class ForwardOneToOne(ModelSerializer):
    name = serializers.CharField(source="author.name")

    class Meta:
        model = Profile
        fields = ["website", "name"]


@shape(queries=1)
class SelfForeignKey(ModelSerializer):
    mentor = serializers.CharField(source="mentor.name", default=None)
    grand_mentor = serializers.CharField(source="mentor.mentor.name", default=None)

    class Meta:
        model = Author
        fields = ["name", "mentor", "grand_mentor"]


@shape(queries=1)
class DisplayOfChoice(ModelSerializer):
    status = serializers.CharField(source="get_status_display")

    class Meta:
        model = Book
        fields = ["status"]


@shape(queries=1)
class DisplayByName(ModelSerializer):
    class Meta:
        model = Book
        fields = ["get_status_display"]


@shape(queries=1)
class DisplayBehindHop(ModelSerializer):
    status = serializers.ReadOnlyField(source="book.get_status_display")

    class Meta:
        model = Review
        fields = ["status"]


@shape(queries=1)
class JsonKeys(ModelSerializer):
    code = serializers.CharField(source="data.codes.thirteen", default=None)
    words = serializers.ReadOnlyField(source="data.words", default=None)

    class Meta:
        model = Book
        fields = ["code", "words"]


@shape(queries=1)
class JsonKeysBehindHop(ModelSerializer):
    code = serializers.CharField(source="book.data.codes.thirteen", required=False)

    class Meta:
        model = Review
        fields = ["rating", "code"]


@shape(queries=1)
class HintedProperty(ModelSerializer):
    class Meta:
        model = Book
        fields = ["full_title"]


@shape(queries=1)
class HintedMethod(ModelSerializer):
    by = serializers.CharField(source="author_line")

    class Meta:
        model = Book
        fields = ["by"]


@shape(queries=1)
class HintedPropertyBehindHop(ModelSerializer):
    address = serializers.CharField(source="author.address_line")

    class Meta:
        model = Book
        fields = ["address"]


@shape(queries=1)
class HintedMethodBehindHop(ModelSerializer):
    home = serializers.CharField(source="author.home")

    class Meta:
        model = Book
        fields = ["home"]


@shape(queries=2)
class HintedPropertyOverRows(ModelSerializer):
    class Meta:
        model = Book
        fields = ["genre_names"]


@shape(queries=1)
class PropertyWithoutHint(ModelSerializer):
    class Meta:
        model = Book
        fields = ["blurb"]


@shape(queries=1)
class MethodWithoutHint(ModelSerializer):
    class Meta:
        model = Book
        fields = ["shout"]


@shape(queries=1)
class PropertyWithoutHintBehindHop(ModelSerializer):
    """The body of the property reads a column of the book, and nothing of the review."""

    blurb = serializers.CharField(source="book.blurb")

    class Meta:
        model = Review
        fields = ["blurb"]


@shape(queries=1)
class RelationAsText(ModelSerializer):
    """A CharField of a relation shows what ``__str__`` says."""

    author = serializers.CharField()
    publisher = serializers.CharField()

    class Meta:
        model = Book
        fields = ["author", "publisher"]


@shape(queries=1)
class RelationAsTextWithoutHint(ModelSerializer):
    city = serializers.CharField(source="author.city")

    class Meta:
        model = Book
        fields = ["city"]


class Names(Serializer):
    title = serializers.CharField()
    subtitle = serializers.CharField()


@shape(queries=1)
class Star(ModelSerializer):
    names = Names(source="*")

    class Meta:
        model = Book
        fields = ["names"]


class AuthorName(Serializer):
    name = serializers.CharField(source="author.name")


@shape(queries=1)
class StarThenHop(ModelSerializer):
    who = AuthorName(source="*")

    class Meta:
        model = Book
        fields = ["title", "who"]


class StarInStar(Serializer):
    who = AuthorName(source="*")
    names = Names(source="*")


@shape(queries=1)
class StarOfStar(ModelSerializer):
    outer = StarInStar(source="*")

    class Meta:
        model = Book
        fields = ["outer"]


@shape(queries=1)
class StarOfModelSerializer(ModelSerializer):
    book = OneHop(source="*")

    class Meta:
        model = Book
        fields = ["isbn", "book"]


@shape(queries=2)
class CountOfRows(ModelSerializer):
    """DRF calls ``reviews.count()``, which a prefetch answers."""

    reviews = serializers.IntegerField(source="reviews.count")

    class Meta:
        model = Book
        fields = ["reviews"]


@shape(queries=2)
class CountBehindHop(ModelSerializer):
    reviews = serializers.IntegerField(source="book.reviews.count")

    class Meta:
        model = Review
        fields = ["reviews"]


@shape(queries=1)
class ManyNullableHops(ModelSerializer):
    place = serializers.CharField(source="copy.book.publisher.city.country.name", default=None)
    reader = serializers.CharField(source="reader.name", default=None)

    class Meta:
        model = Loan
        fields = ["due", "place", "reader"]


@shape(queries=1)
class ThroughModelBothSides(ModelSerializer):
    book = serializers.CharField(source="book.title")
    award = serializers.CharField(source="award.name")

    class Meta:
        model = Nomination
        fields = ["year", "book", "award"]


@shape(queries=1)
class DatabaseColumnName(ModelSerializer):
    """The foreign key's column is called ``house``."""

    publisher = serializers.CharField(source="publisher.name", default=None)

    class Meta:
        model = Book
        fields = ["publisher"]


@shape(queries=1)
class PrimaryKeyOfHop(ModelSerializer):
    country = serializers.CharField(source="country.code")

    class Meta:
        model = City
        fields = ["country"]


@shape(queries=1)
class KeyNamedPk(ModelSerializer):
    key = serializers.ReadOnlyField(source="pk")

    class Meta:
        model = Publisher
        fields = ["key", "slug"]
