"""What somebody who knows Django well writes for each endpoint, by hand: the measure of everything else here.

``select_related`` for each to-one relation, a ``Prefetch`` with a queryset of its own for each to-many, and ``only()``
at every level. It takes the serializers and this file open side by side, and falls behind when a field is added.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import Count, Prefetch, QuerySet

from demo.shop.models import (
    Audiobook,
    Author,
    Award,
    Book,
    Category,
    Contribution,
    Customer,
    Order,
    OrderLine,
    PressMention,
    Publisher,
    Review,
    Tag,
)


def books() -> QuerySet:
    return Book.objects.only("title", "slug", "isbn", "format", "price", "pages", "published_on", "author", "publisher")


def catalogue() -> QuerySet:
    return (
        Book.objects.select_related("author", "publisher__country", "category", "stock")
        .only(
            "title",
            "format",
            "price",
            "author__first_name",
            "author__last_name",
            "publisher__name",
            "publisher__country__code",
            "category__name",
            "stock__on_hand",
        )
        .prefetch_related(Prefetch("tags", Tag.objects.only("slug")))
    )


def pages() -> QuerySet:
    contributions = Contribution.objects.select_related("author__country", "author__profile").only(
        "book",
        "role",
        "author__first_name",
        "author__last_name",
        "author__country__name",
        "author__profile__motto",
        "author__profile__portrait",
    )
    reviews = Review.objects.select_related("customer__address__country").only(
        "book",
        "rating",
        "headline",
        "customer__name",
        "customer__address__city",
        "customer__address__country__name",
    )
    return (
        Book.objects.select_related("author", "publisher__country", "category__parent", "stock")
        .only(
            "title",
            "format",
            "price",
            "author__first_name",
            "author__last_name",
            "publisher__name",
            "publisher__country__code",
            "category__name",
            "category__parent__name",
            "stock__on_hand",
        )
        .prefetch_related(
            Prefetch("tags", Tag.objects.only("slug")),
            Prefetch("contributions", contributions),
            Prefetch("reviews", reviews),
            Prefetch("mentions", PressMention.objects.only("content_type", "object_id", "outlet", "headline")),
            Prefetch("similar", Book.objects.only("pk")),
        )
    )


def ratings() -> QuerySet:
    praise = Review.objects.filter(rating=5).only("book", "headline")
    return (
        Book.objects.only("title")
        .annotate(admirer_count=Count("admirers"))
        .order_by("title", "id")  # An aggregate makes Django forget ``Meta.ordering``.
        .prefetch_related(
            Prefetch("reviews", Review.objects.only("book", "rating")),
            Prefetch("reviews", praise, to_attr="five_star_reviews"),
        )
    )


def audiobooks() -> QuerySet:
    return Audiobook.objects.select_related("author", "publisher").only(
        "title", "price", "narrator", "minutes", "author__first_name", "author__last_name", "publisher__name"
    )


def authors() -> QuerySet:
    return (
        Author.objects.select_related("country", "profile")
        .only("first_name", "last_name", "country__name", "profile__motto", "profile__portrait")
        .prefetch_related(
            Prefetch("books", Book.objects.only("author", "title", "published_on")),
            Prefetch("awards", Award.objects.only("author", "name", "year")),
        )
    )


def customers() -> QuerySet:
    return (
        Customer.objects.select_related("address__country")
        .only("name", "email", "address__city", "address__country__code")
        .prefetch_related(Prefetch("favourites", Book.objects.only("pk")))
    )


def orders() -> QuerySet:
    lines = OrderLine.objects.select_related("book__author").only(
        "order", "quantity", "unit_price", "book__title", "book__author__last_name"
    )
    return (
        Order.objects.select_related("customer", "ship_to")
        .only("placed_at", "status", "customer__name", "ship_to__city")
        .prefetch_related(Prefetch("lines", lines))
    )


def categories() -> QuerySet:
    level = Category.objects.only("parent", "name")
    for _ in range(3):
        level = Category.objects.only("parent", "name").prefetch_related(Prefetch("children", level))
    return Category.objects.filter(parent=None).only("name").prefetch_related(Prefetch("children", level))


def tags() -> QuerySet:
    return Tag.objects.only("slug", "name").prefetch_related(Prefetch("books", Book.objects.only("title")))


def feed() -> QuerySet:
    return Review.objects.select_related("book__author", "customer").only(
        "rating", "headline", "created_at", "book__title", "book__author__last_name", "customer__name"
    )


def press() -> QuerySet:
    subjects = [
        Book.objects.only("title"),
        Author.objects.only("first_name", "last_name"),
        Publisher.objects.only("name"),
    ]
    return PressMention.objects.only(
        "content_type", "object_id", "outlet", "headline", "published_on"
    ).prefetch_related(GenericPrefetch("subject", subjects))


#: By the name of the endpoint.
EXPERTS: dict[str, Callable[[], QuerySet]] = {
    "books": books,
    "catalogue": catalogue,
    "pages": pages,
    "ratings": ratings,
    "audiobooks": audiobooks,
    "authors": authors,
    "customers": customers,
    "orders": orders,
    "categories": categories,
    "tags": tags,
    "feed": feed,
    "press": press,
    "books/1": pages,
}
