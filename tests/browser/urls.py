"""Pages with everything on them: the demo's, the awkward ones, and names that want to be code."""

from __future__ import annotations

import operator
from typing import Any

from django.db.models.functions import Upper
from django.urls import include, path
from rest_framework import serializers

from demo.urls import api
from drf_autoprefetch import prefetch_hint
from tests.awkward import router as awkward
from tests.examples import shows, view_of
from tests.markup import HOSTILE
from tests.testapp.models import Author, Book, Review

#: Code without a body to read, that answers nevertheless.
shown: Any = operator.methodcaller("__repr__")


def get_best(self: Any, book: Any) -> Any:
    """Ask for each book, whatever is prefetched."""
    return [review.body for review in book.reviews.filter(rating=5)]


@prefetch_hint(annotate={"loud_title": Upper("title")})
def get_loud(self: Any, book: Any) -> Any:
    return book.loud_title


def get_publisher(self: Any, book: Any) -> Any:
    return shown(book.publisher)


EVERYTHING = shows(
    Book,
    "title",
    author=shows(Author, "name")(),
    reviews=shows(Review, "rating")(many=True),
    best=serializers.SerializerMethodField(),
    loud=serializers.SerializerMethodField(),
    publisher=serializers.SerializerMethodField(),
    get_best=get_best,
    get_loud=get_loud,
    get_publisher=get_publisher,
)
HOSTILE_SQL = Book.objects.extra(where=["'</code><img src=x onerror=alert(1)>' <> ''"])


def hostile(text: str) -> Any:
    """Return a view whose every name is ``text``."""
    queryset = HOSTILE_SQL.exclude(title=text)
    view = view_of(Book, type(text, (EVERYTHING,), {"__doc__": text}), queryset=queryset)
    view.__name__ = text
    return view.as_view({"get": "list"})


urlpatterns = [
    path("api/", include(api.urls)),
    path("awkward/", include(awkward.urls)),
    path("everything/", view_of(Book, EVERYTHING).as_view({"get": "list"})),
    *(path(f"hostile/{number}/", hostile(text)) for number, text in enumerate(HOSTILE)),
]
