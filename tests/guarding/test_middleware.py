"""The middleware: what is counted of which response, who is told, and what it changes: nothing."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from django.http import HttpResponse
from django.test import AsyncClient, Client, RequestFactory

from drf_autoprefetch.exceptions import QueryBudgetError
from drf_autoprefetch.guarding import responses, watching
from drf_autoprefetch.guarding.budgets import budget_of, check_budgets
from drf_autoprefetch.guarding.counting import Tally, counted, current_tally
from drf_autoprefetch.middleware import PrefetchMonitorMiddleware
from drf_autoprefetch.signals import response_measured
from tests.guarding.monitored import MIDDLEWARE, ask, failing, plain

pytestmark = [
    pytest.mark.django_db(databases=["default", "other"]),
    pytest.mark.usefixtures("library"),
    pytest.mark.urls("tests.guarding.monitored"),
]


@pytest.fixture(autouse=True)
def _monitored(settings):
    settings.MIDDLEWARE = [MIDDLEWARE]
    settings.DRF_AUTOPREFETCH = {}
    responses.forget_logged()


@pytest.fixture
def told():
    """What the signal's receivers are told."""
    calls: list[Any] = []

    def receive(**kwargs: Any) -> None:
        calls.append(kwargs)

    response_measured.connect(receive)
    yield calls
    response_measured.disconnect(receive)


def get(path: str) -> Any:
    return Client().get(path)


def aget(path: str) -> Any:
    return async_to_sync(AsyncClient().get)(path)


BOTH = pytest.mark.parametrize("get", [get, aget])


# ---- What is counted


@BOTH
@pytest.mark.parametrize("path", ["/plain/3/", "/waiting/3/"])
def test_the_queries_of_every_view_are_counted(get, path, told):
    response = get(path)

    (call,) = told
    assert (response.content, call["queries"], call["databases"]) == (b"3", 3, {"default": 3})
    assert (call["sender"], call["view"], call["method"]) == (PrefetchMonitorMiddleware, path.split("/")[1], "GET")
    assert (call["request"].path, call["response"].content) == (path, b"3")
    assert (call["unplanned"], call["budget"]) == ([], None)
    assert 0 < call["seconds_in_database"] < 60


@BOTH
@pytest.mark.parametrize("path", ["/plain/3/", "/waiting/3/"])
@pytest.mark.parametrize(("inner", "queries"), [(True, 4), (False, 3)])
def test_queries_of_middleware_inside_are_counted_too(get, path, inner, queries, told, settings):
    other = "tests.guarding.monitored.only_sync"
    settings.MIDDLEWARE = [MIDDLEWARE, other] if inner else [other, MIDDLEWARE]
    get(path)

    assert [call["queries"] for call in told] == [queries]


@BOTH
def test_each_database_is_counted(get, told):
    get("/both/")

    assert [(call["queries"], call["databases"]) for call in told] == [(3, {"default": 1, "other": 2})]


@BOTH
def test_what_views_with_the_mixin_load_row_by_row_is_told(get, told):
    get("/books/")
    get("/lean/")

    unplanned = [(call["queries"], [(each.view, each.count) for each in call["unplanned"]]) for call in told]
    assert unplanned == [(9, [("Books", 8)]), (1, [])]


@BOTH
def test_a_response_without_a_view_is_counted(get, told):
    assert get("/nowhere/").status_code == 404
    get("/unnamed/")

    assert [(call["view"], call["queries"]) for call in told] == [("", 0), ("tests.guarding.monitored.plain", 0)]


def test_a_view_in_a_namespace_is_told_with_it(told):
    get("/shop/2/")

    assert [(call["view"], call["queries"]) for call in told] == [("shop:plain", 2)]


def test_a_method_that_http_does_not_know_has_no_name_of_its_own(told):
    Client().generic("BREW", "/plain/1/")

    assert [call["method"] for call in told] == ["_OTHER"]


@BOTH
def test_an_error_of_the_view_comes_through_and_is_counted(get, told):
    with pytest.raises(ZeroDivisionError, match=r"^the view's own$"):
        get("/failing/")

    assert [(call["response"].status_code, call["queries"]) for call in told] == [(500, 1)]
    assert current_tally() is None


def test_an_error_of_the_database_comes_through_and_its_query_is_counted(told):
    from django.db import DatabaseError, transaction

    with pytest.raises(DatabaseError, match="no_such_column"), transaction.atomic():
        get("/wrong/")

    assert [call["queries"] for call in told] == [1]


def test_what_get_response_raises_comes_through():
    middleware = PrefetchMonitorMiddleware(failing)

    with pytest.raises(ZeroDivisionError, match=r"^the view's own$"):
        middleware(RequestFactory().get("/"))
    assert current_tally() is None


def test_a_request_that_is_cancelled_is_cancelled():
    async def wait(request: Any) -> Any:
        await asyncio.sleep(60)

    async def cancel() -> Any:
        task = asyncio.ensure_future(PrefetchMonitorMiddleware(wait)(RequestFactory().get("/")))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async_to_sync(cancel)()


def test_a_request_inside_another_counts_for_both():
    with counted() as tally:
        ask()
        get("/books/")

    assert (tally.queries, [finding.count for finding in tally.unplanned]) == (10, [8])


# ---- Threads and tasks


@pytest.mark.parametrize("view", ["waiting", "plain"])
def test_requests_at_the_same_time_are_counted_apart(view, told):
    async def ask_all() -> None:
        await asyncio.gather(*(AsyncClient().get(f"/{view}/{n}/") for n in range(20)))

    async_to_sync(ask_all)()

    assert sorted((call["request"].path, call["queries"]) for call in told) == sorted(
        (f"/{view}/{n}/", n) for n in range(20)
    )


def test_requests_of_an_asgi_server_are_counted_apart(told):
    """Each has a thread of its own for what is not asynchronous."""
    application = ASGIHandler()

    async def request(n: int) -> list[dict[str, Any]]:
        scope: Any = {"type": "http", "method": "GET", "path": f"/elsewhere/{n}/", "query_string": b"", "headers": []}
        body, sent, over = [{"type": "http.request"}], [], asyncio.Event()

        async def receive() -> Any:
            if body:
                return body.pop()
            await over.wait()
            raise AssertionError("nobody listens any more")

        async def send(message: Any) -> None:
            sent.append(message)

        await application(scope, receive, send)
        return sent

    async def ask_all() -> list[list[dict[str, Any]]]:
        return await asyncio.gather(*(request(n) for n in range(1, 21)))

    # In a loop of their own, not in that of the test's thread.
    answers = asyncio.run(ask_all())

    assert [sent[1]["body"] for sent in answers] == [str(n).encode() for n in range(1, 21)]
    assert sorted(call["queries"] for call in told) == list(range(1, 21))
    assert all(call["request"].path == f"/elsewhere/{call['queries']}/" for call in told)


def test_threads_are_counted_apart(told):
    barrier = threading.Barrier(4)

    def request(n: int) -> None:
        barrier.wait()
        get(f"/elsewhere/{n}/")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(request, range(1, 5)))

    assert sorted(call["queries"] for call in told) == [1, 2, 3, 4]
    assert all(call["request"].path == f"/elsewhere/{call['queries']}/" for call in told)


def test_connections_that_are_there_already_are_counted():
    connections["default"].execute_wrappers.remove(watching.observe)

    PrefetchMonitorMiddleware(plain)

    assert connections["default"].execute_wrappers[0] is watching.observe


# ---- Sampling


@BOTH
def test_without_sampling_nothing_is_told(get, told, settings):
    settings.DRF_AUTOPREFETCH = {"SAMPLING": 0.0, "BUDGETS": {"*": 0}, "OVER_BUDGET": ["raise"]}
    settings.DEBUG = True

    response = get("/plain/2/")

    assert (told, response.headers) == ([], {"Content-Type": "text/html; charset=utf-8"})


def test_a_share_of_the_responses_is_told(told, settings, monkeypatch):
    settings.DRF_AUTOPREFETCH = {"SAMPLING": 0.5}
    thrown = iter([0.1, 0.5, 0.9, 0.4])
    monkeypatch.setattr("random.random", lambda: next(thrown))

    for n in range(4):
        get(f"/plain/{n}/")

    assert [call["queries"] for call in told] == [0, 3]


# ---- Budgets


BUDGETS = {"*": 2, "book-list": 4, "shop:plain": 0}


@pytest.mark.parametrize(
    ("view", "budget"), [("book-list", 4), ("shop:plain", 0), ("plain", 2), ("", 2), ("book-list2", 2)]
)
def test_an_exact_name_wins_over_any(view, budget, settings):
    settings.DRF_AUTOPREFETCH = {"BUDGETS": BUDGETS}

    assert budget_of(view) == budget


def test_without_any_others_have_no_budget(settings):
    settings.DRF_AUTOPREFETCH = {"BUDGETS": {"plain": 1}}

    assert (budget_of("plain"), budget_of("book-list")) == (1, None)


@BOTH
def test_over_budget_is_logged_by_default(get, settings, caplog, told):
    settings.DRF_AUTOPREFETCH = {"BUDGETS": BUDGETS}
    with caplog.at_level(logging.WARNING, "drf_autoprefetch.budget"):
        get("/plain/2/")
        get("/books/")

    (record,) = caplog.records
    assert record.getMessage() == "GET book-list: 9 queries, and 4 are allowed."
    assert (record.name, record.levelno) == ("drf_autoprefetch.budget", logging.WARNING)
    assert (record.view, record.method, record.query_count, record.query_budget) == ("book-list", "GET", 9, 4)
    assert (record.databases, record.unplanned_count) == ({"default": 9}, 8)
    assert record.seconds_in_database == told[-1]["seconds_in_database"]
    assert [call["budget"] for call in told] == [2, 4]


def test_the_log_says_it_again_where_it_is_worse(settings, caplog):
    settings.DRF_AUTOPREFETCH = {"BUDGETS": BUDGETS}
    with caplog.at_level(logging.WARNING, "drf_autoprefetch.budget"):
        for n in (5, 4, 5, 7):
            get(f"/plain/{n}/")
        Client().post("/plain/3/")

    assert [(record.method, record.query_count) for record in caplog.records] == [("GET", 5), ("GET", 7), ("POST", 3)]


def test_the_log_says_nothing_where_it_is_not_named(settings, caplog):
    settings.DRF_AUTOPREFETCH = {"BUDGETS": {"*": 0}, "OVER_BUDGET": []}
    get("/plain/1/")

    assert caplog.records == []


@BOTH
def test_over_budget_raises_where_a_project_asks_for_it(get, settings, told):
    settings.DRF_AUTOPREFETCH = {"BUDGETS": BUDGETS, "OVER_BUDGET": ["raise"]}
    get("/plain/2/")
    with pytest.raises(QueryBudgetError) as raised:
        get("/books/")

    first, last = str(raised.value).splitlines()
    assert first.startswith("×8 BookSerializer.writer | Book.author | to-one | ")
    assert last == "GET book-list: 9 queries, and 4 are allowed."
    assert [call["queries"] for call in told] == [2, 9]


def test_a_name_that_no_url_has_is_a_warning(settings):
    settings.DRF_AUTOPREFETCH = {"BUDGETS": {"*": 1, "book-list": 1, "plian": 1, "plain": 1, "shop:plain": 1}}

    (warning,) = check_budgets()

    assert (warning.id, warning.obj) == ("drf_autoprefetch.W010", "plian")
    assert warning.msg == "DRF_AUTOPREFETCH['BUDGETS'] names 'plian', which is no name of a URL. Did you mean 'plain'?"
    assert warning.hint is not None
    assert warning.hint.startswith("Write what request.resolver_match.view_name says")


def test_a_url_without_a_name_goes_by_its_function(settings):
    settings.DRF_AUTOPREFETCH = {"BUDGETS": {"tests.guarding.monitored.plain": 1}}

    assert check_budgets() == []


def test_without_urls_nothing_is_checked(settings):
    settings.DRF_AUTOPREFETCH = {"BUDGETS": {"plian": 1}}
    settings.ROOT_URLCONF = None

    assert check_budgets() == []


# ---- Headers


@BOTH
@pytest.mark.parametrize("path", ["/plain/3/", "/user/", "/user/unknown/", "/staff/gone/"])
def test_others_get_the_same_bytes_as_without(get, path, settings):
    settings.DRF_AUTOPREFETCH = {"BUDGETS": {"*": 0}, "OVER_BUDGET": ["header"]}
    monitored = get(path)
    settings.MIDDLEWARE = []
    without = get(path)

    assert (monitored.serialize_headers(), monitored.content) == (without.serialize_headers(), without.content)


@BOTH
def test_where_debug_is_on_headers_say_it(get, settings):
    settings.DRF_AUTOPREFETCH = {"BUDGETS": {"*": 2}, "OVER_BUDGET": ["header"]}
    settings.DEBUG = True

    for n in (2, 3):
        response = get(f"/plain/{n}/")
        timing, _, described = response["Server-Timing"].rpartition(";")
        assert described == f'desc="{n} queries"'
        assert timing.startswith("db;dur=")
        assert float(timing.removeprefix("db;dur=")) >= 0
        assert response.get("X-Query-Count") == (None if n == 2 else "3")


@BOTH
@pytest.mark.parametrize("path", ["/staff/", "/staff/known/"])
def test_staff_see_headers_beside_the_view_s_own(get, path):
    response = get(path)

    assert response["Server-Timing"] == 'app;dur=1, db;dur=0.0;desc="0 queries"'
    assert "X-Query-Count" not in response


# ---- Faults


@BOTH
def test_a_receiver_that_raises_changes_nothing(get, caplog):
    def receive(**kwargs: Any) -> None:
        raise RuntimeError("receiver")

    response_measured.connect(receive)
    try:
        assert get("/plain/1/").content == b"1"
    finally:
        response_measured.disconnect(receive)
    assert [record.name for record in caplog.records] == ["django.dispatch"]


def test_an_asynchronous_receiver_is_told():
    calls = []

    async def receive(queries: int, **kwargs: Any) -> None:
        calls.append(queries)

    response_measured.connect(receive)
    try:
        get("/plain/1/")
        aget("/plain/2/")
    finally:
        response_measured.disconnect(receive)
    assert calls == [1, 2]


@BOTH
def test_a_log_that_raises_changes_nothing(get, settings, monkeypatch):
    class Handler(logging.Handler):
        def emit(self, record: Any) -> None:
            raise RuntimeError("no log")

    settings.DRF_AUTOPREFETCH = {"BUDGETS": {"*": 0}}
    handler = Handler()
    for logger in (watching.logger, responses.logger):
        monkeypatch.setattr(logger, "handlers", [handler])

    assert get("/plain/1/").content == b"1"


FAULTS = [
    "guarding.counting.Tally.add",
    "guarding.counting.Tally.add_unplanned",
    "guarding.responses._may_see",
    "guarding.responses.budget_of",
    "middleware._told",
    "middleware.add_headers",
    "middleware.error_for",
    "middleware.get_settings",
    "middleware.log_exceeded",
    "middleware.measured",
]


@BOTH
@pytest.mark.parametrize("name", FAULTS)
def test_a_monitor_that_fails_changes_nothing(name, get, monkeypatch, settings, caplog, told):
    settings.DRF_AUTOPREFETCH = {"BUDGETS": {"*": 0}}
    expected = get("/books/").content
    responses.forget_logged()
    failures = []
    # The middleware is made first; what is wrong in settings at that time is to be known.
    client: Any = Client() if get.__name__ == "get" else AsyncClient()
    client.handler.load_middleware(is_async=isinstance(client, AsyncClient))

    def fail(*args: Any, **kwargs: Any) -> Any:
        failures.append(name)
        raise RuntimeError(f"{name} failed")

    monkeypatch.setattr(f"drf_autoprefetch.{name}", fail)
    caplog.clear()
    response = async_to_sync(client.get)("/books/") if isinstance(client, AsyncClient) else client.get("/books/")

    assert response.content == expected
    assert failures
    said = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert said
    assert all(message.endswith(": the guard failed") for message in said)


# ---- Metrics


def test_metrics_without_their_package_stop_the_start(settings, monkeypatch):
    settings.DRF_AUTOPREFETCH = {"METRICS": ["prometheus"]}

    def missing(name: str, package: str) -> Any:
        raise ImportError(f"{package}{name}")

    monkeypatch.setattr("drf_autoprefetch.middleware.import_module", missing)
    message = r'^DRF_AUTOPREFETCH\["METRICS"\] has \'prometheus\', which needs a package: '
    with pytest.raises(ImproperlyConfigured, match=message + r'pip install "drf-autoprefetch\[prometheus\]"\.$'):
        PrefetchMonitorMiddleware(plain)


def test_wrong_settings_stop_the_start(settings):
    settings.DRF_AUTOPREFETCH = {"BUDGETS": {"plain": "few"}}

    with pytest.raises(ImproperlyConfigured):
        PrefetchMonitorMiddleware(plain)


# ---- The tally


def test_a_tally_tells_databases_apart():
    around = Tally()
    tally = Tally(around)
    tally.add("default", 0.25)
    tally.add("other", 0.5)
    around.add("other", 1.0)

    assert (tally.queries, tally.databases, tally.seconds) == (2, {"default": 1, "other": 1}, 0.75)
    assert (around.queries, around.databases, around.seconds) == (3, {"default": 1, "other": 2}, 1.75)


def test_nothing_is_counted_outside_a_block():
    with counted() as tally:
        pass
    ask()

    assert tally.queries == 0


def test_the_response_is_what_the_view_made():
    made = HttpResponse("x")

    assert PrefetchMonitorMiddleware(lambda request: made)(RequestFactory().get("/")) is made
