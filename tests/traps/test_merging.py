"""Merging with what developers wrote: joins, prefetches, columns, annotations, managers, databases."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import Case, Count, Exists, F, FilteredRelation, OuterRef, Prefetch, Q, Subquery, Value, When
from rest_framework import serializers
from rest_framework.viewsets import ReadOnlyModelViewSet

from tests.testapp.models import (
    AudioBook,
    Author,
    Award,
    Bestseller,
    Book,
    Booking,
    City,
    Comment,
    Contract,
    Copy,
    Country,
    Footnote,
    Genre,
    Item,
    Medium,
    Nomination,
    Profile,
    Publisher,
    Reader,
    Review,
    Room,
    Seat,
    Series,
    Shelf,
    Supplier,
    TaggedItem,
    Track,
)
from tests.traps.answers import ask, compare, mixed, numbered, shows, viewset
from tests.traps.models import Crate, Parcel, Stamp, Tracked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parcels")]
pytestmark.append(pytest.mark.filterwarnings("ignore:Calling select_related"))  # deprecated, and still written

AuthorName = shows(Author, "name")
CityName = shows(City, "name", country=serializers.CharField(source="country.name"))
Writer = shows(Author, "name", city=CityName())
Reviewed = shows(Review, "rating", reader=serializers.CharField(source="reader.name", default=None))
Deep = shows(
    Book,
    "title",
    author=Writer(),
    editor=AuthorName(),
    publisher=shows(Publisher, "name", "city")(),
    reviews=Reviewed(many=True),
    genres=serializers.SlugRelatedField("name", many=True, read_only=True),
)

WRITTEN = numbered(
    lambda: Book.objects.select_related(),
    lambda: Book.objects.select_related("author"),
    lambda: Book.objects.select_related("author__city__country", "editor__mentor"),
    lambda: Book.objects.select_related("translator", "series__publisher"),
    lambda: Book.objects.select_related("sequel", "sequel_of"),
    lambda: Book.objects.select_related("author").prefetch_related("author__books"),
    lambda: Book.objects.prefetch_related("author", "editor", "publisher"),
    lambda: Book.objects.prefetch_related("author__city__country"),
    lambda: Book.objects.prefetch_related("author__books__reviews"),
    lambda: Book.objects.prefetch_related("reviews__reader__friends", "genres__related"),
    lambda: Book.objects.prefetch_related(Prefetch("author", Author.objects.only("name"))),
    lambda: Book.objects.prefetch_related(Prefetch("author", Author.objects.select_related("city", "mentor"))),
    lambda: Book.objects.prefetch_related(Prefetch("author", Author.objects.annotate(n=Count("books")))),
    lambda: Book.objects.prefetch_related(Prefetch("author", Author.objects.defer("biography")), "author__city"),
    lambda: Book.objects.prefetch_related(Prefetch("author__city", City.objects.select_related("country"))),
    lambda: Book.objects.prefetch_related(Prefetch("reviews", Review.objects.filter(public=True), to_attr="shown")),
    lambda: Book.objects.prefetch_related(Prefetch("reviews", Review.objects.filter(public=True)), "genres"),
    lambda: Book.objects.prefetch_related(
        Prefetch("reviews", Review.objects.select_related("reader").only("rating", "book", "reader__name"))
    ),
    lambda: Book.objects.prefetch_related(Prefetch("genres", Genre.objects.order_by("-name"))),
    lambda: Book.objects.prefetch_related(
        Prefetch("copies", Copy.objects.prefetch_related(Prefetch("loans", to_attr="lent")), to_attr="all_copies"),
        "all_copies__shelf",  # type: ignore[misc]
    ),
    lambda: Book.objects.prefetch_related("tags", "comments__reader"),
    lambda: Book.objects.only("title"),
    lambda: Book.objects.only("title", "author"),
    lambda: Book.objects.only("title", "author__name", "author__city").select_related("author"),
    lambda: Book.objects.select_related("author").only("author__name"),
    lambda: Book.objects.only("pk"),
    lambda: Book.objects.defer("title", "summary"),
    lambda: Book.objects.defer("author", "publisher"),
    lambda: Book.objects.select_related("author").defer("author__biography", "author__name"),
    lambda: Book.objects.select_related("author__city").defer("author__city__history"),
    lambda: Book.objects.annotate(
        n=Count("review"), top=Subquery(Review.objects.filter(book=OuterRef("pk")).values("rating")[:1])
    ).order_by("id"),
    lambda: Book.objects.annotate(who=F("author__name"), far=F("publisher__city__name")).order_by("who", "far", "id"),
    lambda: Book.objects.annotate(good=FilteredRelation("review", condition=Q(review__rating=3))).filter(
        good__public=True
    ),
    lambda: Book.objects.annotate(maker=FilteredRelation("author", condition=Q(author__name__gt="A"))).select_related(
        "maker"  # type: ignore[misc]
    ),
    lambda: Book.objects.annotate(n=Case(When(pages__gt=30, then=Value(1)), default=Value(0))).order_by("-n", "id"),
    lambda: Book.objects.annotate(has=Exists(Review.objects.filter(book=OuterRef("pk")))).filter(has=True),
    lambda: Book.objects.alias(n=Count("genres")).filter(n__gte=2).order_by("-n", "id"),
    lambda: Book.objects.extra(select={"twice": "pages * 2"}, where=["pages >= 10"]),
    lambda: Book.objects.extra(tables=["testapp_author"], where=["testapp_author.id = testapp_book.author_id"]),
    lambda: Book.objects.filter(author__name="Author 0") | Book.objects.filter(author__city__name="City 4"),
    lambda: Author.objects.get(name="Author 0").books.all(),
    lambda: Author.objects.get(name="Author 0").books.select_related("author"),
    lambda: Genre.objects.get(name="Genre 0").books.all(),
    lambda: Bestseller.objects.all(),
    lambda: Book.objects.complex_filter({"pages__gt": 10}),
)


@pytest.mark.parametrize("written", WRITTEN)
def test_what_the_developer_wrote_is_merged_with(written: Any) -> None:
    """Area 2: kept, not changed, never 'already seen', for a list and for one row, and again the second time."""
    queryset = written()
    sql, lookups = str(queryset.query), queryset._prefetch_related_lookups
    view = viewset(Deep, queryset)
    first = compare(view)
    second = compare(view, pk=queryset[0].pk)
    assert second.planned.status == 200
    assert compare(view).planned.queries == first.planned.queries
    assert (str(queryset.query), queryset._prefetch_related_lookups) == (sql, lookups)
    compare(viewset(shows(Book, "title"), queryset))


@pytest.mark.parametrize("written", WRITTEN)
def test_what_the_developer_wrote_on_a_prefetch_is_merged_with(written: Any) -> None:
    """Area 2: the same one level down, with a serializer that goes on from there."""
    books = written()
    if books.model is not Book or (hasattr(books, "_known_related_objects") and books._known_related_objects):
        books = Book.objects.filter(pk__in=books.order_by().values("pk"))
    queryset = Author.objects.prefetch_related(Prefetch("books", books))
    compare(viewset(shows(Author, "name", books=Deep(many=True)), queryset))
    compare(viewset(shows(Author, "name", books=shows(Book, "title")(many=True)), queryset))
    listed = Author.objects.prefetch_related(Prefetch("books", books, to_attr="listed"))
    compare(viewset(shows(Author, "name", listed=Deep(many=True)), listed))
    compare(viewset(shows(Author, "name", books=Deep(many=True), listed=shows(Book, "title")(many=True)), listed))


def test_what_nothing_shows_is_loaded_as_it_was_asked_for():
    """Area 2: a property, a template or a signal may read it; joined and prefetched rows stay whole."""
    queryset = Book.objects.select_related("publisher").prefetch_related("fans")
    answers = compare(viewset(shows(Book, "title"), queryset), queries=2)
    assert "address" in answers.planned.columns(Publisher)
    assert "diary" in answers.planned.columns(Reader)


@pytest.mark.parametrize(
    "queryset",
    [
        lambda: Supplier.objects.all(),
        lambda: Supplier.everything.all(),
        lambda: Supplier.everything.filter(deleted=True),
        lambda: Supplier.objects.all() | Supplier.objects.filter(city__name="City 1"),
    ],
    ids=["live", "all", "deleted", "combined"],
)
def test_softly_deleted_rows_at_the_root(queryset: Any) -> None:
    """Area 3: the view decides which rows there are."""
    contract = shows(Contract, "number", publisher=shows(Publisher, "name")())
    serializer = shows(Supplier, "name", city=shows(City, "name")(), contracts=contract(many=True))
    compare(viewset(serializer, queryset()), queries=2)


def test_softly_deleted_rows_at_every_level():
    """Area 3: to-one, to-many, to-one again."""
    supplier = shows(Supplier, "name", city=shows(City, "name", suppliers=shows(Supplier, "name")(many=True))())
    compare(viewset(shows(Book, "title", supplier=supplier())), queries=2)
    compare(viewset(shows(Contract, "number", supplier=supplier())), queries=2)
    contracts = shows(Contract, "number", supplier=shows(Supplier, "name")())
    compare(viewset(shows(Publisher, "name", contracts=contracts(many=True))), queries=2)


def test_managers_that_defer_order_join_and_prefetch():
    """Area 3: as rows of a relation, behind a join, below each other."""
    parcel = shows(Parcel, "label", sender=AuthorName(), book=shows(Book, "title", author=AuthorName())())
    compare(viewset(parcel), queries=1)
    compare(viewset(shows(Author, "email", parcels=parcel(many=True))), queries=2)
    compare(viewset(shows(Book, "title", parcels=shows(Parcel, "label", "contents")(many=True))))
    crate = shows(Crate, "name", stamps=shows(Stamp, "number", "valid")(many=True), sender=AuthorName())
    compare(viewset(crate), queries=2)
    compare(viewset(shows(Author, "name", crates=crate(many=True))), queries=3)
    compare(viewset(shows(Crate, "name", crates=crate(many=True))))
    series = shows(Series, "title", publisher=shows(Publisher, "name")(), volumes=serializers.IntegerField())
    compare(viewset(series, Series.objects.order_by("id")), queries=1)


def test_annotations_that_others_call_by_name():
    """Area 3: a manager's annotation is read by a serializer, by a filter and by an ordering."""
    filled = Series.objects.filter(volumes__gt=0).order_by("-volumes", "id")  # type: ignore[misc]
    serializer = shows(Series, "title", volumes=serializers.IntegerField(), books=shows(Book, "title")(many=True))
    compare(viewset(serializer, filled), queries=2)


def test_proxies():
    """Area 3: a proxy at the root, one as a serializer of its base's rows, and the other way round."""
    proxy = shows(Bestseller, "title", author=AuthorName(), reviews=Reviewed(many=True))
    compare(viewset(proxy), queries=2)
    compare(viewset(proxy, Book.objects.all()))
    compare(viewset(Deep, Bestseller.objects.all()))
    compare(viewset(shows(Author, "name", books=proxy(many=True))))


def test_inheritance_both_ways():
    """Area 3: parents' columns, children's rows, relations from each level."""
    compare(
        viewset(shows(AudioBook, "name", "minutes", owner=shows(Publisher, "name")(), narrator=AuthorName())), queries=1
    )
    medium = shows(Medium, "minutes", tracks=shows(Track, "title")(many=True), owner=serializers.StringRelatedField())
    compare(viewset(medium), queries=2)
    down = shows(Item, "name", medium=shows(Medium, "minutes", "licence")(default=None))
    compare(viewset(down))
    deep = shows(Medium, "minutes", audiobook=shows(AudioBook, "transcript", narrator=AuthorName())(default=None))
    compare(viewset(shows(Item, "name", medium=deep(default=None))))
    compare(viewset(shows(Track, "title", medium=shows(Medium, "name", owner=shows(Publisher, "name")())())))
    items = shows(Item, "name", medium=serializers.IntegerField(source="medium.minutes", default=None))
    compare(viewset(shows(Publisher, "name", items=items(many=True))))


def test_trackers_below_what_the_developer_narrowed():
    """Area 3: an `only()` of their own on a model that reads itself."""
    compare(viewset(shows(Author, "name", tracked=shows(Tracked, "name", "level")(many=True))), queries=2)
    rows = Prefetch("tracked", Tracked.objects.order_by("-level"))
    compare(
        viewset(shows(Author, "name", tracked=shows(Tracked, "name")(many=True)), Author.objects.prefetch_related(rows))
    )


class Elsewhere:
    """A router that reads from the other database, as one with replicas does."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "other"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"


class SomeElsewhere(Elsewhere):
    """A router that follows the instance it is given as a hint, and has books in the other database."""

    def db_for_read(self, model: Any, instance: Any = None, **hints: Any) -> str:
        if instance is not None and instance._state.db:
            return str(instance._state.db)
        return "other" if model in (Book, Comment) else "default"


ANYWHERE = [
    Deep,
    shows(Author, "name", profile=shows(Profile, "website")(default=None), books=Deep(many=True)),
    shows(City, "name", suppliers=shows(Supplier, "name")(many=True), authors=AuthorName(many=True)),
    shows(Comment, "text", subject=serializers.StringRelatedField()),
    shows(Book, tags=shows(TaggedItem, "label")(many=True), comments=shows(Comment, "text")(many=True)),
    shows(TaggedItem, "label", content_object=serializers.PrimaryKeyRelatedField(read_only=True)),
    shows(AudioBook, "name", owner=shows(Publisher, "name")(), tracks=shows(Track, "title")(many=True)),
    shows(Book, "title", publisher=shows(Publisher, "name", books=shows(Book, "title")(many=True))()),
]


@pytest.mark.django_db(databases=["default", "other"])
@pytest.mark.usefixtures("other_library")
@pytest.mark.parametrize("serializer", numbered(*ANYWHERE))
@pytest.mark.parametrize("routers", [[], [Elsewhere()], [SomeElsewhere()]], ids=["none", "replica", "by model"])
def test_every_level_comes_from_the_database_it_came_from(serializer: Any, routers: list[Any], settings: Any) -> None:
    """Area 3: `using()`, a replica, and a router that follows instances; joins, prefetches, generic foreign keys."""
    settings.DATABASE_ROUTERS = routers
    for alias in ("default", "other"):
        for each in ContentType.objects.using(alias).all():
            ContentType.objects.db_manager(alias).get_for_id(each.pk)
    model = serializer.Meta.model
    for queryset in (model._default_manager.all(), model._default_manager.using("other")):
        answers = compare(viewset(serializer, queryset))
        assert databases(answers.planned) <= databases(answers.plain)


def databases(answer: Any) -> set[Any]:
    """Return the databases that the rows of an answer came from."""
    return {instance._state.db for instance in answer.record._kept if not isinstance(instance, ContentType)}


@pytest.mark.django_db(databases=["default", "other"])
@pytest.mark.usefixtures("other_library")
def test_a_prefetch_that_names_its_database():
    """Area 3: the developer's `using()` inside a `Prefetch` stays."""
    rows = Prefetch("publisher", Publisher.objects.using("other"))
    view = viewset(shows(Book, "title", publisher=shows(Publisher, "name")()), Book.objects.prefetch_related(rows))
    answers = compare(view, queries=2)
    assert databases(answers.planned) == databases(answers.plain)


def test_a_view_of_a_related_manager_without_a_model_of_ours():
    """Area 2: `get_queryset()` returns what a related manager gives, with its hints and its known rows."""
    country = Country.objects.order_by("pk")[0]

    class Cities(ReadOnlyModelViewSet[City]):
        serializer_class = shows(City, "name", country=shows(Country, "name")(), authors=AuthorName(many=True))

        def get_queryset(self) -> Any:
            return country.cities.all()

    compare(Cities)
    with mixed(Cities):
        assert len(ask(Cities).queries) <= 2


RELATED = numbered(
    (lambda: Author.objects.earliest("pk").books.all(), shows(Book, "title")),
    (lambda: Author.objects.earliest("pk").edited.order_by("-id"), shows(Book, "title", author=AuthorName())),
    (lambda: Genre.objects.earliest("pk").books.all(), shows(Book, "title", reviews=Reviewed(many=True))),
    (lambda: Book.objects.earliest("pk").genres.all(), shows(Genre, "name", "books")),
    (lambda: Book.objects.earliest("pk").tags.all(), shows(TaggedItem, "label")),
    (lambda: Book.objects.earliest("pk").comments.all(), shows(Comment, "text")),
    (lambda: Book.objects.earliest("pk").footnote_set.order_by("id"), shows(Footnote, "text")),
    (lambda: Book.objects.earliest("pk").nominations.all(), shows(Nomination, "year")),
    (lambda: Book.objects.earliest("pk").awards.all(), shows(Award, "name")),
    (lambda: Shelf.objects.earliest("pk").copies.all(), shows(Copy, "barcode")),
    (lambda: Publisher.objects.earliest("pk").items.all(), shows(Item, "name")),
    (lambda: Medium.objects.earliest("pk").tracks.all(), shows(Track, "title")),
    (lambda: Room.objects.earliest("pk").seats.all(), shows(Seat, "label")),
    (lambda: Seat.objects.order_by("room_id", "number")[0].bookings.all(), shows(Booking, "wishes")),
    (lambda: Reader.objects.order_by("card")[0].friends.all(), shows(Reader, "name")),
    (lambda: City.objects.earliest("pk").suppliers.all(), shows(Supplier, "name")),
    (lambda: Publisher.objects.earliest("pk").series.order_by("id"), shows(Series, "title")),
    (lambda: Author.objects.earliest("pk").tracked.all(), shows(Tracked, "name")),
    (lambda: Author.objects.earliest("pk").books.filter(pages__gt=1)[:2], shows(Book, "title")),
    (lambda: Author.objects.earliest("pk").books.all() | Author.objects.latest("pk").books.all(), shows(Book, "title")),
)


@pytest.mark.parametrize("case", RELATED)
def test_rows_of_a_related_manager_as_the_views_queryset(case: Any) -> None:
    """Area 2: Django reads the pointing column of each row to set its parent, which is at hand."""
    make, serializer = case

    class Rows(ReadOnlyModelViewSet[Any]):
        serializer_class = serializer

        def get_queryset(self) -> Any:
            return make()

    answers = compare(Rows)
    assert not answers.planned.record.reloads


def test_a_manager_that_asks_who_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Area 3: managers of tenants filter by a variable; a remembered plan holds nobody's rows."""
    tenant = ["Supplier 0"]
    original = type(Supplier.objects).get_queryset
    monkeypatch.setattr(type(Supplier.objects), "get_queryset", lambda self: original(self).filter(name=tenant[0]))
    view = viewset(shows(City, "name", suppliers=shows(Supplier, "name")(many=True)))
    seen = set()
    for tenant[0] in ("Supplier 0", "Supplier 2", "Supplier 0", "Supplier 3"):
        seen.add(compare(view, queries=2).planned.content)
    assert len(seen) == 3


def test_a_prefetch_that_the_request_decides() -> None:
    """Area 2: built anew by each request, for one path: a plan of one is not that of another."""

    class Books(ReadOnlyModelViewSet[Book]):
        serializer_class = shows(Book, "title", reviews=shows(Review, "rating")(many=True))

        def get_queryset(self) -> Any:
            rows = Review.objects.filter(rating=self.request.GET["rating"])
            return Book.objects.prefetch_related(Prefetch("reviews", rows))

    seen = {compare(Books, params={"rating": n}, queries=2).planned.content for n in (1, 2, 3, 1)}
    assert len(seen) == 3
