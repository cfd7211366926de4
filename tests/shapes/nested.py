"""Serializers in serializers: one and many, shallow and deep."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from rest_framework import serializers

from tests.shapes.catalogue import ModelSerializer, shape
from tests.testapp.models import (
    Author,
    Award,
    Book,
    City,
    Copy,
    Country,
    Footnote,
    Genre,
    Nomination,
    Profile,
    Publisher,
    Reader,
    Review,
)


class CountryName(ModelSerializer):
    class Meta:
        model = Country
        fields = ["name"]


class CityName(ModelSerializer):
    class Meta:
        model = City
        fields = ["name"]


class CityInCountry(ModelSerializer):
    country = CountryName()

    class Meta:
        model = City
        fields = ["name", "country"]


class AuthorName(ModelSerializer):
    class Meta:
        model = Author
        fields = ["name"]


class AuthorEmail(ModelSerializer):
    class Meta:
        model = Author
        fields = ["id", "email"]


class AuthorAtHome(ModelSerializer):
    city = CityInCountry()

    class Meta:
        model = Author
        fields = ["name", "city"]


class BookTitle(ModelSerializer):
    class Meta:
        model = Book
        fields = ["title"]


class GenreName(ModelSerializer):
    class Meta:
        model = Genre
        fields = ["name"]


class Stars(ModelSerializer):
    class Meta:
        model = Review
        fields = ["rating"]


class ReaderName(ModelSerializer):
    class Meta:
        model = Reader
        fields = ["name"]


class StarsOfReader(ModelSerializer):
    reader = ReaderName()

    class Meta:
        model = Review
        fields = ["rating", "reader"]


class Website(ModelSerializer):
    class Meta:
        model = Profile
        fields = ["website"]


class PublisherName(ModelSerializer):
    class Meta:
        model = Publisher
        fields = ["name"]


@shape(queries=1)
class ToOne(ModelSerializer):
    author = AuthorName()

    class Meta:
        model = Book
        fields = ["title", "author"]


@shape(queries=1)
class ToOneNullable(ModelSerializer):
    publisher = PublisherName()

    class Meta:
        model = Book
        fields = ["title", "publisher"]


@shape(queries=1)
class ToOneRenamed(ModelSerializer):
    writer = AuthorName(source="author")
    house = PublisherName(source="publisher", required=False)

    class Meta:
        model = Book
        fields = ["writer", "house"]


@shape(queries=1)
class ThreeDeep(ModelSerializer):
    author = AuthorAtHome()

    class Meta:
        model = Book
        fields = ["author"]


@shape(queries=1)
class OfDottedSource(ModelSerializer):
    city = CityInCountry(source="author.city")

    class Meta:
        model = Book
        fields = ["city"]


@shape(queries=1)
class OneRelationTwice(ModelSerializer):
    """Two serializers of one relation: their columns add up."""

    name = AuthorName(source="author")
    mail = AuthorEmail(source="author")

    class Meta:
        model = Book
        fields = ["name", "mail"]


@shape(queries=1)
class OneRelationThrice(ModelSerializer):
    author = AuthorName()
    key = serializers.PrimaryKeyRelatedField(source="author", read_only=True)
    mail = serializers.CharField(source="author.email")

    class Meta:
        model = Book
        fields = ["author", "key", "mail"]


@shape(queries=1)
class OneModelAtThreePaths(ModelSerializer):
    author = AuthorName()
    editor = AuthorEmail()
    translator = AuthorAtHome()

    class Meta:
        model = Book
        fields = ["author", "editor", "translator"]


@shape(queries=1)
class ReverseOneToOne(ModelSerializer):
    profile = Website()

    class Meta:
        model = Author
        fields = ["name", "profile"]


@shape(queries=1)
class ReverseOneToOneNotRequired(ModelSerializer):
    profile = Website(required=False, allow_null=True)

    class Meta:
        model = Author
        fields = ["profile"]


@shape(queries=1)
class RelatedQueryName(ModelSerializer):
    founded = PublisherName()

    class Meta:
        model = Author
        fields = ["founded"]


@shape(queries=1)
class WithoutRelatedName(ModelSerializer):
    """``related_name="+"``: there is no way back."""

    translator = AuthorName()

    class Meta:
        model = Book
        fields = ["translator"]


@shape(queries=1)
class BothEndsOfSelfOneToOne(ModelSerializer):
    sequel_of = BookTitle()
    sequel = BookTitle()

    class Meta:
        model = Book
        fields = ["title", "sequel_of", "sequel"]


@shape(queries=1)
class SelfForeignKey(ModelSerializer):
    parent = GenreName()

    class Meta:
        model = Genre
        fields = ["name", "parent"]


@shape(queries=2)
class ReverseForeignKey(ModelSerializer):
    reviews = Stars(many=True)

    class Meta:
        model = Book
        fields = ["title", "reviews"]


@shape(queries=2, ordered=False)
class DefaultAccessor(ModelSerializer):
    """A model without ordering, and a relation without a name."""

    class Note(ModelSerializer):
        class Meta:
            model = Footnote
            fields = ["text"]

    footnote_set = Note(many=True)

    class Meta:
        model = Book
        fields = ["footnote_set"]


@shape(queries=2)
class ManyToMany(ModelSerializer):
    genres = GenreName(many=True)

    class Meta:
        model = Book
        fields = ["title", "genres"]


@shape(queries=2)
class ManyToManyReverse(ModelSerializer):
    books = BookTitle(many=True)

    class Meta:
        model = Genre
        fields = ["name", "books"]


@shape(queries=2)
class ManyToManyThrough(ModelSerializer):
    class AwardName(ModelSerializer):
        class Meta:
            model = Award
            fields = ["name"]

    awards = AwardName(many=True)

    class Meta:
        model = Book
        fields = ["awards"]


@shape(queries=2)
class SelfManyToMany(ModelSerializer):
    friends = ReaderName(many=True)

    class Meta:
        model = Reader
        fields = ["name", "friends"]


@shape(queries=3)
class SelfManyToManyBothWays(ModelSerializer):
    follows = ReaderName(many=True)
    followers = ReaderName(many=True)

    class Meta:
        model = Reader
        fields = ["follows", "followers"]


@shape(queries=2)
class SelfReverseForeignKey(ModelSerializer):
    children = GenreName(many=True)

    class Meta:
        model = Genre
        fields = ["children"]


@shape(queries=2)
class ThroughRows(ModelSerializer):
    """A through model's own columns, and its other side."""

    class Nominated(ModelSerializer):
        award = serializers.CharField(source="award.name")

        class Meta:
            model = Nomination
            fields = ["year", "award"]

    nominations = Nominated(many=True)

    class Meta:
        model = Book
        fields = ["nominations"]


@shape(queries=2)
class ToOneInMany(ModelSerializer):
    reviews = StarsOfReader(many=True)

    class Meta:
        model = Book
        fields = ["reviews"]


@shape(queries=2)
class DottedInMany(ModelSerializer):
    class ReviewOfReader(ModelSerializer):
        reader = serializers.CharField(source="reader.name", default=None)

        class Meta:
            model = Review
            fields = ["rating", "reader"]

    reviews = ReviewOfReader(many=True)

    class Meta:
        model = Book
        fields = ["title", "reviews"]


@shape(queries=1)
class DottedInToOne(ModelSerializer):
    """The prefix of a dotted source below a nested serializer must not be lost."""

    class Home(ModelSerializer):
        country = serializers.CharField(source="city.country.name", default=None)

        class Meta:
            model = Author
            fields = ["name", "country"]

    author = Home()
    editor = Home()

    class Meta:
        model = Book
        fields = ["author", "editor"]


@shape(queries=2)
class ManyBehindToOne(ModelSerializer):
    class Prolific(ModelSerializer):
        books = BookTitle(many=True)

        class Meta:
            model = Author
            fields = ["name", "books"]

    author = Prolific()

    class Meta:
        model = Book
        fields = ["title", "author"]


@shape(queries=2)
class ManyOfDottedSource(ModelSerializer):
    siblings = BookTitle(many=True, source="author.books")

    class Meta:
        model = Book
        fields = ["siblings"]


@shape(queries=2)
class ManyBehindNullableHop(ModelSerializer):
    class House(ModelSerializer):
        books = BookTitle(many=True)

        class Meta:
            model = Publisher
            fields = ["name", "books"]

    publisher = House()

    class Meta:
        model = Book
        fields = ["publisher"]


@shape(queries=3)
class TwoDeepMany(ModelSerializer):
    class BookWithStars(ModelSerializer):
        reviews = Stars(many=True)

        class Meta:
            model = Book
            fields = ["title", "reviews"]

    books = BookWithStars(many=True)

    class Meta:
        model = Author
        fields = ["name", "books"]


class CopyBarcode(ModelSerializer):
    loans = serializers.SlugRelatedField(slug_field="due", many=True, read_only=True)

    class Meta:
        model = Copy
        fields = ["barcode", "loans"]


class BookInStock(ModelSerializer):
    copies = CopyBarcode(many=True)
    genres = GenreName(many=True)

    class Meta:
        model = Book
        fields = ["title", "copies", "genres"]


@shape(queries=5)
class ThreeDeepMany(ModelSerializer):
    """Author, books, copies, loans; and genres."""

    books = BookInStock(many=True)

    class Meta:
        model = Author
        fields = ["name", "books"]


class PublisherCatalogue(ModelSerializer):
    books = BookInStock(many=True)
    founder = AuthorAtHome()

    class Meta:
        model = Publisher
        fields = ["name", "founder", "books"]


class CityOfPublishers(ModelSerializer):
    publishers = PublisherCatalogue(many=True)

    class Meta:
        model = City
        fields = ["name", "publishers"]


@shape(queries=7)
class FiveDeepMany(ModelSerializer):
    """Country, cities, publishers, books, copies, loans; and genres."""

    cities = CityOfPublishers(many=True)

    class Meta:
        model = Country
        fields = ["name", "cities"]


@shape(queries=4)
class ThreeManySideBySide(ModelSerializer):
    reviews = Stars(many=True)
    genres = GenreName(many=True)
    copies = serializers.SlugRelatedField(slug_field="barcode", many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["reviews", "genres", "copies"]


@shape(queries=2)
class KeysAndRowsOfOneRelation(ModelSerializer):
    genre_ids = serializers.PrimaryKeyRelatedField(source="genres", many=True, read_only=True)
    genres = GenreName(many=True)

    class Meta:
        model = Book
        fields = ["genre_ids", "genres"]


@shape(queries=2)
class BackToParent(ModelSerializer):
    """The parent that a prefetched child points at must have what the child shows of it."""

    class ReviewOfBook(ModelSerializer):
        title = serializers.CharField(source="book.title")

        class Meta:
            model = Review
            fields = ["rating", "title"]

    reviews = ReviewOfBook(many=True)

    class Meta:
        model = Book
        fields = ["isbn", "reviews"]


@shape(queries=2)
class BackToParentNested(ModelSerializer):
    class ReviewOfBook(ModelSerializer):
        book = BookTitle()

        class Meta:
            model = Review
            fields = ["book"]

    reviews = ReviewOfBook(many=True)

    class Meta:
        model = Book
        fields = ["reviews"]


@shape(queries=2)
class BackToParentAndOn(ModelSerializer):
    """From the child back to the parent and on to another relation of it."""

    class ReviewOfBook(ModelSerializer):
        author = serializers.CharField(source="book.author.name")

        class Meta:
            model = Review
            fields = ["author"]

    reviews = ReviewOfBook(many=True)

    class Meta:
        model = Book
        fields = ["title", "reviews"]


@shape(queries=3)
class BackToParentAndItsRows(ModelSerializer):
    """A list of the parent that only its children show: where there are none, it is not asked for."""

    class AuthorAtHome(ModelSerializer):
        class Home(ModelSerializer):
            publishers = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)

            class Meta:
                model = City
                fields = ["publishers"]

        city = Home()

        class Meta:
            model = Author
            fields = ["city"]

    authors = AuthorAtHome(many=True)

    class Meta:
        model = City
        fields = ["authors"]


@shape(queries=2)
class BackToParentAndTheSameList(ModelSerializer):
    """The list behind the pointer is the one that the pointers came from: its rows show what both show."""

    class CityWithSisters(ModelSerializer):
        class Home(ModelSerializer):
            cities = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)

            class Meta:
                model = Country
                fields = ["cities"]

        country = Home()

        class Meta:
            model = City
            fields = ["country"]

    cities = CityWithSisters(many=True)

    class Meta:
        model = Country
        fields = ["cities"]


@shape(queries=3)
class BackToGrandparentAndTheSameList(ModelSerializer):
    """Two pointers back, and then the list that all of them came from."""

    class CityWithAuthors(ModelSerializer):
        class AuthorOfCountry(ModelSerializer):
            cities = serializers.SlugRelatedField(
                slug_field="name", many=True, read_only=True, source="city.country.cities"
            )

            class Meta:
                model = Author
                fields = ["cities"]

        authors = AuthorOfCountry(many=True)

        class Meta:
            model = City
            fields = ["authors"]

    cities = CityWithAuthors(many=True)

    class Meta:
        model = Country
        fields = ["cities"]


@shape(queries=3)
class BackToParentAndItsOtherList(ModelSerializer):
    """A list that the parent shows itself, and more of it behind the pointer."""

    class BookOfAuthor(ModelSerializer):
        class Teacher(ModelSerializer):
            pupils = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)

            class Meta:
                model = Author
                fields = ["pupils"]

        author = Teacher()

        class Meta:
            model = Book
            fields = ["author"]

    books = BookOfAuthor(many=True)
    pupils = serializers.SlugRelatedField(slug_field="email", many=True, read_only=True)

    class Meta:
        model = Author
        fields = ["books", "pupils"]


@shape(queries=1)
class BackToOwnerOfOneToOne(ModelSerializer):
    class ProfileOfAuthor(ModelSerializer):
        name = serializers.CharField(source="author.name")

        class Meta:
            model = Profile
            fields = ["website", "name"]

    profile = ProfileOfAuthor()

    class Meta:
        model = Author
        fields = ["email", "profile"]


@shape(queries=2)
class RoundTrip(ModelSerializer):
    """Book, its author, the author's books, and each one's author again."""

    class Sibling(ModelSerializer):
        author = AuthorEmail()

        class Meta:
            model = Book
            fields = ["title", "author"]

    siblings = Sibling(many=True, source="author.books")

    class Meta:
        model = Book
        fields = ["siblings"]


@shape(queries=2)
class OneToOneInMany(ModelSerializer):
    class WithProfile(ModelSerializer):
        profile = Website()

        class Meta:
            model = Author
            fields = ["name", "profile"]

    authors = WithProfile(many=True)

    class Meta:
        model = City
        fields = ["authors"]


@shape(queries=1)
class ReadOnly(ModelSerializer):
    author = AuthorName(read_only=True)
    publisher = PublisherName(read_only=True, default=None)

    class Meta:
        model = Book
        fields = ["author", "publisher"]
        read_only_fields = ["author"]


@shape(queries=2)
class ManyWithAllSource(ModelSerializer):
    """The manager's method in the source."""

    stars = Stars(many=True, source="reviews.all")

    class Meta:
        model = Book
        fields = ["stars"]


@shape(queries=1, unknown={"Author"})
class OfHintedProperty(ModelSerializer):
    """A nested serializer over a property; its hint ends at a relation, which means all of the target."""

    writer = AuthorName()

    class Meta:
        model = Book
        fields = ["writer"]
