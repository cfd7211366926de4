"""More endpoints that load row by row, and that do not: such as real projects have them."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Avg, Prefetch
from django.http import StreamingHttpResponse
from rest_framework import pagination, permissions, serializers
from rest_framework.decorators import action
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.response import Response

from drf_autoprefetch.guarding.findings import Kind
from tests.examples import ModelSerializer, shows
from tests.guarding.scenarios import (
    AUTHOR,
    AuthorShown,
    CityShown,
    Method,
    Pages,
    Planned,
    ReviewShown,
    Scenario,
    Unplanned,
    looks,
    method_field,
)
from tests.testapp.models import Author, Award, Book, Genre, Profile, Publisher, Reader, Review, TaggedItem

READER = ("BookSerializer.reviews.reader", "Review.reader", Kind.TO_ONE)
WithReader = shows(Review, "rating", reader=shows(Reader, "name")())

# ---- Methods


def _nested(self: Any, book: Book) -> Any:
    return ReviewShown(book.reviews.all(), many=True).data


def _nested_twice(self: Any, book: Book) -> Any:
    return WithReader(book.reviews.all(), many=True).data


def _exists(self: Any, book: Book) -> bool:
    return book.reviews.filter(rating=5).exists()


def _any(self: Any, book: Book) -> bool:
    return bool(book.genres.exists())


def _average(self: Any, book: Book) -> Any:
    return book.reviews.aggregate(mean=Avg("rating"))["mean"]


def _latest(self: Any, book: Book) -> Any:
    return book.copies.order_by("-pk").values_list("pk", flat=True).first()


def _newest(self: Any, book: Book) -> Any:
    found = book.copies.last()
    return found and found.pk


def _sliced(self: Any, book: Book) -> list[int]:
    return [review.rating for review in book.reviews.order_by("rating")[:2]]


def _distinct(self: Any, book: Book) -> list[int]:
    return sorted(book.reviews.distinct().values_list("rating", flat=True))


def _excluded(self: Any, book: Book) -> int:
    return len(book.reviews.exclude(rating=1))


def _in_bulk(self: Any, book: Book) -> int:
    return len(Genre.objects.in_bulk([book.pk]))


def _joined(self: Any, book: Book) -> list[Any]:
    return [review.reader_id for review in book.reviews.select_related("reader")]


def _get(self: Any, book: Any) -> str:
    return str(Publisher.objects.get(pk=book.publisher_id).name)


def _by_name(self: Any, book: Book) -> int:
    return Award.objects.filter(nominations__book=book).count()


def _extra(self: Any, book: Book) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rating FROM testapp_review WHERE book_id = %s", [book.pk])
        return len(cursor.fetchall())


def _helped(self: Any, book: Book) -> str:
    return city_of(book.author)


def city_of(author: Author) -> str:
    return author.city.name if author.city else ""


def _mentor(self: Any, author: Author) -> str:
    return author.mentor.name if author.mentor else ""


class Stars(serializers.Field[Any, Any, Any, Any]):
    """A field of one's own, which is handed the row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, book: Any) -> Any:
        return [review.rating for review in book.reviews.all()]


class Listed(serializers.ListSerializer[Any]):
    """A list of one's own."""

    def to_representation(self, data: Any) -> Any:
        return [{"title": book.title, "by": book.author.name} for book in data.all()]


class InOwnList(ModelSerializer):
    class Meta:
        model = Book
        fields = ["title"]
        list_serializer_class = Listed


class Facts(ModelSerializer):
    """A dictionary that a property makes."""

    facts = serializers.DictField(source="*", child=serializers.CharField())

    class Meta:
        model = Book
        fields = ["facts"]

    def to_representation(self, book: Any) -> Any:
        return {"facts": {"title": book.title, "publisher": book.publisher and book.publisher.name}}


# ---- Handlers


class Handlers(Unplanned):
    serializer_class = shows(Book, "title", author=AuthorShown())

    @action(detail=False)
    def inside(self, request: Any) -> Response:
        books = self.get_queryset()
        return Response({"count": len(books), "results": self.get_serializer(books, many=True).data})

    @action(detail=False)
    def two(self, request: Any) -> Response:
        authors = shows(Author, "name", city=CityShown())(Author.objects.all(), many=True)
        return Response({"books": self.get_serializer(self.get_queryset(), many=True).data, "authors": authors.data})

    @action(detail=False)
    def stream(self, request: Any) -> StreamingHttpResponse:
        return StreamingHttpResponse(self.get_serializer(book).data["title"] for book in self.get_queryset())

    @action(detail=False)
    def by_key(self, request: Any) -> Response:
        authors = Author.objects.in_bulk()
        shown = [{"title": book.title, "author": authors[book.author_id].name} for book in self.get_queryset()]
        return Response(shown)

    @action(detail=False)
    def made(self, request: Any) -> Response:
        """As after many rows were created: their keys are there, what they point at is not."""
        books = [Book(pk=book.pk, title=book.title, author_id=book.author_id) for book in self.get_queryset()]
        return Response(self.get_serializer(books, many=True).data)

    @action(detail=False)
    def checked(self, request: Any) -> Response:
        """Validators ask once for each row, before anything is shown."""

        class Named(ModelSerializer):
            class Meta:
                model = Genre
                fields = ["name"]

            def validate_name(self, name: str) -> str:
                assert not Genre.objects.filter(name=name).exists()
                return name

        serializer = Named(data=[{"name": f"new {number}"} for number in range(3)], many=True)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.data)


class PlannedHandlers(Handlers):
    queryset = Book.objects.select_related("author")


FOUND = {
    "nested in a method": method_field(_nested, ("", "Book.reviews", Kind.TO_MANY)),
    "nested in a method, two levels": method_field(
        _nested_twice, ("", "Book.reviews", Kind.TO_MANY), (".reader", "Review.reader", Kind.TO_ONE)
    ),
    "method, filtered exists": method_field(_exists, ("", "Book.reviews", Kind.AGGREGATE)),
    "method, exists": method_field(_any, ("", "Book.genres", Kind.TO_MANY)),
    "method, aggregate": method_field(_average, ("", "Book.reviews", Kind.AGGREGATE)),
    "method, latest": method_field(_latest, ("", "Book.copies", Kind.FILTERED)),
    "method, last": method_field(_newest, ("", "Book.copies", Kind.FILTERED)),
    "method, sliced": method_field(_sliced, ("", "Book.reviews", Kind.FILTERED)),
    "method, distinct": method_field(_distinct, ("", "Book.reviews", Kind.FILTERED)),
    "method, exclude": method_field(_excluded, ("", "Book.reviews", Kind.FILTERED)),
    "method, in_bulk": method_field(_in_bulk, ("", "Genre", Kind.QUERY)),
    "method, joined": method_field(_joined, ("", "Book.reviews", Kind.FILTERED)),
    "method, get": method_field(_get, ("", "Publisher", Kind.QUERY), queryset=Book.objects.exclude(publisher=None)),
    "method, through another model": method_field(_by_name, ("", "Award", Kind.QUERY)),
    "method, rows of a cursor": method_field(_extra, ("", "testapp_review", Kind.RAW)),
    "method, helper": method_field(_helped, ("", "Book.author", Kind.TO_ONE), ("", "Author.city", Kind.TO_ONE)),
    "prefetched, then filtered": method_field(
        _exists, ("", "Book.reviews", Kind.AGGREGATE), queryset=Book.objects.prefetch_related("reviews")
    ),
    "prefetched, then ordered": method_field(
        _sliced, ("", "Book.reviews", Kind.FILTERED), queryset=Book.objects.prefetch_related("reviews")
    ),
    "to itself": looks(
        shows(Author, "name", mentor=Method(), get_mentor=_mentor),
        ("AuthorSerializer.mentor", "Author.mentor", Kind.TO_ONE),
    ),
    "field of one's own": looks(shows(Book, stars=Stars()), ("BookSerializer.stars", "Book.reviews", Kind.TO_MANY)),
    "list of one's own": looks(InOwnList, ("InOwnList", "Book.author", Kind.TO_ONE)),
    "dictionary": looks(Facts, ("Facts", "Book.publisher", Kind.TO_ONE)),
    "names of a many-to-many": looks(
        shows(Book, genres=serializers.SlugRelatedField[Any](slug_field="name", many=True, read_only=True)),
        ("BookSerializer.genres", "Book.genres", Kind.TO_MANY),
    ),
    "prefetched without what it shows": looks(
        shows(Book, "title", reviews=WithReader(many=True)), READER, queryset=Book.objects.prefetch_related("reviews")
    ),
    "prefetched without a column": looks(
        shows(Book, "title", reviews=ReviewShown(many=True)),
        ("BookSerializer.reviews.rating", "Review.rating", Kind.COLUMN),
        queryset=Book.objects.prefetch_related(Prefetch("reviews", Review.objects.only("book"))),
    ),
    "joined half way": looks(
        shows(Book, "title", author=shows(Author, "name", city=CityShown())()),
        ("BookSerializer.author.city", "Author.city", Kind.TO_ONE),
        queryset=Book.objects.select_related("author"),
    ),
    "a missing one-to-one": looks(
        shows(Author, website=serializers.CharField(source="profile.website", default="")),
        ("AuthorSerializer.website", "Author.profile", Kind.TO_ONE),
    ),
    "parent of a one-to-one": looks(
        shows(Profile, author=AuthorShown()), ("ProfileSerializer.author", "Profile.author", Kind.TO_ONE)
    ),
    "a page": looks(shows(Book, "title", author=AuthorShown()), AUTHOR, pagination_class=Pages),
    "inside a dictionary": Scenario(Handlers, {AUTHOR}, "inside"),
    "two lists": Scenario(Handlers, {AUTHOR, ("AuthorSerializer.city", "Author.city", Kind.TO_ONE)}, "two"),
    "made just now": Scenario(Handlers, {AUTHOR}, "made"),
    "streamed": Scenario(Handlers, {AUTHOR}, "stream"),
}


# ---- What stays silent


def _chosen(self: Any, book: Book) -> list[int]:
    return [review.rating for review in book.reviews.all() if review.public]


def _content_type(self: Any, book: Book) -> str:
    return ContentType.objects.get_for_model(book).model


def _of_user(self: Any, book: Book) -> bool:
    """Django keeps what a user may do."""
    return bool(self.context["request"].user.has_perm("testapp.view_book"))


_sites: dict[int, str] = {}


def _site(self: Any, book: Book) -> str:
    """As django.contrib.sites keeps what it has looked up once, for the life of the process."""
    if 1 not in _sites:
        _sites[1] = str(Genre.objects.order_by("pk")[0].name)
    return _sites[1]


def _once(self: Any, book: Book) -> int:
    """Kept on the list, not on the row."""
    if not hasattr(self.root, "most"):
        self.root.most = Review.objects.aggregate(most=Avg("rating"))["most"]
    return int(self.root.most)


class Cursors(pagination.CursorPagination):
    page_size = 3
    ordering = "pk"


class OnceForAll(permissions.BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return not Genre.objects.filter(name="forbidden").exists() and not Award.objects.filter(pk=-1).exists()


FLAT: dict[str, Any] = {"queryset": Book.objects.select_related("author").prefetch_related("reviews__reader")}
Shown = shows(Book, "title", author=AuthorShown(), reviews=WithReader(many=True))

SILENT = {
    "prefetched, chosen in Python": method_field(_chosen, queryset=Book.objects.prefetch_related("reviews")),
    "planned, chosen in Python": method_field(_chosen, base=Planned),
    "content type of each row": method_field(_content_type),
    "what the user may do": method_field(_of_user, user=True),
    "a site": method_field(_site),
    "kept on the list": method_field(_once),
    "shared rows": looks(
        shows(Book, "title", author=shows(Author, "name", city=CityShown())()),
        queryset=Book.objects.prefetch_related("author__city"),
    ),
    "JSON column": looks(shows(Book, facts=serializers.DictField(source="extra", required=False)), base=Planned),
    "pages by cursor": looks(Shown, pagination_class=Cursors, **FLAT),
    "pages by cursor, planned": looks(Shown, pagination_class=Cursors, base=Planned),
    "permission of the whole": looks(Shown, permission_classes=[OnceForAll], **FLAT),
    "inside a dictionary": Scenario(PlannedHandlers, action="inside"),
    "streamed": Scenario(PlannedHandlers, action="stream"),
    "looked up by hand": Scenario(Handlers, action="by_key"),
    "validated": Scenario(Handlers, action="checked"),
    "generic, prefetched": looks(
        shows(TaggedItem, shown=serializers.IntegerField(source="content_object.pk")),
        queryset=TaggedItem.objects.prefetch_related("content_object"),
    ),
    "generic relation, prefetched": looks(
        shows(Book, tags=shows(TaggedItem, "label")(many=True)), queryset=Book.objects.prefetch_related("tags")
    ),
    "form of the browsable API": looks(
        shows(Book, "title", "author"), base=Planned, renderer_classes=[BrowsableAPIRenderer]
    ),
    "one row, nested lists": looks(Shown, action="retrieve", one=True, base=Planned),
    "nested in a method, planned": method_field(_nested_twice, base=Planned),
}
