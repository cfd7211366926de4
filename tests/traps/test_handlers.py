"""Handlers of the view's own: read like any body, so that their rows come with what they and the serializer need."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Count, F
from django.shortcuts import get_object_or_404 as django_get_or_404
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import ListAPIView, RetrieveAPIView, get_object_or_404
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from tests.recording import selected_columns
from tests.testapp.models import Author, Book, Publisher, Review
from tests.traps.answers import compare, shows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parcels")]

Named = shows(Author, "name")
Reviewed = shows(Review, "rating")
Shown = shows(Book, "title", author=Named(), reviews=Reviewed(many=True))
Short = shows(Book, "isbn", publisher=serializers.CharField(source="publisher.name", default=None))


class Pages(PageNumberPagination):
    page_size = 3


def load(view: Any) -> Book:
    book: Book = view.get_object()
    return book


class Books(ModelViewSet[Book]):
    queryset = Book.objects.all()
    serializer_class = Shown
    pagination_class = Pages

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """As in DRF, with something more."""
        queryset = self.filter_queryset(self.get_queryset())
        page = self.paginate_queryset(queryset) or []
        response = self.get_paginated_response(self.get_serializer(page, many=True).data)
        response.data["pages"] = sum(book.pages for book in page)
        return response

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        book = self.get_object()
        data = self.get_serializer(book).data
        return Response({**data, "publisher": book.publisher.name if book.publisher else None})

    @action(detail=False)
    def recent(self, request: Request) -> Response:
        return Response(self.get_serializer(self.get_queryset().order_by("-pk")[:3], many=True).data)

    @action(detail=False)
    def above(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().list(request, *args, **kwargs)
        response.data["more"] = True
        return response

    @action(detail=False)
    def grouped(self, request: Request) -> Response:
        found: dict[str, Any] = {}
        for book in self.filter_queryset(self.get_queryset()):
            found.setdefault(book.status, []).append(self.get_serializer(book).data)
        return Response(found)

    @action(detail=False)
    def titles(self, request: Request) -> Response:
        return Response([book.title for book in self.get_queryset()])

    @action(detail=False)
    def counted(self, request: Request) -> Response:
        rows = self.get_queryset().annotate(n=Count("review"))
        return Response([[book.n, book.author.email] for book in rows.order_by("pk")])

    @action(detail=False)
    def twice(self, request: Request) -> Response:
        first = [[review.rating for review in book.reviews.all()] for book in self.get_queryset()[:2]]
        return Response([first, Short(self.get_queryset(), many=True).data])

    @action(detail=True)
    def other(self, request: Request, pk: Any = None) -> Response:
        return Response(Short(self.get_object(), context=self.get_serializer_context()).data)

    @action(detail=True)
    def chosen(self, request: Request, pk: Any = None) -> Response:
        return Response(self.get_serializer_class()(self.get_object()).data)

    @action(detail=True)
    def helped(self, request: Request, pk: Any = None) -> Response:
        return Response([load(self).isbn, self.get_serializer(instance=load(self)).data])

    @action(detail=True)
    def found(self, request: Request, pk: Any = None) -> Response:
        book = get_object_or_404(self.get_queryset(), pk=pk)
        self.check_object_permissions(request, book)
        return Response(self.get_serializer(book).data)

    @action(detail=True)
    def found_by_django(self, request: Request, pk: Any = None) -> Response:
        return Response(self.get_serializer(django_get_or_404(self.get_queryset(), pk=pk)).data)

    @action(detail=True)
    def shouted(self, request: Request, pk: Any = None) -> Response:
        book = self.get_object()
        book.title = book.title.upper()
        book.author = book.editor or book.author
        return Response(self.get_serializer(book).data)

    @action(detail=True)
    def lists(self, request: Request, pk: Any = None) -> Response:
        book = self.get_object()
        data = self.get_serializer(book).data if len(book.reviews.all()) > 100 else None
        return Response([data, book.reviews.filter(public=True).count()])

    @action(detail=True)
    def early(self, request: Request, pk: Any = None) -> Response:
        book = self.get_object()
        if book.pages >= 0:
            return Response({"detail": "enough"})
        return Response(self.get_serializer(book).data)

    @action(detail=False)
    def keyed(self, request: Request) -> Response:
        return Response({key: book.summary for key, book in self.get_queryset().in_bulk().items()})

    @action(detail=True)
    def kept(self, request: Request, pk: Any = None) -> Response:
        self.object = self.get_object()
        return Response(self._summary())

    def _summary(self) -> str:
        return f"{self.object.summary} {self.object.author.biography}"

    @action(detail=True)
    def one_of_one(self, request: Request, pk: Any = None) -> Response:
        return Response([self.get_object().title, self.get_object().author.name])


@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("list", 3),  # the count, the page with its authors, their reviews
        ("recent", 2),
        ("above", 3),
        ("grouped", None),
        ("titles", 1),
        ("counted", 1),
        ("twice", None),
        ("keyed", 1),
    ],
)
def test_a_handler_of_lists(name: str, queries: int | None) -> None:
    """Trap 50: the expert's number of queries where a method of the view's own stands between."""
    compare(Books, action=name, queries=queries)


@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("retrieve", 2),
        ("other", 1),
        ("chosen", 2),
        ("helped", 3),
        ("found", 2),
        ("found_by_django", 2),
        ("shouted", None),
        ("lists", None),
        ("early", 1),
        ("kept", None),
        ("one_of_one", 2),
    ],
)
def test_a_handler_of_one_row(name: str, queries: int | None) -> None:
    """Trap 50: and no query for what it may never come to."""
    for book in Book.objects.all()[:3]:
        compare(Books, action=name, pk=book.pk, queries=queries)


def test_a_handler_gets_the_columns_that_it_and_the_serializer_read() -> None:
    """Trap 9: and no others."""
    listed = compare(Books, action="list")
    assert listed.planned.columns(Book) == {"id", "title", "pages", "author_id"}
    assert compare(Books, action="titles").planned.columns(Book) == {"id", "title"}


def test_views_with_a_list_or_retrieve_of_their_own() -> None:
    """Trap 50: `get()` of DRF's generic views calls them."""

    class Listed(ListAPIView[Book]):
        queryset = Book.objects.all()
        serializer_class = Shown

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            return Response(self.get_serializer(list(self.get_queryset()), many=True).data)

    class Retrieved(RetrieveAPIView[Book]):
        queryset = Book.objects.all()
        serializer_class = Shown

        def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            return Response(self.get_serializer(self.get_object()).data)

    compare(Listed, queries=2)
    answers = compare(Retrieved, pk=Book.objects.all()[0].pk, queries=2)
    assert answers.planned.columns(Book) == {"id", "title", "author_id"}


class Thick(BasePermission):
    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        return bool(obj.pages >= 0 and obj.editor_id != 0)


def test_a_handler_of_lists_that_checks_permissions_of_a_row() -> None:
    """Trap 9: what they read is not deferred."""

    class Checked(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Shown
        permission_classes = [Thick]

        @action(detail=False)
        def latest(self, request: Request) -> Response:
            rows = list(self.get_queryset()[:3])
            for book in rows:
                self.check_object_permissions(request, book)
            return Response(self.get_serializer(rows, many=True).data)

    answers = compare(Checked, action="latest", queries=2)
    assert answers.planned.columns(Book) == {"id", "title", "pages", "author_id", "editor_id"}


class Writing(ModelViewSet[Book]):
    """Each action changes something between fetching a row and showing it."""

    queryset = Book.objects.all()
    serializer_class = Shown

    @action(detail=True)
    def saves(self, request: Request, pk: Any = None) -> Response:
        book = self.get_object()
        book.pages += 1
        book.save()
        return Response(self.get_serializer(book).data)

    @action(detail=True)
    def renames(self, request: Request, pk: Any = None) -> Response:
        book = self.get_object()
        Author.objects.filter(pk=book.author_id).update(name="Another")
        return Response(self.get_serializer(book).data)

    @action(detail=True)
    def renames_elsewhere(self, request: Request, pk: Any = None) -> Response:
        book = self.get_object()
        self._rename(book.author_id)
        return Response(self.get_serializer(book).data)

    def _rename(self, pk: Any) -> None:
        Author.objects.filter(pk=pk).update(name="Another")

    @action(detail=True)
    def adds(self, request: Request, pk: Any = None) -> Response:
        book = self.get_object()
        before = self.get_serializer(book).data
        book.reviews.create(rating=5, public=True, body="good")
        return Response([before, self.get_serializer(book).data])

    @action(detail=True)
    def removes(self, request: Request, pk: Any = None) -> Response:
        book = self.get_object()
        book.reviews.all().delete()
        return Response(self.get_serializer(book).data)

    @action(detail=False)
    def counts(self, request: Request) -> Response:
        rows = list(self.get_queryset())
        self.get_queryset().update(pages=F("pages") + 1)
        return Response([[row.pages for row in rows], self.get_serializer(self.get_queryset(), many=True).data])

    @action(detail=True)
    def saves_related(self, request: Request, pk: Any = None) -> Response:
        book = self.get_object()
        author = Author.objects.get(pk=book.author_id)
        author.name = "Another"
        author.save()
        return Response(self.get_serializer(book).data)

    @action(detail=True)
    def changes_the_key(self, request: Request, pk: Any = None) -> Response:
        book = self.get_object()
        book.author_id = Author.objects.exclude(pk=book.author_id)[0].pk
        book.publisher = Publisher.objects.last()
        return Response(self.get_serializer(book).data)


@pytest.mark.parametrize("name", sorted(each.__name__ for each in Writing.get_extra_actions()))
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_handler_that_changes_what_it_shows(name: str, method: str) -> None:
    """Trap 12: the response is as fresh as without us."""
    pk: dict[str, Any] = {} if name == "counts" else {"pk": Book.objects.all()[0].pk}
    compare(Writing, method, action=name, **pk)


def test_a_handler_that_names_its_columns_gets_those() -> None:
    """Trap 9: the rows that it picks keys from are not those that it shows."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = shows(Book, "title", "pages", author=shows(Author, "name")())

        def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            keys = [book.pk for book in self.filter_queryset(Book.objects.only("id"))]
            rows = {book.pk: self.get_serializer(book).data for book in self.get_queryset().filter(pk__in=keys)}
            return Response([rows[key] for key in keys])

    answers = compare(Books, queries=2)
    assert selected_columns(answers.planned.queries[0]) == selected_columns(answers.plain.queries[0])


def test_rows_with_named_columns_that_are_shown_after_all() -> None:
    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = shows(
            Book, "title", author=shows(Author, "name")(), reviews=shows(Review, "rating")(many=True)
        )

        def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            rows = list(self.filter_queryset(Book.objects.only("title", "author")))
            return Response(self.get_serializer(rows, many=True).data)

    compare(Books, queries=3)


class OneByOne(ModelViewSet[Book]):
    """Shows its rows one at a time, each by a serializer of its own or all by one."""

    queryset = Book.objects.all()
    serializer_class = Shown

    @action(detail=True)
    def single(self, request: Request, pk: Any = None) -> Response:
        return Response(self.get_serializer().to_representation(self.get_object()))

    @action(detail=False)
    def by_one(self, request: Request) -> Response:
        serializer = self.get_serializer()
        return Response([serializer.to_representation(row) for row in self.get_queryset()])

    @action(detail=False)
    def by_class(self, request: Request) -> Response:
        serializer = self.get_serializer_class()(context=self.get_serializer_context())
        return Response([serializer.to_representation(row) for row in self.filter_queryset(self.get_queryset())])

    @action(detail=False)
    def by_each(self, request: Request) -> Response:
        return Response([self.get_serializer(row).data for row in self.filter_queryset(self.get_queryset())])


@pytest.mark.parametrize("name", ["by_one", "by_class", "by_each"])
def test_rows_that_are_shown_one_at_a_time(name: str) -> None:
    """Trap 50: the first of them has the lists of all loaded."""
    compare(OneByOne, action=name, queries=2)


def test_a_row_that_is_shown_by_hand() -> None:
    """Trap 50: the view's serializer, whoever calls it."""
    answers = compare(OneByOne, action="single", pk=Book.objects.earliest("pk").pk, queries=2)
    assert answers.planned.columns(Book) == {"id", "title", "author_id"}


def test_another_row_than_the_view_s_goes_out_of_sight() -> None:
    class Named_(serializers.Serializer[Any]):  # noqa: N801
        name = serializers.CharField()
        email = serializers.CharField()

    class Books_(ModelViewSet[Book]):  # noqa: N801
        queryset = Book.objects.all()
        serializer_class = Named_

        @action(detail=False)
        def authors(self, request: Request) -> Response:
            serializer: Any = self.get_serializer()
            return Response([serializer.to_representation(row.author) for row in self.get_queryset()])

    compare(Books_, action="authors", queries=1)


class Summaries(ModelViewSet[Book]):
    """Answers what no serializer of the view's shows."""

    queryset = Book.objects.all()
    serializer_class = Short

    @action(detail=False)
    def stars(self, request: Request) -> Response:
        return Response([[book.title, sum(review.rating for review in book.reviews.all())] for book in self.rows()])

    @action(detail=False)
    def counts(self, request: Request) -> Response:
        return Response({book.title: book.reviews.count() for book in self.rows()})

    @action(detail=False)
    def grouped(self, request: Request) -> Response:
        found: dict[int, list[Any]] = {}
        for book in self.rows():
            found.setdefault(book.pages, []).append(Whole(book).data)
        return Response(found)

    @action(detail=False)
    def unread(self, request: Request) -> Response:
        return Response([book.title if book.pages >= 0 else book.reviews.count() for book in self.rows()])

    @action(detail=True)
    def one(self, request: Request, pk: Any = None) -> Response:
        return Response(Whole(self.get_object()).data)

    def rows(self) -> Any:
        return self.filter_queryset(self.get_queryset())


Whole = shows(
    Book,
    "title",
    reviews=shows(Review, "rating", reader=serializers.CharField(source="reader.name", default=""))(many=True),
)


@pytest.mark.parametrize(("name", "queries"), [("stars", 2), ("counts", 2), ("grouped", 2), ("unread", 1)])
def test_lists_that_a_handler_reads_by_itself_are_loaded_for_all_rows(name: str, queries: int) -> None:
    """And no query for those that it does not come to."""
    compare(Summaries, action=name, queries=queries)


def test_a_handler_that_shows_one_row_by_another_serializer_gets_what_that_shows():
    answers = compare(Summaries, action="one", pk=Book.objects.filter(review__reader__isnull=False)[0].pk, queries=2)
    assert "body" not in answers.planned.columns(Review)
