"""The panel of django-debug-toolbar: what it shows of a request, and that it changes nothing about it."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import weakref
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from debug_toolbar.toolbar import DebugToolbar
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.urls import include, path
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ModelViewSet

from drf_autoprefetch import AutoPrefetchMixin
from drf_autoprefetch.contrib.debug_toolbar import AutoPrefetchPanel
from drf_autoprefetch.loading import requests
from drf_autoprefetch.loading.watching import watching
from tests.examples import shows, unread
from tests.markup import HOSTILE, nodes, parse
from tests.testapp.models import Author, Book, Review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

PANEL = "AutoPrefetchPanel"
REVIEWS = shows(Review, "rating")
SHOWN = shows(Book, "title", author=shows(Author, "name")(), reviews=REVIEWS(many=True))


class Never(BasePermission):
    """Nobody passes."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return False


class Books(AutoPrefetchMixin, ModelViewSet[Book]):
    queryset = Book.objects.order_by("pk")
    serializer_class = SHOWN
    renderer_classes = [JSONRenderer, BrowsableAPIRenderer]
    authentication_classes = []


class RefusedBooks(Books):
    permission_classes = [Never]


class SwitchedOff(Books):
    auto_prefetch = False


class PlainBooks(APIView):
    authentication_classes = []

    def get(self, request: Any) -> Response:
        return Response([book.title for book in Book.objects.all()])


class UnreadSerializer(shows(Book, "title")):  # type: ignore[misc]
    def to_representation(self, book: Any) -> Any:
        return {"shown": unread(book) if hasattr(book, "shown") else book.title}


class UnreadBooks(Books):
    serializer_class = UnreadSerializer


class WrittenBooks(Books):
    serializer_class = shows(Book, "title", reviews=REVIEWS(many=True, read_only=True))


class WrongBooks(Books):
    prefetch_hints = ["autor"]


class Authors(Books):
    queryset = Author.objects.order_by("pk")  # type: ignore[assignment]
    serializer_class = shows(Author, "name")


def inside(request: HttpRequest) -> HttpResponse:
    """Answer with what another request answered."""
    Client().get("/authors/")
    return HttpResponse("<html><body></body></html>")


def page(request: HttpRequest) -> HttpResponse:
    """A page that shows what two views answer."""
    listed = [view.as_view({"get": "list"})(request).data for view in (Books, Authors)]
    return HttpResponse(f"<html><body>{len(listed)}</body></html>")


router = SimpleRouter()
router.register("books", Books, basename="books")
router.register("authors", Authors, basename="authors")
router.register("refused", RefusedBooks, basename="refused")
router.register("off", SwitchedOff, basename="off")
router.register("unread", UnreadBooks, basename="unread")
router.register("written", WrittenBooks, basename="written")
router.register("wrong", WrongBooks, basename="wrong")
urlpatterns = [
    *router.urls,
    path("plain/", PlainBooks.as_view()),
    path("page/", page),
    path("inside/", inside),
    path("__debug__/", include("debug_toolbar.urls")),
]


def is_shown(request: HttpRequest) -> bool:
    """Show the toolbar, unless the request says otherwise."""
    return "Is-Hidden" not in request.headers


@pytest.fixture(autouse=True)
def _toolbar(settings: Any) -> None:
    """A project that has the toolbar, and shows it to everybody."""
    settings.DEBUG = True
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["debug_toolbar.middleware.DebugToolbarMiddleware"]
    settings.DRF_AUTOPREFETCH = {}
    settings.DEBUG_TOOLBAR_CONFIG = {"SHOW_TOOLBAR_CALLBACK": f"{__name__}.is_shown", "IS_RUNNING_TESTS": False}
    settings.DEBUG_TOOLBAR_PANELS = [
        "debug_toolbar.panels.history.HistoryPanel",
        f"drf_autoprefetch.contrib.debug_toolbar.{PANEL}",
    ]


def ask(url: str, method: str = "get", **how: Any) -> tuple[Any, Any]:
    """Send a request; return the response and what the toolbar has stored of it."""
    response = getattr(Client(), method)(url, **how)
    return response, DebugToolbar.fetch(response["djdt-request-id"], PANEL)


def shown(toolbar: Any) -> tuple[str, Any]:
    """Return the line in the side bar and the content of the panel."""
    panel = toolbar.get_panel_by_id(PANEL)
    assert isinstance(panel, AutoPrefetchPanel)
    return panel.nav_subtitle, parse(panel.content)


def headings(document: Any) -> list[str]:
    return [each.words for each in document.all("h4")]


def test_a_json_response_is_shown_by_the_history_panel() -> None:
    response, _ = ask("/books/")
    history = Client().get("/__debug__/render_panel/", {"request_id": response["djdt-request-id"], "panel_id": PANEL})
    document = parse(json.loads(history.content)["content"])

    assert response["Content-Type"] == "application/json"
    assert headings(document) == ["Books.list → BookSerializer"]
    assert [node.partition(" all ")[0].partition(" only ")[0] for node in nodes(document)] == [
        "testapp.Book root",
        "author → testapp.Author join",
        "reviews → testapp.Review prefetch",
    ]


def test_an_html_response_has_it_in_the_side_bar() -> None:
    response, toolbar = ask("/books/", headers={"Accept": "text/html"})

    assert PANEL in response.content.decode()
    assert "2 queries" in response.content.decode()
    assert headings(shown(toolbar)[1]) == ["Books.list → BookSerializer"]


def test_the_side_bar_counts_queries_and_notes() -> None:
    assert shown(ask("/books/")[1])[0] == "2 queries"
    assert shown(ask("/unread/")[1])[0] == "1 query, 1 note"


def test_a_note_has_its_remedy() -> None:
    (note,) = shown(ask("/unread/")[1])[1].all("li", class_="note")

    assert note.all("h3")[0].words.endswith("code-unread")
    assert note.by_id("hint-1").text == '@prefetch_hint("title")'


def test_the_plan_is_that_of_the_rows_with_their_page_and_parameters() -> None:
    with CaptureQueriesContext(connection) as queries:
        _, toolbar = ask("/books/3/")
    (report,) = toolbar.get_panel_by_id(PANEL).get_stats()["reports"]

    assert report["plan"]["sql"]["parameters"] == ["3", "21"][: len(report["plan"]["sql"]["parameters"])]
    assert report["plan"]["sql"]["text"].partition(" WHERE ")[0] == queries[0]["sql"].partition(" WHERE ")[0]
    assert report["action"] == "retrieve"


def test_a_plan_that_was_remembered_says_so() -> None:
    requests_ = [shown(ask("/books/")[1])[1].words for _ in range(2)]

    assert "remembered from an earlier request" in requests_[1]


def test_links_ask_for_the_plan_of_the_same_request() -> None:
    _, toolbar = ask("/books/?page=2&x=%22%3E")

    assert [link.attributes["href"] for link in shown(toolbar)[1].all("a")] == [
        f"/books/?page=2&x=%22%3E&explain_prefetch={name}" for name in ("json", "text", "html", "analyze")
    ]


def test_a_write_shows_what_was_loaded_for_its_response() -> None:
    book = Book.objects.order_by("pk")[0]
    data = json.dumps({"title": book.title})
    response, toolbar = ask(f"/written/{book.pk}/", "patch", data=data, content_type="application/json")
    _, document = shown(toolbar)

    assert response.status_code == 200
    assert headings(document) == ["WrittenBooks.partial_update → BookSerializer"]
    assert "for rows that were there already" in document.words
    assert document.all("a") == []


@pytest.mark.parametrize("url", ["/plain/", "/__nowhere__/"])
def test_without_the_mixin_there_is_nothing_to_show(url: str) -> None:
    said, document = shown(ask(url)[1])

    assert said == "no plan"
    assert document.words == "No view with AutoPrefetchMixin has answered this request."


def test_a_request_that_was_refused_has_no_plan() -> None:
    response, toolbar = ask("/refused/")
    said, document = shown(toolbar)

    assert response.status_code == 403
    assert said == "no plan"
    assert headings(document) == ["RefusedBooks.list → ?"]
    assert "no rows were loaded by plan" in document.words


def test_a_view_that_is_switched_off_says_by_what() -> None:
    said, document = shown(ask("/off/")[1])

    assert said == "no plan, 1 note"
    assert "auto_prefetch is False" in document.words


def test_a_plan_that_failed_says_why() -> None:
    response, toolbar = ask("/wrong/")
    said, document = shown(toolbar)

    assert response.status_code == 200
    assert said == "no plan, 1 note"
    assert "autor" in document.words
    assert document.all("li", class_="note")[0].all("h3")[0].words.endswith("planning-failed")


def test_a_page_of_two_views_shows_both_with_numbers_of_their_own() -> None:
    said, document = shown(ask("/page/")[1])
    identities = [each.attributes["id"] for each in document.walk() if "id" in each.attributes]

    assert said == "3 queries"
    assert headings(document) == ["Books.list → BookSerializer", "Authors.list → AuthorSerializer"]
    assert len(identities) == len(set(identities)) == 3


def test_a_request_inside_another_one_has_a_panel_of_its_own() -> None:
    assert headings(shown(ask("/inside/")[1])[1]) == []
    assert watching.get() is None


def test_hostile_names_are_text(monkeypatch: pytest.MonkeyPatch) -> None:
    _, toolbar = ask("/unread/")
    panel = toolbar.get_panel_by_id(PANEL)
    for words in [*HOSTILE, "\u202ereversed"]:
        toolbar.stats[PANEL] = everywhere(panel.get_stats(), words)
        document = parse(panel.content)

        assert not document.all("script", "style", "img")
        assert words.replace("\u202e", "\\u202e") in document.text


def everywhere(data: Any, words: str) -> Any:
    """Write ``words`` behind every string."""
    if isinstance(data, dict):
        return {name: everywhere(value, words) for name, value in data.items()}
    if isinstance(data, list):
        return [everywhere(value, words) for value in data]
    return data + words if isinstance(data, str) else data


# ---- It changes nothing


@pytest.mark.parametrize("url", ["/books/", "/books/3/", "/unread/", "/off/", "/wrong/"])
def test_no_query_is_added(url: str, settings: Any) -> None:
    def answered() -> tuple[bytes, list[str]]:
        with CaptureQueriesContext(connection) as queries:
            content: bytes = Client().get(url).content
        return content, [query["sql"] for query in queries]

    with_panel = answered()
    settings.MIDDLEWARE = []

    assert answered() == with_panel


def test_nothing_is_kept_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(view: Any) -> Any:
        kept.append(watched(view))
        return kept[-1]

    kept: list[Any] = []
    watched = requests.watched
    monkeypatch.setattr(requests, "watched", made)
    Client().get("/books/", headers={"Is-Hidden": "1"})

    assert kept == [None]


def test_a_panel_that_is_switched_off_watches_nothing() -> None:
    client = Client()
    client.cookies[f"djdt{PANEL}"] = "off"
    response = client.get("/books/")

    assert not DebugToolbar.fetch(response["djdt-request-id"], PANEL).get_panel_by_id(PANEL).get_stats()


def test_the_request_is_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    alive: list[Any] = []
    initial = Books.initial
    monkeypatch.setattr(
        Books, "initial", lambda view, *a, **k: (alive.append(weakref.ref(view)), initial(view, *a, **k))
    )
    response, toolbar = ask("/books/")
    del response
    gc.collect()

    assert [view() for view in alive] == [None]
    assert shown(toolbar)[0] == "2 queries"


def test_two_requests_at_once_do_not_see_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    both, panels = threading.Barrier(2, timeout=20), []

    def answer(view: type[Any]) -> None:
        panel = AutoPrefetchPanel(None, None)
        panel.enable_instrumentation()
        panel.enable_instrumentation()
        both.wait()
        made = view()
        made.request = HttpRequest()
        requests.RequestPlan(made)
        both.wait()
        panel.disable_instrumentation()
        panel.disable_instrumentation()
        assert watching.get() is None
        panels.append((view, [type(one.view) for one in panel._kept]))

    threads = [threading.Thread(target=answer, args=(view,)) for view in (Books, Authors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(panels) == 2
    assert all(seen == [view] for view, seen in panels)


def test_under_asgi() -> None:
    async def both() -> list[Any]:
        return await asyncio.gather(*(AsyncClient().get(url) for url in ("/books/", "/authors/")))

    responses = async_to_sync(both)()

    assert [response.status_code for response in responses] == [200, 200]
    assert [headings(shown(DebugToolbar.fetch(response["djdt-request-id"], PANEL))[1]) for response in responses] == [
        ["Books.list → BookSerializer"],
        ["Authors.list → AuthorSerializer"],
    ]
