"""The SQL of a plan, compiled and never run."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models import F, Prefetch
from django.db.models.functions import Upper

from drf_autoprefetch.explaining.offline import QueryRefused
from drf_autoprefetch.explaining.sql import prefetch_sql, queryset_sql
from drf_autoprefetch.planning.planner import make_plan
from tests.examples import needs, shows
from tests.testapp.models import Author, Book, Booking, Copy, Genre, Reader, Review, Seat, Shelf, TaggedItem

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="SQL differs from database to database")


def sql(serializer: Any, hints: Any = ()) -> str:
    """Return the SQL of the only prefetch of a serializer's plan."""
    (prefetch,) = make_plan(needs(serializer, None, hints)).prefetches
    found = prefetch_sql(prefetch, prefetch.plans[0], literals=True)
    assert found["parameters"] is None
    text: str = found["text"]
    return text.replace('"testapp_', '"')


@pytest.mark.parametrize(
    ("serializer", "end"),
    [
        pytest.param(
            shows(Author, books=shows(Book, "title")(many=True)),
            'FROM "book" WHERE ("book"."author_id" IN (…)) ORDER BY "book"."id" ASC',
            id="reverse",
        ),
        pytest.param(
            shows(Shelf, copies=shows(Copy, "barcode")(many=True)),
            'FROM "copy" WHERE ("copy"."shelf_id" IN (…)) ORDER BY "copy"."id" ASC',
            id="to_field",
        ),
        pytest.param(
            shows(Book, genres=shows(Genre, "name")(many=True)),
            'FROM "genre" , "book_genres" WHERE ("genre"."id" = "book_genres"."genre_id") AND'
            ' ("book_genres"."book_id" IN (…)) ORDER BY "genre"."id" ASC',
            id="many to many",
        ),
        pytest.param(
            shows(Reader, followers=shows(Reader, "name")(many=True)),
            'FROM "reader" , "reader_follows" WHERE ("reader"."id" = "reader_follows"."from_reader_id") AND'
            ' ("reader_follows"."to_reader_id" IN (…)) ORDER BY "reader"."card" ASC',
            id="many to many, backwards",
        ),
        pytest.param(
            shows(Seat, bookings=shows(Booking, "wishes")(many=True)),
            'FROM "booking" WHERE (("booking"."room_id", "booking"."seat_number") IN (…)) ORDER BY "booking"."id" ASC',
            id="several columns",
        ),
        pytest.param(
            shows(Author, tags=shows(TaggedItem, "label")(many=True)),
            'FROM "taggeditem" WHERE (("taggeditem"."content_type_id", "taggeditem"."object_id") IN (…))'
            ' ORDER BY "taggeditem"."id" ASC',
            id="generic relation",
        ),
    ],
)
def test_a_prefetch_is_narrowed_to_keys_that_are_not_known_yet(serializer, end):
    assert sql(serializer).endswith(end)


def test_a_prefetch_selects_what_is_shown():
    assert sql(shows(Author, books=shows(Book, "title")(many=True))).startswith(
        'SELECT "book"."id", "book"."title", "book"."author_id" FROM "book"'
    )


def test_a_declared_queryset_keeps_its_conditions():
    hint = Prefetch("reviews", Review.objects.filter(rating__gt=3))

    assert '"review"."rating" > %s AND ("review"."book_id" IN (…))' in sql(shows(Book, "title"), [hint])


def test_the_order_that_a_list_keeps_is_shown():
    reviews = shows(Review, "rating", reader=shows(Reader, "name")())(many=True)
    hint = Prefetch("reviews", Review.objects.order_by())

    assert sql(shows(Book, "title", reviews=reviews), [hint]).endswith('IN (…)) ORDER BY "review"."id" ASC')


def test_a_sliced_queryset_is_shown_as_it_is():
    hint = Prefetch("reviews", Review.objects.all()[:3], to_attr="some")

    assert sql(shows(Book, "title"), [hint]).endswith('FROM "review" ORDER BY "review"."id" ASC LIMIT 3')


def test_a_to_one_prefetch_is_narrowed_to_the_keys_it_is_reached_by():
    (prefetch,) = make_plan(needs(shows(Book, "title"), None, [Prefetch("author", Author.objects.all())])).prefetches

    assert prefetch_sql(prefetch, prefetch.plans[0], literals=True)["text"].endswith(
        '"testapp_author"."id" IN (…)) ORDER BY "testapp_author"."id" ASC'
    )


def test_parameters_are_shown_only_where_asked_for():
    queryset = Book.objects.filter(title="Secret", pages=3).only("id")
    text = (
        'SELECT "testapp_book"."id" FROM "testapp_book" WHERE'
        ' ("testapp_book"."pages" = %s AND "testapp_book"."title" = %s)'
    )

    assert queryset_sql(queryset.order_by(), parameters=True) == {"text": text, "parameters": ["3", "Secret"]}
    assert queryset_sql(queryset.order_by(), parameters=False) == {"text": text, "parameters": None}


def test_literals_are_shown_only_where_parameters_are_or_where_asked_for():
    queryset = Book.objects.extra(where=["title <> 'Secret' AND pages > 4711"]).only("id").order_by()[:5]
    shown, hidden = (
        f'SELECT "testapp_book"."id" FROM "testapp_book" WHERE (title <> {text} AND pages > {number}) LIMIT 5'
        for text, number in (("'Secret'", "4711"), ("…", "…"))
    )

    assert queryset_sql(queryset, parameters=True)["text"] == shown
    assert queryset_sql(queryset, parameters=False)["text"] == hidden
    assert queryset_sql(queryset, parameters=False, literals=True)["text"] == shown


def test_a_queryset_that_can_match_nothing_has_no_query():
    assert queryset_sql(Book.objects.none(), parameters=True) == {
        "text": "-- no query: the conditions can match nothing",
        "parameters": None,
    }


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (QueryRefused("SELECT VERSION()"), "SELECT VERSION()"),
        (OperationalError("no such\nhost"), "no such host"),
    ],
    ids=["refused", "down"],
)
def test_sql_that_depends_on_what_the_database_is_may_not_be_known(error, text):
    class Versioned(Upper):
        def as_sql(self, *args: Any, **kwargs: Any) -> Any:
            raise error

    queryset = Book.objects.order_by(Versioned(F("title")))

    assert queryset_sql(queryset, parameters=True) == {
        "text": f"-- not known without the database: {text}",
        "parameters": None,
    }
    assert queryset_sql(queryset, parameters=False)["text"] == "-- not known without the database"
