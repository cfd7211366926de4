"""Analyze tells what was loaded and not read on this page, and counts nothing of the watch to the run."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from rest_framework.response import Response

from drf_autoprefetch.explaining.analysis import running
from drf_autoprefetch.explaining.analysis.unread import Watching
from drf_autoprefetch.guarding.reads.recorder import Recorder
from tests.examples import answer, shows, view_of
from tests.guarding.scenarios import Planned
from tests.test_analyze import ASKING, analyzed
from tests.testapp.models import Author, Book, Review

pytestmark = [
    pytest.mark.once,
    pytest.mark.django_db(databases=["default", "other"]),
    pytest.mark.usefixtures("library"),
]


@pytest.fixture(autouse=True)
def _debug(settings: Any) -> None:
    settings.DEBUG = True


VIEW = view_of(
    Book,
    shows(Book, "title", reviews=shows(Review, "rating")(many=True)),
    queryset=Book.objects.select_related("author").prefetch_related("reviews").only("title", "isbn", "author__name"),
)


def test_what_was_loaded_and_not_read_is_told_by_node():
    unread = analyzed(VIEW)["unread"]

    assert unread == {
        "rows": 4,
        "of_each_list": 2,
        "nodes": [
            {"path": "", "model": "testapp.Book", "rows": 2, "columns": ["isbn"], "relations": ["author"]},
        ],
    }


def test_where_all_is_read_there_is_nothing():
    unread = analyzed(view_of(Book, shows(Book, "title", author=shows(Author, "name")())))["unread"]

    assert unread == {"rows": 4, "of_each_list": 2, "nodes": []}


def test_a_request_without_a_plan_has_nothing_to_tell():
    class Off(Planned):
        auto_prefetch = False
        serializer_class = shows(Book, "title")

    class Failing(Planned):
        serializer_class = shows(Book, "title")

        def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            super().list(request, *args, **kwargs)
            return Response(status=404)

    assert analyzed(Off)["unread"] is None
    assert analyzed(Failing)["unread"] is None


def test_what_watching_takes_is_no_time_of_the_run():
    with Watching() as watching:
        assert watching.seconds() == 0

        assert answer(VIEW).status_code == 200

    assert 0 < watching.seconds() < 60
    assert running.Recorder(1.0, None, lambda: 5.0).seconds < -4


def test_a_watch_that_fails_tells_nothing(monkeypatch, caplog):
    def broken(*args: Any) -> None:
        raise ZeroDivisionError

    caplog.set_level(logging.ERROR)
    monkeypatch.setattr(Recorder, "_note", broken)

    analysis = analyzed(VIEW)

    assert analysis["unread"] is None
    assert analysis["same_response"]
    assert "Reads are watched no further: the guard failed" in caplog.text


def test_the_text_has_it():
    text = answer(VIEW, data=ASKING | {"explain_prefetch": "analyze-text"}).content.decode()

    assert "  loaded and not read on this page: 4 rows watched, the first 2 of each list\n" in text
    assert "      the rows themselves (testapp.Book, 2 rows): columns isbn; relations author\n" in text
