"""Querysets that carry a plan: what is done to them in between, and when the plan is met."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import Any

import pytest
from django.db.models import Count, Exists, OuterRef, QuerySet

from drf_autoprefetch.loading.carried import carries, carry, without_plan
from tests.testapp.models import Author, Book, Genre, Review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]


class Joined:
    """Stands for a plan: joins the author and reads a title."""

    def __init__(self) -> None:
        self.asked: list[QuerySet[Any]] = []

    def load(self, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        self.asked.append(queryset)
        bare: QuerySet[Any] = without_plan(queryset)
        return bare.select_related("author").only("title", "author__name")


class Unwilling(Joined):
    """Stands for a request that has no plan."""

    def load(self, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        super().load(queryset)
        return None


@pytest.fixture
def plan() -> Joined:
    return Joined()


@pytest.fixture
def books(plan: Joined) -> QuerySet[Book]:
    queryset: QuerySet[Book] = carry(Book.objects.all(), plan)
    return queryset


def deferred(rows: Any) -> set[bool]:
    """Tell whether columns were left out of the rows."""
    return {bool(row.get_deferred_fields()) for row in rows}


def test_rows_are_fetched_by_plan(plan, books, django_assert_num_queries):
    with django_assert_num_queries(1):
        names = [book.author.name for book in books]

    assert (len(names), deferred(books), len(plan.asked)) == (8, {True}, 1)


def test_the_plan_is_asked_when_rows_are_fetched_and_not_before(plan, books):
    books.filter(pages__gt=0).order_by("-pages")

    assert plan.asked == []


@pytest.mark.parametrize(
    "derive",
    [
        lambda books: books.all(),
        lambda books: books.filter(pages__gt=10),
        lambda books: books.order_by("-title"),
        lambda books: books[2:5],
        lambda books: books[::2],
        lambda books: [books[1]],
        lambda books: [books.get(isbn="9780000000001")],
        lambda books: [books.first(), books.last(), books.earliest("pages"), books.latest("pages")],
        lambda books: books.in_bulk().values(),
        lambda books: books | books.filter(pages=0),
        lambda books: books & books.filter(pages__gt=0),
        lambda books: books.distinct(),
        lambda books: books.iterator(),
        lambda books: books.iterator(chunk_size=3),
        lambda books: books.select_for_update(),
        lambda books: books.using("default"),
    ],
    ids=[
        *("all", "filter", "order_by", "slice", "step", "index", "get", "ends", "in_bulk", "or", "and"),
        *("distinct", "iterator", "chunks", "lock", "using"),
    ],
)
def test_what_is_derived_is_fetched_by_plan(plan, books, derive):
    rows = list(derive(books))

    assert (len(rows) > 0, deferred(rows), len(plan.asked) > 0) == (True, {True}, True)
    assert [type(row) for row in rows] == [Book] * len(rows)


def test_rows_are_the_same_and_in_the_same_order(books):
    assert list(books) == list(Book.objects.all())
    assert list(books[2:5]) == list(Book.objects.all()[2:5])
    assert list(books.order_by("-title")) == list(Book.objects.order_by("-title"))


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda books: books.count(), 8),
        (lambda books: books.exists(), True),
        (lambda books: books.aggregate(n=Count("pk")), {"n": 8}),
        (lambda books: books.filter(pages=0).values_list("title", flat=True).get(), "Book 0"),
        (lambda books: list(books.filter(pages=0).values("title")), [{"title": "Book 0"}]),
        (lambda books: list(books.filter(pages=0).values_list("title", "pages")), [("Book 0", 0)]),
        (lambda books: books.filter(pages=0).values_list("title", named=True).get().title, "Book 0"),
        (lambda books: books.dates("created", "year").count(), 1),
        (lambda books: books.contains(Book.objects.get(pages=0)), True),
        (lambda books: Author.objects.filter(books__in=books).distinct().count(), 4),
        (lambda books: Author.objects.filter(Exists(books.filter(author=OuterRef("pk")))).count(), 4),
        (lambda books: books.filter(pages=0).update(pages=1), 1),
        (lambda books: Genre.objects.filter(books__in=books.values("pk")).exists(), True),
    ],
    ids=[
        *("count", "exists", "aggregate", "flat", "values", "values_list", "named", "dates", "contains"),
        *("subquery", "exists subquery", "update", "values subquery"),
    ],
)
def test_what_fetches_no_rows_never_meets_the_plan(plan, books, ask, answer):
    assert (ask(books), plan.asked) == (answer, [])


def test_a_count_carries_no_joins(books, django_assert_num_queries):
    with django_assert_num_queries(1) as queries:
        books.count()

    assert "JOIN" not in queries[0]["sql"]


def test_rows_are_deleted_as_they_would_be(plan, books):
    before = Review.objects.count()
    deleted, _ = Review.objects.filter(book__in=books).delete()

    assert (deleted, plan.asked) == (before, [])
    assert carry(Review.objects.all(), plan).delete() == (0, {})


def test_rows_of_a_delete_are_whole(plan, books):
    total, by_model = books.filter(pages=0).delete()

    assert (by_model["testapp.Book"], total > 1, plan.asked) == (1, True, [])


@pytest.mark.parametrize("combine", ["union", "intersection", "difference"])
def test_combined_querysets_never_meet_the_plan(plan, books, combine):
    def combined(rows: Any) -> list[int]:
        rows = rows.order_by()
        found = getattr(rows.filter(pages__lt=40), combine)(rows.filter(pages__gt=20))
        return sorted(book.pk for book in found)

    assert (combined(books), plan.asked) == (combined(Book.objects.all()), [])


def test_a_pickled_queryset_leaves_the_plan_behind(plan, books):
    thawed = pickle.loads(pickle.dumps(books.filter(pages__gt=20)))

    assert (list(thawed), deferred(thawed)) == (list(Book.objects.filter(pages__gt=20)), {True})

    fresh = Book.objects.all()
    fresh.query = pickle.loads(pickle.dumps(books.filter(pages__gt=20).query))

    assert (len(list(fresh)), deferred(fresh)) == (5, {False})


def test_a_pickled_query_needs_neither_plan_nor_request(books):
    query = pickle.loads(pickle.dumps(books.query))

    assert str(query) == str(Book.objects.all().query)


def test_a_deep_copy_is_fetched_as_anything_is(books):
    assert list(copy.deepcopy(books)) == list(Book.objects.all())


def test_a_shallow_copy_is_fetched_by_plan(plan, books):
    assert (deferred(copy.copy(books)), len(plan.asked)) == ({True}, 1)


def test_prefetches_of_ones_own_are_kept(books, django_assert_num_queries):
    with django_assert_num_queries(2):
        rows = list(books.prefetch_related("reviews"))
        [list(book.reviews.all()) for book in rows]

    with django_assert_num_queries(2):
        rows = list(books.prefetch_related("reviews").iterator(chunk_size=100))
        [list(book.reviews.all()) for book in rows]


def test_an_iterator_fetches_in_chunks(books, django_assert_num_queries):
    with django_assert_num_queries(4):
        rows = list(books.prefetch_related("reviews").iterator(chunk_size=3))

    assert len(rows) == 8


def test_an_evaluated_queryset_does_not_ask_again(plan, books, django_assert_num_queries):
    list(books)
    with django_assert_num_queries(0):
        assert (len(books), bool(books), books[0].title, len(list(books))) == (8, True, "Book 0", 8)
    assert len(plan.asked) == 1


@pytest.mark.django_db(transaction=False)
def test_rows_are_fetched_by_plan_without_waiting(plan):
    async def titles() -> list[str]:
        queryset = carry(Book.objects.none(), plan)
        return [book.title async for book in queryset] + [book.title async for book in queryset.aiterator()]

    assert asyncio.run(titles()) == []


def test_nothing_is_asked_for_an_empty_queryset(books, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert list(books.none()) == []


def test_a_source_may_leave_the_queryset_as_it_is(django_assert_num_queries):
    unwilling = Unwilling()
    books = carry(Book.objects.all(), unwilling)
    with django_assert_num_queries(1):
        rows = list(books)

    assert (deferred(rows), len(unwilling.asked)) == ({False}, 1)


def test_the_source_is_given_the_very_queryset_that_is_fetched(plan, books):
    list(books)

    assert plan.asked[0] is books
    assert carries(without_plan(books), plan) is False


def test_a_queryset_knows_what_it_carries(plan, books):
    found: list[Any] = [books, books.filter(pages=1), Book.objects.all(), [], None]

    assert [carries(each, plan) for each in found] == [True, True, False, False, False]
    assert not carries(books, Joined())
    assert not carries(books.values("title"), plan)


def test_carrying_changes_a_copy(plan):
    queryset = Book.objects.all()
    carry(queryset, plan)

    assert not carries(queryset, plan)


def test_the_last_plan_counts(plan, books):
    other = Unwilling()
    rows = list(carry(books, other))

    assert (len(rows), len(plan.asked), len(other.asked)) == (8, 0, 1)


def test_a_plan_can_be_taken_off(plan, books):
    bare = without_plan(books)

    assert (carries(bare, plan), carries(books, plan), deferred(bare)) == (False, True, {False})
    assert list(without_plan(Book.objects.all())) == list(Book.objects.all())


def test_values_carry_nothing_when_the_plan_is_taken_off(books):
    assert list(without_plan(books.values_list("pk", flat=True))) == [book.pk for book in Book.objects.all()]
