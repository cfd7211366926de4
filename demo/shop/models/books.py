"""Books, and what is said about them and filed under."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from demo.shop.models.people import Author, Publisher
from drf_autoprefetch import prefetch_hint


class Category(models.Model):
    """A department of the shop, inside another department."""

    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField()
    description = models.TextField(blank=True)
    buying_policy = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A word that readers look for."""

    name = models.CharField(max_length=60)
    slug = models.SlugField(unique=True)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


class Book(models.Model):
    """What the shop sells; a list shows a third of its columns at most."""

    class Format(models.TextChoices):
        """How the book is bound."""

        HARDBACK = "hardback"
        PAPERBACK = "paperback"
        AUDIO = "audio", "Audiobook"

    title = models.CharField(max_length=200)
    subtitle = models.CharField(max_length=200, blank=True)
    slug = models.SlugField(unique=True)
    isbn = models.CharField(max_length=13)
    format = models.CharField(max_length=10, choices=Format)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    pages = models.PositiveSmallIntegerField()
    published_on = models.DateField()
    author = models.ForeignKey(Author, models.PROTECT, related_name="books")
    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="books")
    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="books")
    contributors = models.ManyToManyField(Author, through="Contribution", related_name="contributed_to")
    tags = models.ManyToManyField(Tag, related_name="books", blank=True)
    similar = models.ManyToManyField("self", symmetrical=False, related_name="similar_to", blank=True)
    mentions = GenericRelation("PressMention")
    summary = models.TextField(blank=True)
    excerpt = models.TextField(blank=True)
    table_of_contents = models.TextField(blank=True)
    press_kit = models.TextField(blank=True)
    editorial_notes = models.TextField(blank=True)
    metadata = models.JSONField(default=dict)
    cover = models.FileField(upload_to="covers", blank=True)
    weight_grams = models.PositiveIntegerField(default=0)
    height_mm = models.PositiveIntegerField(default=0)
    width_mm = models.PositiveIntegerField(default=0)
    print_run = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["title", "id"]
        indexes = [models.Index(fields=["title", "id"])]

    @prefetch_hint("title")
    def __str__(self) -> str:
        return self.title


class Audiobook(Book):
    """A book to listen to: multi-table inheritance, so each one is also a row of ``Book``."""

    narrator = models.CharField(max_length=120)
    minutes = models.PositiveSmallIntegerField()
    studio_notes = models.TextField(blank=True)


class Contribution(models.Model):
    """Who did what for a book: the many-to-many relation with columns of its own."""

    book = models.ForeignKey(Book, models.CASCADE, related_name="contributions")
    author = models.ForeignKey(Author, models.CASCADE, related_name="contributions")
    role = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()
    contract = models.TextField(blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.role


class Stock(models.Model):
    """How many copies lie where; it has its book's primary key, and a book never ordered has none."""

    book = models.OneToOneField(Book, models.CASCADE, primary_key=True, related_name="stock")
    on_hand = models.PositiveIntegerField()
    shelf = models.CharField(max_length=10)
    stocktaking_notes = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "stock"

    def __str__(self) -> str:
        return f"{self.on_hand} on {self.shelf}"


class PressMention(models.Model):
    """What the papers wrote about a book, an author or a publisher: a generic foreign key."""

    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    subject = GenericForeignKey()
    outlet = models.CharField(max_length=80)
    headline = models.CharField(max_length=200)
    published_on = models.DateField()
    clipping = models.TextField(blank=True)

    class Meta:
        ordering = ["-published_on", "id"]
        indexes = [models.Index(fields=["content_type", "object_id"])]

    def __str__(self) -> str:
        return self.headline
