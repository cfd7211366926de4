"""What the server of test_uvicorn.py serves, and what it writes down: one line for each thing that is told.

Each request has a number in its query string, and how many rows it is about, so that the test knows what it takes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Iterator
from threading import Lock
from typing import Any

from adrf.serializers import ModelSerializer as AsyncSerializer
from adrf.viewsets import ModelViewSet as AsyncViewSet
from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import path
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.viewsets import ModelViewSet

from drf_autoprefetch import AutoPrefetchMixin
from drf_autoprefetch.signals import response_measured, unplanned_queries
from tests.examples import ModelSerializer
from tests.guarding.monitored import ask, both, failing, plain, waiting
from tests.testapp.models import Book

_lock = Lock()


def write_down(**what: Any) -> None:
    with _lock, open(os.environ["TOLD"], "a") as file:
        file.write(json.dumps(what) + "\n")


def measure(request: Any, view: str, databases: Any, unplanned: Any, **kwargs: Any) -> None:
    write_down(id=request.GET["id"], what="response", view=view, databases=databases, unplanned=found(unplanned))


def watched(sender: Any, request: Any, queries: int, findings: Any, **kwargs: Any) -> None:
    write_down(id=request.GET["id"], what="view", view=sender.__name__, queries=queries, unplanned=found(findings))


def found(findings: Any) -> list[Any]:
    return [[each.view, each.path, each.count] for each in findings]


class Complaints(logging.Handler):
    """What the library has to say for itself."""

    def emit(self, record: logging.LogRecord) -> None:
        write_down(id="", what="complaint", text=self.format(record))


response_measured.connect(measure)
unplanned_queries.connect(watched)
logging.getLogger("drf_autoprefetch").addHandler(Complaints(logging.ERROR))


class BookSerializer(ModelSerializer):
    writer = serializers.CharField(source="author.name")

    class Meta:
        model = Book
        fields = ["title", "writer"]


class AsyncBookSerializer(AsyncSerializer):
    writer = serializers.CharField(source="author.name")

    class Meta:
        model = Book
        fields = ["title", "writer"]


class Rows(AutoPrefetchMixin):
    """The first rows, as many as the request wants."""

    authentication_classes = ()
    permission_classes = ()
    serializer_class: Any = BookSerializer

    def get_queryset(self) -> Any:
        return Book.objects.order_by("pk")[: int(self.request.GET["rows"])]  # type: ignore[attr-defined]


class Naive(Rows, ModelViewSet[Book]):
    auto_prefetch = False


class Lean(Rows, ModelViewSet[Book]): ...


class AsyncNaive(Rows, AsyncViewSet):
    serializer_class = AsyncBookSerializer
    auto_prefetch = False


class AsyncLean(Rows, AsyncViewSet):
    serializer_class = AsyncBookSerializer


class Export(Rows, GenericAPIView[Book]):
    """Sends its rows one after the other."""

    auto_prefetch = False

    def get(self, request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(self.rows())

    def rows(self) -> Any:
        return self.shown()

    def shown(self) -> Iterator[str]:
        for book in self.get_queryset():
            yield BookSerializer(book).data["writer"] + "\n"


class AsyncExport(Export):
    async def rows(self) -> AsyncIterator[str]:
        shown = self.shown()
        while (row := await sync_to_async(next)(shown, None)) is not None:  # type: ignore[call-overload]
            yield row
            await asyncio.sleep(0)


class Endless(Export):
    """Asks one thing and then waits for its client to go away."""

    async def rows(self) -> AsyncIterator[str]:
        await sync_to_async(ask)("other")
        yield "row\n"
        while True:
            await asyncio.sleep(0.01)
            yield "row\n"


urlpatterns = [
    path("plain/<int:n>/", plain, name="plain"),
    path("waiting/<int:n>/", waiting, name="waiting"),
    path("both/", both, name="both"),
    path("failing/", failing, name="failing"),
    path("naive/", Naive.as_view({"get": "list"}), name="naive"),
    path("lean/", Lean.as_view({"get": "list"}), name="lean"),
    path("async-naive/", AsyncNaive.as_view({"get": "alist"}), name="async-naive"),
    path("async-lean/", AsyncLean.as_view({"get": "alist"}), name="async-lean"),
    path("export/", Export.as_view(), name="export"),
    path("async-export/", AsyncExport.as_view(), name="async-export"),
    path("endless/", Endless.as_view(), name="endless"),
]
