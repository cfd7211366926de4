"""Endpoints that load row by row in every way there is, and endpoints that only look as if they did.

Nothing is planned for those of the first kind: they have the mixin, switched off.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Prefetch, Q
from rest_framework import pagination, permissions, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from drf_autoprefetch import AutoPrefetchMixin, prefetch_hint
from drf_autoprefetch.guarding.findings import Kind
from tests.examples import ModelSerializer, shows
from tests.testapp.models import Author, Book, City, Comment, Genre, Profile, Reader, Review, TaggedItem

Method = serializers.SerializerMethodField

CityShown = shows(City, "name")
AuthorShown = shows(Author, "name")
ReviewShown = shows(Review, "rating")


class Unplanned(AutoPrefetchMixin, viewsets.ModelViewSet[Any]):
    """As it was before the mixin."""

    auto_prefetch = False
    authentication_classes = ()
    queryset = Book.objects.all()


class Planned(AutoPrefetchMixin, viewsets.ModelViewSet[Any]):
    authentication_classes = ()
    queryset: Any = Book.objects.all()


@dataclass(frozen=True)
class Scenario:
    """One endpoint, and what is to be found there: (path, relation, kind) each."""

    view: type[Any]
    found: set[tuple[str, str, Kind]] = field(default_factory=set)
    action: str = "list"
    user: bool = False
    one: bool = False


def looks(serializer: Any, *found: tuple[str, str, Kind], base: type[Any] = Unplanned, **attributes: Any) -> Scenario:
    """A list of what `serializer` shows; what stands in its Meta is the model."""
    how = {name: attributes.pop(name) for name in ("action", "user", "one") if name in attributes}
    known = {"queryset": serializer.Meta.model._default_manager.all(), "serializer_class": serializer, **attributes}
    return Scenario(type("BookViewSet", (base,), known), set(found), **how)


def method_field(get_shown: Any, *found: tuple[str, str, Kind], **attributes: Any) -> Scenario:
    """A list of books with one method field."""
    get_shown.__name__ = "get_shown"
    shown = shows(Book, "title", shown=Method(), get_shown=get_shown)
    expected = [(f"BookSerializer.shown{path}", relation, kind) for path, relation, kind in found]
    return looks(shown, *expected, **attributes)


# ---- Methods that load


def _author(self: Any, book: Book) -> str:
    return book.author.name


def _reviews(self: Any, book: Book) -> list[int]:
    return [review.rating for review in book.reviews.all()]


def _filtered(self: Any, book: Book) -> list[int]:
    return [review.rating for review in book.reviews.filter(public=True)]


def _counted(self: Any, book: Book) -> int:
    return int(book.reviews.count())


def _filtered_count(self: Any, book: Book) -> int:
    return int(book.reviews.filter(public=True).count())


def _values(self: Any, book: Book) -> list[str]:
    return list(book.genres.values_list("name", flat=True))


def _first(self: Any, book: Book) -> str:
    return str(book.genres.first())


def _last(self: Any, book: Book) -> int | None:
    last = book.reviews.order_by("-pk").first()
    return last.rating if last else None


def _by_manager(self: Any, book: Book) -> int:
    return Review.objects.filter(book_id=book.pk).count()


def _raw(self: Any, book: Book) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM testapp_review WHERE book_id = %s", [book.pk])
        return int(cursor.fetchone()[0])


def _raw_models(self: Any, book: Book) -> int:
    return len(list(Review.objects.raw("SELECT * FROM testapp_review WHERE book_id = %s", [book.pk])))


def _made_once(self: Any, book: Book) -> int:
    with transaction.atomic():
        made, _ = Genre.objects.get_or_create(name=f"made for {book.title}", defaults={"description": ""})
    return len(made.name)


def _by_default(self: Any, book: Book) -> str:
    counting = {"description": lambda: str(Book.objects.filter(pages__lt=book.pages).count())}
    return Genre.objects.get_or_create(name=f"by default for {book.pages}", defaults=counting)[0].description


def _hints(self: Any, book: Book) -> int:
    """As a database router may want to know."""
    return Review.objects.db_manager(hints={"instance": book}).filter(Q(book=book) | Q(pk=None)).count()


def _of_content(self: Any, book: Book) -> list[int]:
    kinds: Any = ContentType.objects.get_for_models(Book, Genre, Author)
    counts = [TaggedItem.objects.filter(content_type=kinds[model], object_id=book.pk) for model in (Book, Genre)]
    return [rows.count() for rows in counts] + [
        TaggedItem.objects.filter(content_type__in=[1], object_id=book.pk).count()
    ]


def _again(self: Any, book: Book) -> int:
    return Genre.objects.count()


def _loop(self: Any, book: Book) -> list[str | None]:
    return [review.reader.name if review.reader else None for review in book.reviews.all()]


def _branches(self: Any, book: Book) -> str:
    # Each line is run for few rows.
    if book.pages % 20:
        return book.author.name
    return book.author.email


def _tags(self: Any, book: Book) -> int:
    return int(book.tags.count())


def _groups(self: Any, book: Book) -> int:
    return int(self.context["request"].user.groups.filter(name=book.title).count())


class Nested(ModelSerializer):
    author = shows(Author, "name", city=CityShown())()

    class Meta:
        model = Book
        fields = ["title", "author"]


class Own(ModelSerializer):
    class Meta:
        model = Book
        fields = ["title"]

    def to_representation(self, book: Any) -> Any:
        return {**super().to_representation(book), "author": book.author.name}


class Actions(Unplanned):
    serializer_class = shows(Book, "title", author=AuthorShown())

    @action(detail=False)
    def recent(self, request: Any) -> Response:
        return Response(self.get_serializer(Book.objects.all()[:3], many=True).data)

    @action(detail=False)
    def one_by_one(self, request: Any) -> Response:
        return Response([self.get_serializer(book).data for book in Book.objects.all()])


AUTHOR = ("BookSerializer.author", "Book.author", Kind.TO_ONE)

FOUND = {
    "declared to-one": looks(shows(Book, "title", author=AuthorShown()), AUTHOR),
    "declared to-many": looks(
        shows(Book, "title", reviews=ReviewShown(many=True)), ("BookSerializer.reviews", "Book.reviews", Kind.TO_MANY)
    ),
    "keys of a many-to-many": looks(shows(Book, "genres"), ("BookSerializer.genres", "Book.genres", Kind.TO_MANY)),
    "many-to-many to itself": looks(
        shows(Reader, "friends", "followers"),
        ("ReaderSerializer.friends", "Reader.friends", Kind.TO_MANY),
        ("ReaderSerializer.followers", "Reader.followers", Kind.TO_MANY),
    ),
    "through": looks(
        shows(Book, awards=serializers.StringRelatedField[Any](many=True)),
        ("BookSerializer.awards", "Book.awards", Kind.TO_MANY),
    ),
    "reverse one-to-one": looks(
        shows(Author, profile=shows(Profile, "website")()), ("AuthorSerializer.profile", "Author.profile", Kind.TO_ONE)
    ),
    "two levels": looks(
        shows(Book, "title", author=shows(Author, "name", city=CityShown())()),
        AUTHOR,
        ("BookSerializer.author.city", "Author.city", Kind.TO_ONE),
    ),
    "dotted source": looks(
        shows(Book, "title", city=serializers.CharField(source="author.city.name", default=None)),
        ("BookSerializer.city", "Book.author", Kind.TO_ONE),
        ("BookSerializer.city", "Author.city", Kind.TO_ONE),
    ),
    "slug": looks(shows(Book, author=serializers.SlugRelatedField[Any](slug_field="name", read_only=True)), AUTHOR),
    "generic foreign key": looks(
        shows(TaggedItem, shown=serializers.IntegerField(source="content_object.pk")),
        ("TaggedItemSerializer.shown", "TaggedItem.content_object", Kind.GENERIC),
    ),
    "generic relation": looks(
        shows(Book, tags=shows(TaggedItem, "label")(many=True)), ("BookSerializer.tags", "Book.tags", Kind.TO_MANY)
    ),
    "deferred column": looks(
        shows(Book, "title", "summary"),
        ("BookSerializer.summary", "Book.summary", Kind.COLUMN),
        queryset=Book.objects.defer("summary"),
    ),
    "deferred key": looks(
        shows(Book, "title", "author"),
        ("BookSerializer.author", "Book.author_id", Kind.COLUMN),
        queryset=Book.objects.only("title"),
    ),
    "__str__": looks(
        shows(Book, text=serializers.CharField(source="__str__")), ("BookSerializer.text", "Book.author", Kind.TO_ONE)
    ),
    "property": looks(
        shows(Book, writer=serializers.CharField(source="writer.name")),
        ("BookSerializer.writer", "Book.author", Kind.TO_ONE),
    ),
    "to_representation": looks(Own, ("Own", "Book.author", Kind.TO_ONE)),
    "method, to-one": method_field(_author, ("", "Book.author", Kind.TO_ONE)),
    "method, to-many": method_field(_reviews, ("", "Book.reviews", Kind.TO_MANY)),
    "method, filter": method_field(_filtered, ("", "Book.reviews", Kind.FILTERED)),
    "method, count": method_field(_counted, ("", "Book.reviews", Kind.TO_MANY)),
    "method, filtered count": method_field(_filtered_count, ("", "Book.reviews", Kind.AGGREGATE)),
    "method, values_list": method_field(_values, ("", "Book.genres", Kind.FILTERED)),
    "method, ordered": method_field(_last, ("", "Book.reviews", Kind.FILTERED)),
    "method, first": method_field(_first, ("", "Book.genres", Kind.TO_MANY)),
    "method, generic relation": method_field(_tags, ("", "Book.tags", Kind.TO_MANY)),
    "method, manager": method_field(_by_manager, ("", "Review", Kind.QUERY)),
    "method, cursor": method_field(_raw, ("", "testapp_review", Kind.RAW)),
    "method, raw()": method_field(_raw_models, ("", "Review", Kind.RAW)),
    "method, get_or_create": method_field(_made_once, ("", "Genre", Kind.QUERY)),
    "method, called back": method_field(_by_default, ("", "Book", Kind.QUERY), ("", "Genre", Kind.QUERY)),
    "method, hints": method_field(_hints, ("", "Review", Kind.QUERY)),
    "method, generic columns": method_field(
        _of_content, ("", "Book.tags", Kind.TO_MANY), ("", "TaggedItem", Kind.QUERY)
    ),
    "method, not kept": method_field(_again, ("", "Genre", Kind.REPEATED)),
    "method, loop": method_field(_loop, ("", "Book.reviews", Kind.TO_MANY), ("", "Review.reader", Kind.TO_ONE)),
    "method, branches": method_field(_branches, ("", "Book.author", Kind.TO_ONE)),
    "method, of the user": method_field(_groups, ("", "User.groups", Kind.AGGREGATE), user=True),
    "action": Scenario(Actions, {AUTHOR}, "recent"),
    "action, one by one": Scenario(Actions, {AUTHOR}, "one_by_one"),
    "a list inside one row": looks(
        shows(Book, reviews=shows(Review, "rating", reader=shows(Reader, "name")())(many=True)),
        ("BookSerializer.reviews.reader", "Review.reader", Kind.TO_ONE),
        action="retrieve",
        one=True,
    ),
    "a loop over one row": method_field(_loop, ("", "Review.reader", Kind.TO_ONE), action="retrieve", one=True),
    "strings inside one row": looks(
        shows(Author, books=serializers.SlugRelatedField[Any](slug_field="publisher__name", many=True, read_only=True)),
        ("AuthorSerializer.books", "Book.publisher", Kind.TO_ONE),
        action="retrieve",
        one=True,
    ),
}
"""What has to be found, and nothing else."""


# ---- What stays silent


def _memoised(self: Any, book: Book) -> int:
    if "genres" not in self.context:
        self.context["genres"] = Genre.objects.count()
    return int(self.context["genres"])


def _one_query(self: Any, book: Book) -> int:
    return Review.objects.filter(book_id=book.pk, public=True).count()


def _several_of_one(self: Any, book: Book) -> list[Any]:
    rated = Review.objects.filter(book_id=book.pk, rating=5).count()
    public = Review.objects.filter(book_id=book.pk, public=True).count()
    return [rated, public, str(book.author.city), book.editor.city_id and str(book.editor.city) if book.editor else ""]


def _when_read(self: Any, book: Book) -> list[str]:
    return [genre.name for genre in book.genres.all()] if book.pages % 20 else []


class InContext(Planned):
    serializer_class = method_field(_memoised).view.serializer_class

    def get_serializer_context(self) -> Any:
        return {**super().get_serializer_context(), "genres": Genre.objects.count()}


class Asking(permissions.BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return not any(Group.objects.filter(pk=-number).exists() for number in range(3))

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return bool(obj.author.name)


class Pages(pagination.PageNumberPagination):
    page_size = 3


class Recent(Planned):
    """Handlers that show more than one thing."""

    serializer_class = shows(Author, "name", city=CityShown())
    queryset = Author.objects.all()
    auto_prefetch = False

    @action(detail=False)
    def pair(self, request: Any) -> Response:
        first, second = Author.objects.all()[:2]
        return Response({"first": self.get_serializer(first).data, "second": self.get_serializer(second).data})


@prefetch_hint("author__name")
def _hinted(self: Any, book: Book) -> str:
    return book.author.name


SEVERAL = shows(
    Book,
    "title",
    author=AuthorShown(),
    reviews=ReviewShown(many=True),
    genres=shows(Genre, "name")(many=True),
)

SILENT = {
    "planned list": looks(SEVERAL, base=Planned),
    "planned, two levels": looks(Nested, base=Planned),
    "planned method": method_field(_hinted, base=Planned),
    "planned generic foreign key": looks(
        shows(TaggedItem, shown=serializers.StringRelatedField[Any](source="content_object")), base=Planned
    ),
    "written by hand": looks(
        SEVERAL, queryset=Book.objects.select_related("author").prefetch_related("reviews", "genres")
    ),
    "prefetch of one's own": looks(
        shows(Book, reviews=shows(Review, reader=shows(Reader, "name")())(many=True)),
        queryset=Book.objects.prefetch_related(Prefetch("reviews", Review.objects.prefetch_related("reader"))),
    ),
    "one row": looks(SEVERAL, action="retrieve", one=True),
    "one row, dotted": looks(
        shows(Author, up=serializers.CharField(source="mentor.mentor.mentor.name", default=None)),
        action="retrieve",
        one=True,
    ),
    "one row, several queries": method_field(_several_of_one, action="retrieve", one=True),
    "one row, one line with several queries": method_field(_made_once, action="retrieve", one=True),
    "one row, strings": looks(
        shows(Book, editor=serializers.StringRelatedField[Any](), author=serializers.StringRelatedField[Any]()),
        action="retrieve",
        one=True,
    ),
    "two of a kind": Scenario(Recent, action="pair"),
    "read in one branch": method_field(_when_read, base=Planned),
    "pages": looks(SEVERAL, base=Planned, pagination_class=Pages),
    "permissions": looks(SEVERAL, base=Planned, permission_classes=[Asking]),
    "permissions, one row": looks(SEVERAL, base=Planned, permission_classes=[Asking], action="retrieve", one=True),
    "in the context": Scenario(InContext),
    "memoised": method_field(_memoised),
    "the user": looks(SEVERAL, base=Planned, user=True, permission_classes=[permissions.DjangoModelPermissions]),
    "content types": looks(
        shows(Comment, "text", shown=serializers.StringRelatedField[Any](source="subject_type")),
        queryset=Comment.objects.select_related("subject_type"),
    ),
    "different fields, a query each": looks(
        shows(
            Book,
            a=Method(),
            b=Method(),
            get_a=lambda self, book: self.context.setdefault("a", Genre.objects.filter(name="a").count()),
            get_b=lambda self, book: _memoised(self, book),
        ),
        queryset=Book.objects.all()[:1],
    ),
    "no rows": looks(SEVERAL, queryset=Book.objects.none()),
    "one row of a list": method_field(_one_query, queryset=Book.objects.all()[:1]),
    "rows that are no models": looks(
        shows(Book, "title", shown=serializers.CharField(source="author__name")),
        queryset=Book.objects.values("title", "author__name"),
    ),
}
"""What is no query per row."""
