"""Keys that are no automatic numbers, and relations through them."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from rest_framework import serializers

from tests.shapes.catalogue import ModelSerializer, shape
from tests.testapp.models import Book, Booking, City, Copy, Country, Reader, Review, Room, Seat, Shelf


class SeatLabel(ModelSerializer):
    class Meta:
        model = Seat
        fields = ["label"]


@shape(queries=1)
class Uuid(ModelSerializer):
    class Meta:
        model = Reader
        fields = ["id", "name"]


@shape(queries=2)
class ManyByUuid(ModelSerializer):
    class Stars(ModelSerializer):
        class Meta:
            model = Review
            fields = ["rating"]

    reviews = Stars(many=True)

    class Meta:
        model = Reader
        fields = ["name", "reviews"]


@shape(queries=2)
class ManyToManyByUuid(ModelSerializer):
    favourites = serializers.SlugRelatedField(slug_field="title", many=True, read_only=True)

    class Meta:
        model = Reader
        fields = ["favourites"]


@shape(queries=2)
class ManyToManyToUuid(ModelSerializer):
    fans = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["fans"]


@shape(queries=1)
class TextKeyOfTarget(ModelSerializer):
    country = serializers.SlugRelatedField(slug_field="name", read_only=True)

    class Meta:
        model = City
        fields = ["country"]


@shape(queries=2)
class ManyByTextKey(ModelSerializer):
    cities = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)

    class Meta:
        model = Country
        fields = ["cities"]


@shape(queries=1)
class Composite(ModelSerializer):
    class Meta:
        model = Seat
        fields = ["label", "number"]


@shape(queries=1)
class CompositeColumnsElsewhere(SeatLabel):
    """The key is not shown, but every instance has it."""


@shape(queries=1)
class CompositeKeyShown(ModelSerializer):
    key = serializers.ReadOnlyField(source="pk")

    class Meta:
        model = Seat
        fields = ["key"]


@shape(queries=1)
class CompositeToOne(ModelSerializer):
    room = serializers.CharField(source="room.name")

    class Meta:
        model = Seat
        fields = ["label", "room"]


@shape(queries=2)
class ManyOfComposite(ModelSerializer):
    seats = SeatLabel(many=True)

    class Meta:
        model = Room
        fields = ["name", "seats"]


@shape(queries=1)
class ForeignObject(ModelSerializer):
    """A relation made of two columns."""

    seat = SeatLabel()

    class Meta:
        model = Booking
        fields = ["seat"]


@shape(queries=1)
class ForeignObjectDotted(ModelSerializer):
    label = serializers.CharField(source="seat.label")
    room = serializers.CharField(source="seat.room.name")

    class Meta:
        model = Booking
        fields = ["label", "room"]


@shape(queries=2)
class ManyOfForeignObject(ModelSerializer):
    class Wish(ModelSerializer):
        reader = serializers.CharField(source="reader.name")

        class Meta:
            model = Booking
            fields = ["wishes", "reader"]

    bookings = Wish(many=True)

    class Meta:
        model = Seat
        fields = ["label", "bookings"]


@shape(queries=3)
class ManyOfForeignObjectInMany(ModelSerializer):
    class SeatWithBookings(ModelSerializer):
        bookings = serializers.SlugRelatedField(slug_field="wishes", many=True, read_only=True)

        class Meta:
            model = Seat
            fields = ["label", "bookings"]

    seats = SeatWithBookings(many=True)

    class Meta:
        model = Room
        fields = ["seats"]


@shape(queries=1)
class ToField(ModelSerializer):
    class Place(ModelSerializer):
        class Meta:
            model = Shelf
            fields = ["place"]

    shelf = Place()

    class Meta:
        model = Copy
        fields = ["barcode", "shelf"]


@shape(queries=2)
class ManyByToField(ModelSerializer):
    copies = serializers.SlugRelatedField(slug_field="barcode", many=True, read_only=True)

    class Meta:
        model = Shelf
        fields = ["place", "copies"]


@shape(queries=2)
class ToFieldInMany(ModelSerializer):
    class OnShelf(ModelSerializer):
        place = serializers.CharField(source="shelf.place", default=None)

        class Meta:
            model = Copy
            fields = ["place"]

    copies = OnShelf(many=True)

    class Meta:
        model = Book
        fields = ["copies"]


@shape(queries=3)
class ToFieldThereAndBack(ModelSerializer):
    class WithShelf(ModelSerializer):
        neighbours = serializers.SlugRelatedField(
            source="shelf.copies", slug_field="barcode", many=True, read_only=True, default=None
        )

        class Meta:
            model = Copy
            fields = ["neighbours"]

    copies = WithShelf(many=True)

    class Meta:
        model = Book
        fields = ["copies"]
