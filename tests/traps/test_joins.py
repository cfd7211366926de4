"""Joins: none without need, none that changes the answer, none where the database or Django refuses one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Count, F, FilteredRelation, Prefetch, Q
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from drf_autoprefetch import optimize
from drf_autoprefetch.loading.finding import clear_caches
from drf_autoprefetch.loading.orders import keep_list_order
from drf_autoprefetch.reading import columns
from tests.testapp.models import (
    Author,
    Award,
    Book,
    City,
    Contract,
    Copy,
    Country,
    Genre,
    Nomination,
    Profile,
    Publisher,
    Review,
    Series,
    Supplier,
)
from tests.traps.answers import compare, shows, viewset
from tests.traps.models import Crate, Parcel, Stamp

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parcels")]

AuthorName = shows(Author, "name")


def test_nothing_is_joined_where_nothing_is_to_join():
    """Trap 17: `select_related()` without names would join every foreign key that may not be null."""
    answers = compare(viewset(shows(Review, "rating")), queries=1)
    assert " JOIN " not in answers.planned.sql


@pytest.mark.parametrize(
    "names", [("author",), ("author_id", "editor"), ("author", "publisher", "series", "sequel_of")]
)
def test_a_key_needs_no_join(names: tuple[str, ...]) -> None:
    """Trap 18: the column is on the row already."""
    answers = compare(viewset(shows(Book, "title", *names)), queries=1)
    assert " JOIN " not in answers.planned.sql


def test_keys_of_many_rows_are_all_that_is_loaded_of_them():
    """Trap 18, to-many: the target's key alone, and the middle table's."""
    answers = compare(viewset(shows(Book, "genres", "reviews")), queries=3)
    assert answers.planned.columns(Genre) == {"id"}
    assert answers.planned.columns(Review) == {"id", "book_id"}


def test_a_join_does_not_repeat_wide_columns():
    """Trap 19: parents are repeated on every row, so only what is shown of them."""
    country = shows(City, "name", country=serializers.CharField(source="country.name"))
    answers = compare(viewset(shows(Author, "name", city=country())), queries=1)
    assert answers.planned.columns(City) == {"id", "name", "country_id"}
    assert answers.planned.columns(Country) == {"code", "name"}


def test_rows_are_locked_without_a_join_to_what_may_be_null():
    """Trap 20: PostgreSQL refuses FOR UPDATE on the nullable side of an outer join."""
    serializer = shows(Book, "title", author=AuthorName(), editor=AuthorName(), publisher=shows(Publisher, "name")())
    view = viewset(serializer, Book.objects.select_for_update())
    answers = compare(view)
    assert len(answers.planned.queries) <= 4
    if connection.features.has_select_for_update:
        assert "FOR UPDATE" in answers.planned.queries[0]
        assert "LEFT OUTER JOIN" not in answers.planned.queries[0]
        assert "JOIN" not in answers.planned.queries[0]


def test_rows_are_locked_with_the_joins_the_developer_asked_for():
    """Trap 20: a lock on two tables stays one on two."""
    view = viewset(shows(Book, "title", author=AuthorName()), Book.objects.select_related("author").select_for_update())
    compare(view, queries=1)


def test_a_lock_on_the_rows_themselves_minds_no_join():
    """Trap 20: `of=["self"]` leaves joined tables alone, where the database knows it."""
    if connection.features.has_select_for_update and not connection.features.has_select_for_update_of:
        pytest.skip("this database locks the rows of all tables of a query")
    view = viewset(shows(Book, "title", editor=AuthorName()), Book.objects.select_for_update(of=["self"]))
    compare(view, queries=1)


def test_rows_are_locked_by_a_filter_backend_after_get_queryset():
    """Trap 20: a lock that comes later."""

    class Lock:
        def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
            return queryset.select_for_update()

    compare(viewset(shows(Book, "title", editor=AuthorName()), filter_backends=[Lock]))


def test_a_handler_that_locks_what_it_gets():
    """Trap 20: in a transaction of its own, with a GET."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = shows(Book, "title", editor=AuthorName())

        @action(detail=True)
        def lock(self, request: Request, pk: Any) -> Response:
            with transaction.atomic():
                book = self.get_queryset().select_for_update().get(pk=pk)
                return Response(self.get_serializer(book).data)

    for pk in Book.objects.values_list("pk", flat=True)[:3]:
        compare(Books, action="lock", pk=pk)


@pytest.mark.parametrize("name", ["union", "intersection", "difference"])
def test_a_combined_queryset_is_left_alone(name: str) -> None:
    """Trap 20: Django supports none of our three calls on one."""
    some, others = Author.objects.order_by().filter(name__lt="Author 5"), Author.objects.order_by().filter(born=None)
    combined = getattr(some, name)(others)
    view = viewset(shows(Author, "name", city=shows(City, "name")()), combined.order_by("id"), filter_backends=[])
    compare(view)


def test_querysets_combined_in_the_view_are_left_alone():
    """Trap 20: both halves carry a plan, and the whole must not apply it."""

    class Authors(ModelViewSet[Author]):
        queryset = Author.objects.all()
        serializer_class = shows(Author, "name", city=shows(City, "name")())

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            rows = self.get_queryset().order_by()
            both = rows.filter(name__lt="Author 3").union(rows.filter(name__gt="Author 5")).order_by("pk")
            return Response(self.get_serializer(both, many=True).data)

    compare(Authors)


def test_values_are_left_alone():
    """Trap 20: `values()` before and after `get_queryset()`."""

    class Rows(serializers.Serializer[Any]):
        title = serializers.CharField()
        author = serializers.IntegerField()

    view = type(
        "Books", (ModelViewSet,), {"queryset": Book.objects.values("title", "author"), "serializer_class": Rows}
    )
    compare(view, queries=1)

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = shows(Book, "title", author=AuthorName())

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            rows = self.filter_queryset(self.get_queryset())
            values = [*rows.values("title", "author__name"), *rows.values_list("pk", flat=True)]
            return Response([*values, *rows.values_list("title", "pages"), *map(str, rows.dates("created", "year"))])

    compare(Books)


def test_a_sliced_queryset_still_takes_joins():
    """Trap 20: after a slice `filter()` raises, and joins and prefetches work."""
    serializer = shows(Book, "title", author=AuthorName(), reviews=shows(Review, "rating")(many=True))
    compare(viewset(serializer, Book.objects.all()[2:6]), queries=2)


def test_annotations_of_a_targets_manager_are_found():
    """Trap 21: a join would lose what the default manager adds; Django's plain access gives it for rows only."""
    volumes = shows(Series, "title", volumes=serializers.IntegerField())
    compare(viewset(shows(Publisher, "name", series=volumes(many=True))), queries=2, unordered=True)
    optional = shows(Series, "title", volumes=serializers.IntegerField(default=-1))
    compare(viewset(shows(Book, "title", series=optional())))


def test_filters_of_a_targets_manager_are_kept():
    """Trap 21: rows that the manager hides stay hidden, targets that Django shows are shown."""
    name = shows(Supplier, "name")
    compare(viewset(shows(City, "name", suppliers=name(many=True))), queries=2)
    compare(viewset(shows(Book, "title", supplier=name())), queries=1)
    compare(viewset(shows(Contract, "number", supplier=name())), queries=1)


def test_a_base_manager_that_filters_is_asked():
    """Trap 21: for a to-one Django asks `base_manager_name`, and a hidden target is an error there."""
    inside = serializers.CharField(source="inside.name", default=None)
    compare(viewset(shows(Crate, "note", inside=inside), Crate.objects.exclude(inside__name="")))
    compare(viewset(shows(Stamp, "number", crate=serializers.CharField(source="crate.name", default="hidden"))))


def test_a_manager_that_joins_and_defers_is_kept():
    """Trap 21: at the root, and as rows of a relation."""
    compare(viewset(shows(Parcel, "label", sender=AuthorName())), queries=1)
    parcels = shows(Parcel, "label", "weight")
    compare(viewset(shows(Author, "name", parcels=parcels(many=True))), queries=2)
    compare(viewset(shows(Author, "name", parcels=shows(Parcel, "contents")(many=True))))


def test_a_dotted_source_inside_a_nested_serializer_keeps_its_prefix():
    """Trap 22: `country.name` below `city` is `city__country__name`."""
    city = shows(City, "name", land=serializers.CharField(source="country.name"))
    compare(viewset(shows(Author, "name", city=city())), queries=1)
    author = shows(Author, "name", land=serializers.CharField(source="city.country.name", default=None))
    compare(viewset(shows(Review, "rating", book=shows(Book, "title", author=author())())), queries=1)
    copies = shows(Copy, "barcode", place=serializers.CharField(source="shelf.place", default=None))
    compare(viewset(shows(Book, "title", copies=copies(many=True))), queries=2)


@pytest.mark.parametrize("told", [{"default": "none"}, {"allow_null": True}, {"required": False}, {"default": None}])
def test_a_nullable_hop_in_the_middle(told: dict[str, Any]) -> None:
    """Trap 23: the same key, null, default or absence as without us, in one query."""
    serializer = shows(
        Book,
        "title",
        city=serializers.CharField(source="publisher.city.name", **told),
        mentor=serializers.CharField(source="editor.mentor.name", **told),
        land=serializers.CharField(source="editor.city.country.name", **told),
    )
    answers = compare(viewset(serializer), queries=1)
    assert "INNER JOIN" not in answers.planned.sql


def test_a_nullable_relation_does_not_lose_rows():
    """Trap 23: nested, at two levels."""
    publisher = shows(Publisher, "name", city=shows(City, "name")(), founder=AuthorName())
    compare(viewset(shows(Book, "title", publisher=publisher(), sequel_of=shows(Book, "title")())), queries=1)


def test_a_reverse_one_to_one_that_is_not_there():
    """Trap 24: null, the default or no key at all, whatever DRF makes of its absence without us."""
    website = serializers.CharField(source="profile.website", default="nothing")
    hidden = serializers.CharField(source="profile.website", required=False)
    nested = shows(Profile, "website")(required=False)
    for field in (website, hidden, nested):
        compare(viewset(shows(Author, "name", **{"profile" if field is nested else "website": field})), queries=1)
    below = shows(Author, "name", profile=shows(Profile, "website")(default=None))
    compare(viewset(shows(Book, "title", author=below(), editor=below())), queries=1)
    founded = shows(Author, "name", founded=shows(Publisher, "name")(default=None))
    compare(viewset(shows(Book, "title", author=founded())), queries=1)


def test_a_reverse_one_to_one_that_is_not_there_behind_a_prefetch():
    """Trap 24, where the rows are prefetched."""
    author = shows(Author, "name", profile=shows(Profile, "website")(default=None))
    compare(viewset(shows(City, "name", authors=author(many=True))), queries=2)
    queryset = Author.objects.prefetch_related("profile")
    compare(viewset(shows(Author, "name", profile=shows(Profile, "website")(default=None)), queryset), queries=2)


def test_a_filtered_relation_beside_a_join():
    """Trap 20: a join under a name of the developer's, with annotations."""
    queryset = (
        Book.objects.annotate(good=FilteredRelation("review", condition=Q(review__rating__gte=3)))
        .annotate(n=Count("good"))
        .order_by("id")
    )
    serializer = shows(Book, "title", n=serializers.IntegerField(), author=AuthorName())
    compare(viewset(serializer, queryset), queries=1)


@pytest.mark.parametrize("narrowed", [False, True])
def test_rows_in_a_heap_come_as_they_lie_however_the_database_joins(narrowed: bool) -> None:
    """PostgreSQL may begin at the other table, or sort both by the key that joins them."""
    late_parcels()
    with connection.cursor() as cursor:
        for kind in ("hashjoin", "nestloop") if connection.vendor == "postgresql" else ():
            cursor.execute(f"SET LOCAL enable_{kind} = off")

    rows = unordered().filter(weight__lt=99) if narrowed else unordered()
    compare(viewset(shows(Parcel, "label", sender=AuthorName()), rows), queries=1)


def late_parcels() -> None:
    """Have parcels lie in another order than their senders."""
    for author in Author.objects.order_by("-pk"):
        Parcel.objects.create(label="late", contents="", weight=1, sender=author)


def unordered() -> Any:
    return Parcel._base_manager.order_by()


KEYS_SAY = {
    "all": unordered,
    "another column": lambda: unordered().filter(weight__lt=99),
    "all but": lambda: unordered().exclude(weight=3),
    "one or the other": lambda: unordered().filter(Q(weight=1) | Q(weight__gt=4, pk__gt=0)),
    "keys": lambda: unordered().filter(pk__gt=0, label__contains=""),
    "some": lambda: unordered().filter(weight__in=[1, 2, 3]),
    "one key of another table": lambda: unordered().filter(sender=Author.objects.earliest("pk"), weight__lt=99),
    "a page": lambda: unordered().filter(weight__lt=99)[1:4],
}
KEYS_DO_NOT_SAY = {
    "keys of another table": lambda: unordered().filter(sender__gt=0),
    "some keys of another table": lambda: unordered().filter(sender__in=[*Author.objects.values_list("pk", flat=True)]),
    "one such key or another": lambda: unordered().filter(Q(sender=1) | Q(weight=1)),
    "all but one such key": lambda: unordered().exclude(sender=-1),
    "a query": lambda: unordered().filter(weight__in=Parcel.objects.values("weight")),
    "a long list": lambda: unordered().filter(weight__in=range(1000)),
    "an expression": lambda: unordered().filter(weight__lt=F("sender__pk") + 99),
    "through another table": lambda: unordered().filter(sender__name__contains=""),
    "words of SQL": lambda: unordered().extra(where=["weight < 99"]),
    "one row each": lambda: unordered().distinct(),
    "a page of them": lambda: unordered().filter(sender__gt=0)[1:4],
}


@pytest.mark.skipif(connection.vendor == "postgresql", reason="rows do not lie in the order of their keys")
@pytest.mark.parametrize("found", KEYS_SAY.values(), ids=KEYS_SAY)
def test_rows_that_come_by_their_keys_are_joined_and_asked_for_so(found: Any) -> None:
    """MariaDB begins at the other table, the smaller one, if it may."""
    late_parcels()
    answers = compare(viewset(shows(Parcel, "label", sender=AuthorName()), found()), queries=1)
    assert "ORDER BY" in answers.planned.sql


@pytest.mark.skipif(connection.vendor == "postgresql", reason="rows do not lie in the order of their keys")
@pytest.mark.parametrize("found", KEYS_DO_NOT_SAY.values(), ids=KEYS_DO_NOT_SAY)
def test_to_rows_that_may_come_by_an_index_nothing_is_joined(found: Any) -> None:
    """In which order it gives them, a database says only where it is left to find them as without a plan."""
    late_parcels()
    answers = compare(viewset(shows(Parcel, "label", sender=AuthorName()), found()), queries=2)
    assert "ORDER BY" not in answers.planned.sql


@pytest.mark.parametrize("joined", [False, True])
def test_rows_that_an_index_holds_as_a_whole_may_come_by_that(joined: bool) -> None:
    """MariaDB prefers it to the table, even where all columns are asked for."""
    through: Any = Book.genres.through
    pairs = [through(book_id=row.book_id, genre_id=row.genre_id) for row in through.objects.order_by("-pk")]
    through.objects.all().delete()
    through.objects.bulk_create(pairs)
    more = {"genre": shows(Genre, "name")()} if joined else {}
    answers = compare(viewset(shows(through, "book", **more), through.objects.all()))
    if connection.vendor != "postgresql":
        assert "ORDER BY" not in answers.planned.sql


def nominations() -> Any:
    """Have lists of nominations lie in another order than their awards, and show them."""
    awards = Award.objects.order_by("-pk")[:2]
    Nomination.objects.all().delete()
    for book in Book.objects.order_by("pk"):
        for year, award in enumerate([*awards] * 3):
            Nomination.objects.create(book=book, award=award, year=year, speech="")
    named = shows(Nomination, "year", award=shows(Award, "name")())
    return shows(Book, "title", chosen=named(many=True))


def fetched(rows: Any) -> Any:
    return Book.objects.order_by("pk").prefetch_related(Prefetch("nominations", rows, to_attr="chosen"))


def first(rows: Any) -> Any:
    return rows[:3]


LISTS = {
    "all": (lambda rows: rows, True),
    "some": (lambda rows: rows.filter(year__gt=0), True),
    "some by an index": (lambda rows: rows.filter(award__gt=0), False),
    "grouped": (lambda rows: rows.annotate(n=Count("pk")), False),
    "the first": (first, False),
}


@pytest.mark.parametrize(("how", "by_key"), LISTS.values(), ids=LISTS)
def test_lists_in_no_order_come_as_without_joins(how: Any, by_key: bool) -> None:
    shown = nominations()
    answers = compare(viewset(shown, fetched(how(Nomination.objects.order_by()))))
    assert (" JOIN " in answers.planned.queries[1], len(answers.planned.queries)) == (by_key, 2 if by_key else 3)
    assert ("ORDER BY" in answers.planned.queries[1].replace("ORDER BY NULL", "")) == by_key
    # Which are the first of a list in no order may depend on the columns that are asked for.
    assert ("speech" in answers.planned.queries[1].partition(" GROUP BY ")[0]) == (how is first)


def test_lists_that_the_developer_joins_come_as_the_database_joins_them():
    shown = nominations()
    rows = Nomination.objects.order_by().select_related("award")
    answers = compare(viewset(shown, fetched(rows)), queries=2)
    assert "ORDER BY" not in answers.planned.queries[1]


def test_one_row_has_no_order_to_keep():
    found = unordered().filter(pk=Parcel.objects.earliest("pk").pk, sender__gt=0)
    for only in True, False:
        view = viewset(shows(Parcel, "label", sender=AuthorName()), found, auto_prefetch_only=only)
        assert "ORDER BY" not in compare(view, queries=1).planned.sql


def with_a_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the database keep rows as PostgreSQL does."""
    monkeypatch.setattr(columns, "lie_by_key", lambda model, connection: False)
    monkeypatch.setattr(columns, "lie_in_heap", lambda model, connection: True)


def on_a_heap(monkeypatch: pytest.MonkeyPatch, queryset: Any) -> str:
    """Return the SQL for a list of parcels with their senders, from a heap."""
    with_a_heap(monkeypatch)
    return str(optimize(queryset, shows(Parcel, "label", sender=AuthorName())).query)


def test_a_heap_is_asked_for_its_rows_as_they_lie(monkeypatch):
    def quoted(name: str) -> str:
        return connection.ops.quote_name(name)

    lying = f"ORDER BY {quoted('traps_parcel')}.{quoted('ctid')} ASC"
    rows = unordered()

    assert on_a_heap(monkeypatch, rows).endswith(lying)
    either = rows.filter(pk=1) | rows.filter(weight=2)
    for found in rows.filter(weight__lt=9), rows.filter(Q(pk=1) | Q(weight=2)), either, rows.filter(pk=F("weight")):
        assert on_a_heap(monkeypatch, found).endswith(lying)


def test_a_page_of_a_heap_is_neither_joined_nor_sorted(monkeypatch):
    """Sorting a whole table for one page of it takes long, and with a join it might be another page."""
    page = unordered().filter(weight__lt=9)[:3]

    sql = on_a_heap(monkeypatch, page)

    assert sql.endswith("LIMIT 3")
    assert "ORDER BY" not in sql
    assert "JOIN" not in sql


def test_a_heap_is_not_asked_where_that_is_not_how_rows_come(monkeypatch):
    """One row has no order, and rows that are found through another table come as that lies."""
    rows = unordered()
    found = rows.filter(book__title="x"), rows.extra(tables=["testapp_city"]), rows.annotate(n=Count("book__review"))

    for queryset in (rows.filter(pk=1), rows.order_by("label"), rows.distinct(), rows[:3], *found):
        assert "ctid" not in on_a_heap(monkeypatch, queryset)


def test_lists_that_come_in_no_order_that_is_known_are_asked_for_in_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "lie_by_key", lambda model, connection: False)
    lists = Nomination.objects.order_by().filter(award__gt=0)

    keep_list_order(lists, lists, frozenset(["book_id"]))

    assert not lists.ordered


@pytest.mark.parametrize(
    ("how", "lying"),
    [
        (lambda rows: rows, True),
        (lambda rows: rows.filter(year__gt=0), True),
        (lambda rows: rows.filter(pk__gt=0), False),
    ],
    ids=["all", "some", "some by their keys"],
)
def test_lists_of_a_heap_are_asked_for_as_they_lie(monkeypatch: pytest.MonkeyPatch, how: Any, lying: bool) -> None:
    """An index has its rows in that order where they are equal in its columns; that of the keys has not."""
    shown = nominations()
    with_a_heap(monkeypatch)
    clear_caches()

    (lookup,) = optimize(fetched(how(Nomination.objects.order_by())), shown)._prefetch_related_lookups

    sql = str(lookup.queryset.query)
    assert (" JOIN " in sql, sql.endswith(f"{connection.ops.quote_name('ctid')} ASC")) == (lying, lying)
