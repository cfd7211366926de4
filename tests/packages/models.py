"""Models that are what packages make of them."""

from __future__ import annotations

from django.db import models
from model_utils import FieldTracker
from model_utils.fields import StatusField
from model_utils.managers import InheritanceManager
from model_utils.models import SoftDeletableModel
from mptt.models import MPTTModel, TreeForeignKey
from parler.models import TranslatableModel, TranslatedFields
from polymorphic.models import PolymorphicModel
from simple_history.models import HistoricalRecords
from taggit.managers import TaggableManager
from treebeard.mp_tree import MP_Node

from tests.testapp.models import Author


class Genre(MPTTModel):
    name = models.CharField(max_length=20)
    note = models.TextField()
    parent = TreeForeignKey("self", models.CASCADE, null=True, related_name="children")


class Folder(MP_Node):
    name = models.CharField(max_length=20)
    note = models.TextField()


class Project(PolymorphicModel):
    topic = models.CharField(max_length=20)
    notes = models.TextField()
    lead = models.ForeignKey(Author, models.CASCADE, related_name="projects")


class ArtProject(Project):
    artist = models.CharField(max_length=20)
    sketch = models.TextField()


class ResearchProject(Project):
    supervisor = models.ForeignKey(Author, models.CASCADE, related_name="research")


class Product(TranslatableModel):
    price = models.IntegerField()
    notes = models.TextField()
    maker = models.ForeignKey(Author, models.CASCADE, related_name="products")
    translations = TranslatedFields(title=models.CharField(max_length=20), text=models.TextField())


class News(models.Model):
    title = models.CharField(max_length=20)
    text = models.TextField()
    source = models.TextField()
    author = models.ForeignKey(Author, models.CASCADE, related_name="news")


class Poll(models.Model):
    question = models.CharField(max_length=20)
    notes = models.TextField()
    author = models.ForeignKey(Author, models.CASCADE, related_name="polls")
    history = HistoricalRecords()


class Article(models.Model):
    title = models.CharField(max_length=20)
    text = models.TextField()
    genre = models.ForeignKey(Genre, models.CASCADE, related_name="articles")
    product = models.ForeignKey(Product, models.CASCADE, related_name="articles")
    project = models.ForeignKey(Project, models.CASCADE, related_name="articles")
    tags = TaggableManager()


class Ticket(models.Model):
    STATUS = [("open", "Open"), ("done", "Done")]
    status = StatusField(choices_name="STATUS")
    title = models.CharField(max_length=20)
    text = models.TextField()
    article = models.ForeignKey(Article, models.CASCADE, related_name="tickets")
    tracker = FieldTracker(fields=["title", "status"])


class Comment(SoftDeletableModel):
    text = models.CharField(max_length=20)
    notes = models.TextField()
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="comments")


class Place(models.Model):
    name = models.CharField(max_length=20)
    notes = models.TextField()
    objects = InheritanceManager()


class Hall(Place):
    seats = models.IntegerField()
    plan = models.TextField()
