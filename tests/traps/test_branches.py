"""Relations that only some ways through a method read: no query where they are not read, one where they are."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Max, Prefetch, QuerySet, prefetch_related_objects
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from drf_autoprefetch import optimize, plan_for, prefetch_hint
from drf_autoprefetch.planning.plans import Strategy
from tests.examples import answer, view_of
from tests.recording import recording
from tests.testapp.models import Author, Book, Genre, Review, TaggedItem
from tests.traps.answers import Answers, compare, shows, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

Body = Callable[[Any, Any], Any]


def ratings(book: Any) -> list[int]:
    return [review.rating for review in book.reviews.all()]


def in_a_branch(self: Any, book: Any) -> Any:
    if "all" in self.context["request"].GET:
        return [review.rating for review in book.reviews.all()]
    return book.title


def in_the_other_branch(self: Any, book: Any) -> Any:
    if "all" not in self.context["request"].GET:
        return book.title
    else:
        return [review.rating for review in book.reviews.all()]


def after_an_early_return(self: Any, book: Any) -> Any:
    if "all" not in self.context["request"].GET:
        return None
    return [review.rating for review in book.reviews.all()]


def after_an_early_return_in_a_branch(self: Any, book: Any) -> Any:
    if book.pages > -1:  # noqa: SIM102 - two blocks are what this is about
        if "all" not in self.context["request"].GET:
            return None
    return [review.rating for review in book.reviews.all()]


def after_an_error(self: Any, book: Any) -> Any:
    try:
        number = int(self.context["request"].GET.get("all", "no"))
        return [number, *(review.rating for review in book.reviews.all())]
    except ValueError:
        return None


def after_a_failed_attempt(self: Any, book: Any) -> Any:
    try:
        int(self.context["request"].GET.get("all", "no"))
    except ValueError:
        return None
    return [review.rating for review in book.reviews.all()]


def in_an_expression(self: Any, book: Any) -> Any:
    return book.reviews.count() if "all" in self.context["request"].GET else 0


def after_and(self: Any, book: Any) -> Any:
    return "all" in self.context["request"].GET and len(book.reviews.all())


def after_or(self: Any, book: Any) -> Any:
    return "all" not in self.context["request"].GET or len(book.reviews.all())


def in_a_loop(self: Any, book: Any) -> Any:
    found = []
    for _ in self.context["request"].GET:
        found.append([review.rating for review in book.reviews.all()])
    return found


def after_a_loop(self: Any, book: Any) -> Any:
    for name in ("all", "more"):
        if name not in self.context["request"].GET:
            return None
        break
    return [review.rating for review in book.reviews.all()]


def while_it_lasts(self: Any, book: Any) -> Any:
    left = len(self.context["request"].GET)
    found: list[int] = []
    while left:
        found, left = ratings(book), left - 1
    return found


def while_it_breaks(self: Any, book: Any) -> Any:
    while True:
        if "all" in self.context["request"].GET:
            return ratings(book)
        break
    return None


def in_a_comprehension(self: Any, book: Any) -> Any:
    return [review.rating for _ in self.context["request"].GET for review in book.reviews.all()]


def after_a_filter(self: Any, book: Any) -> Any:
    return [len(each.reviews.all()) for each in [book] if "all" in self.context["request"].GET]


def in_a_function(self: Any, book: Any) -> Any:
    return ratings(book) if self.context["request"].GET else []


def in_a_key(self: Any, book: Any) -> Any:
    return sorted(self.context["request"].GET, key=lambda name: (name, ratings(book)))


def in_a_case(self: Any, book: Any) -> Any:
    match self.context["request"].GET.get("all"):
        case None:
            return None
        case _:
            return ratings(book)


BODIES = [
    *(in_a_branch, in_the_other_branch, after_an_early_return, after_an_early_return_in_a_branch, after_an_error),
    *(
        after_a_failed_attempt,
        in_an_expression,
        after_and,
        after_or,
        in_a_loop,
        after_a_loop,
        while_it_lasts,
        while_it_breaks,
    ),
    *(in_a_comprehension, after_a_filter, in_a_function, in_a_key, in_a_case),
]


def shown(body: Body, *, model: Any = Book, **declared: Any) -> Any:
    """A serializer whose only reader of relations is a method."""
    return shows(model, "id", value=serializers.SerializerMethodField(), get_value=body, **declared)


def both(serializer: Any, *, read: int, unread: int = 1, **how: Any) -> tuple[Answers, Answers]:
    """Ask with and without what makes the method read its list; each costs so many queries."""
    return (
        compare(viewset(serializer, **how), queries=unread),
        compare(viewset(serializer, **how), queries=read, params={"all": "1"}),
    )


def strategies(serializer: Any) -> dict[str, Strategy]:
    plans = plan_for(serializer).walk()
    return {f"{plan.model.__name__}.{each.path}": each.strategy for plan in plans for each in plan.decisions}


@pytest.mark.parametrize("body", BODIES)
def test_a_list_that_only_some_ways_read(body: Body) -> None:
    both(shown(body), read=2)


@pytest.mark.parametrize("body", BODIES)
def test_a_list_of_one_row(body: Body) -> None:
    pk = Book.objects.earliest("pk").pk
    compare(viewset(shown(body)), pk=pk, queries=1)
    compare(viewset(shown(body)), pk=pk, params={"all": "1"}, queries=2)


@pytest.mark.parametrize("body", BODIES)
def test_the_plan_says_that_it_waits(body: Body) -> None:
    assert strategies(shown(body))["Review."] is Strategy.LATE


def test_a_list_that_every_way_reads_is_loaded_at_once() -> None:
    def straight(self: Any, book: Any) -> Any:
        found = book.reviews.all()
        if not found:
            return None
        return [review.reader.card if review.reader else None for review in found]

    def every_row(self: Any, author: Any) -> Any:
        return [[review.rating for review in book.reviews.all()] for book in author.books.all()]

    def loop(self: Any, author: Any) -> Any:
        found = []
        for book in author.books.all():
            found.append(book.reviews.count())
            if book.pages:
                continue
        return found

    assert strategies(shown(straight))["Review."] is Strategy.PREFETCH
    assert strategies(shown(every_row, model=Author))["Review."] is Strategy.PREFETCH
    assert strategies(shown(loop, model=Author))["Review."] is Strategy.PREFETCH


def test_one_that_reads_it_always_is_enough() -> None:
    serializer = shown(in_a_branch, reviews=shows(Review, "rating")(many=True))

    both(serializer, read=2, unread=2)
    assert strategies(serializer)["Review."] is Strategy.PREFETCH


def test_what_lies_beyond_comes_along() -> None:
    """A list below a list, behind a join, and behind the row that it was reached from."""

    def below(self: Any, author: Any) -> Any:
        if "all" in self.context["request"].GET:
            return [[genre.name for genre in book.genres.all()] for book in author.books.all()]
        return None

    def joined(self: Any, review: Any) -> Any:
        if "all" in self.context["request"].GET:
            return [tag.label for tag in review.book.tags.all()]
        return review.book.title

    def back(self: Any, author: Any) -> Any:
        if "all" not in self.context["request"].GET:
            return None
        return [[tag.label for tag in book.author.tags.all()] for book in author.books.all()]

    both(shown(below, model=Author), read=3)
    both(shown(joined, model=Review), read=2)
    both(shown(back, model=Author), read=3)


def test_lists_behind_the_pointer_of_rows_that_wait() -> None:
    """They are looked up from the row that the pointer leads back to, when the rows with the pointer are there."""
    Tagged = shows(Author, "name", tags=shows(TaggedItem, "label")(many=True))  # noqa: N806
    Inner = shows(Book, "title", author=Tagged())  # noqa: N806

    def made(self: Any, author: Any) -> Any:
        return Inner(author.books.all(), many=True).data if self.context["request"].GET else None

    both(shown(made, model=Author), read=3)
    assert plan_for(shown(made, model=Author)).queries == 3
    with recording() as record:
        rows = optimize(Author.objects.all(), shown(made, model=Author), context={"request": None})
        labels = [tag.label for author in rows for book in author.books.all() for tag in book.author.tags.all()]
    assert labels
    assert len(record.queries) == 3


def test_lists_that_wait_below_an_attribute_that_is_filled() -> None:
    Rated = shown(in_a_branch)  # noqa: N806
    rows = Author.objects.prefetch_related(Prefetch("books", Book.objects.filter(pages__gt=9), to_attr="long"))

    both(shows(Author, "name", long=Rated(many=True)), read=3, unread=2, queryset=rows)


def test_a_list_that_waits_below_one_that_does_not() -> None:
    Inner = shown(in_a_branch)  # noqa: N806

    both(shows(Author, "name", books=Inner(many=True)), read=3, unread=2)


def test_lists_that_wait_below_one_that_waits() -> None:
    def twice(self: Any, author: Any) -> Any:
        if "all" not in self.context["request"].GET:
            return None
        return [[genre.name for genre in book.genres.all()] for book in author.books.all() if book.pages > 30]

    both(shown(twice, model=Author), read=3)


def test_rows_that_no_join_can_bring() -> None:
    """Those behind a generic foreign key."""

    def subject(self: Any, tag: Any) -> Any:
        return tag.content_object.pk if "all" in self.context["request"].GET else None

    models = TaggedItem.objects.values("content_type").distinct().count()
    both(shown(subject, model=TaggedItem), read=1 + models)


def test_serializers_that_a_branch_shows() -> None:
    Rating = shows(Review, "rating")  # noqa: N806

    def made(self: Any, book: Any) -> Any:
        return Rating(book.reviews.all(), many=True).data if self.context["request"].GET else None

    def rows(self: Any, author: Any) -> Any:
        return Inner(author.mentor).data if author.mentor and self.context["request"].GET else None

    Inner = shows(Author, "name", books=shows(Book, "title")(many=True))  # noqa: N806

    both(shown(made), read=2)
    both(shown(rows, model=Author), read=2)


def test_hints_of_what_a_branch_calls() -> None:
    @prefetch_hint("reviews__rating")
    def hinted(book: Any) -> Any:
        return [review.rating for review in book.reviews.all()]

    def calling(self: Any, book: Any) -> Any:
        return hinted(book) if self.context["request"].GET else None

    def reading(self: Any, book: Any) -> Any:
        return book.genre_names if self.context["request"].GET else None

    both(shown(calling), read=2)
    both(shown(reading), read=2)


def test_rows_that_a_method_gives_back_in_one_case() -> None:
    class Manager(serializers.ListSerializer[Any]):
        def get_attribute(self, author: Any) -> Any:
            return author.books.all() if self.context["request"].GET else []

    class Picked(serializers.ListSerializer[Any]):
        def get_attribute(self, author: Any) -> Any:
            return [book for book in author.books.all() if self.context["request"].GET]

    def titled(kind: Any) -> Any:
        class Titled(shows(Book, "title", reviews=shows(Review, "rating")(many=True))):  # type: ignore[misc]
            class Meta:
                model = Book
                fields = ["title", "reviews"]
                list_serializer_class = kind

        return Titled(many=True)

    both(shows(Author, "id", books=titled(Manager)), read=3)
    both(shows(Author, "id", books=titled(Picked)), read=3, unread=2)


def test_a_list_serializer_that_does_not_look_at_its_rows() -> None:
    """Trap 48: the rows that it is handed are loaded when it looks."""

    class Sometimes(serializers.ListSerializer[Any]):
        def to_representation(self, data: Any) -> Any:
            if not self.context["request"].GET:
                return ["none"]
            return super().to_representation(data)

    class Rating(serializers.ModelSerializer[Review]):
        class Meta:
            model = Review
            fields = ["rating"]
            list_serializer_class = Sometimes

    both(shows(Book, "title", reviews=Rating(many=True)), read=2)


def test_fields_that_a_representation_leaves_out() -> None:
    class Short(shows(Book, "title", reviews=shows(Review, "rating")(many=True))):  # type: ignore[misc]
        def to_representation(self, book: Any) -> Any:
            if not self.context["request"].GET:
                return {"title": book.title}
            return super().to_representation(book)

    both(Short, read=2)


def test_responses_to_writes() -> None:
    Inner = shows(Author, "name", books=shows(Book, "title")(many=True, read_only=True))  # noqa: N806

    def author(self: Any, book: Any) -> Any:
        return Inner(book.author).data if self.context["request"].query_params else None

    serializer = shown(author, pages=serializers.IntegerField())
    pk = Book.objects.earliest("pk").pk
    answers = compare(viewset(serializer), "patch", pk=pk, data={"pages": 5})
    assert len(answers.planned.queries) == len(answers.plain.queries)


def test_rows_in_chunks_and_rows_that_went() -> None:
    class Books(viewset(shown(in_a_branch))):  # type: ignore[misc]
        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            make = self.get_serializer
            rows = self.get_queryset().iterator(chunk_size=5)
            return Response([make(row).data for row in rows])

        def get_serializer_context(self) -> Any:
            return super().get_serializer_context()

    compare(Books)
    compare(Books, params={"all": "1"})


# What Django's cache of loaded rows answers while it waits


def waiting_books(body: Body = in_a_branch, **declared: Any) -> list[Any]:
    return list(optimize(list(Book.objects.all()), shown(body, **declared), context={"request": None}))


def test_instances_wait_too() -> None:
    with recording() as record:
        books = waiting_books()
        assert len(record.queries) == 1
        assert [len(book.reviews.all()) for book in books] == [book.reviews.order_by().count() for book in books]
    assert len(record.queries) == 2 + len(books)


def test_a_queryset_that_nobody_watches_loads_at_once() -> None:
    with recording() as record:
        rows = optimize(Book.objects.all(), shown(in_a_branch), context={"request": None})
        assert sum(len(book.reviews.all()) for book in rows) == Review.objects.count()
    assert len(record.queries) == 3


def test_nobody_sees_what_is_not_loaded() -> None:
    (book, *_) = waiting_books()

    assert "reviews" not in book._prefetched_objects_cache
    assert list(book._prefetched_objects_cache) == []
    with pytest.raises(KeyError, match="copies"):
        book._prefetched_objects_cache["copies"]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda row: pickle.loads(pickle.dumps(row))])
def test_copies_know_what_is_loaded(copied: Any) -> None:
    first, second, *_ = waiting_books()
    other = copied(first)
    with recording() as record:
        assert len(second.reviews.all()) == second.reviews.order_by().count()
        assert len(other.reviews.all()) == first.reviews.order_by().count()
    expected = 3 if copied is copy.copy else 4  # a shallow copy shares the cache of its original
    assert len(record.queries) == expected
    assert type(pickle.loads(pickle.dumps(second))._prefetched_objects_cache) is dict


def test_a_row_that_was_read_again_waits_no_more() -> None:
    def titles(self: Any, author: Any) -> Any:
        return [book.title for book in author.books.all()] if author.name else None

    first, second, *_ = optimize(list(Author.objects.all()), shown(titles, model=Author))
    first.refresh_from_db()
    with recording() as record:
        for author in (second, first):
            assert len(author.books.all()) == author.books.order_by().count()
    assert len(record.queries) == 3  # one for both lists, which are fresh either way


def test_what_is_made_of_a_list_does_not_load_it() -> None:
    """A queryset is not its rows: what narrows it asks the database as it always did."""

    def narrowed(self: Any, book: Any) -> Any:
        rows = book.reviews.all()
        if self.context["request"].GET:
            return [review.rating for review in rows]
        return [rows.filter(public=True).count(), list(rows.order_by("-id").values_list("id", flat=True))]

    both(shown(narrowed), read=2, unread=1 + 2 * Book.objects.count())


QUERIES: dict[str, Callable[[Any], Any]] = {
    "len": len,
    "bool": bool,
    "list": list,
    "repr": repr,
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "first": lambda rows: rows.first(),
    "last": lambda rows: rows.last(),
    "item": lambda rows: rows[0],
    "slice": lambda rows: list(rows[:2]),
    "in": lambda rows: rows.model() in rows,
    "contains": lambda rows: rows.contains(rows[0]),
    "filter": lambda rows: list(rows.filter(public=True)),
    "values": lambda rows: list(rows.values("rating")),
    "aggregate": lambda rows: rows.aggregate(Max("rating")),
    "iterator": lambda rows: list(rows.iterator()),
    "or": lambda rows: list(rows | rows.filter(public=True)),
    "subquery": lambda rows: list(Book.objects.filter(review__in=rows).distinct()),
    "union": lambda rows: list(rows.order_by().union(rows.order_by()).order_by("id")),
    "copy": lambda rows: list(copy.copy(rows)),
    "deepcopy": lambda rows: list(copy.deepcopy(rows)),
    "pickle": lambda rows: list(pickle.loads(pickle.dumps(rows))),
    "none": lambda rows: list(rows.none()),
    "class": lambda rows: isinstance(rows, QuerySet) and rows.all().__class__,
    "update": lambda rows: rows.update(body="x"),
    "delete": lambda rows: rows.filter(rating__lt=0).delete(),
}


@pytest.mark.parametrize("asked", QUERIES)
def test_a_list_answers_as_a_queryset_that_is_not_loaded(asked: str) -> None:
    for plain, book in zip(Book.objects.filter(review__isnull=False).distinct(), having_reviews(), strict=True):
        assert QUERIES[asked](book.reviews.all()) == QUERIES[asked](plain.reviews.all())


@pytest.mark.parametrize("asked", ["len", "bool", "list", "count", "exists", "first", "item", "slice", "pickle"])
def test_a_list_that_is_looked_at_is_loaded_for_all(asked: str) -> None:
    books = having_reviews()
    with recording() as record:
        for book in books:
            QUERIES[asked](book.reviews.all())
    assert len(record.queries) == 1


def having_reviews() -> list[Any]:
    return [book for book in waiting_books() if Review.objects.filter(book=book).exists()]


def test_a_list_that_was_changed_is_read_again() -> None:
    first, second, *_ = waiting_books()
    first.reviews.create(rating=1, public=True, body="")
    with recording() as record:
        assert len(first.reviews.all()) == Review.objects.filter(book=first).count()
        assert len(second.reviews.all()) == Review.objects.filter(book=second).count()
    assert len(record.queries) == 4


def test_a_list_that_somebody_else_loads() -> None:
    books = waiting_books()
    prefetch_related_objects(books[:1], Prefetch("reviews", Review.objects.none()))
    with recording() as record:
        assert [len(book.reviews.all()) for book in books[:2]] == [0, Review.objects.filter(book=books[1]).count()]
    assert len(record.queries) == 2


def test_a_list_is_loaded_from_the_other_side_of_a_many_to_many() -> None:
    def books(self: Any, genre: Any) -> Any:
        return [book.title for book in genre.books.all()] if self.context["request"].GET else None

    both(shown(books, model=Genre), read=2)


def test_related_rows_of_instances() -> None:
    def names(self: Any, book: Any) -> Any:
        return (book.author.name, book.publisher and str(book.publisher.city)) if book.pages > 9 else None

    books = optimize(list(Book.objects.all()), shown(names), context={"request": None})
    plain = [(book.author.name, book.publisher and str(book.publisher.city)) for book in Book.objects.all()]
    with recording() as record:
        assert [(book.author.name, book.publisher and str(book.publisher.city)) for book in books] == plain
    assert len(record.queries) == 2
    assert type(copy.copy(books[0]._state.fields_cache)) is dict


def test_another_target_is_not_the_one_that_waited() -> None:
    def name(self: Any, book: Any) -> Any:
        return book.author.name if book.pages > 9 else None

    first, second, *_ = optimize(list(Book.objects.all()), shown(name), context={"request": None})
    other = Author.objects.exclude(pk=first.author_id).first()
    assert other is not None
    first.author_id = other.pk
    assert (first.author.name, second.author.name) == (other.name, Author.objects.get(books=second).name)


def test_what_waits_is_forgotten_after_a_write_was_shown() -> None:
    """A handler may change rows after it has shown them."""

    class Books(viewset(shown(in_a_branch))):  # type: ignore[misc]
        def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            book = Book.objects.get(pk=kwargs["pk"])
            before = self.get_serializer(book).data
            Review.objects.create(book=book, rating=1, public=True, body="")
            return Response([before, self.get_serializer(book).data, [each.rating for each in book.reviews.all()]])

    compare(Books, "put", pk=Book.objects.earliest("pk").pk, data={})


def test_a_failure_is_logged_and_rows_are_loaded_one_by_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("failed")

    settings.DRF_AUTOPREFETCH = {}
    books = waiting_books()
    monkeypatch.setattr("drf_autoprefetch.loading.late.prefetch_for", fail)
    with caplog.at_level(logging.ERROR, "drf_autoprefetch"):
        assert [len(book.reviews.all()) for book in books[:2]] == [
            Review.objects.filter(book=book).count() for book in books[:2]
        ]
    assert [record.getMessage() for record in caplog.records] == [
        "No plan for Book.reviews, whose rows are loaded one by one"
    ]

    settings.DRF_AUTOPREFETCH = {"STRICT": True}
    with pytest.raises(RuntimeError, match="failed"):
        len(waiting_books()[0].reviews.all())


def test_third_parties_and_declared_querysets_do_not_wait() -> None:
    class Declared(shown(in_a_branch)):  # type: ignore[misc]
        class Meta:
            model = Book
            fields = ["id", "value"]
            prefetch_hints = {"value": [Prefetch("reviews", Review.objects.filter(public=True))]}

    compare(viewset(shown(in_a_branch), Book.objects.prefetch_related("reviews")), queries=2)
    assert strategies(Declared)["Review."] is Strategy.PREFETCH


def test_explain_says_when(settings: Any) -> None:
    settings.DEBUG = True
    response = answer(view_of(Book, shown(in_a_branch)), data={"explain_prefetch": "1", "format": "json"})
    (node,) = json.loads(response.content)["plan"]["related"]
    assert node["strategy"] == "prefetch when read"
    assert node["why"] == "many rows for each parent; it waits, because it may not be read"
