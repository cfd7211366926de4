"""Ten views whose plans have everything in them that a report must show."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.db.models.functions import Length, Upper
from rest_framework import serializers
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ReadOnlyModelViewSet

from drf_autoprefetch import AutoPrefetchMixin, prefetch_hint
from tests.examples import ModelSerializer, unread
from tests.testapp.models import AudioBook, Author, Book, Genre, Publisher, Reader, Review, TaggedItem

router = SimpleRouter()


def served(serializer: type[Any]) -> type[Any]:
    """Give a serializer a view of its own, which a URL leads to."""
    name = serializer.__name__.removesuffix("Serializer")
    attributes = {"queryset": serializer.Meta.model._default_manager.all(), "serializer_class": serializer}
    view = type(f"{name}ViewSet", (AutoPrefetchMixin, ReadOnlyModelViewSet), attributes | {"__module__": __name__})
    globals()[view.__name__] = view
    router.register(name.lower(), view, basename=name.lower())
    return serializer


class ReaderSerializer(ModelSerializer):
    class Meta:
        model = Reader
        fields = ["name"]


class ReviewSerializer(ModelSerializer):
    reader = ReaderSerializer()

    class Meta:
        model = Review
        fields = ["rating", "reader"]


class ReviewedBookSerializer(ModelSerializer):
    reviews = ReviewSerializer(many=True)
    genres: Any = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["title", "reviews", "genres"]


@served
class NestedListsSerializer(ModelSerializer):
    """Rows of rows of rows, and one to join to the last of them."""

    books = ReviewedBookSerializer(many=True)
    country = serializers.CharField(source="city.country.name")

    class Meta:
        model = Author
        fields = ["name", "books", "country"]


@served
class GenericSerializer(ModelSerializer):
    """Leads to rows of any model."""

    about: Any = serializers.StringRelatedField(source="content_object")

    class Meta:
        model = TaggedItem
        fields = ["label", "about"]


@served
class UnreadSerializer(ModelSerializer):
    """Hands its row, and a related one, to code that has no body to read."""

    shown, publisher = (serializers.SerializerMethodField() for _ in range(2))

    class Meta:
        model = Book
        fields = ["title", "shown", "publisher"]

    def get_shown(self, book: Any) -> Any:
        return unread(book)

    def get_publisher(self, book: Any) -> Any:
        return unread(book.publisher)


@served
class ToAttributeSerializer(ModelSerializer):
    """The same relation twice: all of it, and rows that somebody chose, under another name."""

    stars, best = (serializers.SerializerMethodField() for _ in range(2))

    class Meta:
        model = Book
        fields = ["title", "stars", "best"]

    def get_stars(self, book: Any) -> Any:
        return sum(review.rating for review in book.reviews.all())

    @prefetch_hint(Prefetch("reviews", Review.objects.filter(rating=5), to_attr="five_stars"))
    def get_best(self, book: Any) -> Any:
        return [review.body for review in book.five_stars]


@served
class InheritedSerializer(ModelSerializer):
    """Its columns stand in three tables."""

    publisher = serializers.CharField(source="owner.name")
    narrator: Any = serializers.StringRelatedField()

    class Meta:
        model = AudioBook
        fields = ["name", "minutes", "publisher", "narrator"]


@served
class LinksSerializer(serializers.HyperlinkedModelSerializer[Any]):
    """Related rows by URL and by slug, to one and to many."""

    url = serializers.HyperlinkedIdentityField(view_name="book-detail")
    author: Any = serializers.HyperlinkedRelatedField(view_name="author-detail", read_only=True)
    publisher: Any = serializers.SlugRelatedField("slug", read_only=True)
    genres: Any = serializers.SlugRelatedField("name", many=True, read_only=True)
    reviews: Any = serializers.HyperlinkedRelatedField(view_name="review-detail", many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["url", "author", "publisher", "genres", "reviews"]


@served
class WhenReadSerializer(ModelSerializer):
    """Asks for its rows in one branch only."""

    ratings = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = ["ratings"]

    def get_ratings(self, book: Any) -> Any:
        if "all" in self.context["request"].GET:
            return [review.rating for review in book.reviews.all()]
        return book.title


@served
class ComputedSerializer(ModelSerializer):
    """Shows what the database computes, here and for related rows. (Releases of Django name subqueries differently.)"""

    class LoudSerializer(ModelSerializer):
        loud = serializers.SerializerMethodField()

        class Meta:
            model = Book
            fields = ["title", "loud"]

        @prefetch_hint(annotate={"loud_title": Upper("title")})
        def get_loud(self, book: Any) -> Any:
            return book.loud_title

    books = LoudSerializer(many=True)
    size = serializers.SerializerMethodField()

    class Meta:
        model = Publisher
        fields = ["name", "books", "size"]

    @prefetch_hint(annotate={"name_length": Length("name")})
    def get_size(self, publisher: Any) -> Any:
        return publisher.name_length


@served
class TreeSerializer(ModelSerializer):
    """Contains itself, deeper than anything is followed."""

    class Meta:
        model = Genre
        fields = ["name", "children"]

    def get_fields(self) -> Any:
        return {**super().get_fields(), "children": TreeSerializer(many=True)}


@served
class FailingSerializer(ModelSerializer):
    """Its hint leads nowhere."""

    by = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = ["by"]

    @prefetch_hint("autor__name")
    def get_by(self, book: Any) -> Any:
        return book.author.name


urlpatterns = router.urls
