"""The plan of a request: when it is made, when it is not, and what is remembered."""

from __future__ import annotations

import json
import logging
import threading
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from rest_framework import serializers
from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import ReadOnlyModelViewSet

from drf_autoprefetch import AutoPrefetchMixin, autoprefetch_disabled
from drf_autoprefetch.exceptions import HintError
from drf_autoprefetch.loading import requests
from drf_autoprefetch.loading.finding import clear_caches, plans
from drf_autoprefetch.loading.requests import RequestPlan
from tests.examples import ModelSerializer, asked_view, shows, sketch, view_of
from tests.testapp.models import Author, Book, Review

TITLE = shows(Book, "title")
NAMED = shows(Book, "title", author=shows(Author, "name")(), reviews=shows(Review, "rating")(many=True))


VIEWS = {serializer: view_of(Book, serializer) for serializer in (TITLE, NAMED)}
"""One class each, as projects have: plans are remembered by it."""


@pytest.fixture(autouse=True)
def _forget():
    clear_caches()


def request_plan(serializer: Any = TITLE, method: str = "get", **attributes: Any) -> RequestPlan:
    view = VIEWS[serializer] if serializer in VIEWS and not attributes else view_of(Book, serializer, **attributes)
    return RequestPlan(asked_view(view, method=method))


def loaded(plan: RequestPlan) -> bool:
    """Tell whether a queryset is loaded by plan."""
    return plan.load(Book.objects.all()) is not None


def test_an_outcome_has_a_plan_how_long_it_took_and_whether_it_was_remembered():
    first, second = (request_plan().outcome(Book.objects.all()) for _ in range(2))

    assert first.plan is not None
    assert (sketch(first.plan), first.notes, first.cached, second.cached) == (
        *({"only": ("id", "title")}, (), False, True),
    )
    assert first.seconds > 0
    assert second.plan is first.plan


def test_what_is_written_on_the_queryset_makes_another_plan():
    request_plan().outcome(Book.objects.all())
    outcome = request_plan().outcome(Book.objects.only("isbn"))

    assert outcome.plan is not None
    assert (sketch(outcome.plan), outcome.cached, len(plans)) == ({"only": ("id", "title", "isbn")}, False, 2)


def test_a_prefetch_on_the_queryset_is_planned_anew_each_time():
    from django.db.models import Prefetch

    queryset = Book.objects.prefetch_related(Prefetch("reviews", Review.objects.all()))
    outcomes = [request_plan().outcome(queryset) for _ in range(2)]

    assert ([outcome.cached for outcome in outcomes], len(plans)) == ([False, False], 0)


def test_a_change_of_settings_forgets_all_plans():
    request_plan().outcome(Book.objects.all())
    with override_settings(DRF_AUTOPREFETCH={"MAX_JOINS": 1}):
        assert len(plans) == 0


def test_another_setting_forgets_nothing():
    request_plan().outcome(Book.objects.all())
    with override_settings(DEBUG=True):
        assert len(plans) == 1


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_request_that_writes_gets_no_plan_for_its_rows(method):
    assert (request_plan(method=method).reading, loaded(request_plan(method=method))) == (False, False)


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a_request_that_reads_gets_one(method):
    assert (request_plan(method=method).reading, loaded(request_plan(method=method))) == (True, True)


@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        ({}, ""),
        ({"auto_prefetch": False}, "auto_prefetch is False"),
        ({"auto_prefetch_skip_actions": {"list"}}, "auto_prefetch_skip_actions names it"),
        ({"swagger_fake_view": True}, "there is no request"),
    ],
    ids=["on", "view", "action", "schema"],
)
def test_a_switch_says_which_it_is(attributes, why):
    plan = request_plan(**attributes)

    assert (plan.switched_off(), plan.reading, loaded(plan)) == (why, not why, not why)


def test_a_view_outside_of_a_request_is_switched_off():
    assert RequestPlan(view_of(Book, TITLE)()).switched_off() == "there is no request"


def test_the_library_can_be_switched_off():
    with override_settings(DRF_AUTOPREFETCH={"ENABLED": False}):
        assert request_plan().switched_off() == 'DRF_AUTOPREFETCH["ENABLED"] is False'


def test_a_block_can_be_switched_off_also_when_it_fails():
    during = []

    def fail() -> None:
        with autoprefetch_disabled():
            during.append(request_plan().switched_off())
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match=r"^stop$"):
        fail()

    assert (*during, request_plan().switched_off()) == ("autoprefetch_disabled() is in force", "")


def test_other_threads_go_on():
    found = []
    with autoprefetch_disabled():
        thread = threading.Thread(target=lambda: found.append(request_plan().switched_off()))
        thread.start()
        thread.join()

    assert found == [""]


def test_threads_may_plan_at_once():
    start, found = threading.Barrier(4), []

    def work() -> None:
        start.wait()
        for _ in range(20):
            found.append(sketch(request_plan(NAMED).outcome(Book.objects.all()).plan))  # type: ignore[arg-type]

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(found), [each for each in found if each != found[0]]) == (80, [])


def test_a_plan_that_cannot_be_made_is_an_error_under_strict():
    with pytest.raises(HintError, match="names 'autor'"):
        loaded(request_plan(prefetch_hints=["autor"]))


@override_settings(DRF_AUTOPREFETCH={"STRICT": False})
def test_a_plan_that_cannot_be_made_is_logged(caplog):
    with caplog.at_level(logging.ERROR, logger="drf_autoprefetch"):
        assert not loaded(request_plan(prefetch_hints=["autor"]))

    assert [(record.name, record.getMessage()) for record in caplog.records] == [
        ("drf_autoprefetch", "No plan for BookView.list")
    ]


def test_rows_that_the_views_own_code_fetches_are_loaded_as_they_are():
    plan = request_plan()
    with plan.paused():
        with plan.paused():
            inner = loaded(plan)
        outer = loaded(plan)

    assert (inner, outer, loaded(plan)) == (False, False, True)


def shown(plan: RequestPlan, rows: Any, serializer: Any = NAMED) -> Any:
    """Show rows by a serializer that the plan attends to."""
    many = not isinstance(rows, Book)
    return plan.attend(serializer(rows, many=many)).data


@pytest.mark.django_db
@pytest.mark.usefixtures("library")
class TestShowing:
    """Instances that no plan has loaded are loaded when they are shown."""

    @pytest.mark.parametrize("rows", [list, tuple], ids=["list", "tuple"])
    def test_rows_are_loaded_together(self, django_assert_num_queries, rows):
        plan = request_plan(NAMED)
        books = rows(Book.objects.all())
        with django_assert_num_queries(2):
            data = shown(plan, books)

        assert data == NAMED(Book.objects.all(), many=True).data

    def test_a_queryset_that_carries_no_plan_is_loaded(self, django_assert_num_queries):
        with django_assert_num_queries(3):
            shown(request_plan(NAMED), Book.objects.all())

    def test_an_instance_is_loaded(self, django_assert_num_queries):
        book = Book.objects.get(title="Book 0")
        with django_assert_num_queries(2):
            data = shown(request_plan(NAMED, "patch"), book)

        assert data["author"] == {"name": "Author 0"}

    def test_rows_that_a_plan_has_loaded_are_not_loaded_again(self, django_assert_num_queries):
        plan = request_plan(NAMED)
        queryset = plan.load(Book.objects.all())
        with django_assert_num_queries(2):
            shown(plan, list(queryset))

    def test_rows_are_not_loaded_where_it_is_switched_off(self, django_assert_num_queries):
        plan = request_plan(NAMED, auto_prefetch=False)
        books = list(Book.objects.all())
        with django_assert_num_queries(16):
            shown(plan, books)

    def test_what_is_switched_off_in_between_is_not_loaded(self, django_assert_num_queries):
        plan = request_plan(NAMED)
        attended = plan.attend(NAMED(list(Book.objects.all()), many=True))
        with autoprefetch_disabled(), django_assert_num_queries(16):
            assert len(attended.data) == 8

    def test_what_are_no_instances_is_shown_as_it_is(self, django_assert_num_queries):
        author = {"name": "x"}
        row = {"title": "x", "author": author, "reviews": []}
        with django_assert_num_queries(0):
            assert shown(request_plan(NAMED), [row]) == [row]

    @override_settings(DRF_AUTOPREFETCH={"STRICT": False})
    def test_what_cannot_be_loaded_is_logged_and_shown_all_the_same(self, caplog):
        plan = request_plan(NAMED, "post", prefetch_hints=["autor"])
        with caplog.at_level(logging.ERROR, logger="drf_autoprefetch"):
            data = [shown(plan, Book.objects.get(title="Book 0")) for _ in range(2)]

        assert (data[0]["title"], len(caplog.records)) == ("Book 0", 1)


def test_a_serializer_that_shows_nothing_is_left_alone():
    nothing = object()

    assert request_plan().attend(nothing) is nothing


def test_the_logger_has_no_handler_of_its_own():
    assert requests.logger.handlers == []


@pytest.mark.django_db
@pytest.mark.usefixtures("library")
def test_a_queryset_that_is_fetched_while_another_is_shown_stays_as_it_is():
    """A method field may fetch rows of the view's own for something else, and read any column of them."""

    class Peeking(ModelSerializer):
        pages = serializers.SerializerMethodField()

        class Meta:
            model = Book
            fields = ["title", "pages"]

        def get_pages(self, book: Book) -> Any:
            return self.context["view"].get_queryset().last().pages

    class View(AutoPrefetchMixin, ReadOnlyModelViewSet):  # type: ignore[type-arg]
        queryset = Book.objects.all()
        serializer_class = Peeking

    with CaptureQueriesContext(connection) as queries:
        response = View.as_view({"get": "list"})(APIRequestFactory().get("/"))
        response.render()

    rows = json.loads(response.content)
    assert len(rows) == Book.objects.count() > 1
    assert len(queries) == 1 + len(rows)
