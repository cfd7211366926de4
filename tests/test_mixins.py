"""The mixin, as views use it."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.test import override_settings
from rest_framework import generics, serializers
from rest_framework.decorators import action
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.pagination import CursorPagination, LimitOffsetPagination, PageNumberPagination
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from drf_autoprefetch import AutoPrefetchMixin, autoprefetch_disabled, prefetch_hint
from drf_autoprefetch.exceptions import HintError
from tests.examples import ModelSerializer, answer, shows, view_of
from tests.testapp.models import Author, Book, City, Review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

SHOWN = shows(Book, "title", author=shows(Author, "name")(), reviews=shows(Review, "rating")(many=True))
PLAIN_QUERIES = 17
"""Of a list of eight books: the books, and for each its author and its reviews."""


class Naive:
    """Stands where the mixin would."""


def pair(serializer: Any = SHOWN, base: Any = ReadOnlyModelViewSet, **attributes: Any) -> tuple[type, type]:
    """Make the same view with the mixin and without."""
    planned = view_of(Book, serializer, bases=(AutoPrefetchMixin, base), **attributes)
    return planned, view_of(Book, serializer, bases=(Naive, base), **attributes)


@pytest.fixture
def check(django_assert_num_queries):
    """Return a function that asks both views and compares: same bytes, and so many queries with the mixin."""

    def check(views: tuple[type, type], action: str = "list", *, queries: int, **how: Any) -> Any:
        planned, plain = views
        expected = answer(plain, action, **dict(how))
        with django_assert_num_queries(queries):
            response = answer(planned, action, **dict(how))
        assert (response.status_code, response.content) == (expected.status_code, expected.content)
        assert response.status_code == 200
        return json.loads(response.content)

    return check


def first() -> Book:
    book = Book.objects.first()
    assert book is not None
    return book


def test_a_list_takes_a_query_for_each_level(check):
    assert len(check(pair(), queries=2)) == 8


def test_without_the_mixin_it_takes_many(django_assert_num_queries):
    with django_assert_num_queries(PLAIN_QUERIES):
        answer(pair()[1])


def test_an_object_takes_a_query_for_each_level(check):
    assert check(pair(), "retrieve", queries=2, pk=first().pk)["title"] == "Book 0"


def test_only_what_is_shown_is_selected(django_assert_num_queries):
    with django_assert_num_queries(2) as queries:
        answer(pair()[0])

    assert [name for name in ("summary", "isbn", "biography", "body") if name in str(queries.captured_queries)] == []


def test_an_object_that_does_not_exist_is_not_found():
    assert [answer(view, "retrieve", pk=0).status_code for view in pair()] == [404, 404]


class Own(GenericViewSet[Any]):
    """Extra actions of a project."""

    @action(detail=False)
    def recent(self, request: Any) -> Any:
        rows = self.filter_queryset(self.get_queryset()).order_by("-id")[:3]
        return Response(self.get_serializer(rows, many=True).data)

    @action(detail=True)
    def shown(self, request: Any, pk: Any) -> Any:
        return Response(self.get_serializer(self.get_object()).data)

    @action(detail=False)
    def titles(self, request: Any) -> Any:
        return Response([row.summary for row in self.get_queryset()])

    @action(detail=False, auto_prefetch=False)
    def off(self, request: Any) -> Any:
        return Response(self.get_serializer(self.get_queryset(), many=True).data)


def test_extra_actions_are_planned_where_they_show_the_serializer(check):
    assert [row["title"] for row in check(pair(base=Own), "recent", queries=2)] == ["Book 7", "Book 6", "Book 5"]
    assert check(pair(base=Own), "shown", queries=2, pk=first().pk)["title"] == "Book 0"


def test_an_action_that_shows_no_serializer_is_left_alone(check):
    assert len(check(pair(base=Own), "titles", queries=1)) == 8


def test_one_action_can_be_switched_off():
    view = pair(base=Own)[0]
    assert isinstance(view, type)
    off = view.as_view({"get": "off"}, **view.off.kwargs)  # type: ignore[attr-defined]
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from rest_framework.test import APIRequestFactory

    with CaptureQueriesContext(connection) as queries:
        assert len(off(APIRequestFactory().get("/")).data) == 8
    assert len(queries) == PLAIN_QUERIES


@pytest.mark.parametrize("base", [generics.ListAPIView, generics.ListCreateAPIView])
def test_views_of_lists_are_planned(check, base):
    assert len(check(pair(base=base), "", queries=2)) == 8


@pytest.mark.parametrize(
    "base",
    [
        generics.RetrieveAPIView,
        generics.RetrieveUpdateAPIView,
        generics.RetrieveDestroyAPIView,
        generics.RetrieveUpdateDestroyAPIView,
    ],
)
def test_views_of_objects_are_planned(check, base):
    assert check(pair(base=base), "", queries=2, pk=first().pk)["title"] == "Book 0"


def test_a_queryset_of_the_views_own_is_planned_too(check):
    def get_queryset(self: Any) -> Any:
        return Book.objects.filter(pages__gt=20)

    assert len(check(pair(get_queryset=get_queryset), queries=2)) == 5


def test_a_queryset_of_the_views_own_is_planned_where_a_handler_uses_nothing_else(check):
    class Handled(ReadOnlyModelViewSet[Any]):
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            return Response(self.get_serializer(self.get_queryset(), many=True).data)

        def get_queryset(self) -> Any:
            return Book.objects.all()

    data = check(pair(base=Handled), queries=2)

    assert len(data) == 8


@pytest.mark.parametrize("own", [False, True])
def test_what_stands_on_the_view_itself_is_called(check, own):
    """Whoever makes views may put another method on one of them, before the mixin has its say."""

    class Set(ReadOnlyModelViewSet[Any]):
        def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
            self.get_queryset = lambda: Book.objects.filter(pages__gt=20)  # type: ignore[method-assign]
            super().initial(request, *args, **kwargs)

    plain: dict[str, Any] = {"get_queryset": lambda self: Book.objects.none()} if own else {}

    assert len(check(pair(base=type("Mixed", (Set,), plain)), queries=2)) == 5


def test_a_manager_is_a_queryset(check):
    def get_queryset(self: Any) -> Any:
        return Book.objects

    assert len(check(pair(base=generics.ListAPIView, get_queryset=get_queryset), "", queries=2)) == 8


def test_a_list_of_rows_is_loaded_when_it_is_shown(check):
    def get_queryset(self: Any) -> Any:
        return list(Book.objects.all())

    assert len(check(pair(get_queryset=get_queryset), queries=3)) == 8


class Pages(PageNumberPagination):
    page_size = 3


class Offsets(LimitOffsetPagination):
    default_limit = 3


class Cursor(CursorPagination):
    page_size = 3
    ordering = ("-published", "id")


@pytest.mark.parametrize(
    ("paginator", "queries"), [(Pages, 3), (Offsets, 3), (Cursor, 2)], ids=["pages", "offsets", "cursor"]
)
def test_pages_are_planned(check, paginator, queries):
    assert len(check(pair(pagination_class=paginator), queries=queries)["results"]) == 3


def test_the_count_of_a_page_carries_nothing(django_assert_num_queries):
    with django_assert_num_queries(3) as queries:
        answer(pair(pagination_class=Pages)[0])

    assert "JOIN" not in queries.captured_queries[0]["sql"]


def test_filters_find_the_queryset_as_it_was_written(check):
    views = pair(
        filter_backends=[SearchFilter, OrderingFilter], search_fields=["author__name"], ordering_fields=["pages"]
    )
    data = check(views, queries=2, data={"search": "Author 0", "ordering": "-pages"})

    assert [row["title"] for row in data] == ["Book 2", "Book 1", "Book 0"]


def test_a_backend_may_join_and_prefetch_by_itself(check):
    class Backend:
        def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
            return queryset.select_related("publisher").prefetch_related("genres").only("title", "publisher__name")

    assert len(check(pair(filter_backends=[Backend]), queries=3)) == 8


@pytest.mark.parametrize(
    "attributes",
    [{"auto_prefetch": False}, {"auto_prefetch_skip_actions": ("list",)}],
    ids=["auto_prefetch", "skip_actions"],
)
def test_a_view_or_an_action_can_be_switched_off(check, attributes):
    assert len(check(pair(**attributes), queries=PLAIN_QUERIES)) == 8


def test_an_action_that_is_not_named_stays_on(check):
    check(pair(auto_prefetch_skip_actions=("list",)), "retrieve", queries=2, pk=first().pk)


@override_settings(DRF_AUTOPREFETCH={"ENABLED": False})
def test_everything_can_be_switched_off(check):
    check(pair(), queries=PLAIN_QUERIES)


def test_it_can_be_switched_off_for_a_while(check):
    with autoprefetch_disabled():
        check(pair(), queries=PLAIN_QUERIES)
    check(pair(), queries=2)


@pytest.mark.parametrize("by", ["setting", "view"])
def test_leaving_columns_out_can_be_switched_off(django_assert_num_queries, by):
    setting = {"ONLY": by != "setting", "STRICT": True}
    view = pair(auto_prefetch_only=by != "view")[0]
    with override_settings(DRF_AUTOPREFETCH=setting), django_assert_num_queries(2) as queries:
        answer(view)

    assert ["summary" in query["sql"] for query in queries.captured_queries] == [True, False]
    assert "JOIN" in queries.captured_queries[0]["sql"]


def test_hints_of_the_view_are_loaded(django_assert_num_queries):
    class Handler(ReadOnlyModelViewSet[Any]):
        @prefetch_hint("publisher__name")
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            rows = list(self.filter_queryset(self.get_queryset()))
            return Response([row.publisher.name if row.publisher else None for row in rows] + self._data(rows))

        def _data(self, rows: Any) -> Any:
            return self.get_serializer(rows, many=True).data

    with django_assert_num_queries(2):
        answer(pair(base=Handler, prefetch_hints=["publisher__name"])[0])


def test_a_schema_generator_is_given_the_queryset_as_it_is():
    view = pair()[0](swagger_fake_view=True, request=None, format_kwarg=None)

    assert view.get_queryset().query.__dict__.get("_autoprefetch") is None


def test_a_view_without_a_request_is_given_the_queryset_as_it_is(django_assert_num_queries):
    view = pair()[0]()
    with django_assert_num_queries(1):
        assert len(view.get_queryset()) == 8


def test_asking_for_the_queryset_while_choosing_the_serializer_is_no_circle(check):
    def get_serializer_class(self: Any) -> Any:
        return SHOWN if self.get_queryset().exists() else None

    assert len(check(pair(get_serializer_class=get_serializer_class), queries=3)) == 8


def test_asking_for_the_object_while_choosing_the_serializer_is_no_circle():
    def get_serializer_class(self: Any) -> Any:
        return SHOWN if self.get_object().pages == 0 else shows(Book, "isbn")

    contents = [
        answer(view, "retrieve", pk=first().pk).content for view in pair(get_serializer_class=get_serializer_class)
    ]

    assert contents[0] == contents[1]


def test_asking_for_the_object_in_the_context_is_no_circle():
    def get_serializer_context(self: Any) -> Any:
        return {"request": self.request, "view": self, "format": None, "first": self.get_queryset().first()}

    class WithFirst(ModelSerializer):
        first = serializers.SerializerMethodField()

        class Meta:
            model = Book
            fields = ["title", "first"]

        @prefetch_hint()
        def get_first(self, book: Book) -> str:
            title: str = self.context["first"].title
            return title

    contents = [answer(view).content for view in pair(WithFirst, get_serializer_context=get_serializer_context)]

    assert contents[0] == contents[1]


def test_a_serializer_of_another_model_is_left_alone(check):
    class Other(ReadOnlyModelViewSet[Any]):
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            cities = [book.author.city for book in self.get_queryset() if book.author.city]
            return Response(self.get_serializer(cities, many=True).data)

    contents = [answer(view).content for view in pair(shows(City, "name"), base=Other)]

    assert contents[0] == contents[1]


def failing() -> Any:
    return pair(prefetch_hints=["autor"])


@override_settings(DRF_AUTOPREFETCH={"STRICT": False})
def test_a_plan_that_cannot_be_made_is_logged_once_and_does_no_harm(check, caplog):
    with caplog.at_level(logging.ERROR, logger="drf_autoprefetch"):
        check(failing(), queries=PLAIN_QUERIES)

    (record,) = caplog.records
    assert record.getMessage() == "No plan for BookView.list"
    assert record.exc_info is not None
    assert str(record.exc_info[1]).startswith("BookView.prefetch_hints: the hint 'autor' names 'autor', which is no ")


def test_under_strict_a_plan_that_cannot_be_made_is_an_error():
    with pytest.raises(HintError, match=r"^BookView\.prefetch_hints: the hint 'autor' names 'autor', which is no "):
        answer(failing()[0])


def test_one_request_does_not_know_the_other(check):
    class Chosen(ModelSerializer):
        class Meta:
            model = Book
            fields = ["title", "isbn", "author"]

        def get_fields(self) -> Any:
            shown = self.context["request"].query_params["show"]
            return {name: field for name, field in super().get_fields().items() if name == shown}

    views = pair(Chosen)
    for name in ("title", "isbn", "title"):
        assert set(check(views, queries=1, data={"show": name})[0]) == {name}


@pytest.mark.parametrize("method", ["head", "options"])
def test_other_methods_are_answered_as_ever(method):
    responses = [answer(view, "list", method=method) for view in pair()]

    assert [response.status_code for response in responses] == [200, 200]
    assert responses[0].content == responses[1].content


class Writing(ModelSerializer):
    writer = shows(Author, "name")(source="author", read_only=True)
    reviews = shows(Review, "rating")(many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["title", "author", "writer", "reviews"]


def test_a_change_is_saved_whole_and_the_answer_is_fresh(django_assert_num_queries):
    view = view_of(Book, Writing)
    book, author = first(), Author.objects.get(name="Author 3")
    before = Book.objects.get(pk=book.pk)
    response = answer(view, "partial_update", method="patch", data={"author": author.pk}, pk=book.pk)

    assert response.data["writer"] == {"name": "Author 3"}
    after = Book.objects.get(pk=book.pk)
    assert (after.author_id, after.summary, after.updated > before.updated) == (author.pk, before.summary, True)


def test_what_is_deleted_is_deleted():
    book = first()

    assert answer(view_of(Book, SHOWN), "destroy", method="delete", pk=book.pk).status_code == 204
    assert not Book.objects.filter(pk=book.pk).exists()
