"""Views whose queries the middleware counts, of every sort; with `?n=` they run as many as that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import include, path
from django.utils.functional import SimpleLazyObject
from rest_framework import serializers
from rest_framework.generics import GenericAPIView

from drf_autoprefetch import AutoPrefetchMixin
from tests.examples import ModelSerializer
from tests.guarding.scenarios import Planned, Unplanned
from tests.guarding.unforeseen import unforeseen
from tests.testapp.models import Book

MIDDLEWARE = "drf_autoprefetch.middleware.PrefetchMonitorMiddleware"


def only_sync(get_response: Any) -> Any:
    """Middleware that Django runs in a thread where the rest is asynchronous."""

    def middleware(request: HttpRequest) -> Any:
        ask()
        return get_response(request)

    return middleware


def ask(database: str = "default") -> None:
    with connections[database].cursor() as cursor:
        cursor.execute("SELECT 1")


def plain(request: HttpRequest, n: int = 0) -> HttpResponse:
    for _ in range(n):
        ask()
    return HttpResponse(f"{n}")


async def waiting(request: HttpRequest, n: int) -> HttpResponse:
    """Let others go first after each query; half of them are of a task of its own."""
    for number in range(n):
        asked = sync_to_async(ask)()
        await (asyncio.create_task(asked) if number % 2 else asked)
        await asyncio.sleep(0)
    return HttpResponse(f"{n}")


def elsewhere(request: HttpRequest, n: int) -> HttpResponse:
    """For threads: the connection is theirs, and closed with them."""
    response = plain(request, n)
    if connection.vendor == "sqlite":
        # Django does not close what is in memory.
        connection.connection.close()
        connection.connection = None
    else:  # pragma: no cover - on other databases
        connection.close()
    return response


def both(request: HttpRequest) -> HttpResponse:
    for alias in ("default", "other", "other"):
        ask(alias)
    return HttpResponse()


def failing(request: HttpRequest) -> HttpResponse:
    ask()
    raise ZeroDivisionError("the view's own")


def wrong(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT no_such_column")
    raise AssertionError("the database has no such column")


def streaming(request: HttpRequest) -> StreamingHttpResponse:
    def rows() -> Iterator[str]:
        ask()
        yield "row"

    ask()
    return StreamingHttpResponse(rows())


class Export(AutoPrefetchMixin, GenericAPIView[Book]):
    """Loads row by row while it streams."""

    auto_prefetch = False
    authentication_classes = ()
    queryset = Book.objects.order_by("pk")

    def get(self, request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(self.rows())

    def rows(self) -> Any:
        for book in self.get_queryset():
            yield BookSerializer(book).data["writer"]


class AsyncExport(Export):
    async def rows(self) -> AsyncIterator[str]:
        rows = super().rows()
        step: Any = sync_to_async(next)
        while (row := await step(rows, None)) is not None:
            yield row


def asked_for(user: Any) -> Any:
    def view(request: Any) -> HttpResponse:
        request.user = user
        return HttpResponse("x", headers={"Server-Timing": "app;dur=1"})

    return view


def known(user: User) -> Any:
    """As authentication leaves a user whom the view has looked at."""
    lazy = SimpleLazyObject(lambda: user)
    assert lazy.pk is None
    return lazy


def never() -> Any:
    raise AssertionError("nobody asked who it is")


class BookSerializer(ModelSerializer):
    writer = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = ["title", "writer"]

    def get_writer(self, book: Book) -> str:
        return book.author.name


class Books(Unplanned):
    serializer_class = BookSerializer


class Lean(Planned):
    serializer_class = BookSerializer


Healed = unforeseen("return len(row.reviews.all())", auto_prefetch_unplanned="heal")
STAFF = User(username="staff", is_staff=True)

urlpatterns = [
    path("plain/<int:n>/", plain, name="plain"),
    path("unnamed/", plain),
    path("waiting/<int:n>/", waiting, name="waiting"),
    path("elsewhere/<int:n>/", elsewhere, name="elsewhere"),
    path("both/", both, name="both"),
    path("failing/", failing, name="failing"),
    path("wrong/", wrong, name="wrong"),
    path("streaming/", streaming, name="streaming"),
    path("export/", Export.as_view(), name="export"),
    path("aexport/", AsyncExport.as_view(), name="aexport"),
    path("staff/", asked_for(STAFF), name="staff"),
    path("staff/known/", asked_for(known(STAFF)), name="staff"),
    path("staff/gone/", asked_for(User(is_staff=True, is_active=False)), name="user"),
    path("user/", asked_for(User()), name="user"),
    path("user/unknown/", asked_for(SimpleLazyObject(never)), name="user"),
    path("books/", Books.as_view({"get": "list"}), name="book-list"),
    path("lean/", Lean.as_view({"get": "list"}), name="lean-list"),
    path("healed/", Healed.as_view({"get": "list"}), name="healed-list"),
    path("shop/", include(([path("<int:n>/", plain, name="plain")], "shop"))),
]
