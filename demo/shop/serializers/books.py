"""How books are shown: flat, with their neighbours, with everything; and what is filed under or said about them."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import Count, Prefetch
from rest_framework import serializers

from demo.shop.models import (
    Audiobook,
    Author,
    Book,
    Category,
    Contribution,
    PressMention,
    Publisher,
    Review,
    Tag,
)
from demo.shop.serializers.people import ContributorSerializer, NameSerializer, PublisherSerializer
from drf_autoprefetch import prefetch_hint


class BookSerializer(serializers.ModelSerializer):
    """Ten of a book's twenty-six columns, and no relation to follow: a primary key is in the row itself."""

    class Meta:
        model = Book
        fields = ["id", "title", "slug", "isbn", "format", "price", "pages", "published_on", "author", "publisher"]


class CatalogueSerializer(serializers.ModelSerializer):
    """A book as a catalogue shows it: to-one relations nested and dotted, tags by slug, stock that may be missing."""

    url = serializers.HyperlinkedIdentityField(view_name="books-detail")
    author = NameSerializer(read_only=True)
    publisher = PublisherSerializer(read_only=True)
    category = serializers.CharField(source="category.name", default=None, read_only=True)
    binding = serializers.CharField(source="get_format_display", read_only=True)
    in_stock = serializers.IntegerField(source="stock.on_hand", default=0, read_only=True)
    tags = serializers.SlugRelatedField("slug", many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["url", "title", "binding", "price", "author", "publisher", "category", "in_stock", "tags"]


class ContributionSerializer(serializers.ModelSerializer):
    """A row of the many-to-many table between books and authors."""

    author = ContributorSerializer(read_only=True)

    class Meta:
        model = Contribution
        fields = ["role", "author"]


class ReviewSerializer(serializers.ModelSerializer):
    """A review under its book, with where its writer lives: four levels down."""

    customer = serializers.CharField(source="customer.name")
    city = serializers.CharField(source="customer.address.city")
    country = serializers.CharField(source="customer.address.country.name")

    class Meta:
        model = Review
        fields = ["rating", "headline", "customer", "city", "country"]


class MentionSerializer(serializers.ModelSerializer):
    """A press mention under what it is about."""

    class Meta:
        model = PressMention
        fields = ["outlet", "headline"]


class BookPageSerializer(CatalogueSerializer):
    """Everything about a book: a tree four levels deep."""

    department = serializers.CharField(source="category.parent.name", default=None)
    contributions = ContributionSerializer(many=True, read_only=True)
    reviews = ReviewSerializer(many=True, read_only=True)
    mentions = MentionSerializer(many=True, read_only=True)
    similar = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

    class Meta(CatalogueSerializer.Meta):
        fields = [*CatalogueSerializer.Meta.fields, "department", "contributions", "reviews", "mentions", "similar"]


class RatedBookSerializer(serializers.ModelSerializer):
    """Three methods, and the three kinds of hint: a path, an annotation, a ``Prefetch`` with ``to_attr``."""

    average_rating = serializers.SerializerMethodField()
    admirers = serializers.SerializerMethodField()
    praise = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = ["id", "title", "average_rating", "admirers", "praise"]

    @prefetch_hint("reviews__rating")
    def get_average_rating(self, book: Book) -> float | None:
        ratings = [review.rating for review in book.reviews.all()]
        return round(sum(ratings) / len(ratings), 2) if ratings else None

    @prefetch_hint(annotate={"admirer_count": Count("admirers")})
    def get_admirers(self, book: Book) -> int:
        return book.admirer_count if hasattr(book, "admirer_count") else book.admirers.count()

    @prefetch_hint(
        Prefetch("reviews", Review.objects.filter(rating=5).only("book", "headline"), to_attr="five_star_reviews")
    )
    def get_praise(self, book: Book) -> list[str]:
        reviews = getattr(book, "five_star_reviews", None)
        if reviews is None:
            reviews = book.reviews.filter(rating=5)
        return [review.headline for review in reviews]


class AudiobookSerializer(serializers.ModelSerializer):
    """Columns of the child table beside columns and relations of its parent's."""

    author = NameSerializer(read_only=True)
    publisher = serializers.CharField(source="publisher.name")

    class Meta:
        model = Audiobook
        fields = ["id", "title", "price", "narrator", "minutes", "author", "publisher"]


class CategorySerializer(serializers.ModelSerializer):
    """A department with the departments in it: a serializer that contains itself."""

    class Meta:
        model = Category
        fields = ["id", "name", "children"]

    def get_fields(self) -> dict[str, serializers.Field]:
        return super().get_fields() | {"children": CategorySerializer(many=True, read_only=True)}


class TagSerializer(serializers.ModelSerializer):
    """A tag with the titles of its books: the many-to-many relation from its other side, through ``Book.__str__``."""

    books = serializers.StringRelatedField(many=True)

    class Meta:
        model = Tag
        fields = ["slug", "name", "books"]


class PressSerializer(serializers.ModelSerializer):
    """A press mention with what it is about: a row of whichever table the generic foreign key points at."""

    subject = serializers.SerializerMethodField()

    class Meta:
        model = PressMention
        fields = ["id", "outlet", "headline", "published_on", "subject"]

    @prefetch_hint(
        GenericPrefetch(
            "subject",
            [
                Book.objects.only("title"),
                Author.objects.only("first_name", "last_name"),
                Publisher.objects.only("name"),
            ],
        )
    )
    def get_subject(self, mention: PressMention) -> dict[str, Any]:
        subject: Any = mention.subject
        return {"kind": subject._meta.model_name, "name": str(subject)}
