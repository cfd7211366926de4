"""Models of every relation kind, told as a library that also sells books.

Every model carries at least one wide column, so that loading too much is visible, and a total ordering, so that
responses compare byte by byte. `Footnote` is the exception: it has no ordering, on purpose.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Count, F

from drf_autoprefetch import prefetch_hint


class Timestamped(models.Model):
    """An abstract base: its columns belong to each table."""

    created = models.DateTimeField()
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class Country(models.Model):
    """A primary key that is not called id, and is no number."""

    code = models.CharField(max_length=2, primary_key=True)
    name = models.CharField(max_length=50)
    anthem = models.TextField()

    class Meta:
        ordering = ["code"]


class City(models.Model):
    name = models.CharField(max_length=50)
    history = models.TextField()
    country = models.ForeignKey(Country, models.CASCADE, related_name="cities")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name} of {len(self.history)} letters"


class Author(Timestamped):
    """A self foreign key, a nullable hop, and a ``__str__`` that says what it reads."""

    name = models.CharField(max_length=50)
    email = models.CharField(max_length=50)
    biography = models.TextField()
    born = models.DateField(null=True)
    city = models.ForeignKey(City, models.SET_NULL, null=True, related_name="authors")
    mentor = models.ForeignKey("self", models.SET_NULL, null=True, related_name="pupils")
    tags = GenericRelation("TaggedItem")

    class Meta:
        ordering = ["id"]

    @prefetch_hint("name")
    def __str__(self) -> str:
        return self.name

    @property
    @prefetch_hint("name", "email")
    def address_line(self) -> str:
        return f"{self.name} <{self.email}>"

    @prefetch_hint("city__country__name")
    def home(self) -> str | None:
        return self.city.country.name if self.city else None


class Profile(models.Model):
    """A reverse one-to-one that half of the authors miss."""

    author = models.OneToOneField(Author, models.CASCADE, related_name="profile")
    website = models.CharField(max_length=80)
    notes = models.TextField()
    portrait = models.FileField(upload_to="portraits", blank=True)

    class Meta:
        ordering = ["id"]


class Publisher(models.Model):
    name = models.CharField(max_length=50)
    slug = models.SlugField(unique=True)
    address = models.TextField()
    city = models.ForeignKey(City, models.SET_NULL, null=True, related_name="publishers")
    # The accessor is `founded`, but queries, and select_related, say `venture`.
    founder = models.OneToOneField(
        Author, models.SET_NULL, null=True, related_name="founded", related_query_name="venture"
    )

    class Meta:
        ordering = ["id"]

    @prefetch_hint("name", "city__name")
    def __str__(self) -> str:
        return f"{self.name}, {self.city.name}" if self.city else self.name


class Genre(models.Model):
    """A tree (self foreign key) and a symmetrical self many-to-many."""

    name = models.CharField(max_length=50, unique=True)
    description = models.TextField()
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    related = models.ManyToManyField("self")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class CountedSeries(models.Manager["Series"]):
    """A default manager that annotates."""

    def get_queryset(self) -> models.QuerySet[Series]:
        return super().get_queryset().annotate(volumes=Count("books"))


class Series(models.Model):
    title = models.CharField(max_length=50)
    pitch = models.TextField()
    publisher = models.ForeignKey(Publisher, models.CASCADE, related_name="series")

    objects = CountedSeries()

    class Meta:
        ordering = ["id"]


class LiveSuppliers(models.Manager["Supplier"]):
    """A default manager that hides what was deleted softly."""

    def get_queryset(self) -> models.QuerySet[Supplier]:
        return super().get_queryset().filter(deleted=False)


class Supplier(models.Model):
    """Soft deletion: books still point at deleted suppliers, lists do not show them."""

    name = models.CharField(max_length=50)
    terms = models.TextField()
    deleted = models.BooleanField(default=False)
    city = models.ForeignKey(City, models.CASCADE, related_name="suppliers")

    objects = LiveSuppliers()
    everything: models.Manager[Supplier] = models.Manager()

    class Meta:
        ordering = ["id"]


class JoinedContracts(models.Manager["Contract"]):
    """A default manager that joins."""

    def get_queryset(self) -> models.QuerySet[Contract]:
        return super().get_queryset().select_related("supplier")


class Contract(models.Model):
    number = models.CharField(max_length=20)
    clauses = models.TextField()
    supplier = models.ForeignKey(Supplier, models.CASCADE, related_name="contracts")
    publisher = models.ForeignKey(Publisher, models.CASCADE, related_name="contracts")

    objects = JoinedContracts()

    class Meta:
        ordering = ["id"]


class Book(Timestamped):
    """The middle of it all."""

    class Status(models.TextChoices):
        DRAFT = "d", "In draft"
        PRINTED = "p", "Printed"
        GONE = "g", "Out of print"

    title = models.CharField(max_length=100)
    subtitle = models.CharField(max_length=100)
    summary = models.TextField()
    isbn = models.CharField(max_length=13, unique=True)
    pages = models.IntegerField()
    price = models.DecimalField(max_digits=8, decimal_places=2)
    price_with_tax = models.GeneratedField(
        expression=F("price") * 2,
        output_field=models.DecimalField(max_digits=9, decimal_places=2),
        db_persist=True,
    )
    status = models.CharField(max_length=1, choices=Status.choices, default=Status.DRAFT)
    published = models.DateField(null=True)
    data = models.JSONField(null=True)
    cover = models.ImageField(upload_to="covers", width_field="cover_width", height_field="cover_height", blank=True)
    cover_width = models.IntegerField(null=True)
    cover_height = models.IntegerField(null=True)
    sample = models.FileField(upload_to="samples", blank=True)

    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    author_note = models.CharField(max_length=50)  # shares a prefix with `author`
    editor = models.ForeignKey(Author, models.SET_NULL, null=True, related_name="edited")
    translator = models.ForeignKey(Author, models.SET_NULL, null=True, related_name="+")
    publisher = models.ForeignKey(
        Publisher, models.SET_NULL, null=True, related_name="books", related_query_name="title", db_column="house"
    )
    series = models.ForeignKey(Series, models.SET_NULL, null=True, related_name="books")
    supplier = models.ForeignKey(Supplier, models.SET_NULL, null=True, related_name="books")
    sequel_of = models.OneToOneField("self", models.SET_NULL, null=True, related_name="sequel")
    genres = models.ManyToManyField(Genre, related_name="books")
    awards: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Award", through="Nomination", related_name="books"
    )
    tags = GenericRelation("TaggedItem")
    comments = GenericRelation("Comment", content_type_field="subject_type", object_id_field="subject_id")

    class Meta:
        ordering = ["id"]

    @prefetch_hint("title", "author__name")
    def __str__(self) -> str:
        return f"{self.title} by {self.author.name}"

    @property
    @prefetch_hint("title", "subtitle")
    def full_title(self) -> str:
        return f"{self.title}: {self.subtitle}"

    @prefetch_hint("author__name", "author__city__name")
    def author_line(self) -> str:
        return f"{self.author.name} ({self.author.city.name if self.author.city else 'at sea'})"

    @property
    @prefetch_hint("genres__name")
    def genre_names(self) -> list[str]:
        return [genre.name for genre in self.genres.all()]

    @property
    @prefetch_hint("author")
    def writer(self) -> Author:
        return self.author

    @property
    def blurb(self) -> str:
        """Reads a wide column and does not say so."""
        return self.summary[:5]

    def shout(self) -> str:
        """A method without a hint."""
        return self.title.upper()


class BestsellerManager(models.Manager["Bestseller"]):
    def get_queryset(self) -> models.QuerySet[Bestseller]:
        return super().get_queryset().filter(pages__gt=0)


class Bestseller(Book):
    """A proxy with a manager of its own."""

    objects = BestsellerManager()  # type: ignore[misc]

    class Meta:
        proxy = True
        ordering = ["-id"]


class Award(models.Model):
    name = models.CharField(max_length=50)
    rules = models.TextField()

    class Meta:
        ordering = ["id"]


class Nomination(models.Model):
    """A through model with columns of its own."""

    book = models.ForeignKey(Book, models.CASCADE, related_name="nominations")
    award = models.ForeignKey(Award, models.CASCADE, related_name="nominations")
    year = models.IntegerField()
    speech = models.TextField()

    class Meta:
        ordering = ["id"]


class Reader(models.Model):
    """A UUID key, and a many-to-many to itself in both manners."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=50)
    card = models.CharField(max_length=20, unique=True)
    diary = models.TextField()
    friends = models.ManyToManyField("self")
    follows = models.ManyToManyField("self", symmetrical=False, related_name="followers")
    favourites = models.ManyToManyField(Book, related_name="fans")

    class Meta:
        ordering = ["card"]


class Review(models.Model):
    book = models.ForeignKey(Book, models.CASCADE, related_name="reviews", related_query_name="review")
    reader = models.ForeignKey(Reader, models.CASCADE, null=True, related_name="reviews")
    rating = models.IntegerField()
    public = models.BooleanField()
    body = models.TextField()

    class Meta:
        ordering = ["id"]


class Footnote(models.Model):
    """A model without any ordering."""

    book = models.ForeignKey(Book, models.CASCADE)  # the accessor is footnote_set
    text = models.CharField(max_length=50)
    sources = models.TextField()


class Shelf(models.Model):
    code = models.CharField(max_length=10, unique=True)
    place = models.CharField(max_length=50)
    plan = models.TextField()

    class Meta:
        ordering = ["id"]


class Copy(models.Model):
    """A foreign key that points at something else than the primary key."""

    book = models.ForeignKey(Book, models.CASCADE, related_name="copies")
    barcode = models.CharField(max_length=20, unique=True)
    damage = models.TextField()
    shelf = models.ForeignKey(Shelf, models.SET_NULL, null=True, to_field="code", related_name="copies")

    class Meta:
        ordering = ["id"]


class Loan(models.Model):
    copy = models.ForeignKey(Copy, models.CASCADE, related_name="loans")
    reader = models.ForeignKey(Reader, models.SET_NULL, null=True, related_name="loans")
    due = models.DateField()
    remarks = models.TextField()

    class Meta:
        ordering = ["id"]


class TaggedItem(models.Model):
    """A generic foreign key with the usual column names."""

    label = models.CharField(max_length=50)
    reason = models.TextField()
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    content_object = GenericForeignKey()

    class Meta:
        ordering = ["id"]


class Comment(models.Model):
    """A generic foreign key with other column names, and sometimes nothing at its end."""

    text = models.CharField(max_length=50)
    context = models.TextField()
    reader = models.ForeignKey(Reader, models.CASCADE, related_name="comments")
    subject_type = models.ForeignKey(ContentType, models.CASCADE, null=True, related_name="+")
    subject_id = models.PositiveBigIntegerField(null=True)
    subject = GenericForeignKey("subject_type", "subject_id")

    class Meta:
        ordering = ["id"]


class Item(models.Model):
    """The root of two levels of multi-table inheritance."""

    name = models.CharField(max_length=50)
    description = models.TextField()
    owner = models.ForeignKey(Publisher, models.CASCADE, related_name="items")

    class Meta:
        ordering = ["id"]


class Medium(Item):
    minutes = models.IntegerField()
    licence = models.TextField()


class AudioBook(Medium):
    narrator = models.ForeignKey(Author, models.SET_NULL, null=True, related_name="narrated")
    transcript = models.TextField()


class Track(models.Model):
    """Points at the middle of an inheritance chain."""

    medium = models.ForeignKey(Medium, models.CASCADE, related_name="tracks")
    title = models.CharField(max_length=50)
    lyrics = models.TextField()

    class Meta:
        ordering = ["id"]


class Room(models.Model):
    name = models.CharField(max_length=50)
    inventory = models.TextField()

    class Meta:
        ordering = ["id"]


class Seat(models.Model):
    """A composite primary key."""

    pk = models.CompositePrimaryKey("room_id", "number")
    room = models.ForeignKey(Room, models.CASCADE, related_name="seats")
    number = models.IntegerField()
    label = models.CharField(max_length=20)
    view = models.TextField()

    class Meta:
        ordering = ["room_id", "number"]


class Booking(models.Model):
    """Reaches a composite primary key through a `ForeignObject`."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="bookings")
    seat_number = models.IntegerField()
    seat = models.ForeignObject(
        Seat,
        models.CASCADE,
        from_fields=["room_id", "seat_number"],
        to_fields=["room_id", "number"],
        related_name="bookings",
    )
    reader = models.ForeignKey(Reader, models.CASCADE, related_name="bookings")
    wishes = models.TextField()

    class Meta:
        ordering = ["id"]


class BranchManager(models.Manager["Branch"]):
    """A manager whose constructor takes an argument: related managers are built without it."""

    def __init__(self, kind: str = "main") -> None:
        super().__init__()
        self.kind = kind

    def get_queryset(self) -> models.QuerySet[Branch]:
        return super().get_queryset().filter(kind=self.kind)


class Branch(models.Model):
    """No attribute `objects`, and managers that filter."""

    name = models.CharField(max_length=50)
    kind = models.CharField(max_length=10)
    hours = models.TextField()
    city = models.ForeignKey(City, models.CASCADE, related_name="branches")

    outposts = BranchManager("outpost")
    mains = BranchManager()

    class Meta:
        ordering = ["id"]


class Member(models.Model):
    """Reads its fields while it is built, as trackers of changes do."""

    name = models.CharField(max_length=50)
    level = models.IntegerField()
    letters = models.TextField()
    branch = models.ForeignKey(Branch, models.CASCADE, related_name="members")

    class Meta:
        ordering = ["id"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.loaded_level = self.level


class Ledger(models.Model):
    """Remembers its values as they come from the database."""

    title = models.CharField(max_length=50)
    balance = models.IntegerField()
    pages = models.TextField()
    branch = models.ForeignKey(Branch, models.CASCADE, related_name="ledgers")

    class Meta:
        ordering = ["id"]

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Ledger:
        ledger = super().from_db(*args, **kwargs)
        ledger.loaded_balance = ledger.balance  # type: ignore[attr-defined]
        return ledger
