"""A database that is lost, or too slow, while rows are shown: the application's own error comes through, unchanged."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections
from django.test import Client
from django.urls import path
from rest_framework import serializers

from drf_autoprefetch.guarding import watching
from drf_autoprefetch.guarding.counting import current_tally
from drf_autoprefetch.signals import response_measured, unplanned_queries
from tests.examples import ModelSerializer, shows
from tests.guarding.monitored import MIDDLEWARE
from tests.guarding.scenarios import Unplanned
from tests.testapp.models import Genre

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.guarding.test_lost_databases")]

KEYS = range(910_001, 910_005)
#: What happens when the third row is shown.
accidents: list[Callable[[], None]] = []


class GenreSerializer(ModelSerializer):
    parent = shows(Genre, "name")()
    shown = serializers.SerializerMethodField()

    class Meta:
        model = Genre
        fields = ["name", "shown", "parent"]

    def get_shown(self, genre: Genre) -> str:
        if genre.pk == KEYS[2] and accidents:
            accidents.pop()()
        return genre.name


class Genres(Unplanned):
    serializer_class = GenreSerializer
    queryset: Any = Genre.objects.filter(pk__in=KEYS).order_by("pk")


class Planned(Genres):
    auto_prefetch = True


urlpatterns = [
    path("genres/", Genres.as_view({"get": "list"}), name="genres"),
    path("planned/", Planned.as_view({"get": "list"}), name="planned"),
]


@pytest.fixture
def own(django_db_blocker: Any, monkeypatch: Any, tmp_path: Any) -> Iterator[Any]:
    """A connection that may be lost: that of the other tests has their rows in its transaction."""
    before = connections["default"]
    mine = before.copy("default")
    if mine.vendor == "sqlite":
        mine.settings_dict = mine.settings_dict | {"NAME": str(tmp_path / "own.sqlite3")}
    connections["default"] = mine
    try:
        if mine.vendor == "sqlite":
            with mine.schema_editor() as editor:
                editor.create_model(Genre)
        rows = [Genre(pk=key, name=f"genre {key}", description="", parent_id=KEYS[0]) for key in KEYS]
        Genre.objects.bulk_create(rows)
        yield mine
        mine.close()
        rows_left = Genre.objects.filter(pk__in=KEYS)
        # MariaDB minds, row by row, that the first is a parent of the others.
        rows_left.update(parent=None)
        rows_left._raw_delete("default")
    finally:
        mine.close()
        connections["default"] = before


def lose(own: Any) -> None:
    """Have the server, or whoever holds the file, end the connection."""
    if own.vendor == "sqlite":
        own.connection.close()
        return
    other = own.copy("default")
    with other.cursor() as cursor:
        if own.vendor == "postgresql":
            cursor.execute("SELECT pg_terminate_backend(%s)", [own.connection.info.backend_pid])
        else:
            cursor.execute(f"KILL CONNECTION {own.connection.thread_id()}")
    other.close()


def run_out_of_time(own: Any) -> None:
    """Wait for longer than the connection may."""
    if own.vendor == "sqlite":
        other = own.copy("default")
        with other.cursor() as locking, own.cursor() as waiting:
            waiting.execute("PRAGMA busy_timeout = 20")
            locking.execute("BEGIN EXCLUSIVE")
            try:
                waiting.execute("SELECT COUNT(*) FROM testapp_genre")
            finally:
                other.close()
        return
    limit, wait = {
        "postgresql": ("SET statement_timeout = 20", "SELECT pg_sleep(20)"),
        "mysql": ("SET max_statement_time = 0.02", "SELECT SLEEP(20) FROM testapp_genre"),
    }[own.vendor]
    with own.cursor() as cursor:
        cursor.execute(limit)
        cursor.execute(wait)


def failed(view: str) -> list[str]:
    """Ask for what fails, and give what a person would see of the error, without the frames."""
    with pytest.raises(DatabaseError) as raised:
        Client().get(f"/{view}/")
    error: BaseException | None = raised.value
    chain = []
    while error is not None:
        own = [frame.name for frame in traceback.extract_tb(error.__traceback__) if "test_lost" in frame.filename]
        chain.append(f"{type(error).__module__}.{type(error).__name__}: {error} in {own[-1:]}")
        error = error.__cause__ or error.__context__
    return chain


@pytest.mark.parametrize("accident", [lose, run_out_of_time])
@pytest.mark.parametrize("mode", ["count", "log", "warn", "raise"])
def test_the_error_is_the_application_s_own(accident, mode, own, settings):
    told: list[Any] = []

    def receive(**kwargs: Any) -> None:
        told.append(kwargs)

    def fail(view: str, mode: str, middleware: list[str]) -> list[str]:
        settings.DRF_AUTOPREFETCH, settings.MIDDLEWARE = {"UNPLANNED": mode}, middleware
        accidents.append(lambda: accident(own))
        try:
            return failed(view)
        finally:
            accidents.clear()
            own.close()

    expected = fail("genres", "off", [])
    for signal in (response_measured, unplanned_queries):
        signal.connect(receive)
    try:
        assert fail("genres", mode, [MIDDLEWARE]) == expected
        planned = fail("planned", mode, [MIDDLEWARE]) if accident is run_out_of_time else expected
    finally:
        for signal in (response_measured, unplanned_queries):
            signal.disconnect(receive)

    assert planned == expected
    # The middleware counts what failed; what a view that failed has loaded is of no interest any more.
    assert all("response" in call for call in told)
    assert told[0]["queries"] >= 3
    assert (watching._watching.get(), current_tally()) == (None, None)


def test_the_next_request_is_watched_as_ever(own, settings):
    settings.DRF_AUTOPREFETCH, settings.MIDDLEWARE = {"UNPLANNED": "count"}, [MIDDLEWARE]
    calls: list[Any] = []

    def receive(queries: int, unplanned: Any, **kwargs: Any) -> None:
        calls.append((queries, [each.count for each in unplanned]))

    response_measured.connect(receive)
    try:
        accidents.append(lambda: lose(own))
        failed("genres")
        own.close()
        # On MariaDB, Django runs a statement of its own when it connects, which is counted as well.
        own.ensure_connection()
        assert Client().get("/genres/").status_code == 200
    finally:
        response_measured.disconnect(receive)

    assert calls[1:] == [(5, [4])]
    assert connection.execute_wrappers[0] is watching.observe
