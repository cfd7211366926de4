"""Those who buy books, and what they do."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db import models
from django.utils import timezone

from demo.shop.models.books import Book
from demo.shop.models.people import Country
from drf_autoprefetch import prefetch_hint


class Address(models.Model):
    """Where parcels go."""

    street = models.CharField(max_length=120)
    city = models.CharField(max_length=80)
    country = models.ForeignKey(Country, models.PROTECT, to_field="code", related_name="addresses")
    delivery_instructions = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "addresses"

    def __str__(self) -> str:
        return f"{self.street}, {self.city}"


class Customer(models.Model):
    """Somebody who buys; known by a UUID."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    email = models.EmailField()
    address = models.OneToOneField(Address, models.PROTECT, related_name="customer")
    favourites = models.ManyToManyField(Book, related_name="admirers", blank=True)
    service_notes = models.TextField(blank=True)
    preferences = models.JSONField(default=dict)

    class Meta:
        ordering = ["name", "id"]

    @prefetch_hint("name")
    def __str__(self) -> str:
        return self.name


class Review(models.Model):
    """What a customer thinks of a book."""

    book = models.ForeignKey(Book, models.CASCADE, related_name="reviews")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="reviews")
    rating = models.PositiveSmallIntegerField()
    headline = models.CharField(max_length=120)
    body = models.TextField(blank=True)
    moderation_log = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["created_at", "id"])]

    def __str__(self) -> str:
        return self.headline


class Order(models.Model):
    """What a customer bought in one go."""

    class Status(models.TextChoices):
        """How far the parcel has come."""

        PAID = "paid"
        SENT = "sent", "On its way"
        DONE = "done", "Delivered"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="orders")
    ship_to = models.ForeignKey(Address, models.PROTECT, related_name="orders")
    status = models.CharField(max_length=10, choices=Status)
    placed_at = models.DateTimeField(default=timezone.now)
    invoice_text = models.TextField(blank=True)
    internal_notes = models.TextField(blank=True)

    class Meta:
        ordering = ["-placed_at", "id"]
        indexes = [models.Index(fields=["-placed_at", "id"])]

    def __str__(self) -> str:
        return f"Order {self.id}"

    @property
    @prefetch_hint("lines__quantity", "lines__unit_price")
    def total(self) -> Decimal:
        """The sum of the lines, worked out in Python."""
        return sum((line.quantity * line.unit_price for line in self.lines.all()), Decimal("0.00"))


class OrderLine(models.Model):
    """So many copies of one book."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    book = models.ForeignKey(Book, models.PROTECT, related_name="order_lines")
    quantity = models.PositiveSmallIntegerField()
    unit_price = models.DecimalField(max_digits=8, decimal_places=2)
    position = models.PositiveSmallIntegerField()
    dedication = models.TextField(blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.book_id}"


class Opening(models.Model):
    """Says that the shop was filled to the last row, and by which version of the code."""

    fingerprint = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.fingerprint
