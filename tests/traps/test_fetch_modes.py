"""Django 6.1 fetch modes: one query for what no plan foresaw, and a mode that the developer chose stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from tests.testapp.models import Author, Book, Ledger, Publisher, Review
from tests.traps.answers import compare, shows, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

FETCH_PEERS = getattr(models, "FETCH_PEERS", None)
needs_fetch_modes = pytest.mark.skipif(FETCH_PEERS is None, reason="Django 6.1 has fetch modes.")


# Without a source, the body cannot be read.
read_editor = eval("lambda self, book: book.editor.name if book.editor else None")


def test_reads_that_nobody_foresaw_cost_no_more_than_without_us():
    """Trap 40: at the root, behind a join, inside a prefetch."""
    unforeseen = {"editor_name": serializers.SerializerMethodField(), "get_editor_name": read_editor}
    book = shows(Book, "title", **unforeseen)
    compare(viewset(book))
    compare(viewset(shows(Review, "rating", book=book())))
    compare(viewset(shows(Publisher, "name", books=book(many=True))))


@needs_fetch_modes
def test_reads_that_nobody_foresaw_are_made_once_for_all_rows():
    """Trap 40: the mode does not spread into the querysets of prefetches by itself, so it is put on each."""
    unforeseen = {"editor_name": serializers.SerializerMethodField(), "get_editor_name": read_editor}
    book = shows(Book, "title", **unforeseen)
    compare(viewset(book), queries=2)
    compare(viewset(shows(Publisher, "name", books=book(many=True))), queries=3)
    again = Publisher.objects.prefetch_related(Prefetch("books", Book.objects.order_by("-id")))
    compare(viewset(shows(Publisher, "name", books=book(many=True)), again), queries=3)


@needs_fetch_modes
def test_a_developers_fetch_mode_stays():
    """Trap 40: FETCH_RAISE is what somebody wrote, and it does not act on what the plan loads."""
    strict = Book.objects.fetch_mode(models.FETCH_RAISE)  # type: ignore[attr-defined]
    view = viewset(shows(Book, "title", author=shows(Author, "name")()), strict.select_related("author"))
    compare(view, queries=1)
    peers = Book.objects.fetch_mode(models.FETCH_PEERS)  # type: ignore[attr-defined]
    compare(viewset(shows(Book, "title", author=shows(Author, "name")()), peers), queries=1)


def test_fetch_modes_do_not_help_an_iterator():
    """Trap 40: rows come one by one, so joins and prefetches are all there is."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = shows(
            Book, "title", author=shows(Author, "name")(), reviews=shows(Review, "rating")(many=True)
        )

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            rows = self.filter_queryset(self.get_queryset()).iterator(chunk_size=100)
            return Response(self.get_serializer(rows, many=True).data)

    compare(Books, queries=2)


def test_a_from_db_of_the_models_own_takes_what_django_gives_it():
    """Trap 41: `Ledger.from_db` reads a column of each row, and passes on every argument."""
    compare(viewset(shows(Ledger, "title", branch=serializers.CharField(source="branch.name"))), queries=1)
