"""Models that the test application has no place for: odd descriptors, trackers, and managers of every bad habit."""

from __future__ import annotations

from typing import Any

from django.db import models

from tests.testapp.models import Author, Book


class Money:
    """An amount with its currency, read straight from the instance's dictionary as some packages do."""

    def __init__(self, field: AmountField) -> None:
        self.field = field

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        values = instance.__dict__
        return f"{values[self.field.name]} {values[self.field.currency]}"

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.name] = value


class AmountField(models.DecimalField):  # type: ignore[type-arg]
    """A column whose descriptor reads a second one."""

    def __init__(self, *args: Any, currency: str = "", **kwargs: Any) -> None:
        self.currency = currency
        super().__init__(*args, **kwargs)

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, name, Money(self))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return model_instance.__dict__[self.name]


class Invoice(models.Model):
    number = models.CharField(max_length=20)
    amount = AmountField(max_digits=8, decimal_places=2, currency="currency")
    currency = models.CharField(max_length=3)
    terms = models.TextField()
    author = models.ForeignKey(Author, models.CASCADE, related_name="invoices")

    class Meta:
        ordering = ["id"]


class Tracked(models.Model):
    """Compares its fields with what they were: a deferred one would be loaded by a copy that does the same."""

    name = models.CharField(max_length=20)
    level = models.IntegerField()
    history = models.TextField()
    author = models.ForeignKey(Author, models.CASCADE, related_name="tracked")

    class Meta:
        ordering = ["id"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.was = {field.attname: getattr(self, field.attname) for field in self._meta.concrete_fields}


class LightParcels(models.Manager["Parcel"]):
    """A default manager that defers, orders and joins."""

    def get_queryset(self) -> models.QuerySet[Parcel]:
        return super().get_queryset().defer("contents").select_related("sender").order_by("-id")


class Parcel(models.Model):
    label = models.CharField(max_length=20)
    contents = models.TextField()
    weight = models.IntegerField()
    sender = models.ForeignKey(Author, models.CASCADE, related_name="parcels")
    book = models.ForeignKey(Book, models.SET_NULL, null=True, related_name="parcels")

    objects = LightParcels()

    class Meta:
        ordering = ["id"]


class FullCrates(models.Manager["Crate"]):
    """A default manager that prefetches, with a queryset of its own."""

    def get_queryset(self) -> models.QuerySet[Crate]:
        return super().get_queryset().prefetch_related(models.Prefetch("stamps", Stamp.objects.filter(valid=True)))


class NamedCrates(models.Manager["Crate"]):
    """A base manager that hides rows: for a to-one, Django asks this one."""

    def get_queryset(self) -> models.QuerySet[Crate]:
        return super().get_queryset().exclude(name="")


class Crate(models.Model):
    name = models.CharField(max_length=20, blank=True)
    note = models.TextField()
    sender = models.ForeignKey(Author, models.CASCADE, related_name="crates")
    inside = models.ForeignKey("self", models.CASCADE, null=True, related_name="crates")

    objects = FullCrates()
    named = NamedCrates()

    class Meta:
        ordering = ["id"]
        base_manager_name = "named"


class Stamp(models.Model):
    """Two columns that only together are unique."""

    crate = models.ForeignKey(Crate, models.CASCADE, related_name="stamps")
    number = models.IntegerField()
    valid = models.BooleanField(default=True)
    picture = models.TextField()

    class Meta:
        ordering = ["id"]
        unique_together = [("crate", "number")]


class Trunk(models.Model):
    """Has stickers without an ordering."""

    class Meta:
        ordering = ["id"]


class Sticker(models.Model):
    """An index holds all of it but the color."""

    trunk = models.ForeignKey(Trunk, models.CASCADE, related_name="stickers")
    text = models.CharField(max_length=20)
    color = models.CharField(max_length=20)

    class Meta:
        unique_together = [("trunk", "text")]
