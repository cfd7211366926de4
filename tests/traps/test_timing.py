"""When a plan is applied: whatever a view does with its queryset before the rows are fetched finds it as it was."""

from __future__ import annotations

import pickle
from datetime import timezone
from typing import Any

import django_filters  # type: ignore[import-untyped]
import pytest
from django.db.models import (
    Avg,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Prefetch,
    QuerySet,
    Subquery,
    prefetch_related_objects,
)
from django.db.models.query import ModelIterable
from django_filters.rest_framework import DjangoFilterBackend  # type: ignore[import-untyped]
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.filters import BaseFilterBackend
from rest_framework.generics import get_object_or_404
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import ModelViewSet

from drf_autoprefetch import autoprefetch_disabled
from tests.testapp.models import Author, Book, Genre, Publisher, Review
from tests.traps.answers import ask, compare, mixed, numbered, shows, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]
pytestmark.append(pytest.mark.filterwarnings("ignore:Calling select_related"))  # deprecated, and still written

AuthorName = shows(Author, "name")
Rating = shows(Review, "rating")
Full = shows(Book, "title", author=AuthorName(), reviews=Rating(many=True))


def first(model: Any) -> Any:
    """Return the key of the row that has all it can have."""
    return model._base_manager.earliest("pk").pk


def good() -> QuerySet[Review]:
    """Return rows for a prefetch."""
    return Review.objects.filter(rating__gte=2)


FILTERS = numbered(
    lambda rows: rows.filter(author__name__gte="Author 1", review__rating__gte=1).distinct(),
    lambda rows: rows.exclude(genres__name="Genre 1").order_by("-author__name", "-id"),
    lambda rows: rows.annotate(n=Count("review")).filter(n__gt=1).order_by("id"),
    lambda rows: rows.annotate(name=F("author__name")).order_by("-name", "id"),
    lambda rows: rows.prefetch_related("reviews"),
    lambda rows: rows.prefetch_related(Prefetch("reviews", good())),
    lambda rows: rows.prefetch_related("reviews__reader", Prefetch("genres", to_attr="kinds")),
    lambda rows: rows.prefetch_related(None),
    lambda rows: rows.select_related("author"),
    lambda rows: rows.select_related("author__city", "publisher"),
    lambda rows: rows.select_related(),
    lambda rows: rows.select_related(None),
    lambda rows: rows.only("title"),
    lambda rows: rows.only("id"),
    lambda rows: rows.only("title", "author__name").select_related("author"),
    lambda rows: rows.defer("summary"),
    lambda rows: rows.defer(None),
    lambda rows: rows.order_by("?").order_by("id"),
    lambda rows: rows.none(),
    lambda rows: rows[1:4],
    lambda rows: rows | rows.filter(pages=0),
    lambda rows: rows & rows.filter(pages__gt=10),
    lambda rows: rows ^ rows.filter(pages__gt=10),
    lambda rows: rows.filter(pages=10) | Book.objects.filter(pages=20),
    lambda rows: Book.objects.filter(pages=20) | rows.filter(pages=10),
    lambda rows: rows.filter(pk__in=rows.filter(pages__gt=10)),
    lambda rows: Book.objects.filter(pk__in=rows),
    lambda rows: rows.filter(Exists(rows.filter(pk=OuterRef("pk")))),
    lambda rows: rows.filter(author__in=Author.objects.filter(books__in=rows)),
    lambda rows: rows.annotate(top=Subquery(rows.order_by("-pages").values("pages")[:1])),
    lambda rows: rows.filter(pages__gt=rows.aggregate(n=Avg("pages"))["n"]),
    lambda rows: rows.alias(n=Count("review")).filter(n=3).order_by("id"),
    lambda rows: rows.using("default"),
    lambda rows: rows.all().all(),
    lambda rows: rows.extra(where=["pages > 10"]),
    lambda rows: rows.filter(title__contains="Book").reverse(),
    lambda rows: rows.order_by("id").distinct(),
)


@pytest.mark.parametrize("change", FILTERS)
def test_a_filter_backend_changes_the_queryset(change: Any) -> None:
    """Trap 54: it filters, annotates, prefetches, joins, narrows, slices, combines, nests."""

    class Changing(BaseFilterBackend):
        def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
            return change(queryset)

    view = viewset(Full, Book.objects.all(), filter_backends=[Changing])
    answers = compare(view)
    assert len(answers.planned.queries) <= 3


@pytest.mark.parametrize("change", FILTERS)
def test_a_handler_changes_the_queryset(change: Any) -> None:
    """Trap 54: the same in an overridden `list`, between filtering and showing."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            rows = change(self.filter_queryset(self.get_queryset()))
            return Response(self.get_serializer(rows, many=True).data)

    compare(Books)


@pytest.mark.parametrize("change", FILTERS)
def test_an_overridden_get_queryset_changes_what_the_mixin_gave(change: Any) -> None:
    """Trap 54: the same after `super().get_queryset()`."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

        def get_queryset(self) -> Any:
            return change(super().get_queryset())

    answers = compare(Books)
    assert len(answers.planned.queries) <= 3


@pytest.mark.parametrize(
    "asked",
    numbered(
        lambda rows: rows.count(),
        lambda rows: rows.exists(),
        lambda rows: rows.contains(Book(pk=1)),
        lambda rows: rows.aggregate(Max("pages"), Count("id")),
        lambda rows: list(rows.values("title")),
        lambda rows: list(rows.values_list("title", "author__name")),
        lambda rows: list(rows.values_list("title", flat=True)),
        lambda rows: [row.title for row in rows.values_list("title", named=True)],
        lambda rows: [str(day) for day in rows.dates("created", "day")],
        lambda rows: [str(day) for day in rows.datetimes("created", "day", tzinfo=timezone.utc)],
        lambda rows: [book.pk for book in rows.iterator()],
        lambda rows: [book.title for book in rows.iterator(chunk_size=2)],
        lambda rows: sorted(rows.in_bulk()),
        lambda rows: sorted(rows.in_bulk(["9780000000000"], field_name="isbn")),
        lambda rows: [rows.first().title, rows.last().title, rows.earliest("pages").title, rows.latest("id").title],
        lambda rows: rows.get(pages=10).title,
        lambda rows: [rows[0].title, rows[2:4][0].title, len(rows[1:])],
        lambda rows: rows.update(pages=F("pages") + 1),
        lambda rows: rows.filter(pages=10).delete(),
        lambda rows: rows.bulk_update(list(rows.all()), ["title"]),
        lambda rows: rows.explain() and "plan",
        lambda rows: bool(rows) and len(rows),
        lambda rows: [book.title for book in rows.raw("select * from testapp_book order by id")],
        lambda rows: len(rows.order_by().union(rows.order_by().filter(pages=0))),
        lambda rows: rows.order_by().union(rows.order_by().filter(pages=0)).count(),
        lambda rows: [book.title for book in pickle.loads(pickle.dumps(rows))],
        lambda rows: list(rows.values("status").annotate(n=Count("id")).order_by("status")),
        lambda rows: rows.filter(pages__in=rows.values("pages")).count(),
        lambda rows: [author.name for author in Author.objects.filter(books__in=rows).distinct()],
        lambda rows: [book.title for book in rows if book.author.name],
        lambda rows: [review.rating for book in rows for review in book.reviews.all()],
        lambda rows: rows.get_or_create(isbn="9780000000000")[1],
        lambda rows: rows.select_for_update().filter(pages=10).count(),
        lambda rows: [book.title for book in rows.select_for_update().filter(pages=10)],
    ),
)
def test_a_handler_asks_the_queryset_something_else(asked: Any) -> None:
    """Trap 54: and answers that, by its own hand, beside what the serializer shows."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

        @action(detail=False, methods=["get", "post"])
        def something(self, request: Request) -> Response:
            return Response({"found": str(asked(self.filter_queryset(self.get_queryset())))})

        @action(detail=False, methods=["get", "post"])
        def both(self, request: Request) -> Response:
            found = asked(self.filter_queryset(self.get_queryset()))
            rows = self.get_serializer(self.get_queryset(), many=True).data
            return Response({"found": str(found), "rows": rows})

    for name in ("something", "both"):
        compare(Books, action=name)
        compare(Books, "post", action=name)


def test_counting_and_testing_meet_no_plan():
    """Trap 54: `count()` and `exists()` of what `get_queryset()` returned are as lean as the developer's."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            rows = self.filter_queryset(self.get_queryset())
            return Response([rows.count(), rows.exists(), rows.aggregate(n=Max("pages")), list(rows.values("id"))])

    answers = compare(Books, queries=4)
    assert answers.planned.queries == answers.plain.queries


def test_a_pickled_queryset_of_rows():
    """Trap 54: pickled with its rows, and as a query to be run again."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            rows = self.filter_queryset(self.get_queryset())
            again = rows.model.objects.all()
            again.query = pickle.loads(pickle.dumps(rows.query))
            found = pickle.loads(pickle.dumps(rows))
            return Response(self.get_serializer([*found, *again], many=True).data)

    compare(Books)


def test_a_cached_page_of_instances():
    """Trap 54: instances are pickled into a cache and shown from there."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full
        pagination_class = type("Pages", (PageNumberPagination,), {"page_size": 3})

        def paginate_queryset(self, queryset: Any) -> Any:
            return pickle.loads(pickle.dumps(super().paginate_queryset(queryset)))

    compare(Books)


def test_get_object_of_their_own():
    """Trap 54: by another key, from a queryset of its own, or a new object altogether."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

        def get_object(self) -> Any:
            how, rows = self.request.query_params.get("how"), self.get_queryset()
            ways: dict[Any, Any] = {
                None: lambda: get_object_or_404(rows, pk=self.kwargs["pk"]),
                "first": lambda: rows.filter(pages__gt=10).first(),
                "own": lambda: Book.objects.get(pk=self.kwargs["pk"]),
                "loop": lambda: next(book for book in rows if book.pk == self.kwargs["pk"]),
                "in_bulk": lambda: rows.in_bulk([self.kwargs["pk"]])[self.kwargs["pk"]],
                "only": lambda: rows.only("title").get(pk=self.kwargs["pk"]),
                "joined": lambda: rows.select_related("author").get(pk=self.kwargs["pk"]),
            }
            return ways[how]()

    for how in (None, "first", "own", "loop", "in_bulk", "only", "joined"):
        compare(Books, pk=first(Book), params={"how": how} if how else {})


def test_a_serializer_class_that_asks_for_the_queryset():
    """Trap 53: asked from within `get_queryset()` it would recurse."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()

        def get_serializer_class(self) -> Any:
            rows = self.get_queryset()
            return Full if rows.filter(pages__gt=10).exists() and rows.first() else shows(rows.model, "title")

    compare(Books)
    compare(Books, pk=first(Book))


def test_a_serializer_class_that_asks_for_the_object():
    """Trap 53: the object itself decides how it is shown."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()

        def get_serializer_class(self) -> Any:
            return Full if self.action == "list" or self.get_object().pages > 10 else shows(Book, "title", "summary")

    for pk in Book.objects.values_list("pk", flat=True)[:4]:
        compare(Books, pk=pk)
    compare(Books)


def test_a_serializer_context_that_asks_for_rows():
    """Trap 53: `get_serializer_context()` counts, loads and looks up."""

    class Shown(serializers.ModelSerializer[Book]):
        total = serializers.SerializerMethodField()
        author = AuthorName()

        class Meta:
            model = Book
            fields = ["title", "total", "author"]

        def get_total(self, book: Any) -> int:
            return int(self.context["total"])

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Shown

        def get_serializer_context(self) -> dict[str, Any]:
            total = sum(book.pages for book in self.filter_queryset(self.get_queryset()))
            if self.detail:
                total += self.get_object().pages
            return {**super().get_serializer_context(), "total": total}

    compare(Books)
    compare(Books, pk=first(Book))


def test_get_queryset_that_asks_for_the_serializer():
    """Trap 53: the other way round: the developer optimizes by hand, by the fields of the serializer."""

    class Books(ModelViewSet[Book]):
        serializer_class = Full

        def get_queryset(self) -> QuerySet[Book]:
            serializer: Any = self.get_serializer()
            fields = serializer.fields
            rows = Book.objects.all()
            return rows.select_related("author") if "author" in fields else rows

    compare(Books, queries=2)
    compare(Books, pk=first(Book), queries=2)


def test_rows_evaluated_in_get_queryset_stay_what_they_are():
    """Trap 54: a queryset that has its rows takes no plan."""

    class Books(ModelViewSet[Book]):
        serializer_class = Full
        filter_backends: Any = []

        def get_queryset(self) -> QuerySet[Book]:
            rows = Book.objects.all()
            assert len(rows)
            return rows

    compare(Books)


def test_a_queryset_of_another_model_in_the_same_request():
    """Trap 54: what the view asks besides is nobody's business."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            authors = [author.biography for author in Author.objects.filter(books__in=self.get_queryset())]
            found = super().list(request, *args, **kwargs).data
            return Response([found, authors, [str(publisher) for publisher in Publisher.objects.all()]])

    compare(Books)


def test_rows_of_one_view_shown_by_another():
    """Trap 54: an action hands its queryset to a second view, and rows outlive their request."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = shows(Book, "title")

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            other = Others(queryset=self.get_queryset(), request=request, format_kwarg=None, action="list")
            return Response(other.get_serializer(other.get_queryset(), many=True).data)

    class Others(ModelViewSet[Book]):
        serializer_class = Full

    compare(Books)
    with mixed(Books):
        view = Books(request=Request(APIRequestFactory().get("/")), format_kwarg=None, action="list")
        rows = view.get_queryset()
        view.request = None  # type: ignore[assignment]
        assert [book.summary for book in rows] == [book.summary for book in Book.objects.all()]


def test_switched_off_for_a_block():
    """Trap 54: inside the block the queryset is as it was, whoever made it."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            with autoprefetch_disabled():
                return super().list(request, *args, **kwargs)

    answers = compare(Books)
    assert answers.planned.queries == answers.plain.queries


def test_a_request_with_another_database():
    """Trap 54: `using()` after `get_queryset()`; no row of this database shows in that one's answer."""
    view = viewset(Full, Book.objects.using("default"))
    with mixed(view):
        assert len(ask(view).json) == Book.objects.count()


def give(rows: Any, **values: Any) -> None:
    """Set attributes of each row."""
    for row in rows:
        for name, value in values.items():
            setattr(row, name, value)


def rename(rows: Any) -> None:
    """Put two columns into one."""
    for row in rows:
        row.title += row.summary


def shown_with(act: Any) -> Any:
    """Return a view whose `list` and `retrieve` do something to their rows before they show them."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            rows = list(self.filter_queryset(self.get_queryset()))
            act(rows)
            return Response(self.get_serializer(rows, many=True).data)

        def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            book = self.get_object()
            act([book])
            return Response(self.get_serializer(book).data)

    return Books


@pytest.mark.parametrize(
    "act",
    numbered(
        lambda rows: prefetch_related_objects(rows, "reviews", "genres__related"),
        lambda rows: prefetch_related_objects(rows, "author__city", "reviews__reader"),
        lambda rows: prefetch_related_objects(rows, Prefetch("reviews", good())),
        lambda rows: prefetch_related_objects(rows, Prefetch("author", Author.objects.only("name"))),
        lambda rows: prefetch_related_objects(rows, Prefetch("reviews", good(), to_attr="good")),
        lambda rows: [Review.objects.create(book=row, rating=7, public=True, body="") for row in rows],
        lambda rows: [row.reviews.create(rating=7, public=True, body="") for row in rows],
        lambda rows: [row.reviews.all().delete() for row in rows],
        lambda rows: [row.reviews.update(rating=8) for row in rows],
        lambda rows: Review.objects.update(rating=8),
        lambda rows: Author.objects.update(name="changed"),
        lambda rows: give(rows, author=Author.objects.latest("pk")),
        lambda rows: give(rows, author_id=Author.objects.latest("pk").pk),
        lambda rows: rename(rows),
        lambda rows: [row.save() for row in rows],
        lambda rows: rows.sort(key=lambda row: (row.published is None, row.author.email, -row.pk)),
    ),
)
def test_a_handler_does_something_to_its_rows(act: Any) -> None:
    """Trap 54: what is loaded by plan must not hide what the handler loads, adds or changes by itself."""
    view = shown_with(act)
    compare(view)
    compare(view, pk=first(Book))


def test_rows_shown_before_and_after_a_change():
    """Traps 35 and 54: an action shows what was and what is."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

        @action(detail=True, methods=["get", "post"])
        def rate(self, request: Request, pk: Any) -> Response:
            book = self.get_object()
            before = self.get_serializer(book).data
            Review.objects.create(book=book, rating=7, public=True, body="")
            book.author = Author.objects.latest("pk")
            return Response([before, self.get_serializer(book).data])

    for method in ("post", "get"):
        answers = compare(Books, method, action="rate", pk=first(Book))
        before, after = answers.planned.json
        assert len(after["reviews"]) == len(before["reviews"]) + 1


def test_rows_kept_for_an_audit():
    """Traps 35 and 54: `perform_update` notes what was, and the response shows what is."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = shows(
            Book, "title", author=AuthorName(read_only=True), reviews=Rating(many=True, read_only=True)
        )

        def perform_update(self, serializer: Any) -> None:
            before = self.get_serializer(serializer.instance).data
            Review.objects.create(book=serializer.instance, rating=len(before["reviews"]), public=True, body="")
            serializer.save(subtitle=str(len(before["reviews"])))

    compare(Books, "patch", pk=first(Book), data={"title": "New"})


class Shouting(ModelIterable):  # type: ignore[type-arg]
    """Changes the rows it builds."""

    def __iter__(self) -> Any:
        for row in super().__iter__():
            row.title = row.title.upper()
            yield row


class OwnIterable(QuerySet[Any]):
    """Builds its rows by itself, as packages for inheritance do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._iterable_class = Shouting


class OwnFetching(QuerySet[Any]):
    """Touches its rows when they are there, as packages for polymorphism and translation do."""

    def _fetch_all(self) -> None:
        fresh = self._result_cache is None
        super()._fetch_all()
        for row in self if fresh else ():
            if isinstance(row, Book):
                row.title = f"{row.title} on {row.pages} pages"


class OwnClone(QuerySet[Any]):
    """Keeps something of its own through clones."""

    mark = ""

    def _clone(self) -> Any:
        clone = super()._clone()  # type: ignore[misc]
        clone.mark = self.mark + "."
        return clone

    def iterator(self, *args: Any, **kwargs: Any) -> Any:
        return super().iterator(*args, **{"chunk_size": 2, **kwargs})


@pytest.mark.parametrize("cls", [OwnIterable, OwnFetching, OwnClone])
def test_a_queryset_class_of_their_own(cls: Any) -> None:
    """Area 3: it builds, fetches or clones in its own manner."""
    view = viewset(Full, cls(Book))
    compare(view)
    compare(view, pk=first(Book))
    rows = Author.objects.prefetch_related(Prefetch("books", cls(Book)))
    compare(viewset(shows(Author, "name", books=Full(many=True)), rows))


def test_a_raw_queryset():
    """Trap 34: rows of SQL by hand."""

    class Books(ModelViewSet[Book]):
        serializer_class = Full
        filter_backends: Any = []

        def get_queryset(self) -> Any:
            return Book.objects.raw("SELECT * FROM testapp_book ORDER BY id")

    compare(Books)


def test_django_filter():
    """Trap 54: a real filter backend, over relations, with a method and an ordering."""

    class Filter(django_filters.FilterSet):  # type: ignore[misc]
        writer = django_filters.CharFilter(field_name="author__name")
        rated = django_filters.NumberFilter(method="with_rating")
        order = django_filters.OrderingFilter(fields=["title", "author__name", "id"])

        class Meta:
            model = Book
            fields = ["pages", "genres", "author__city"]

        def with_rating(self, queryset: Any, name: str, value: Any) -> Any:
            return queryset.filter(reviews_n__gte=value)

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.annotate(reviews_n=Count("review")).order_by("id")
        serializer_class = Full
        filter_backends = [DjangoFilterBackend]
        filterset_class = Filter

    genre = first(Genre)
    for params in (
        {},
        {"writer": "Author 0"},
        {"rated": 2},
        {"order": "-author__name,id"},
        {"genres": genre, "pages": 0},
    ):
        answers = compare(Books, params=params)
        assert len(answers.planned.queries) <= 3
    assert compare(Books, params={"genres": "none"}).planned.status == 400
