"""``Meta.depth``: serializers that DRF makes by itself."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from tests.shapes.catalogue import ModelSerializer, shape
from tests.testapp.models import AudioBook, Author, Book, City, Copy, Country, Nomination, Reader, Review


@shape(queries=1)
class Zero(ModelSerializer):
    class Meta:
        model = Review
        fields = "__all__"
        depth = 0


@shape(queries=1)
class One(ModelSerializer):
    class Meta:
        model = City
        fields = "__all__"
        depth = 1


@shape(queries=1)
class OneNullable(ModelSerializer):
    class Meta:
        model = Author
        fields = "__all__"
        depth = 1


@shape(queries=1)
class Two(ModelSerializer):
    class Meta:
        model = Author
        fields = ["name", "city"]
        depth = 2


@shape(queries=1)
class Three(ModelSerializer):
    """The author's mentor, the mentor's mentor, and each one's city and country."""

    class Meta:
        model = Author
        fields = ["name", "mentor"]
        depth = 3


@shape(queries=3)
class OneOfBook(ModelSerializer):
    """A review's book brings its two lists of keys."""

    class Meta:
        model = Review
        fields = ["rating", "book"]
        depth = 1


@shape(queries=2)
class OneOfReverse(ModelSerializer):
    class Meta:
        model = Country
        fields = ["name", "cities"]
        depth = 1


@shape(queries=3)
class OneOfManyToMany(ModelSerializer):
    """Genres, and the keys of the genres related to them."""

    class Meta:
        model = Book
        fields = ["title", "genres"]
        depth = 1


@shape(queries=5)
class OneOfSelfManyToMany(ModelSerializer):
    """Friends, and the keys of their friends, of whom they follow, and of their favourite books."""

    class Meta:
        model = Reader
        fields = ["name", "friends"]
        depth = 1


@shape(queries=3)
class TwoOfThrough(ModelSerializer):
    class Meta:
        model = Nomination
        fields = ["year", "award", "book"]
        depth = 1


@shape(queries=1)
class OneOfInheritance(ModelSerializer):
    class Meta:
        model = AudioBook
        fields = ["name", "minutes", "narrator", "owner"]
        depth = 1


@shape(queries=3)
class OneOfOtherColumn(ModelSerializer):
    class Meta:
        model = Copy
        fields = ["barcode", "shelf", "book"]
        depth = 1
