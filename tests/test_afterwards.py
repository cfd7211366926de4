"""What is kept of a request while somebody watches, and the reports made of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db.models import Count
from django.http import HttpRequest
from rest_framework.fields import SerializerMethodField
from rest_framework.response import Response

from drf_autoprefetch import prefetch_hint
from drf_autoprefetch.explaining.afterwards import reports
from drf_autoprefetch.explaining.html import render_panel
from drf_autoprefetch.loading.requests import RequestPlan
from drf_autoprefetch.loading.watching import Watched, watching
from tests.examples import answer, shows, view_of
from tests.markup import nodes, parse
from tests.testapp.models import Author, Book, Review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

SHOWN = shows(Book, "title", author=shows(Author, "name")(), reviews=shows(Review, "rating")(many=True))
BOOKS = view_of(Book, SHOWN)


@contextmanager
def watched() -> Iterator[list[Watched]]:
    """Keep what views load inside this block."""
    kept: list[Watched] = []
    token = watching.set(kept)
    try:
        yield kept
    finally:
        watching.reset(token)


def reported(view: Any, action: str = "list", **how: Any) -> list[dict[str, Any]]:
    """Ask a view for something, and return the reports of it."""
    with watched() as kept:
        answer(view, action, **how)
    return list(reports(kept))


def test_where_nobody_watches_nothing_is_kept():
    view = BOOKS()

    assert RequestPlan(view)._watched is None


def test_a_report_is_that_of_the_plan_that_was_used(django_assert_num_queries):
    with django_assert_num_queries(2) as queries, watched() as kept:
        answer(BOOKS)
    with django_assert_num_queries(0):
        (report,) = reports(kept)

    assert report["plan"]["sql"]["text"] == queries[0]["sql"]
    assert (report["view"], report["action"], report["serializer"]) == ("BookView", "list", "BookSerializer")
    assert nodes(parse(render_panel([report]))) == [
        "testapp.Book root only 3 of 25 columns",
        "author → testapp.Author join only 2 of 9 columns",
        "reviews → testapp.Review prefetch only 3 of 6 columns",
    ]


def test_a_plan_that_is_used_again_is_shown_once():
    class Twice(BOOKS):  # type: ignore[misc, valid-type]
        def list(self, request: Any) -> Response:
            shown = [self.get_serializer(book).data for book in list(self.get_queryset()) + list(Book.objects.all())]
            return Response([*shown, self.get_serializer(self.get_queryset(), many=True).data])

    found = reported(Twice)

    assert len({(report["origin"], str(report["plan"])) for report in found}) == len(found)


def test_rows_that_were_there_are_no_query_of_the_plan():
    (report,) = reported(BOOKS, "partial_update", method="patch", data={}, pk=Book.objects.all()[0].pk)

    assert report["origin"] == "for rows that were there already"
    assert report["plan"]["sql"] is None
    assert report["links"] == []


def test_a_plan_that_was_remembered_says_so():
    assert [report["origin"] for report in (*reported(BOOKS), *reported(BOOKS))][1] == (
        "remembered from an earlier request"
    )


def test_parameters_are_shown_in_debug_only(settings):
    books = view_of(Book, SHOWN, queryset=Book.objects.filter(title="Secret"))
    off = reported(books)[0]["plan"]["sql"]["parameters"]
    settings.DEBUG = True

    assert (off, reported(books)[0]["plan"]["sql"]["parameters"]) == (None, ["Secret"])


def test_a_view_that_fetches_nothing_has_no_plan():
    (report,) = reported(BOOKS, "options", method="options")

    assert (report["headline"], report["notes"], report["serializer"]) == ("no rows were loaded by plan", [], "?")


def test_a_view_that_is_switched_off_says_by_what():
    (report,) = reported(view_of(Book, SHOWN, auto_prefetch=False))

    assert [note["id"] for note in report["notes"]] == ["left-alone"]
    assert "auto_prefetch is False" in report["notes"][0]["message"]


def test_a_plan_that_failed_says_why(settings):
    settings.DRF_AUTOPREFETCH = {}
    (report,) = reported(view_of(Book, SHOWN, prefetch_hints=["autor"]))

    assert [note["id"] for note in report["notes"]] == ["planning-failed"]
    assert report["plan"] is None


def test_an_expression_that_cannot_be_compiled_is_a_note(monkeypatch):
    with watched() as kept:
        answer(BOOKS)
    monkeypatch.setattr("drf_autoprefetch.explaining.afterwards.put_on_rows", lambda *_: 1 / 0)
    (report,) = reports(kept)

    assert [note["message"] for note in report["notes"]] == ["planning failed: division by zero"]


def test_an_annotation_that_cannot_be_made_is_a_note(settings):
    class Wrong(shows(Book, "title")):  # type: ignore[misc]
        size = SerializerMethodField()

        class Meta:
            model = Book
            fields = ["size"]

        @prefetch_hint(annotate={"size_of": Count("nothing")})
        def get_size(self, book: Any) -> Any:
            return getattr(book, "size_of", 0)

    settings.DRF_AUTOPREFETCH = {}
    (report,) = reported(view_of(Book, Wrong))

    assert [note["id"] for note in report["notes"]] == ["planning-failed"]


def test_a_path_cannot_be_read_as_a_host():
    request = HttpRequest()
    request.method, request.path = "GET", "//elsewhere.example/books/"
    with watched() as kept:
        BOOKS.as_view({"get": "list"})(request)
    (report,) = reports(kept)

    assert report["links"][0] == ["json", "/%2Felsewhere.example/books/?explain_prefetch=json"]


def test_views_that_only_describe_are_no_answers():
    with watched() as kept:
        for attributes in ({"request": None}, {"request": HttpRequest(), "swagger_fake_view": True}):
            view = BOOKS()
            vars(view).update(attributes)
            RequestPlan(view)

    assert len(kept) == 2
    assert list(reports(kept)) == []
