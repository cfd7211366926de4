"""``?explain_prefetch=1``: who may ask, what is answered, and what comes first."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Count, Prefetch
from django.test import override_settings
from django.views.decorators.cache import cache_page
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated, ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.generics import ListAPIView, ListCreateAPIView, RetrieveAPIView, RetrieveUpdateDestroyAPIView
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.test import APIRequestFactory
from rest_framework.throttling import BaseThrottle

from drf_autoprefetch import AutoPrefetchMixin, prefetch_hint
from tests.examples import answer, shows, view_of
from tests.testapp.models import Author, Book, Review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

SHOWN = shows(Book, "title", author=shows(Author, "name")(), reviews=shows(Review, "rating")(many=True))
BOOKS = view_of(Book, SHOWN)
STAFF, READER = User(username="staff", is_staff=True), User(username="reader")
ASKING = {"explain_prefetch": "1"}


@pytest.fixture
def debug(settings):
    """Switch DEBUG on: then everybody may ask."""
    settings.DEBUG = True


def explained(view: Any, action: str = "list", **how: Any) -> dict[str, Any]:
    """Ask for a plan as JSON."""
    response = answer(view, action, **{"data": ASKING, **how})
    assert response["Content-Type"] == "application/json; charset=utf-8"
    data: dict[str, Any] = json.loads(response.content)
    return data


def test_a_plan_is_answered_instead_of_the_data(debug):
    data = explained(BOOKS)

    assert (data["view"], data["action"], data["serializer"], data["queries"]) == (
        *("BookView", "list", "BookSerializer", 2),
    )
    assert [node["path"] for node in data["plan"]["related"]] == ["author", "reviews"]


def test_no_rows_are_fetched(debug, django_assert_num_queries):
    with django_assert_num_queries(0):
        explained(BOOKS)


def test_the_sql_is_that_of_the_request(debug, django_assert_num_queries):
    explain = explained(BOOKS)["plan"]["sql"]["text"]
    with django_assert_num_queries(2) as queries:
        answer(BOOKS)

    assert explain == queries[0]["sql"]


@pytest.mark.parametrize("user", [None, READER], ids=["nobody", "reader"])
@pytest.mark.parametrize("value", ["1", "json", "nonsense"])
def test_where_it_is_off_the_parameter_means_nothing(user, value):
    plain, asked = (answer(BOOKS, user=user, data=data) for data in ({}, {"explain_prefetch": value}))

    assert (asked.status_code, asked.content, asked.headers) == (200, plain.content, plain.headers)


def test_staff_may_ask_without_debug():
    assert explained(BOOKS, user=STAFF)["queries"] == 2


def test_parameters_of_the_sql_are_shown_in_debug_only(settings):
    books = view_of(Book, SHOWN, queryset=Book.objects.filter(title="Secret"))
    off = explained(books, user=STAFF)["plan"]["sql"]["parameters"]
    settings.DEBUG = True

    assert (off, explained(books)["plan"]["sql"]["parameters"]) == (None, ["Secret"])


@pytest.mark.parametrize("value", ["json", "text", "html", "analyze-json", "analyze-text", "analyze-html"])
def test_what_stands_in_sql_is_shown_in_debug_only(settings, value):
    public = Prefetch("reviews", Review.objects.extra(where=["1 <> 4711"]))
    queryset = Book.objects.extra(where=["'Secret' <> ''"]).prefetch_related(public)
    books = view_of(Book, SHOWN, queryset=queryset)
    off = answer(books, user=STAFF, data={"explain_prefetch": value}).content
    settings.DEBUG = True
    on = answer(books, data={"explain_prefetch": value}).content

    assert [secret in shown for shown in (off, on) for secret in (b"Secret", b"4711")] == [False, False, True, True]


@pytest.mark.parametrize("method", ["get", "head", "options"])
@pytest.mark.parametrize("value", ["1", "analyze", "nonsense"])
def test_where_it_is_off_it_changes_nothing_of_any_safe_method(method, value):
    view = BOOKS.as_view({"get": "list", "post": "create"})
    plain, asked = (getattr(APIRequestFactory(), method)(url) for url in ("/", f"/?explain_prefetch={value}"))
    before, after = (view(request).render() for request in (plain, asked))

    assert (after.status_code, after.content, after.headers) == (200, before.content, before.headers)


class Readers(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return bool(request.user and request.user.username == "reader")


def test_another_permission_may_say_who_may_ask():
    with override_settings(DRF_AUTOPREFETCH={"EXPLAIN_PERMISSION": "tests.test_endpoint.Readers"}):
        assert explained(BOOKS, user=READER)["queries"] == 2
        assert b"queries" not in answer(BOOKS, user=STAFF, data=ASKING).content


def test_another_parameter_may_ask(debug):
    with override_settings(DRF_AUTOPREFETCH={"EXPLAIN_PARAMETER": "plan"}):
        assert explained(BOOKS, data={"plan": "1"})["queries"] == 2
        assert isinstance(json.loads(answer(BOOKS, data=ASKING).content), list)


@pytest.mark.parametrize(
    ("data", "accept", "media_type"),
    [
        ({"explain_prefetch": "1"}, "*/*", "application/json"),
        ({"explain_prefetch": "true"}, "application/json", "application/json"),
        ({"explain_prefetch": "1"}, "text/plain", "text/plain"),
        ({"explain_prefetch": "text"}, "application/json", "text/plain"),
        ({"explain_prefetch": "json"}, "text/plain", "application/json"),
    ],
)
def test_the_format_is_asked_for_by_name_or_by_header(debug, data, accept, media_type):
    response = answer(BOOKS, data=data, headers={"accept": accept})

    assert (response.status_code, response["Content-Type"]) == (200, f"{media_type}; charset=utf-8")
    assert response.content.startswith(b"{" if media_type == "application/json" else "BookView.list →".encode())


PLAN_TYPE = "application/vnd.drf-autoprefetch.plan+json"


@pytest.mark.parametrize("data", [{}, ASKING])
def test_who_accepts_a_plan_asks_for_one(debug, data):
    response = answer(BOOKS, data=data, headers={"Accept": PLAN_TYPE})

    assert response["Content-Type"] == f"{PLAN_TYPE}; charset=utf-8"
    assert json.loads(response.content)["queries"] == 2


def test_a_plan_is_not_acceptable_for_who_may_not_ask():
    assert answer(BOOKS, headers={"Accept": PLAN_TYPE}).status_code == 406
    assert b"queries" not in answer(BOOKS, headers={"Accept": f"{PLAN_TYPE}, */*"}).content


def test_a_plan_is_never_stored(debug):
    response = answer(BOOKS, data=ASKING)

    assert (response["Cache-Control"], {"Accept", "Cookie", "Authorization"} <= set(response["Vary"].split(", "))) == (
        *("private, no-store", True),
    )


class Nearby(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return bool(request.META["REMOTE_ADDR"] == "127.0.0.1")


@pytest.mark.parametrize("value", ["1", "analyze-html"])
def test_a_cached_view_keeps_no_plan_for_those_who_may_not_ask(value):
    """Early releases of Django 5.2 store what is not said to be private, ``no-store`` or not."""
    request = partial(APIRequestFactory().get, "/cached/", {"explain_prefetch": value})
    cached = cache_page(60)(BOOKS.as_view({"get": "list"}))
    with override_settings(DRF_AUTOPREFETCH={"EXPLAIN_PERMISSION": "tests.test_endpoint.Nearby"}):
        near, far = cached(request()), cached(request(REMOTE_ADDR="10.0.0.1")).render()

    assert (b"columns" in near.content, far.content) == (True, answer(BOOKS).content)


CHOICES = "1, json, text, html, analyze, analyze-json, analyze-text, analyze-html"


@pytest.mark.parametrize("value", ["2", "yaml", "", "analyze-", "analyze-yaml", "analyze-analyze-json"])
def test_a_bad_value_is_refused_with_the_good_ones(debug, value):
    response = answer(BOOKS, data={"explain_prefetch": value})

    assert (response.status_code, json.loads(response.content)) == (
        400,
        {"explain_prefetch": [f"{value!r} is no way to explain. Choices are: {CHOICES}."]},
    )


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_only_reading_can_be_explained(debug, method):
    class Echo(BOOKS):  # type: ignore[misc, valid-type]
        def echo(self, request: Any, **kwargs: Any) -> Any:
            from rest_framework.response import Response

            return Response({"method": request.method})

    handler = Echo.as_view({method: "echo"})
    from rest_framework.test import APIRequestFactory

    request = getattr(APIRequestFactory(), method)("/?explain_prefetch=1")

    assert json.loads(handler(request).render().content) == {"method": method.upper()}


def test_a_head_request_has_the_headers_of_a_plan_and_fetches_no_rows(debug, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = answer(BOOKS, data=ASKING, method="head")

    assert (response.status_code, response["Cache-Control"]) == (200, "private, no-store")


def test_an_object_is_explained_where_it_exists(debug, django_assert_num_queries):
    book = Book.objects.first()
    assert book is not None
    data = explained(BOOKS, "retrieve", pk=book.pk)

    assert (data["action"], data["queries"]) == ("retrieve", 2)


def test_an_object_that_does_not_exist_is_not_found(debug):
    assert answer(BOOKS, "retrieve", data=ASKING, pk=0).status_code == 404


class Nobody(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return False


class NotThis(BasePermission):
    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return False


class Unknown(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        raise NotAuthenticated


def test_permissions_come_first(debug):
    book = Book.objects.first()
    assert book is not None
    refused = [answer(view_of(Book, SHOWN, permission_classes=[each]), data=ASKING) for each in (Nobody, Unknown)]
    hidden = answer(view_of(Book, SHOWN, permission_classes=[NotThis]), "retrieve", data=ASKING, pk=book.pk)

    assert [response.status_code for response in (*refused, hidden)] == [403, 403, 403]
    assert {b"plan" in response.content for response in (*refused, hidden)} == {False}


class Enough(BaseThrottle):
    def allow_request(self, request: Any, view: Any) -> bool:
        return False


@pytest.mark.parametrize("headers", [{}, {"Accept": "text/html"}])
@pytest.mark.parametrize("value", ["1", "analyze"])
def test_who_has_asked_too_often_gets_no_plan(debug, django_assert_num_queries, value, headers):
    with django_assert_num_queries(0):
        view = view_of(Book, SHOWN, throttle_classes=[Enough])
        response = answer(view, data={"explain_prefetch": value}, headers=headers)

    assert response.status_code == (406 if headers else 429)
    assert b"plan" not in response.content


def test_who_must_log_in_must_log_in_first(debug):
    from rest_framework.authentication import BasicAuthentication

    view = view_of(Book, SHOWN, permission_classes=[IsAuthenticated], authentication_classes=[BasicAuthentication])

    assert answer(view, data=ASKING).status_code == 401


def test_a_view_that_does_not_speak_the_format_explains_all_the_same(debug):
    response = answer(BOOKS, data=ASKING, headers={"accept": "text/plain"})

    assert (response.status_code, response["Content-Type"]) == (200, "text/plain; charset=utf-8")


def test_what_is_not_acceptable_stays_so_without_the_parameter(debug):
    assert answer(BOOKS, headers={"accept": "text/plain"}).status_code == 406


def test_what_is_not_acceptable_stays_so_for_who_may_not_ask():
    plain, asked = (answer(BOOKS, data=data, headers={"accept": "text/plain"}) for data in ({}, ASKING))

    assert (asked.status_code, asked.content) == (406, plain.content)


def test_what_is_not_acceptable_stays_so_where_another_check_refuses(debug):
    view = view_of(Book, SHOWN, permission_classes=[Nobody])
    plain, asked = (answer(view, data=data, headers={"accept": "text/plain"}) for data in ({}, ASKING))

    assert (asked.status_code, asked.content) == (plain.status_code, plain.content)


class Pages(PageNumberPagination):
    page_size = 2


def test_a_page_is_explained_like_any_list(debug):
    assert explained(view_of(Book, SHOWN, pagination_class=Pages))["queries"] == 2


@pytest.mark.parametrize("base", [ListAPIView, ListCreateAPIView])
def test_views_of_lists_are_explained(debug, base):
    data = explained(view_of(Book, SHOWN, bases=(AutoPrefetchMixin, base)), "")

    assert (data["action"], data["queries"]) == ("get", 2)


@pytest.mark.parametrize("base", [RetrieveAPIView, RetrieveUpdateDestroyAPIView])
def test_views_of_objects_are_explained(debug, base):
    view = view_of(Book, SHOWN, bases=(AutoPrefetchMixin, base))
    book = Book.objects.first()
    assert book is not None

    assert (explained(view, "", pk=book.pk)["queries"], answer(view, "", data=ASKING, pk=0).status_code) == (2, 404)


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ({"auto_prefetch": False}, "auto_prefetch is False"),
        ({"auto_prefetch_skip_actions": ["list"]}, "auto_prefetch_skip_actions names it"),
        ({"get_queryset": lambda self: Book.objects.values("title")}, "it answers values(), not instances"),
        ({"get_queryset": lambda self: list(Book.objects.all()[:1])}, "list is no queryset"),
        (
            {"queryset": Author.objects.all()},
            "BookSerializer shows Book, and the queryset has rows of Author",
        ),
    ],
    ids=["off", "skipped", "values", "list", "other model"],
)
def test_a_request_without_a_plan_says_why(debug, attributes, problem):
    data = explained(view_of(Book, SHOWN, **attributes))
    (note,) = data["notes"]

    assert (data["plan"], note["id"], note["about"]) == (None, "left-alone", "BookView.list")
    assert note["message"] == f"the queryset is left as it was, because {problem}."


def test_a_plan_that_cannot_be_made_is_what_is_answered(debug):
    data = explained(view_of(Book, SHOWN, prefetch_hints=["autor"]))
    (note,) = data["notes"]

    assert (data["plan"], note["id"], note["severity"]) == (None, "planning-failed", "error")
    assert "names 'autor', which is no column or relation of Book. Did you mean 'author'?" in note["message"]


def test_a_report_does_not_say_where_objects_lie(debug):
    (note,) = explained(view_of(Book, SHOWN, prefetch_hints=[object()]))["notes"]

    assert note["message"].endswith("a callable of the serializer context, not <object object>.")


class Strict(BaseFilterBackend):
    """Refuses what it does not know, as that of JSON:API does."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        if unknown := sorted(request.query_params.keys() - {"title"}):
            raise ValidationError(unknown)
        return queryset


@pytest.mark.parametrize("value", ["1", "analyze-json"])
@pytest.mark.parametrize("action", ["list", "retrieve"])
def test_a_view_that_refuses_what_it_does_not_know_is_explained(debug, action, value):
    parts: dict[str, Any] = {"pk": Book.objects.latest("pk").pk} if action == "retrieve" else {}
    view = view_of(Book, SHOWN, filter_backends=[Strict])

    assert explained(view, action, data={"explain_prefetch": value, "title": "x"}, **parts)["queries"] == 2
    assert answer(view, action, data={"explain_prefetch": value, "more": "x"}, **parts).status_code == 400


def test_a_remembered_plan_is_said_to_be_remembered(debug):
    books = view_of(Book, shows(Book, "title", "isbn"))

    assert [explained(books)["timing"]["cached"] for _ in range(2)] == [False, True]


def test_a_hint_that_the_database_cannot_compute_is_a_note(debug):
    """What Django refuses when the plan is put on the queryset; requests log it and load their rows as written."""
    serializer = shows(
        Book,
        "title",
        stars=serializers.SerializerMethodField(),
        get_stars=prefetch_hint(annotate={"stars": Count("nothing")})(lambda self, book: book.stars),
    )
    (note,) = explained(view_of(Book, serializer))["notes"]

    assert (note["id"], note["message"][:40]) == ("planning-failed", "planning failed: Cannot resolve keyword ")
