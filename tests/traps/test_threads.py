"""Threads, import time and what a plan may hold."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier, Event, current_thread, main_thread
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import ModelViewSet

from drf_autoprefetch import AutoPrefetchMixin, autoprefetch_disabled, plan_for
from drf_autoprefetch.loading.finding import clear_caches
from drf_autoprefetch.reading import locks
from tests.testapp.data import fill
from tests.testapp.models import Author, Book, Review
from tests.traps.answers import shows

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 16


class ByParameter(serializers.ModelSerializer[Book]):
    """Another shape for each request."""

    author = shows(Author, "name")()
    reviews = shows(Review, "rating")(many=True)

    class Meta:
        model = Book
        fields = ["title", "pages", "isbn", "author", "reviews"]

    def get_fields(self) -> dict[str, Any]:
        wanted = self.context["request"].GET["fields"].split(",")
        return {name: field for name, field in super().get_fields().items() if name in wanted}


class Books(AutoPrefetchMixin, ModelViewSet[Book]):
    """Shared by all threads."""

    queryset = Book.objects.all()
    serializer_class = ByParameter


SHAPES = ["title", "pages,author", "isbn,reviews", "title,author,reviews", "author", "reviews"]


def answer(fields: str) -> bytes:
    """Ask for the list, in whatever thread this is."""
    response: Response = Books.as_view({"get": "list"})(APIRequestFactory().get("/", {"fields": fields}))
    content: bytes = response.render().content
    return content


def hang_up() -> None:
    """Close the connections of a thread; Django keeps those to a database in memory open."""
    assert current_thread() is not main_thread()
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None:
            connection.connection.close()
            connection.connection = None


def answer_and_hang_up(fields: str) -> bytes:
    """Ask for the list in a thread that will not be there for long."""
    try:
        return answer(fields)
    finally:
        hang_up()


def expected() -> dict[str, bytes]:
    """Return what every shape answers without the library."""
    with autoprefetch_disabled():
        return {fields: answer(fields) for fields in SHAPES}


def test_one_view_class_shared_by_many_threads():
    """Trap 51: caches are shared, plans are made at once for several shapes, and each answer is its own."""
    fill(rows=4)
    right = expected()
    clear_caches()
    together = Barrier(THREADS)

    def work(number: int) -> list[bool]:
        try:
            together.wait()
            shapes = [SHAPES[(number + step) % len(SHAPES)] for step in range(12)]
            return [answer(fields) == right[fields] for fields in shapes]
        finally:
            hang_up()

    with ThreadPoolExecutor(THREADS) as pool:
        assert all(all(found) for found in pool.map(work, range(THREADS)))
    assert Books.queryset._result_cache is None


def test_switching_off_in_one_thread_leaves_the_others_alone():
    """Trap 51: the switch belongs to the thread or the task that pressed it."""
    fill(rows=4)
    with autoprefetch_disabled():
        switched_off = Books(
            request=APIRequestFactory().get("/", {"fields": "title"}), action="list", format_kwarg=None
        )
        assert switched_off.get_queryset()[0].get_deferred_fields() == set()
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(deferred_and_hang_up).result()
    assert deferred()


def deferred_and_hang_up() -> set[str]:
    """Return what the first row has not loaded, in a thread that will not be there for long."""
    try:
        return deferred()
    finally:
        hang_up()


def deferred() -> set[str]:
    """Return what the first row has not loaded, in whatever thread this is."""
    view = Books(request=APIRequestFactory().get("/", {"fields": "title"}), action="list", format_kwarg=None)
    return set(view.get_queryset()[0].get_deferred_fields())


def test_a_sync_view_under_asgi():
    """Trap 51: in a thread of the event loop, several at once."""
    fill(rows=4)
    right = expected()

    async def all_at_once() -> list[bytes]:
        return list(await asyncio.gather(*(sync_to_async(answer_and_hang_up)(fields) for fields in SHAPES)))

    assert asyncio.run(all_at_once()) == [right[fields] for fields in SHAPES]


@pytest.mark.once
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_process_that_is_forked_while_others_plan():
    """Trap 51: their locks stay behind, and the child makes plans of its own."""
    held, over = Event(), Event()
    serializer = shows(Book, "title", author=shows(Author, "name")())

    def hold() -> None:
        with ExitStack() as stack:
            for lock in list(locks._locks):
                stack.enter_context(lock)
            held.set()
            over.wait()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold)
        held.wait()
        child = os.fork()
        if not child:  # pragma: no cover - coverage does not follow the child
            signal.alarm(20)
            os._exit(0 if plan_for(serializer).queries == 1 else 1)
        over.set()
    assert os.waitpid(child, 0)[1] == 0


def test_a_plan_holds_no_request():
    """Trap 51: nothing that is cached keeps a view, a request, a user or rows alive."""
    fill(rows=4)
    clear_caches()
    seen: list[weakref.ref[Any]] = []

    class Watching(Books):
        def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
            seen.extend([weakref.ref(self), weakref.ref(request), weakref.ref(self.get_queryset())])
            return super().finalize_response(request, response, *args, **kwargs)

    for fields in SHAPES:
        Watching.as_view({"get": "list"})(APIRequestFactory().get("/", {"fields": fields})).render()
    gc.collect()
    assert len(seen) == 3 * len(SHAPES)
    assert [each() for each in seen] == [None] * len(seen)


ALONE = """
import logging, sys
import drf_autoprefetch
from drf_autoprefetch import Note, prefetch_hint

assert not logging.getLogger().handlers and not logging.getLogger("drf_autoprefetch").handlers
from django.conf import settings
assert not settings.configured
from django.apps import apps
assert not apps.ready and not apps.models_ready
"""


def test_importing_touches_nothing():
    """Trap 52: no logging handler, no setting, no app registry: models import the hint while they are defined."""
    found = subprocess.run([sys.executable, "-W", "error", "-c", ALONE], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr


def test_settings_are_read_when_they_are_needed(settings: Any) -> None:
    """Trap 52: a test that overrides them is believed at once, and again when it is over."""
    fill(rows=4)
    assert deferred()
    settings.DRF_AUTOPREFETCH = {"ONLY": False}
    assert not deferred()
    settings.DRF_AUTOPREFETCH = {"ENABLED": False}
    assert not deferred()
    settings.DRF_AUTOPREFETCH = {}
    assert deferred()
