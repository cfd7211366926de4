"""What is loaded while a response streams: watched and counted like the rest, and nothing that is sent changes."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import FileResponse, StreamingHttpResponse
from django.test import AsyncClient, Client, RequestFactory
from rest_framework.generics import GenericAPIView

from drf_autoprefetch import AutoPrefetchMixin, watch
from drf_autoprefetch.exceptions import QueryBudgetError, UnplannedQueryError, UnplannedQueryWarning
from drf_autoprefetch.guarding import groups, responses, watching
from drf_autoprefetch.guarding.counting import Tally, counted, counted_in_turns, current_tally
from drf_autoprefetch.middleware import PrefetchMonitorMiddleware
from drf_autoprefetch.signals import response_measured, unplanned_queries
from tests.examples import shows
from tests.guarding.monitored import MIDDLEWARE, ask
from tests.guarding.scenarios import AuthorShown
from tests.guarding.test_watching import show
from tests.testapp.models import Book

pytestmark = [
    pytest.mark.django_db(databases=["default", "other"]),
    pytest.mark.usefixtures("library"),
    pytest.mark.urls("tests.guarding.monitored"),
]

SHOWN = shows(Book, "title", author=AuthorShown())


class Export(AutoPrefetchMixin, GenericAPIView[Book]):
    """Shows its rows one after the other, while they are sent."""

    auto_prefetch = False
    authentication_classes = ()
    queryset = Book.objects.order_by("pk")
    serializer_class = SHOWN
    closed: ClassVar[bool] = False

    def get(self, request: Any) -> Any:
        Export.closed = False
        return StreamingHttpResponse(self.rows())

    def rows(self) -> Iterator[str]:
        try:
            for book in self.get_queryset():
                yield json.dumps(self.get_serializer(book).data)
        finally:
            Export.closed = True


class AsyncExport(Export):
    def rows(self) -> Any:
        return self.arows()

    async def arows(self) -> AsyncIterator[str]:
        rows = super().rows()
        step: Any = sync_to_async(next)
        while (row := await step(rows, None)) is not None:
            yield row


def request(view: type[Any]) -> Any:
    return view.as_view()(RequestFactory().get("/"))


def sent(response: Any) -> bytes:
    """Send all of a response, as a server does, and close it."""

    async def send() -> bytes:
        return b"".join([part async for part in response])

    content: bytes = async_to_sync(send)() if response.is_async else b"".join(response)
    response.close()
    return content


PLAIN = {Export: type("Plain", (Export,), {"auto_prefetch_unplanned": "off"})}
PLAIN[AsyncExport] = type("AsyncPlain", (AsyncExport,), {"auto_prefetch_unplanned": "off"})
BOTH = pytest.mark.parametrize("view", [Export, AsyncExport])


@pytest.fixture(autouse=True)
def _connected(monkeypatch):
    """A response that is closed ends its request, and with that its connections; the rows of these tests are in one."""
    monkeypatch.setattr(BaseDatabaseWrapper, "close_if_unusable_or_obsolete", lambda self: None)


@pytest.fixture
def told():
    """What the receivers of a view's signal are told."""
    calls: list[Any] = []

    def receive(sender: Any, queries: int, findings: Any, **kwargs: Any) -> None:
        calls.append((sender.__name__, queries, [(each.view, each.path, each.count) for each in findings]))

    unplanned_queries.connect(receive)
    yield calls
    unplanned_queries.disconnect(receive)


@pytest.fixture
def measured(settings):
    """What the receivers of the middleware's signal are told."""
    settings.MIDDLEWARE = [MIDDLEWARE]
    settings.DRF_AUTOPREFETCH = {}
    responses.forget_logged()
    calls: list[Any] = []

    def receive(view: str, queries: int, unplanned: Any, **kwargs: Any) -> None:
        calls.append((view, queries, [each.count for each in unplanned]))

    response_measured.connect(receive)
    yield calls
    response_measured.disconnect(receive)


def get(path: str) -> bytes:
    return sent(Client().get(path))


def aget(path: str) -> bytes:
    return sent(async_to_sync(AsyncClient().get)(path))


# ---- Views


@BOTH
def test_rows_that_load_while_they_are_sent_are_found(view, told):
    expected = sent(request(PLAIN[view]))

    with watch() as seen:
        response = request(view)
        before = list(told)
        assert sent(response) == expected

    assert before == [(view.__name__, 0, [])]
    assert told == [*before, (view.__name__, 9, [(view.__name__, "BookSerializer.author", 8)])]
    assert [(found.path, found.count) for found in seen.findings] == [("BookSerializer.author", 8)]
    assert seen.queries == 9
    assert watching._watching.get() is None


@BOTH
def test_what_is_planned_is_not(view, told):
    planned = type("Planned", (view,), {"queryset": Book.objects.select_related("author").order_by("pk")})

    assert sent(request(planned)) == sent(request(PLAIN[view]))

    assert told == [("Planned", 0, []), ("Planned", 1, [])]


def test_a_stream_without_queries_is_not_told(told):
    class Fixed(Export):
        def rows(self) -> Iterator[str]:
            yield "row"

    assert sent(request(Fixed)) == b"row"
    assert told == [("Fixed", 0, [])]


@BOTH
def test_raise_raises_when_all_of_it_was_sent(view):
    raising = type("Raising", (view,), {"auto_prefetch_unplanned": "raise"})
    response, parts = request(raising), []

    async def send() -> None:
        async for part in response:
            parts.append(part)

    with pytest.raises(UnplannedQueryError, match=r"×8 BookSerializer\.author"):
        async_to_sync(send)() if response.is_async else parts.extend(iter(response))
    assert b"".join(parts or [b""]) in (b"", sent(request(PLAIN[view])))
    assert watching._watching.get() is None


def test_warn_warns_and_log_logs(caplog):
    with pytest.warns(UnplannedQueryWarning, match=r"BookSerializer\.author"):
        sent(request(type("Warning", (Export,), {"auto_prefetch_unplanned": "warn"})))
    with caplog.at_level(logging.WARNING, "drf_autoprefetch.unplanned"):
        sent(request(type("Logging", (Export,), {"auto_prefetch_unplanned": "log"})))

    assert [(record.view, record.query_count) for record in caplog.records] == [("Logging", 8)]


@BOTH
def test_an_error_of_the_stream_s_own_comes_first(view, told):
    class Failing(view):  # type: ignore[misc, valid-type]
        auto_prefetch_unplanned = "raise"

        def rows(self) -> Any:
            return failing(super().rows()) if view is Export else afailing(super().rows())

    with pytest.raises(ZeroDivisionError, match=r"^its own$"):
        sent(request(Failing))

    assert told == [("Failing", 0, []), ("Failing", 4, [("Failing", "BookSerializer.author", 3)])]
    assert watching._watching.get() is None


def failing(rows: Iterator[str]) -> Iterator[str]:
    for number, row in enumerate(rows):
        if number == 2:
            raise ZeroDivisionError("its own")
        yield row


async def afailing(rows: AsyncIterator[str]) -> AsyncIterator[str]:
    number = 0
    async for row in rows:
        number += 1
        if number == 3:
            raise ZeroDivisionError("its own")
        yield row


@BOTH
def test_a_client_that_goes_away_ends_it(view, told):
    """The server closes the response; nothing raises then, and it is told once."""
    response = request(type("Left", (view,), {"auto_prefetch_unplanned": "raise"}))

    async def begin() -> list[bytes]:
        parts = response.streaming_content
        return [await anext(parts), await anext(parts)]

    if response.is_async:
        async_to_sync(begin)()
    else:
        assert [next(iter(response)) for _ in range(2)]
    response.close()
    response.close()

    assert told == [("Left", 0, []), ("Left", 3, [("Left", "BookSerializer.author", 2)])]
    # A generator is closed as it is without us.
    assert response.is_async or Export.closed


def test_a_request_that_is_cancelled_is_told_when_its_response_is_closed(told):
    class Waiting(AsyncExport):
        async def arows(self) -> AsyncIterator[str]:
            await sync_to_async(ask)()
            yield "row"
            await asyncio.sleep(60)

    async def cancel() -> Any:
        response = await sync_to_async(request)(Waiting)

        async def send() -> None:
            async for _ in response:
                pass

        task = asyncio.ensure_future(send())
        while not watched_queries():
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return response

    def watched_queries() -> int:
        return seen.queries

    with watch() as seen:
        response = async_to_sync(cancel)()
    before = list(told)
    response.close()

    assert (before, told[1:]) == ([("Waiting", 0, [])], [("Waiting", 1, [])])


def test_streams_that_take_turns_are_watched_apart(told):
    responses = [request(Export), request(PLAIN[Export]), request(Export)]
    streams = [iter(response) for response in responses]

    for _ in range(8):
        for stream in streams:
            next(stream)
    for response in responses:
        response.close()

    assert told[2:] == [("Export", 9, [("Export", "BookSerializer.author", 8)])] * 2


def test_a_block_of_the_stream_s_own_goes_on_at_each_step(told):
    seen: list[Any] = []

    class Watching(Export):
        def rows(self) -> Iterator[str]:
            with watch() as own:
                yield from super().rows()
            seen.append(own)

    with watch() as around:
        stream = iter(request(Watching))
        next(stream)
        with watch() as between:
            show()
        assert len(list(stream)) == 7

    (own,) = seen
    assert (own.queries, between.queries, around.queries) == (9, 9, 18)
    assert [found.count for found in own.findings] == [8]
    assert told[1:] == [("Watching", 9, [("Watching", "BookSerializer.author", 8)])]
    assert watching._watching.get() is None


def test_files_are_handed_to_the_server_as_they_are():
    class Download(Export):
        def get(self, request: Any) -> Any:
            return FileResponse(io.BytesIO(b"file"))

    response = request(Download)

    assert isinstance(response.file_to_stream, io.BytesIO)
    assert sent(response) == b"file"


def test_a_stream_that_cannot_be_followed_streams_all_the_same(caplog):
    class Odd(StreamingHttpResponse):
        @property
        def streaming_content(self) -> Any:
            return iter([b"odd"])

        @streaming_content.setter
        def streaming_content(self, value: Any) -> None:
            if getattr(self, "is_async", None) is not None:
                raise RuntimeError("only once")
            self.is_async = False

    class View(Export):
        def get(self, request: Any) -> Any:
            return Odd()

    assert b"".join(request(View).streaming_content) == b"odd"
    assert [record.message for record in caplog.records] == [
        "What is loaded while a response streams is not watched: the guard failed"
    ]


@BOTH
def test_what_fails_when_it_is_over_changes_nothing(view, monkeypatch, caplog):
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("failed")

    expected = sent(request(PLAIN[view]))
    for name in ("watching.Watch.hand_on", "requests.not_allowed"):
        monkeypatch.setattr(f"drf_autoprefetch.guarding.{name}", fail)

    assert sent(request(view)) == expected
    assert {record.message for record in caplog.records} == {
        "What was found is not told to the blocks around: the guard failed",
        "Unplanned queries are not reported: the guard failed",
    }


def test_of_a_stream_without_end_no_more_is_kept_than_tells(monkeypatch):
    monkeypatch.setattr(groups, "_LIMIT", 3)

    with watch() as seen:
        show()

    # The first three books are of one author, all eight of four.
    assert [(found.count, found.parameters) for found in seen.findings] == [(8, 1)]


# ---- The middleware


@pytest.mark.parametrize(
    ("get", "path"), [(get, "/export/"), (aget, "/export/"), (get, "/aexport/"), (aget, "/aexport/")]
)
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
def test_what_is_asked_while_a_response_streams_is_counted(get, path, measured, settings):
    counted = get(path)
    settings.MIDDLEWARE = []

    assert get(path) == counted
    assert measured == [(path.strip("/"), 9, [8])]
    assert current_tally() is None


def test_headers_say_what_it_took_until_it_was_handed_back(measured, settings):
    settings.DEBUG = True
    response: Any = Client().get("/streaming/")

    assert response["Server-Timing"].endswith('desc="1 queries"')
    assert (measured, sent(response), measured) == ([("streaming", 2, [])], b"row", [("streaming", 2, [])])


@pytest.mark.parametrize(("budget", "early"), [(0, True), (1, False)])
def test_over_budget_raises_as_soon_as_it_is_known(budget, early, measured, settings):
    settings.DRF_AUTOPREFETCH = {"BUDGETS": {"*": budget}, "OVER_BUDGET": ["raise"]}
    message = rf"^GET streaming: {1 if early else 2} queries, and {budget} are allowed\.$"

    if early:
        with pytest.raises(QueryBudgetError, match=message):
            Client().get("/streaming/")
    else:
        response: Any = Client().get("/streaming/")
        with pytest.raises(QueryBudgetError, match=message):
            b"".join(response)
    assert measured == [("streaming", 1 if early else 2, [])]


def test_a_stream_that_is_closed_half_way_is_told_and_raises_nothing(measured, settings, caplog):
    settings.DRF_AUTOPREFETCH = {"BUDGETS": {"*": 2}, "OVER_BUDGET": ["raise", "log"]}
    response: Any = Client().get("/export/")
    stream = iter(response)
    next(stream), next(stream)

    response.close()

    assert measured == [("export", 3, [2])]
    assert [record.query_count for record in caplog.records] == [3]


def test_a_monitor_that_fails_when_a_stream_begins_or_ends_changes_nothing(measured, monkeypatch, caplog):
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("failed")

    expected = get("/streaming/")
    for name in ("follow", "measured"):
        with monkeypatch.context() as patch:
            client: Any = Client()
            response = None
            if name == "follow":
                patch.setattr(f"drf_autoprefetch.middleware.{name}", fail)
            response = client.get("/streaming/")
            patch.setattr(f"drf_autoprefetch.middleware.{name}", fail)
            assert sent(response) == expected
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "Queries are not counted while a response streams",
        "A response is not measured",
    ]


def test_what_is_not_sampled_streams_by_itself():
    made = StreamingHttpResponse(iter([b"row"]))
    before = made._iterator  # type: ignore[attr-defined]

    assert PrefetchMonitorMiddleware(lambda request: made)(RequestFactory().get("/")) is made
    assert made._iterator is not before


def test_queries_of_a_stream_count_for_whoever_takes_its_steps():
    tally, turns = Tally(), None
    turns = counted_in_turns(tally)
    with counted() as first, turns:
        ask()
    with counted() as second, turns:
        ask()
        ask()

    assert (tally.queries, first.queries, second.queries) == (3, 1, 2)
