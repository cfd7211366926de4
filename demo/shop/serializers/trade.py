"""How customers, orders and the feed of reviews are shown."""

from __future__ import annotations

from rest_framework import serializers

from demo.shop.models import Book, Customer, Order, OrderLine, Review


class CustomerSerializer(serializers.ModelSerializer):
    """A customer with an address and the primary keys of favourite books."""

    city = serializers.CharField(source="address.city")
    country = serializers.SlugRelatedField("code", source="address.country", read_only=True)
    favourites = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

    class Meta:
        model = Customer
        fields = ["id", "name", "email", "city", "country", "favourites"]


class OrderedBookSerializer(serializers.ModelSerializer):
    """A book under an order line."""

    author = serializers.CharField(source="author.last_name")

    class Meta:
        model = Book
        fields = ["id", "title", "author"]


class OrderLineSerializer(serializers.ModelSerializer):
    """A line under its order."""

    book = OrderedBookSerializer(read_only=True)

    class Meta:
        model = OrderLine
        fields = ["quantity", "unit_price", "book"]


class OrderSerializer(serializers.ModelSerializer):
    """An order with its lines; the total is a property of the model, with a hint on it."""

    customer = serializers.StringRelatedField()
    ship_to = serializers.CharField(source="ship_to.city")
    status = serializers.CharField(source="get_status_display")
    lines = OrderLineSerializer(many=True, read_only=True)
    total = serializers.DecimalField(max_digits=10, decimal_places=2, read_only=True)

    class Meta:
        model = Order
        fields = ["id", "placed_at", "status", "customer", "ship_to", "lines", "total"]


class FeedSerializer(serializers.ModelSerializer):
    """A review in the feed of all reviews."""

    book = serializers.CharField(source="book.title")
    author = serializers.CharField(source="book.author.last_name")
    customer = serializers.CharField(source="customer.name")

    class Meta:
        model = Review
        fields = ["id", "rating", "headline", "book", "author", "customer"]
