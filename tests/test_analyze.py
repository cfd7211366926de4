"""``?explain_prefetch=analyze``: the request is run, told query by query, and leaves nothing behind.

``UPDATE_GOLDEN=1 pytest tests/test_analyze.py`` writes the report as it is now into ``tests/golden``.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.backends.cache import SessionStore
from django.db import connection, connections
from django.db.models import Count
from django.db.models.signals import post_init
from django.http import Http404, StreamingHttpResponse
from django.test import override_settings
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import BasePermission
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.viewsets import ModelViewSet

from drf_autoprefetch import AutoPrefetchMixin, prefetch_hint
from drf_autoprefetch.explaining.analysis import cursors, database_plans, results, running, statements
from drf_autoprefetch.loading.finding import clear_caches
from tests.examples import answer, shows, view_of
from tests.test_schema import VALIDATOR
from tests.testapp.models import Author, Book, Comment, Genre, Review

pytestmark = [
    pytest.mark.django_db(databases=["default", "other"]),
    pytest.mark.usefixtures("library", "debug"),
]

GOLDEN = Path(__file__).parent / "golden" / "analysis.json"
SHOWN = shows(Book, "title", author=shows(Author, "name")(), reviews=shows(Review, "rating")(many=True))
BOOKS = view_of(Book, SHOWN)
ASKING = {"explain_prefetch": "analyze"}
STAFF = User(username="staff", is_staff=True)


@pytest.fixture
def debug(settings):
    """Switch DEBUG on: then everybody may ask."""
    settings.DEBUG = True


class Pages(PageNumberPagination):
    page_size = 3


def with_method(method: Any, *names: str, model: Any = Book, **more: Any) -> Any:
    """Make a serializer with one SerializerMethodField, `found`."""
    return shows(model, *names, found=serializers.SerializerMethodField(), get_found=method, **more)


def best(self: Any, book: Any) -> int:
    """Load something for each row in a way that no plan knows."""
    return book.reviews.filter(rating__gt=3).count()  # type: ignore[no-any-return]


def report_of(view: Any, action: str = "list", **how: Any) -> dict[str, Any]:
    response = answer(view, action, **{"data": ASKING, **how})
    assert response.status_code == 200, response.content
    data: dict[str, Any] = json.loads(response.content)
    VALIDATOR.validate(data)
    return data


def analyzed(view: Any, action: str = "list", **how: Any) -> dict[str, Any]:
    analysis: dict[str, Any] = report_of(view, action, **how)["analysis"]
    return analysis


def purposes(analysis: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Return for each statement what it was for, and how often it was run."""
    return [(each["role"], each["node"] or each["field"], each["count"]) for each in analysis["statements"]]


#: What is another with each database, each version of one, or each line in this file, beside the times.
OTHERS = ("timing", "database_plan", "sql", "place", "bytes")


def lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: lasting(each) for name, each in value.items() if name not in OTHERS}
    return [lasting(each) for each in value] if isinstance(value, list) else value


# ---- What is told


def test_a_plain_explain_runs_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert report_of(BOOKS, data={"explain_prefetch": "1"})["analysis"] is None


def test_every_query_is_told_with_the_node_that_it_serves():
    data = report_of(BOOKS)
    analysis = data["analysis"]

    assert purposes(analysis) == [("planned", "", 1), ("planned", "reviews", 1)]
    assert [each["model"] for each in analysis["statements"]] == ["testapp.Book", "testapp.Review"]
    assert [each["rows"] for each in analysis["statements"]] == [Book.objects.count(), Review.objects.count()]
    assert analysis["queries"] == data["queries"] == 2


def test_the_response_is_that_of_the_request():
    plain = answer(BOOKS)
    analysis = analyzed(BOOKS)

    assert (analysis["status"], analysis["response_bytes"], analysis["error"]) == (200, len(plain.content), "")


def test_the_request_is_run_without_its_plan_as_well(django_assert_num_queries):
    analysis = analyzed(BOOKS)
    bare = analysis["without_plan"]
    queries = 1 + 2 * Book.objects.count()

    assert (bare["queries"], bare["status"], analysis["same_response"]) == (queries, 200, True)
    assert analysis["headline"] == f"2 queries instead of {queries}; 8 of 40 columns; same response"
    assert (analysis["not_compared"], bare["response_bytes"]) == ("", analysis["response_bytes"])


def test_times_stand_in_keys_of_their_own():
    analysis = analyzed(BOOKS)
    root, reviews = (each["timing"] for each in analysis["statements"])
    total = analysis["timing"]["total_milliseconds"]

    assert 0 < root["database_milliseconds"] <= analysis["timing"]["database_milliseconds"] < total
    assert root["start_milliseconds"] < root["end_milliseconds"] <= reviews["start_milliseconds"] < total


def test_but_for_times_and_databases_the_analysis_is_as_it_was():
    genres = shows(Genre, "name")(many=True)
    view = view_of(Book, with_method(best, "title", genres=genres), pagination_class=Pages)
    found = json.dumps(lasting(analyzed(view)), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(found)

    assert found == GOLDEN.read_text()


def test_a_query_per_row_is_told_once_with_its_field_place_and_remedy():
    (entry,) = [
        each for each in analyzed(view_of(Book, with_method(best, "title")))["statements"] if each["node"] is None
    ]
    line = best.__code__.co_firstlineno + 2

    assert (entry["role"], entry["field"], entry["count"]) == ("not planned", "BookSerializer.found", 8)
    assert entry["place"] == f"tests/test_analyze.py:{line}"
    assert entry["rows"] == 8
    assert "prefetch_hint" in entry["remedy"]


def test_a_view_without_a_plan_tells_what_it_would_need():
    analysis = analyzed(view_of(Book, shows(Book, author=shows(Author, "name")()), auto_prefetch=False))
    entries = [each for each in analysis["statements"] if each["field"]]

    assert (analysis["without_plan"], analysis["same_response"]) == (None, None)
    assert analysis["not_compared"] == "the request has no plan"
    assert [(each["field"], each["loads"], each["remedy"]) for each in entries] == [
        ("BookSerializer.author", "Book.author", 'add .select_related("author") to the queryset')
    ]
    assert purposes(analysis)[0] == ("beside the plan", "", 1)


def test_one_query_of_one_object_has_no_remedy():
    book = Book.objects.latest("pk")
    analysis = analyzed(view_of(Book, with_method(best, "title")), "retrieve", pk=book.pk)
    (entry,) = [each for each in analysis["statements"] if each["field"]]

    assert (entry["count"], entry["role"]) == (1, "not planned")


def test_the_count_of_a_paginator_is_beside_the_plan():
    view = view_of(Book, SHOWN, pagination_class=Pages)
    analysis = analyzed(view, data=ASKING | {"page": "2"})

    assert purposes(analysis) == [("beside the plan", "", 1), ("planned", "", 1), ("planned", "reviews", 1)]
    assert analysis["response_bytes"] == len(answer(view, data={"page": "2"}).content)
    assert analysis["same_response"] is True


def test_rows_per_parent_are_counted():
    reviewed = [book.reviews.count() for book in Book.objects.all()]
    (entry,) = analyzed(BOOKS)["rows_per_parent"]

    assert (entry["path"], entry["model"], entry["parents"]) == ("reviews", "testapp.Review", 8)
    assert (entry["rows"], entry["largest"]) == (sum(reviewed), max(reviewed))


def test_nodes_below_prefetched_rows_are_known_by_their_whole_path():
    inner = shows(Book, "title", genres=shows(Genre, "name")(many=True))
    analysis = analyzed(view_of(Author, shows(Author, "name", books=inner(many=True))))

    assert purposes(analysis) == [("planned", path, 1) for path in ("", "books", "books.genres")]
    assert [each["path"] for each in analysis["rows_per_parent"]] == ["books", "books.genres"]


def test_a_list_of_an_attribute_of_its_own_is_counted():
    from django.db.models import Prefetch

    queryset = Book.objects.prefetch_related(Prefetch("reviews", Review.objects.filter(rating__gt=2), to_attr="good"))
    serializer = shows(Book, "title", good=shows(Review, "rating")(many=True))
    analysis = analyzed(view_of(Book, serializer, queryset=queryset))

    assert purposes(analysis) == [("planned", "", 1), ("planned", "good", 1)]
    assert [(each["path"], each["parents"]) for each in analysis["rows_per_parent"]] == [("good", 8)]


def rated(self: Any, book: Any) -> Any:
    if "none" in self.context["request"].GET:
        return None
    return [review.rating for review in book.reviews.all()]


def test_what_is_loaded_when_it_is_read_is_planned():
    view = view_of(Book, with_method(rated, "title"))
    nested = view_of(Author, shows(Author, "name", books=with_method(rated, "title")(many=True)))

    assert purposes(analyzed(view))[-1] == ("planned", "reviews", 1)
    assert purposes(analyzed(nested))[-1] == ("planned", "books.reviews", 1)


class Own(AutoPrefetchMixin, ModelViewSet):  # type: ignore[type-arg]
    queryset = Book.objects.all()
    serializer_class = SHOWN

    def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        books = list(Book.objects.order_by("pk")[:4])
        return Response(self.get_serializer(books, many=True).data)


def test_rows_of_a_handler_of_the_views_own_are_loaded_by_plan_when_shown():
    analysis = analyzed(Own)

    assert purposes(analysis)[0] == ("beside the plan", "", 1)
    assert ("planned", "reviews", 1) in purposes(analysis)
    assert analysis["without_plan"]["queries"] == 9


def many(self: Any, book: Any) -> int:
    return book.many  # type: ignore[no-any-return]


class Refusing(BasePermission):
    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return len(obj.title) > 0


@pytest.mark.parametrize("permissions", [[], [Refusing]])
def test_one_object_is_loaded_by_plan_before_and_after_its_permissions(permissions):
    book = Book.objects.exclude(review=None).latest("pk")
    analysis = analyzed(view_of(Book, SHOWN, permission_classes=permissions), "retrieve", pk=book.pk)

    assert purposes(analysis) == [("planned", "", 1), ("planned", "reviews", 1)]


def test_the_same_sql_with_other_literals_is_one_line():
    def asks(self: Any, book: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 WHERE {book.pk} = {book.pk}")
            return len(cursor.fetchmany(5)) + (cursor.fetchone() is None)

    assert purposes(analyzed(view_of(Book, with_method(asks, "title"))))[-1] == (
        *("not planned", "BookSerializer.found", 8),
    )


def test_every_target_of_a_generic_foreign_key_is_planned():
    shown = serializers.StringRelatedField()  # type: ignore[var-annotated]
    analysis = analyzed(view_of(Comment, shows(Comment, "id", subject=shown)))
    models = {type(comment.subject)._meta.label for comment in Comment.objects.all() if comment.subject}
    planned = [each for each in analysis["statements"] if each["role"] == "planned"]

    assert len(models) > 1
    assert {each["model"] for each in planned if each["node"] == "subject"} == models
    assert [each["loads"] for each in analysis["statements"] if each["role"] == "not planned"] == []
    assert analysis["same_response"] is True


def test_a_view_that_needs_its_plan_is_said_to_fail_without_it():
    counted = with_method(prefetch_hint(annotate={"many": Count("review")})(many), "title")
    analysis = analyzed(view_of(Book, counted))

    assert (analysis["status"], analysis["without_plan"]["status"]) == (200, 500)
    assert analysis["headline"] == "1 query; it fails without the plan; 2 of 25 columns"
    assert analysis["same_response"] is False


def test_raw_sql_is_told_as_well():
    def asks(self: Any, book: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 WHERE 'secret' = 'secret' LIMIT 5")
            return len(list(cursor))

    analysis = analyzed(view_of(Book, with_method(asks, "title")))

    assert purposes(analysis)[-1] == ("not planned", "BookSerializer.found", 8)
    assert analysis["statements"][-1]["sql"] == {
        "text": "SELECT 1 WHERE 'secret' = 'secret' LIMIT 5",
        "parameters": [],
    }


def test_a_write_has_no_rows_and_is_not_explained():
    class Writes(BOOKS):  # type: ignore[misc, valid-type]
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            Book.objects.update(pages=5)
            return super().list(request, *args, **kwargs)

    statement = analyzed(Writes)["statements"][0]

    assert (statement["role"], statement["rows"], statement["failed"]) == ("beside the plan", None, False)
    assert statement["database_plan"] is None


def test_what_a_model_asks_whenever_a_row_is_made_is_beside_the_plan():
    def ask(sender: Any, **kwargs: Any) -> None:
        Book.objects.filter(pk=0).exists()

    clear_caches()
    post_init.connect(ask, sender=Book)
    try:
        analysis = analyzed(BOOKS)
    finally:
        post_init.disconnect(ask, sender=Book)
        clear_caches()

    assert purposes(analysis) == [("planned", "", 1), ("beside the plan", "", 8), ("planned", "reviews", 1)]


# ---- Who may ask, and what comes first


def test_parameters_and_literals_are_shown_in_debug_only(settings):
    class Raw(BOOKS):  # type: ignore[misc, valid-type]
        queryset = Book.objects.filter(title="Secret")

        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 WHERE 'Secret' = 'Secret'")
                cursor.fetchall()
            super().list(request, *args, **kwargs)
            raise ValueError("Secret")

    open_ = answer(Raw, data=ASKING).content.decode()
    settings.DEBUG = False
    closed = answer(Raw, data=ASKING, user=STAFF).content.decode()

    assert open_.count("Secret") >= 4
    assert "Secret" not in closed
    assert json.loads(closed)["analysis"]["error"] == "ValueError"
    assert json.loads(open_)["analysis"]["error"] == "ValueError: Secret"


def test_many_parameters_are_cut():
    many = view_of(Book, SHOWN, queryset=Book.objects.filter(pk__in=range(1, 60)))
    root = analyzed(many)["statements"][0]

    assert (len(root["sql"]["parameters"]), root["sql"]["parameters"][-1]) == (21, "…")
    assert " IN (…)" in root["sql"]["text"]


@pytest.mark.parametrize("value", ["analyze", "analyze-json", "analyze-nonsense"])
def test_where_it_is_off_the_parameter_means_nothing(settings, value):
    settings.DEBUG = False
    plain, asked = (answer(BOOKS, data=data) for data in ({}, {"explain_prefetch": value}))

    assert (asked.status_code, asked.content, asked.headers) == (200, plain.content, plain.headers)


class Nobody(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return False


class NotThis(BasePermission):
    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return False


def test_permissions_come_first(django_assert_num_queries):
    book = Book.objects.latest("pk")
    with django_assert_num_queries(0):
        refused = answer(view_of(Book, SHOWN, permission_classes=[Nobody]), data=ASKING)
    hidden = answer(view_of(Book, SHOWN, permission_classes=[NotThis]), "retrieve", data=ASKING, pk=book.pk)

    assert (refused.status_code, hidden.status_code) == (403, 403)
    assert b"analysis" not in refused.content + hidden.content


def test_the_checks_of_the_request_run_once():
    seen = []

    class Throttle(BaseThrottle):
        def allow_request(self, request: Any, view: Any) -> bool:
            seen.append("throttle")
            return True

    class Everybody(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            seen.append("permission")
            return True

    analyzed(view_of(Book, SHOWN, throttle_classes=[Throttle], permission_classes=[Everybody]))

    assert seen == ["permission", "throttle"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_only_reading_is_analyzed(method):
    class Echo(BOOKS):  # type: ignore[misc, valid-type]
        calls = 0

        def echo(self, request: Any, **kwargs: Any) -> Any:
            Echo.calls += 1
            return Response({"method": request.method})

    from rest_framework.test import APIRequestFactory

    request = getattr(APIRequestFactory(), method)("/?explain_prefetch=analyze")
    response = Echo.as_view({method: "echo"})(request).render()

    assert (json.loads(response.content), Echo.calls) == ({"method": method.upper()}, 1)


def test_a_head_request_is_run_as_one():
    methods = []

    class Noted(BOOKS):  # type: ignore[misc, valid-type]
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            methods.append(request.method)
            return super().list(request, *args, **kwargs)

    response = answer(Noted, data=ASKING, method="head")

    assert (response.status_code, response["Cache-Control"], methods) == (200, "private, no-store", ["HEAD", "HEAD"])


class Later(BOOKS):  # type: ignore[misc, valid-type]
    """Hands everything that blocks to a thread, as packages with async views for DRF do."""

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.prepared = True

    async def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        assert self.prepared
        books = self.filter_queryset(self.get_queryset())
        return Response(await sync_to_async(lambda: self.get_serializer(books, many=True).data)())


def test_an_async_handler_is_analyzed():
    analysis = analyzed(Later)

    assert purposes(analysis) == [("planned", "", 1), ("planned", "reviews", 1)]
    assert (analysis["status"], analysis["response_bytes"], analysis["error"]) == (200, len(answer(BOOKS).content), "")
    assert (analysis["without_plan"]["queries"], analysis["same_response"]) == (1 + 2 * Book.objects.count(), True)
    assert [each["path"] for each in analysis["rows_per_parent"]] == ["reviews"]


def test_an_async_handler_is_analyzed_inside_an_event_loop_as_well():
    """As ``dispatch()`` of async views calls ``initial()`` and handlers that are none: in a thread that waits."""

    async def ask() -> Any:
        return await sync_to_async(analyzed)(Later)

    analysis = async_to_sync(ask)()

    assert purposes(analysis) == [("planned", "", 1), ("planned", "reviews", 1)]
    assert analysis["same_response"] is True


def test_what_an_async_handler_loads_one_by_one_is_told():
    class Unplanned(Later):
        serializer_class = with_method(best, "title")

    entry = analyzed(Unplanned)["statements"][-1]

    assert (entry["role"], entry["field"], entry["count"]) == ("not planned", "BookSerializer.found", 8)
    assert entry["place"].startswith("tests/test_analyze.py:")


def test_what_an_async_handler_writes_is_rolled_back():
    class Writes(Later):
        async def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            await Genre.objects.acreate(name="new")
            return Response(await Genre.objects.filter(name="new").acount())

    analysis = analyzed(Writes)

    assert (analysis["status"], analysis["queries"], analysis["response_bytes"]) == (200, 2, 1)
    assert not Genre.objects.filter(name="new").exists()


def test_an_async_handler_is_cut_when_its_time_is_over():
    class Stubborn(Later):
        async def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            try:
                await Book.objects.acount()
            except Exception:
                raise AssertionError from None
            return Response()

    with override_settings(DRF_AUTOPREFETCH={"EXPLAIN_TIMEOUT": 0}):
        analysis = analyzed(Stubborn)

    assert (analysis["cut"], analysis["queries"], analysis["not_compared"]) == (
        *(True, 0, "the request was cut after EXPLAIN_TIMEOUT"),
    )


def test_an_error_of_an_async_handler_is_told():
    class Fails(Later):
        async def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            raise PermissionDenied("not here")

    analysis = analyzed(Fails)

    assert (analysis["status"], analysis["error"]) == (403, "PermissionDenied: not here")


# ---- Nothing stays behind


def writing(title: str, alias: str = "default") -> Any:
    class Writes(BOOKS):  # type: ignore[misc, valid-type]
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            Genre.objects.using(alias).create(name=title)
            seen.append(Genre.objects.using(alias).filter(name=title).count())
            return super().list(request, *args, **kwargs)

    seen: list[int] = []
    Writes.seen = seen
    return Writes


@pytest.mark.parametrize("alias", ["default", "other"])
def test_what_is_written_is_rolled_back(alias):
    view = writing("something new", alias)
    analysis = analyzed(view)

    assert view.seen == [1, 1]
    assert not Genre.objects.using(alias).filter(name="something new").exists()
    assert {each["database"] for each in analysis["statements"]} == {"default", alias}
    assert not [each for each in analysis["statements"] if "SAVEPOINT" in each["sql"]["text"]]


def test_what_was_written_before_stays():
    genre = Genre.objects.create(name="old")
    analyzed(writing("new"))

    assert Genre.objects.filter(pk=genre.pk).exists()


def test_what_waits_for_a_commit_does_not_run():
    from django.db import transaction

    ran = []

    class Later(BOOKS):  # type: ignore[misc, valid-type]
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            with transaction.atomic():
                transaction.on_commit(lambda: ran.append(1))
            return super().list(request, *args, **kwargs)

    waiting = len(connection.run_on_commit)
    analyzed(Later)

    assert (ran, len(connection.run_on_commit)) == ([], waiting)


def test_the_session_stays_as_it_was():
    from rest_framework.test import APIRequestFactory

    class Remembers(BOOKS):  # type: ignore[misc, valid-type]
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            seen.append(request.session.get("last"))
            request.session["last"] = "books"
            return super().list(request, *args, **kwargs)

    seen: list[Any] = []
    for loaded in (True, False):
        request: Any = APIRequestFactory().get("/", ASKING)
        request.session = SessionStore()
        if loaded:
            request.session.setdefault("first", "visit")
            request.session.modified = False
        Remembers.as_view({"get": "list"})(request)
        assert (request.session.modified, request.session.get("last")) == (False, None)
    assert seen == [None] * 4


def test_each_run_has_a_user_of_its_own():
    user = User.objects.create(username="one")

    class Groups(BOOKS):  # type: ignore[misc, valid-type]
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            request.user.seen = getattr(request.user, "seen", 0) + 1
            seen.append((request.user.seen, request.user == user))
            return super().list(request, *args, **kwargs)

    seen: list[Any] = []
    analyzed(Groups, user=user)

    assert seen == [(1, True), (1, True)]


def test_whom_nobody_has_asked_for_is_not_asked_for():
    class Unasked(BOOKS):  # type: ignore[misc, valid-type]
        permission_classes: tuple[Any, ...] = ()

        def perform_authentication(self, request: Any) -> None:
            """Authenticate nobody until somebody asks."""

    assert analyzed(Unasked)["status"] == 200


def test_each_run_has_a_view_of_its_own_in_the_state_before_the_handler():
    class Keeps(BOOKS):  # type: ignore[misc, valid-type]
        asked = 0

        def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
            super().initial(request, *args, **kwargs)
            self.shop = "here"

        def get_queryset(self) -> Any:
            seen.append((self.shop, self.asked))
            self.asked += 1
            return super().get_queryset()

    seen: list[Any] = []
    analysis = analyzed(Keeps)

    assert seen == [("here", 0)] * 3
    assert purposes(analysis) == [("planned", "", 1), ("planned", "reviews", 1)]


def test_filters_of_the_views_own_are_those_of_the_view_that_answers():
    class Filters(BOOKS):  # type: ignore[misc, valid-type]
        def filter_queryset(self, queryset: Any) -> Any:
            seen.append((self, self.request.query_params.dict(), self.__dict__.setdefault("filtered", len(seen))))
            return super().filter_queryset(queryset)

    seen: list[Any] = []
    analyzed(Filters)

    assert len({id(view) for view, *_ in seen}) == 3
    assert [rest for _, *rest in seen] == [[{}, number] for number in range(3)]


def test_what_checks_put_on_the_request_is_there():
    class Tenant(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            request.tenant = request._request.tenant_code = "here"
            return True

    class Tenants(BOOKS):  # type: ignore[misc, valid-type]
        permission_classes = (Tenant,)

        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            seen.append((request.tenant, request.tenant_code, self.request is request))
            return super().list(request, *args, **kwargs)

    seen: list[Any] = []
    analyzed(Tenants)

    assert seen == [("here", "here", True)] * 2


def test_the_view_sees_the_request_without_the_parameter():
    seen = []

    class Looks(BOOKS):  # type: ignore[misc, valid-type]
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            seen.append((request.get_full_path(), request.query_params.dict(), request.headers["Accept"]))
            return super().list(request, *args, **kwargs)

    analyzed(Looks, data=ASKING | {"q": "a b"}, headers={"Accept": "application/json"})

    assert seen == [("/?q=a+b", {"q": "a b"}, "*/*")] * 2


def test_a_view_that_is_asked_again_as_it_was_answers_as_it_did():
    assert answer(BOOKS).content == answer(BOOKS).content
    analyzed(BOOKS)
    assert [each["title"] for each in json.loads(answer(BOOKS).content)] == [
        book.title for book in Book.objects.order_by("pk")
    ]


def test_guards_do_not_see_what_is_run_for_an_analysis():
    with override_settings(DRF_AUTOPREFETCH={"UNPLANNED": "raise"}):
        analysis = analyzed(view_of(Book, with_method(best, "title")))

    assert analysis["queries"] == 9


# ---- What goes wrong


def failing(error: Exception) -> Any:
    class Fails(BOOKS):  # type: ignore[misc, valid-type]
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            Book.objects.count()
            raise error

    return Fails


def test_an_error_of_the_views_own_is_told():
    analysis = analyzed(failing(ValueError("broken")))

    assert (analysis["status"], analysis["error"], analysis["response_bytes"]) == (500, "ValueError: broken", None)
    assert (analysis["queries"], analysis["not_compared"]) == (1, "the request failed")
    assert analysis["headline"] == "1 query; 1 of 25 columns"


def test_an_error_does_not_say_where_objects_lie():
    assert analyzed(failing(ValueError(object())))["error"] == "ValueError: <object object>"


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [(Http404(), 404, "Http404"), (PermissionDenied("not here"), 403, "PermissionDenied: not here")],
)
def test_a_refusal_is_told_with_its_status(error, status, told):
    analysis = analyzed(failing(error))

    assert (analysis["status"], analysis["error"], analysis["same_response"]) == (status, told, True)


def test_a_response_that_cannot_be_rendered_is_told():
    class Odd(BOOKS):  # type: ignore[misc, valid-type]
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            return Response(object())

    assert analyzed(Odd)["error"].startswith("TypeError")


def test_a_query_that_fails_is_told():
    class Wrong(BOOKS):  # type: ignore[misc, valid-type]
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            with connection.cursor() as cursor:
                cursor.execute("SELECT nothing FROM nowhere")

    analysis = analyzed(Wrong)
    (statement,) = analysis["statements"]

    assert (statement["failed"], statement["rows"], statement["database_plan"]) == (True, None, None)
    assert analysis["status"] == 500
    assert Book.objects.exists()


def test_a_stream_is_not_read():
    class Streams(BOOKS):  # type: ignore[misc, valid-type]
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            return StreamingHttpResponse(iter([b"never"]))

    analysis = analyzed(Streams)

    assert (analysis["status"], analysis["response_bytes"], analysis["same_response"]) == (200, None, None)


def test_another_response_is_said_to_be_another():
    class Counts(BOOKS):  # type: ignore[misc, valid-type]
        calls = 0

        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            Counts.calls += 1
            return Response(Counts.calls)

    analysis = analyzed(Counts)

    assert analysis["same_response"] is False
    assert analysis["headline"] == "0 queries instead of 0; 1 of 25 columns; another response"


def test_a_run_is_cut_when_its_time_is_over():
    with override_settings(DRF_AUTOPREFETCH={"EXPLAIN_TIMEOUT": 0}):
        analysis = analyzed(BOOKS)

    assert (analysis["cut"], analysis["status"], analysis["headline"]) == (
        *(True, None, "more than 0 queries; 8 of 40 columns"),
    )
    assert analysis["not_compared"] == "the request was cut after EXPLAIN_TIMEOUT"


def test_a_view_that_catches_everything_is_cut_all_the_same():
    class Stubborn(BOOKS):  # type: ignore[misc, valid-type]
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            for _ in range(9):
                try:
                    time.sleep(0.4)
                    Book.objects.count()
                except Exception:
                    raise AssertionError from None

    with override_settings(DRF_AUTOPREFETCH={"EXPLAIN_TIMEOUT": 1}):
        analysis = analyzed(Stubborn)

    assert (analysis["cut"], analysis["queries"]) == (True, 2)


def test_the_run_without_the_plan_may_be_the_one_that_is_cut(monkeypatch):
    monkeypatch.setattr(results, "_without_plan", lambda again, limit: running.run(again, 0))
    analysis = analyzed(BOOKS)

    assert (analysis["cut"], analysis["without_plan"]["cut"], analysis["same_response"]) == (False, True, None)
    assert analysis["headline"] == "2 queries instead of more than 0; 8 of 40 columns"
    text = answer(BOOKS, data={"explain_prefetch": "analyze-text"}).content.decode()
    assert "without the plan: cut after EXPLAIN_TIMEOUT; 0 queries, 0 bytes from the database" in text


@pytest.mark.parametrize(("most", "compared"), [(7, False), (8, True)])
def test_many_rows_are_not_loaded_without_the_plan(most, compared):
    with override_settings(DRF_AUTOPREFETCH={"EXPLAIN_MAX_ROWS": most}):
        analysis = analyzed(BOOKS)

    assert (analysis["without_plan"] is not None) is compared
    assert analysis["not_compared"] == ("" if compared else "8 rows are more than EXPLAIN_MAX_ROWS, 7")


def test_where_the_root_is_not_known_the_most_rows_of_any_query_count():
    with override_settings(DRF_AUTOPREFETCH={"EXPLAIN_MAX_ROWS": 3}):
        assert analyzed(Own)["not_compared"].endswith("rows are more than EXPLAIN_MAX_ROWS, 3")


def test_a_database_that_cannot_be_opened_cannot_be_asked(monkeypatch):
    def fail() -> None:
        raise OSError

    elsewhere = view_of(Genre, shows(Genre, "name"), queryset=Genre.objects.using("other"))
    monkeypatch.setattr(connections["other"], "savepoint", fail)
    here, there = analyzed(BOOKS), analyzed(elsewhere)
    monkeypatch.undo()

    assert (here["status"], there["status"], there["queries"]) == (200, 500, 0)
    assert "'other' cannot be asked" in there["error"]
    assert analyzed(elsewhere)["status"] == 200


def test_a_query_that_cannot_be_looked_at_is_run_all_the_same(monkeypatch, caplog):
    def fail(*arguments: Any) -> None:
        raise ValueError

    monkeypatch.setattr(statements.Statements, "add", fail)
    analysis = analyzed(BOOKS)

    assert (analysis["status"], analysis["queries"], analysis["statements"]) == (200, 2, [])
    assert "A query is not analyzed" in caplog.text


# ---- Other databases


def test_a_view_of_another_database_is_analyzed_there():
    Genre.objects.using("other").create(name="elsewhere")
    view = view_of(Genre, shows(Genre, "name"), queryset=Genre.objects.using("other"))
    (statement,) = analyzed(view)["statements"]

    assert (statement["database"], statement["role"], statement["rows"]) == ("other", "planned", 1)


def test_the_database_says_how_it_runs_each_query():
    plans = [each["database_plan"] for each in analyzed(BOOKS)["statements"]]

    assert all(plan["lines"] and not plan["problem"] for plan in plans)
    assert plans[0]["full_scans"]
    assert (plans[0]["estimated_rows"] is None) is (connection.vendor == "sqlite")
    assert plans[0]["bad_estimate"] is False


@pytest.mark.parametrize(
    ("line", "scans"),
    [
        ("SCAN shop_book", ["shop_book"]),
        ("SCAN TABLE shop_book", ["shop_book"]),
        ("SCAN shop_book USING INDEX shop_title", []),
        ("SCAN SUBQUERY 1", []),
        ("SCAN (subquery-1)", []),
        ("SCAN CONSTANT ROW", []),
        ("SEARCH shop_book USING INDEX shop_title (title=?)", []),
    ],
)
def test_sqlite_scans(line, scans):
    assert database_plans._sqlite([(1, 0, 0, line)]) == database_plans.Reading([line], scans)


def test_postgresql_scans():
    scan = {"Node Type": "Seq Scan", "Relation Name": "shop_book", "Filter": "title = 'Secret'", "Plan Rows": 90}
    index = {
        "Node Type": "Index Scan",
        "Relation Name": "shop_author",
        "Index Name": "shop_author_pkey",
        "Plan Rows": 1,
    }
    plan = [{"Plan": {"Node Type": "Nested Loop", "Plans": [scan, index], "Plan Rows": 90}}]
    expected = database_plans.Reading(
        [
            "Nested Loop, 90 rows expected",
            "  Seq Scan on shop_book, 90 rows expected",
            "  Index Scan on shop_author using shop_author_pkey, 1 row expected",
        ],
        ["shop_book"],
        90,
    )

    assert database_plans._postgresql([(plan,)]) == expected
    assert database_plans._postgresql([(json.dumps(plan),)]) == expected


def test_mysql_scans():
    tables = [
        {
            "table": {
                "table_name": "shop_book",
                "access_type": "ALL",
                "attached_condition": "title = 'Secret'",
                "rows": 90,
                "filtered": 10,
            }
        },
        {
            "table": {
                "table_name": "shop_author",
                "access_type": "eq_ref",
                "key": "PRIMARY",
                "rows_examined_per_scan": 1,
            }
        },
        {"table": {"table_name": "shop_genre", "access_type": "index", "key": "PRIMARY"}},
        {"table": {"table_name": "shop_series", "access_type": "index", "key": "shop_title"}},
    ]

    assert _mysql(tables) == database_plans.Reading(
        [
            "ALL shop_book, 90 rows expected",
            "eq_ref shop_author using PRIMARY, 1 row expected",
            "index shop_genre using PRIMARY",
            "index shop_series using shop_title",
        ],
        ["shop_book", "shop_genre"],
    )
    assert _mysql(tables[:2]).rows == 9
    assert _mysql([{"table": {"message": "Impossible WHERE"}}]).rows is None


def _mysql(tables: Any) -> database_plans.Reading:
    return database_plans._mysql([(json.dumps({"query_block": {"cost": 1, "nested_loop": tables}}),)])


@pytest.mark.parametrize(
    ("expected", "found", "bad"),
    [
        (100, 100, False),
        (50, 160, False),
        (10, 109, False),
        (10, 110, True),
        (0, 100, True),
        (5000, 2, True),
        (1000, 101, False),
        (None, 1000, False),
        (1000, None, False),
    ],
)
@pytest.mark.parametrize("vendor", ["sqlite", "postgresql", "mysql"])
def test_an_estimate_is_bad_that_is_far_from_what_was_found(monkeypatch, vendor, expected, found, bad):
    reading = database_plans.Reading(["scan"], [], expected)
    monkeypatch.setattr(database_plans, "_READERS", {vendor: lambda rows: reading})
    monkeypatch.setattr(database_plans, "_explained", lambda query: [])
    query = statements.Query("SELECT a FROM b", (), "default", vendor, 0.0, rows=found)
    plan = database_plans.database_plan(query)

    assert plan == {
        "lines": ["scan"],
        "full_scans": [],
        "estimated_rows": expected,
        "bad_estimate": bad,
        "problem": "",
    }


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a FROM b LIMIT 5",
        "SELECT COUNT(*) FROM b",
        "SELECT a FROM b GROUP BY a",
        "SELECT DISTINCT a FROM b",
        "SELECT a,\n(SELECT 1) FROM b",
    ],
)
def test_what_mysql_expects_to_join_is_not_what_it_answers(monkeypatch, sql):
    reading = database_plans.Reading(["scan"], [], 5000)
    monkeypatch.setattr(database_plans, "_READERS", dict.fromkeys(("mysql", "postgresql"), lambda rows: reading))
    monkeypatch.setattr(database_plans, "_explained", lambda query: [])
    mysql, postgresql = (
        database_plans.database_plan(statements.Query(sql, (), "default", vendor, 0.0, rows=1)) or {}
        for vendor in ("mysql", "postgresql")
    )

    assert (mysql["estimated_rows"], mysql["bad_estimate"]) == (None, False)
    assert (postgresql["estimated_rows"], postgresql["bad_estimate"]) == (5000, True)


def test_what_is_loaded_is_weighed(django_assert_num_queries):
    def asks(self: Any, book: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'é', NULL, 12 LIMIT 1")
            return len(cursor.fetchall())

    view = view_of(Book, with_method(asks, "title"))
    analysis = analyzed(view)
    titles = sum(len(book.title.encode()) + len(str(book.pk)) for book in Book.objects.all())

    assert [each["bytes"] for each in analysis["statements"]] == [titles, 4 * 8]
    assert (analysis["bytes"], analysis["without_plan"]["bytes"] > titles) == (titles + 32, True)
    assert analysis["rows"] == 16


def test_what_is_binary_is_weighed_as_it_is():
    assert [cursors._size(value) for value in (None, b"\xff\xfe", memoryview(b"abc"), "é", 12.5)] == [0, 2, 3, 2, 4]


@pytest.mark.parametrize(
    ("sql", "explained"),
    [
        ("SELECT 1", True),
        (" (select 1) ; ", True),
        ("SELECT 1; SELECT 2", False),
        ("UPDATE a SET b = 1", False),
        ("SELECTED", False),
    ],
)
def test_one_select_is_explained(sql, explained):
    query = statements.Query(sql, (), "default", connection.vendor, 0.0)

    assert (database_plans.database_plan(query) is not None) is explained


def test_a_database_that_does_not_explain_says_nothing(monkeypatch):
    monkeypatch.setattr(database_plans, "_EXPLAIN", {connection.vendor: "NONSENSE "})
    plans = [each["database_plan"] for each in analyzed(BOOKS)["statements"]]
    monkeypatch.setattr(database_plans, "_EXPLAIN", {})
    none = [each["database_plan"] for each in analyzed(BOOKS)["statements"]]

    assert {plan["problem"].partition(": ")[0] for plan in plans} == {"the database does not explain this query"}
    assert none == [None, None]


# ---- How it is shown


@pytest.mark.parametrize(
    ("value", "accept", "media_type"),
    [
        ("analyze", "*/*", "application/json"),
        ("analyze", "text/html", "text/html"),
        ("analyze", "text/plain", "text/plain"),
        ("analyze-json", "text/html", "application/json"),
        ("analyze-text", "text/html", "text/plain"),
        ("analyze-html", "application/json", "text/html"),
    ],
)
def test_the_format_is_negotiated_or_named(value, accept, media_type):
    response = answer(BOOKS, data={"explain_prefetch": value}, headers={"Accept": accept})

    assert (response.status_code, response["Content-Type"]) == (200, f"{media_type}; charset=utf-8")
    assert response["Cache-Control"] == "private, no-store"
    assert b"happened" in response.content or b'"analysis": {' in response.content


def test_text_tells_what_happened():
    view = view_of(Book, with_method(best, "title", reviews=SHOWN().fields["reviews"]))
    text = answer(view, data={"explain_prefetch": "analyze-text"}).content.decode()

    assert "What happened\n  status 200, " in text
    assert "planned: the rows themselves (testapp.Book)" in text
    assert "planned: reviews (testapp.Review)" in text
    assert "not planned: BookSerializer.found loads Review at tests" in " ".join(text.split()).replace(
        "Book.reviews", "Review"
    )
    assert "at tests/test_analyze.py:" in text
    assert " ms of it in the database; same response" in " ".join(text.split())
    assert "rows for 8 parents, median" in text


def test_text_tells_what_went_wrong():
    text = answer(failing(ValueError("broken")), data={"explain_prefetch": "analyze-text"}).content.decode()

    assert "status 500, ValueError: broken; 1 query, " in text
    assert "not run without the plan: the request failed" in text
    assert "1  beside the plan" in text
