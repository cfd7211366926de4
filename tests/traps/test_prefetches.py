"""Prefetches: one for each relation, merged with those that are there, never changed, and none that is wasted."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.paginator import UnorderedObjectListWarning
from django.db import connection
from django.db.models import F, Prefetch, QuerySet, Window, prefetch_related_objects
from django.db.models.functions import RowNumber
from rest_framework import serializers
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from drf_autoprefetch import optimize, prefetch_hint
from tests.recording import recording, selected_columns
from tests.testapp.models import (
    Author,
    Book,
    Branch,
    City,
    Comment,
    Country,
    Footnote,
    Genre,
    Member,
    Publisher,
    Reader,
    Review,
    Supplier,
)
from tests.traps.answers import ask, compare, mixed, numbered, shows, viewset
from tests.traps.models import Crate, Stamp, Sticker, Trunk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parcels")]

Rating = shows(Review, "rating")
GoodReviews = Review.objects.filter(rating__gte=3)


def good(**told: Any) -> Any:
    return Prefetch("reviews", Review.objects.filter(rating__gte=3), **told)


@pytest.mark.parametrize(
    "lookups",
    numbered(
        lambda: ["reviews"],
        lambda: [good()],
        lambda: ["reviews__reader"],
        lambda: ["reviews", "reviews__reader"],
        lambda: [good(), "reviews__reader"],
        lambda: [good(to_attr="good")],
        lambda: [good(to_attr="good"), "reviews"],
        lambda: ["reviews", good(to_attr="good"), "good__reader"],
        lambda: [Prefetch("reviews", Review.objects.select_related("reader"))],
        lambda: [Prefetch("reviews", Review.objects.prefetch_related("reader"))],
        lambda: [Prefetch("reviews", Review.objects.only("rating"))],
        lambda: [Prefetch("reviews", Review.objects.defer("body"))],
        lambda: [Prefetch("reviews", Review.objects.order_by("-id"))],
        lambda: [Prefetch("reviews", Review.objects.none())],
        lambda: [Prefetch("reviews__reader", Reader.objects.only("name"))],
        lambda: ["genres", "fans__friends", "copies__loans"],
    ),
)
def test_the_developers_prefetches_are_merged_with(lookups: Any) -> None:
    """Trap 25: two different lookups for one relation are a ValueError, 'already seen'."""
    reviews = shows(Review, "rating", reader=serializers.CharField(source="reader.name", default=None))
    serializer = shows(Book, "title", reviews=reviews(many=True))
    compare(viewset(serializer, Book.objects.prefetch_related(*lookups())))


def test_a_deep_string_does_not_clash_with_a_prefetch_above_it():
    """Trap 25: the developer's `a__b` and our queryset for `a`."""
    serializer = shows(Author, "name", books=shows(Book, "title", reviews=Rating(many=True))(many=True))
    for lookups in (["books__reviews"], ["books__reviews__reader"], ["books__genres"], ["books"]):
        compare(viewset(serializer, Author.objects.prefetch_related(*lookups)))


def test_a_managers_own_prefetch_is_merged_with():
    """Trap 25: it stands on the queryset before any view sees it, also below a relation."""
    stamps = shows(Stamp, "number", "valid")
    crate = shows(Crate, "name", stamps=stamps(many=True))
    compare(viewset(crate), queries=2)
    compare(viewset(shows(Author, "name", crates=crate(many=True))), queries=3)
    compare(viewset(shows(Author, "name", crates=shows(Crate, "name")(many=True))))


def test_a_filter_backend_adds_a_prefetch_of_its_own():
    """Trap 25: after `get_queryset()`, for a relation that the serializer shows."""

    class Good:
        def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
            return queryset.prefetch_related(good())

    serializer = shows(Book, "title", reviews=Rating(many=True))
    compare(viewset(serializer, filter_backends=[Good]), queries=2)


def test_prefetches_of_one_path_and_different_querysets_stay_two():
    """Trap 26: they are equal and have one hash, so that a set would keep only one of them."""
    low = Prefetch("reviews", Review.objects.filter(rating__lt=3), to_attr="low")
    high = Prefetch("reviews", Review.objects.filter(rating__gte=3), to_attr="high")
    serializer = shows(Book, "title", low=Rating(many=True), high=Rating(many=True), reviews=Rating(many=True))
    compare(viewset(serializer, Book.objects.prefetch_related(low, high)), queries=4)


def test_a_plan_is_not_taken_for_that_of_an_equal_looking_queryset():
    """Trap 26: a cache that compares prefetches by `==` would answer one view with another's rows."""
    serializer = shows(Book, "title", reviews=Rating(many=True))
    for rows in (Review.objects.filter(rating=1), Review.objects.filter(rating=2), Review.objects.order_by("-id")):
        compare(viewset(serializer, Book.objects.prefetch_related(Prefetch("reviews", rows))), queries=2)


def test_a_sliced_prefetch_with_to_attr():
    """Trap 27: Django answers it by a window function; without `to_attr`, `.all()` is a TypeError."""
    some = Prefetch("reviews", Review.objects.order_by("id")[:2], to_attr="some")
    serializer = shows(Book, "title", some=Rating(many=True))
    compare(viewset(serializer, Book.objects.prefetch_related(some)), queries=2)


def test_a_prefetch_filtered_by_a_window_function():
    """Trap 27: the other way to have the first rows of each parent."""
    numbered = Review.objects.annotate(row=Window(RowNumber(), partition_by=F("book"), order_by="id")).filter(
        row__lte=2
    )
    serializer = shows(Book, "title", reviews=Rating(many=True))
    compare(viewset(serializer, Book.objects.prefetch_related(Prefetch("reviews", numbered))), queries=2)


def test_to_attr_is_shown_and_not_the_attribute_of_the_same_relation():
    """Trap 28: a `to_attr` that is there already would be skipped in silence; ours never makes one up."""
    serializer = shows(
        Book, "title", good=Rating(many=True), fair=Rating(many=True, source="good"), reviews=Rating(many=True)
    )
    view = viewset(serializer, Book.objects.prefetch_related(good(to_attr="good")))
    compare(view, queries=3)
    compare(view, pk=Book.objects.earliest("pk").pk, queries=3)


def test_a_to_attr_hint_equal_to_an_attribute_is_an_error():
    """Trap 28: Django skips such a prefetch without a word, so it is refused when it is planned."""
    from drf_autoprefetch.exceptions import HintError

    class Wrong(serializers.ModelSerializer[Book]):
        stars = serializers.SerializerMethodField()

        class Meta:
            model = Book
            fields = ["stars"]

        @prefetch_hint(Prefetch("reviews", GoodReviews.all(), to_attr="title"))
        def get_stars(self, book: Any) -> Any: ...

    with pytest.raises(HintError, match="title"):
        optimize(Book.objects.all(), Wrong)


def test_softly_deleted_rows_are_what_they_are_without_us():
    """Trap 29: a to-one shows them, a to-many hides them; at two levels, and as the developer's prefetch."""
    name = shows(Supplier, "name")
    compare(viewset(shows(Book, "title", supplier=name()), Book.objects.prefetch_related("supplier")), queries=2)
    city = shows(City, "name", suppliers=name(many=True))
    compare(viewset(shows(Country, "name", cities=city(many=True))), queries=3)
    supplier = shows(Supplier, "name", books=shows(Book, "title")(many=True))
    compare(viewset(supplier), queries=2)
    compare(viewset(supplier, Supplier.everything.all()), queries=2)


def test_a_model_without_objects():
    """Trap 29: managers by other names, at the root, to-one and to-many."""
    compare(viewset(shows(Branch, "name", members=shows(Member, "name")(many=True))), queries=2)
    compare(viewset(shows(Member, "name", branch=shows(Branch, "name")())), queries=1)
    compare(viewset(shows(City, "name", branches=shows(Branch, "name")(many=True))), queries=2)
    compare(viewset(shows(Branch, "name", city=shows(City, "name")()), Branch.mains.all()), queries=1)


def test_declared_prefetches_are_never_changed():
    """Trap 30: `add_prefix` writes on the object, so that its path would grow with each request."""
    declared: Any = Prefetch("reviews", Review.objects.filter(rating__gte=3), to_attr="good")
    before = copy.copy(vars(declared))
    sql = str(declared.queryset.query)

    class Books(serializers.ModelSerializer[Book]):
        n = serializers.SerializerMethodField()

        class Meta:
            model = Book
            fields = ["title", "n"]

        @prefetch_hint(declared)
        def get_n(self, book: Any) -> int:
            return len(getattr(book, "good", []))

    author = shows(Author, "name", books=Books(many=True))
    for view in (viewset(Books), viewset(author)):
        with mixed(view):
            counts = {len(ask(view).queries) for _ in range(3)}
        assert len(counts) == 1
        assert vars(declared) == before
        assert declared.queryset._result_cache is None
        assert str(declared.queryset.query) == sql


def test_the_views_own_queryset_is_never_changed():
    """Traps 30 and 44: nothing is written on a class attribute, its query, or its prefetches."""
    inner: Any = Prefetch("reviews", Review.objects.order_by("-id"))
    queryset: Any = Book.objects.select_related("editor").prefetch_related("genres", inner).defer("summary")
    sql, lookups = str(queryset.query), queryset._prefetch_related_lookups
    view = viewset(shows(Book, "title", author=shows(Author, "name")(), reviews=Rating(many=True)), queryset)
    first = compare(view)
    second = compare(view)
    assert first.planned.queries == second.planned.queries
    assert str(queryset.query) == sql
    assert queryset._prefetch_related_lookups is lookups
    assert queryset._result_cache is None
    assert not any("autoprefetch" in name for name in vars(queryset.query))
    assert inner.prefetch_to == "reviews"
    assert inner.queryset._result_cache is None


def method_serializer(read: Any, *hints: Any) -> Any:
    """Return a serializer with one method field that `read`s a book."""

    def get_value(self: Any, book: Any) -> Any:
        return read(book)

    value = prefetch_hint(*hints)(get_value) if hints else get_value
    return shows(Book, "title", value=serializers.SerializerMethodField(), get_value=value)


@pytest.mark.parametrize(
    "case",
    numbered(
        (lambda book: [each.rating for each in book.reviews.all()], True),
        (lambda book: book.reviews.count(), True),
        (lambda book: book.reviews.exists(), True),
        (lambda book: len(book.reviews.all()), True),
        (lambda book: bool(book.reviews.all()), True),
        (lambda book: [each.rating for each in book.reviews.all()[:2]], True),
        (lambda book: getattr(book.reviews.first(), "rating", None), False),
        (lambda book: book.reviews.filter(rating__gt=2).count(), False),
        (lambda book: [each.rating for each in book.reviews.order_by("-rating", "id")], False),
        (lambda book: list(book.reviews.values_list("rating", flat=True)), False),
        (lambda book: getattr(book.reviews.last(), "rating", None), False),
    ),
)
def test_reads_of_a_related_manager_never_cost_more(case: tuple[Any, bool]) -> None:
    """Trap 31: a prefetch serves some of them; the others cost a query per parent with it or without it."""
    read, served = case
    compare(viewset(method_serializer(read)))
    if served:
        compare(viewset(method_serializer(read, "reviews__rating")), queries=2)


def test_an_unordered_first_is_not_served_by_a_prefetch():
    """Trap 31: `first()` of rows without an ordering orders them by their key, and asks again."""
    compare(viewset(method_serializer(lambda book: getattr(book.footnote_set.first(), "text", None))))


def test_generic_targets_of_several_models_have_their_own_plans():
    """Trap 32: what is valid for one type breaks on another."""
    text = serializers.SerializerMethodField()

    @prefetch_hint("subject")
    def get_subject(self: Any, comment: Any) -> Any:
        return str(comment.subject) if comment.subject else None

    compare(viewset(shows(Comment, "text", subject=text, get_subject=get_subject)))
    compare(viewset(shows(Comment, "text", subject=serializers.StringRelatedField())))
    compare(viewset(shows(Comment, "text", subject=text, get_subject=lambda self, comment: str(comment.subject))))


def test_iterator_with_a_chunk_size_and_without():
    """Trap 33: Django wants a chunk size where something is prefetched; a view that gave none still works."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = shows(Book, "title", reviews=Rating(many=True))

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            rows = self.filter_queryset(self.get_queryset())
            with_size = self.get_serializer(rows.iterator(chunk_size=3), many=True).data
            return Response([*with_size, *self.get_serializer(rows.iterator(), many=True).data])

    compare(Books)
    Books.queryset = Book.objects.select_related("author")
    compare(Books)


def test_very_many_parents():
    """Trap 33: SQLite takes only so many variables in one query."""
    limit = connection.features.max_query_params or 1000
    rows = Genre.objects.bulk_create(Genre(name=f"more {i}", description="") for i in range(min(limit, 1200)))
    view = viewset(shows(Genre, "name", children=serializers.PrimaryKeyRelatedField(many=True, read_only=True)))
    with mixed(view):
        answer = ask(view)
    assert len(answer.json) >= len(rows)
    assert len(answer.queries) <= 4


def test_planning_loads_no_rows():
    """Trap 34: the truth of a queryset, or its length, would load the whole table."""
    serializer = shows(Book, "title", author=shows(Author, "name")(), reviews=Rating(many=True))
    with recording() as record:
        optimize(Book.objects.prefetch_related(good(to_attr="good")), serializer)
        optimize(Book.objects.none(), serializer)
    assert not record.queries


def test_an_empty_list_is_still_a_list():
    """Trap 34: no rows, no prefetches."""
    view = viewset(shows(Book, "title", reviews=Rating(many=True)), Book.objects.filter(pk=-1))
    compare(view, queries=1)


def two_methods(one: Prefetch[Any], other: Prefetch[Any], name: str) -> Any:
    def read(self: Any, book: Any) -> Any:
        return [each.rating for each in getattr(book, name, [])]

    @prefetch_hint(one)
    def get_one(self: Any, book: Any) -> Any:
        return read(self, book)

    @prefetch_hint(other)
    def get_other(self: Any, book: Any) -> Any:
        return read(self, book)

    fields = {name: serializers.SerializerMethodField() for name in ("one", "other")}
    return shows(Book, "title", **fields, get_one=get_one, get_other=get_other)


def test_one_hint_given_twice_is_one_prefetch():
    """Trap 36: two fields that need the same rows."""
    declared = good(to_attr="good")
    view = viewset(two_methods(declared, declared, "good"))
    with mixed(view):
        answer = ask(view)
    assert len(answer.queries) == 2
    assert answer.json[0]["one"] == answer.json[0]["other"] != []


def test_one_to_attr_on_two_paths_does_not_clash():
    """Trap 36: the same name below different relations."""

    @prefetch_hint(good(to_attr="good"))
    def get_good(self: Any, book: Any) -> Any:
        return [each.rating for each in getattr(book, "good", ())]

    book = shows(Book, "title", good=serializers.SerializerMethodField(), get_good=get_good)
    author = shows(Author, "name", books=book(many=True), edited=book(many=True))
    view = viewset(author)
    with mixed(view):
        answer = ask(view)
    assert len(answer.queries) == 5
    assert any(each["good"] for row in answer.json for each in row["books"])


def test_a_nested_serializer_reads_a_to_attr_of_the_queryset():
    """Trap 25: `source` is an attribute that only the developer's prefetch makes."""
    rows: QuerySet[Any] = Review.objects.filter(public=True)
    reader = shows(Reader, "name")
    public = shows(Review, "rating", reader=reader())
    queryset = Book.objects.prefetch_related(Prefetch("reviews", rows, to_attr="public_reviews"))
    serializer = shows(Book, "title", public=public(many=True, source="public_reviews"))
    compare(viewset(serializer, queryset), queries=2)
    deep = Author.objects.prefetch_related(Prefetch("books__reviews", rows, to_attr="public_reviews"))
    compare(viewset(shows(Author, "name", books=serializer(many=True)), deep), queries=3)


def test_rows_without_an_ordering_are_the_same_rows():
    """Trap 58: compared as multisets, and no ordering is added or lost."""
    serializer = shows(Book, "title", footnote_set=shows(Footnote, "text")(many=True))
    answers = compare(viewset(serializer), queries=2, unordered=True)
    assert "ORDER BY" in answers.planned.queries[0]
    assert "ORDER BY" not in answers.planned.queries[1]
    ordered = Prefetch("footnote_set", Footnote.objects.order_by("-text"))
    compare(viewset(serializer, Book.objects.prefetch_related(ordered)), queries=2)
    publishers = shows(Publisher, "name", books=shows(Book, "title")(many=True))
    answers = compare(viewset(publishers, Publisher.objects.order_by()), queries=2, unordered=True)
    assert "ORDER BY" in answers.planned.queries[1]


class Few(LimitOffsetPagination):
    default_limit = 4


@pytest.mark.parametrize("pagination", [None, Few])
@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (User.objects.all(), 2),
        (User.objects.order_by(), 2),
        (User.objects.exclude(username="q"), 3),
        (User.objects.exclude(username="q", last_name="q"), 2),
        (User.objects.filter(username__contains=""), 3),
        (User.objects.filter(username__isnull=False, last_name=""), 2),
        (User.objects.filter(username="a"), 2),
        (User.objects.filter(groups=None), 3),
    ],
)
def test_rows_of_the_view_without_an_ordering_come_as_they_lie(rows: Any, columns: int, pagination: Any) -> None:
    """Trap 58: also where an index holds all the columns that are left, which has another order."""
    User.objects.bulk_create(User(username=name) for name in "zyxabc")
    view = viewset(shows(User, "username"), rows, pagination_class=pagination)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnorderedObjectListWarning)
        answers = compare(view)
    if connection.vendor == "sqlite":
        assert len(answers.planned.columns(User)) == columns


def test_rows_of_a_list_without_an_ordering_come_as_they_lie() -> None:
    """Trap 58: an index of two columns holds all that is shown, in another order."""
    trunk = Trunk.objects.create()
    Sticker.objects.bulk_create(Sticker(trunk=trunk, text=text) for text in ("c", "b", "a"))
    answers = compare(viewset(shows(Trunk, "id", stickers=shows(Sticker, "text")(many=True))), queries=2)
    assert [each["text"] for each in answers.planned.json[0]["stickers"]] == ["c", "b", "a"]


def test_rows_that_are_filtered_or_ordered_keep_to_that() -> None:
    """Trap 58: no ordering is added where there is a condition or an ordering."""
    for rows in (Book.objects.order_by().filter(pages__gt=1), Book.objects.order_by("title"), Book.objects.distinct()):
        answers = compare(viewset(shows(Book, "title"), rows), queries=1, unordered=True)
        assert ("ORDER BY" in answers.planned.sql) == ("ORDER BY" in answers.plain.sql)


def test_a_written_prefetch_that_differs_from_request_to_request() -> None:
    """Trap 33: what is read along it is remembered, and the queryset of an earlier request is not."""

    class Books(ModelViewSet[Book]):
        serializer_class = shows(
            Book,
            rated=serializers.SerializerMethodField(),
            get_rated=lambda self, book: [shows(Review, "rating")(review).data for review in book.wanted],
        )

        def get_queryset(self) -> QuerySet[Book]:
            wanted = Review.objects.filter(rating=self.request.GET["rating"])
            return Book.objects.prefetch_related(Prefetch("reviews", wanted, to_attr="wanted"))

    for rating in ("1", "2", "1"):
        compare(Books, params={"rating": rating}, queries=2)


@pytest.mark.parametrize(
    "bodies",
    numbered(
        lambda reviews: [review.body for review in reviews.filter(public=True)],
        lambda reviews: [review.body for review in reviews.all().order_by("-rating", "id")],
        lambda reviews: [review.body for review in reviews.all()[:0] or reviews.exclude(rating=0)],
        lambda reviews: [review.body for review in reviews.iterator()],
        lambda reviews: [reviews.latest("id").body] if reviews.exists() else [],
        lambda reviews: [reviews.get(pk=review.pk).body for review in reviews.all()],
        lambda reviews: sorted(review.body for review in reviews.all() | reviews.filter(rating=1)),
    ),
)
def test_what_code_makes_of_a_prefetched_list_comes_as_it_would_have(bodies: Any) -> None:
    """Its own query must not have the columns of the plan: each of its rows would be loaded once more."""

    class BookSerializer(serializers.ModelSerializer[Book]):
        reviews = Rating(many=True)
        texts = serializers.SerializerMethodField()

        def get_texts(self, book: Book) -> list[str]:
            return list(bodies(book.reviews))

        class Meta:
            model = Book
            fields = ["title", "reviews", "texts"]

    answers = compare(viewset(BookSerializer))
    assert answers.planned.record.reloads == []
    assert len(answers.planned.queries) < len(answers.plain.queries)


def test_what_was_prefetched_can_be_copied_and_pickled_before_it_is_run():
    books = optimize(Book.objects.all(), shows(Book, "title", reviews=Rating(many=True)))
    with recording() as record:
        (lookup,) = pickle.loads(pickle.dumps([copy.copy(lookup) for lookup in books._prefetch_related_lookups]))
        found = list(Book.objects.all())
        prefetch_related_objects(found, lookup)
        [[review.rating for review in book.reviews.all()] for book in found]
    assert len(record.queries) == 2
    assert "body" not in record.queries[1]


def test_a_plan_that_is_put_on_twice_stays_as_lean():
    serializer = shows(Book, "title", reviews=Rating(many=True))
    with recording() as record:
        list(optimize(optimize(Book.objects.all(), serializer), serializer))
    assert {name for _, _, name in selected_columns(record.queries[1])} == {"id", "book_id", "rating"}
