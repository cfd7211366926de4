"""Those who make books."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericRelation
from django.db import models


class Country(models.Model):
    """Others point at its ``code``, not at its primary key."""

    code = models.CharField(max_length=2, unique=True)
    name = models.CharField(max_length=80)
    customs_rules = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "countries"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Publisher(models.Model):
    """A house that prints books."""

    name = models.CharField(max_length=120)
    country = models.ForeignKey(Country, models.PROTECT, to_field="code", related_name="publishers")
    founded = models.PositiveSmallIntegerField()
    website = models.URLField()
    about = models.TextField(blank=True)
    contract_terms = models.TextField(blank=True)
    address = models.TextField(blank=True)
    vat_number = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Author(models.Model):
    """Somebody who writes, translates or draws."""

    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60)
    born = models.DateField(null=True)
    country = models.ForeignKey(Country, models.PROTECT, to_field="code", null=True, related_name="authors")
    email = models.EmailField(blank=True)
    website = models.URLField(blank=True)
    biography = models.TextField(blank=True)
    bibliography = models.TextField(blank=True)
    agent_notes = models.TextField(blank=True)
    mentions = GenericRelation("PressMention")

    class Meta:
        ordering = ["last_name", "first_name", "id"]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Profile(models.Model):
    """The public face of an author; not every author has one."""

    author = models.OneToOneField(Author, models.CASCADE, related_name="profile")
    motto = models.CharField(max_length=200)
    portrait = models.FileField(upload_to="portraits")
    interview = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.motto


class Award(models.Model):
    """A prize that an author won."""

    author = models.ForeignKey(Author, models.CASCADE, related_name="awards")
    name = models.CharField(max_length=120)
    year = models.PositiveSmallIntegerField()
    citation = models.TextField(blank=True)

    class Meta:
        ordering = ["-year", "id"]

    def __str__(self) -> str:
        return f"{self.name} {self.year}"
