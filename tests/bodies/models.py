"""The models that the bodies read: a shop, a help desk, a clinic, a forum, a fleet, documents and an audit trail."""

# The bodies are what strangers write, untyped and in any style.
# mypy: ignore-errors

from __future__ import annotations

from datetime import timedelta
from functools import cached_property

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone


class Person(models.Model):
    """Everybody: customer, agent, doctor, driver, member."""

    first_name = models.CharField(max_length=30)
    last_name = models.CharField(max_length=30)
    email = models.CharField(max_length=60)
    phone = models.CharField(max_length=30, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    biography = models.TextField(blank=True)
    born = models.DateField(null=True)
    manager = models.ForeignKey("self", models.SET_NULL, null=True, related_name="staff")

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.full_name

    @property
    def full_name(self):
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def initials(self):
        return (self.first_name[:1] + self.last_name[:1]).upper()

    def is_manager_of(self, other):
        return other.manager_id == self.pk


class Profile(models.Model):
    """One to one, and not everybody has it."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="profile")
    avatar = models.FileField(blank=True)
    language = models.CharField(max_length=5, default="en")
    settings = models.JSONField(default=dict)
    signature = models.TextField(blank=True)


class Tag(models.Model):
    """No ordering: ``first()`` sorts by itself."""

    name = models.CharField(max_length=30)
    color = models.CharField(max_length=10, default="red")
    description = models.TextField(blank=True)

    def __str__(self):
        return self.name


class Category(models.Model):
    """A tree."""

    name = models.CharField(max_length=30)
    slug = models.CharField(max_length=30)
    description = models.TextField(blank=True)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return f"/categories/{self.slug}/"


class ProductQuerySet(models.QuerySet):
    def on_sale(self):
        return self.filter(sale=True)


class Product(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        LIVE = "live", "Live"
        GONE = "gone", "Gone"

    LOW_STOCK = 5

    name = models.CharField(max_length=60)
    slug = models.CharField(max_length=60)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.LIVE)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    cost = models.DecimalField(max_digits=8, decimal_places=2)
    stock = models.IntegerField(default=0)
    weight = models.FloatField(default=1)
    sale = models.BooleanField(default=False)
    created = models.DateTimeField(default=timezone.now)
    image = models.FileField(blank=True)
    category = models.ForeignKey(Category, models.CASCADE, related_name="products")
    supplier = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="supplied")
    tags = models.ManyToManyField(Tag, related_name="products")
    entries = GenericRelation("bodies.Entry")

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return f"{self.name} ({self.category})"

    @property
    def margin(self):
        return self.price - self.cost

    @property
    def in_stock(self):
        return self.stock > 0

    @cached_property
    def average_rating(self):
        ratings = [review.rating for review in self.reviews.all()]
        return sum(ratings) / len(ratings) if ratings else None

    @property
    def best_review(self):
        return max(self.reviews.all(), key=lambda review: review.rating, default=None)

    def discounted(self, percent):
        return self.price * (100 - percent) / 100

    def get_absolute_url(self):
        return f"/products/{self.slug}/"

    def is_low(self):
        return self.stock < self.LOW_STOCK


class Review(models.Model):
    product = models.ForeignKey(Product, models.CASCADE, related_name="reviews")
    author = models.ForeignKey(Person, models.CASCADE, related_name="reviews")
    rating = models.IntegerField()
    title = models.CharField(max_length=60)
    text = models.TextField(blank=True)
    public = models.BooleanField(default=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return f"{self.title} by {self.author}"


class Order(models.Model):
    number = models.CharField(max_length=20)
    customer = models.ForeignKey(Person, models.CASCADE, related_name="orders")
    status = models.CharField(max_length=10, choices=[("open", "Open"), ("paid", "Paid"), ("sent", "Sent")])
    created = models.DateTimeField(default=timezone.now)
    paid = models.DateTimeField(null=True)
    shipping = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    remarks = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]

    @property
    def total(self):
        return sum(line.subtotal for line in self.lines.all()) + self.shipping

    @property
    def is_paid(self):
        return self.paid is not None


class OrderLine(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.CASCADE, related_name="lines")
    quantity = models.IntegerField()
    price = models.DecimalField(max_digits=8, decimal_places=2)
    remarks = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]

    @property
    def subtotal(self):
        return self.quantity * self.price


class Invoice(models.Model):
    """One to one, and not every order has it."""

    order = models.OneToOneField(Order, models.CASCADE, related_name="invoice")
    number = models.CharField(max_length=20)
    text = models.TextField(blank=True)


class Team(models.Model):
    name = models.CharField(max_length=30)
    charter = models.TextField(blank=True)
    lead = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="led")
    members = models.ManyToManyField(Person, related_name="teams", through="Membership")

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.name


class Membership(models.Model):
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20)
    notes = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]


class Ticket(models.Model):
    PRIORITIES = ((1, "Low"), (2, "Normal"), (3, "High"))

    title = models.CharField(max_length=60)
    body = models.TextField(blank=True)
    state = models.CharField(max_length=10, default="open")
    priority = models.IntegerField(choices=PRIORITIES, default=2)
    opened = models.DateTimeField(default=timezone.now)
    closed = models.DateTimeField(null=True)
    due = models.DateTimeField(null=True)
    reporter = models.ForeignKey(Person, models.CASCADE, related_name="reported")
    assignee = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="assigned")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="tickets")
    watchers = models.ManyToManyField(Person, related_name="watching")
    labels = models.ManyToManyField(Tag, related_name="tickets")
    entries = GenericRelation("bodies.Entry")

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return f"#{self.pk} {self.title}"

    @property
    def is_open(self):
        return self.closed is None

    @property
    def is_overdue(self):
        return self.is_open and self.due is not None and self.due < timezone.now()

    def age(self):
        end = self.closed or timezone.now()
        return end - self.opened

    def can_edit(self, person):
        return person == self.reporter or person == self.assignee


class Comment(models.Model):
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="comments")
    author = models.ForeignKey(Person, models.CASCADE, related_name="comments")
    text = models.TextField()
    internal = models.BooleanField(default=False)
    created = models.DateTimeField(default=timezone.now)
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, related_name="replies")

    class Meta:
        ordering = ["id"]


class Vehicle(models.Model):
    plate = models.CharField(max_length=10)
    model = models.CharField(max_length=30)
    mileage = models.IntegerField(default=0)
    history = models.TextField(blank=True)
    driver = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="vehicles")

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.plate


class Trip(models.Model):
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="trips")
    driver = models.ForeignKey(Person, models.CASCADE, related_name="trips")
    origin = models.CharField(max_length=30)
    target = models.CharField(max_length=30)
    distance = models.IntegerField()
    fuel = models.FloatField(default=0)
    started = models.DateTimeField(default=timezone.now)
    log = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]


class Visit(models.Model):
    patient = models.ForeignKey(Person, models.CASCADE, related_name="visits")
    doctor = models.ForeignKey(Person, models.CASCADE, related_name="appointments")
    room = models.CharField(max_length=10)
    starts = models.DateTimeField(default=timezone.now)
    minutes = models.IntegerField(default=15)
    notes = models.TextField(blank=True)
    cancelled = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]

    @property
    def ends(self):
        return self.starts + timedelta(minutes=self.minutes)


class Prescription(models.Model):
    visit = models.ForeignKey(Visit, models.CASCADE, related_name="prescriptions")
    drug = models.CharField(max_length=30)
    dose = models.CharField(max_length=30)
    days = models.IntegerField(default=7)
    advice = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]


class Document(models.Model):
    title = models.CharField(max_length=60)
    content = models.TextField(blank=True)
    secret = models.BooleanField(default=False)
    owner = models.ForeignKey(Person, models.CASCADE, related_name="documents")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="documents")
    readers = models.ManyToManyField(Person, related_name="readable")
    file = models.FileField(blank=True)
    updated = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.title


class Entry(models.Model):
    """What happened to anything."""

    action = models.CharField(max_length=20)
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="entries")
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    subject = GenericForeignKey()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    dump = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
