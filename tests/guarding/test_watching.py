"""Who sees which queries, in blocks, requests, threads and tasks; and what a guard that fails changes: nothing."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import sys
import threading
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import DatabaseError, connection, connections
from django.db.models import QuerySet
from django.db.models.manager import BaseManager
from django.utils.functional import LazyObject, SimpleLazyObject
from rest_framework import serializers
from rest_framework.test import APIRequestFactory

from drf_autoprefetch import AutoPrefetchMixin, allow, watch
from drf_autoprefetch.guarding import frames, watching
from drf_autoprefetch.guarding.findings import Kind
from drf_autoprefetch.signals import unplanned_queries
from tests.examples import answer, shows
from tests.guarding.scenarios import FOUND, Unplanned
from tests.testapp.models import Author, Book, Genre, Review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

SERIALIZER = shows(Book, "title", author=shows(Author, "name")())


class Books(Unplanned):
    serializer_class = SERIALIZER


def show(rows: Any = None, serializer: Any = SERIALIZER) -> Any:
    return serializer(Book.objects.all() if rows is None else rows, many=True).data


def peers(queryset: Any) -> Any:
    """Have Django 6.1 load what is missing for all rows at once."""
    from django.db import models

    return queryset.fetch_mode(models.FETCH_PEERS)


def test_a_block_has_findings_and_the_number_of_its_queries():
    with watch() as seen:
        show()

    (found,) = seen.findings
    assert (found.path, found.relation, found.kind) == ("BookSerializer.author", "Book.author", Kind.TO_ONE)
    assert (found.count, found.parameters, seen.queries) == (8, 4, 9)
    assert (found.view, found.action) == ("", "")


def test_a_finding_names_the_function_around_its_line():
    def get_shown(self: Any, book: Any) -> str:
        return str(book.author.name)

    shown = shows(Book, shown=serializers.SerializerMethodField(), get_shown=get_shown)
    with watch() as seen:
        show(serializer=shown)
        show()

    # Python 3.10 knows no qualified name.
    name = getattr(get_shown.__code__, "co_qualname", "get_shown")
    assert [found.function for found in seen.findings] == [name, ""]


def test_nothing_is_seen_outside_a_block():
    with watch() as seen:
        pass
    show()

    assert (seen.queries, seen.findings) == (0, [])


def test_blocks_stand_inside_each_other():
    with watch() as outer:
        list(Author.objects.all())
        with watch() as inner:
            show()

    assert (outer.queries, inner.queries) == (10, 9)
    assert outer.findings == inner.findings != []


def test_a_request_tells_the_block_around_what_was_found_in_it():
    with watch() as outermost, watch() as outer:
        answer(Books)
        answer(Books)

    assert [(found.view, found.action, found.count) for found in outer.findings] == [("Books", "list", 8)] * 2
    assert outermost.findings == outer.findings


def test_two_requests_for_one_row_each_are_no_query_per_row():
    with watch() as seen:
        for book in Book.objects.all():
            answer(Books, "retrieve", pk=book.pk)

    assert seen.findings == []


def test_a_request_inside_a_request_reports_for_itself():
    class Outer(Books):
        def list(self, request: Any) -> Any:
            return answer(Books)

    told: list[Any] = []

    def receive(sender: Any, findings: Any, queries: int, **kwargs: Any) -> None:
        told.append((sender, len(findings), queries))

    unplanned_queries.connect(receive)
    with watch() as seen:
        answer(Outer)
    unplanned_queries.disconnect(receive)

    assert told == [(Books, 1, 9), (Outer, 0, 9)]
    assert [found.view for found in seen.findings] == ["Books"]


@pytest.mark.django_db(databases=["default", "other"])
def test_every_database_is_watched():
    with watch() as seen:
        list(Book.objects.using("other"))
        list(Book.objects.all())

    assert seen.queries == 2


def test_a_block_inside_a_request_is_part_of_it():
    class Watching(Books):
        def list(self, request: Any) -> Any:
            with watch() as self.seen:
                return super().list(request)

    with watch() as outer:
        answer(Watching)

    assert [found.view for found in outer.findings] == ["Watching"]


def test_a_wrapper_is_installed_once_and_first_on_every_connection():
    watching.install()
    watching.install()

    for alias in connections:
        assert connections[alias].execute_wrappers[:1] in ([watching.observe], [])
    assert connection.execute_wrappers.count(watching.observe) == 1
    with connection.execute_wrapper(lambda execute, *query: execute(*query)):
        show()
    assert connection.execute_wrappers[0] is watching.observe


def test_a_new_connection_is_watched(django_db_blocker):
    copy = connection.copy()
    with django_db_blocker.unblock():
        copy.ensure_connection()

    assert copy.execute_wrappers == [watching.observe]
    # Django does not close what is in memory.
    copy.connection.close()


def test_another_thread_is_not_watched_unless_it_runs_in_the_same_context():
    """A connection is handed to the thread: it is the rows of this test that it is to see."""
    here: Any = connections["default"]

    def ask() -> Any:
        connections["default"] = here
        show()
        del connections["default"]

    here.inc_thread_sharing()
    with watch() as seen:
        context = contextvars.copy_context()
        counts = []
        for thread in (threading.Thread(target=ask), threading.Thread(target=context.run, args=(ask,))):
            thread.start()
            thread.join()
            counts.append(seen.queries)

    assert counts == [0, 9]
    assert [found.count for found in seen.findings] == [8]
    here.dec_thread_sharing()


def test_tasks_are_watched_apart():
    async def ask() -> Any:
        with watch() as seen:
            await sync_to_async(show)()
        return seen

    async def both() -> Any:
        with watch() as around:
            return around, await asyncio.gather(ask(), ask())

    around, seen = async_to_sync(both)()
    assert [each.queries for each in seen] == [9, 9]
    assert [len(each.findings) for each in seen] == [1, 1]
    assert around.queries == 18


def test_an_asynchronous_view_is_watched_while_it_is_awaited():
    class Base:
        action = "list"

        async def dispatch(self, request: Any) -> Any:
            return await sync_to_async(show)()

    view = type("Async", (AutoPrefetchMixin, Base), {})()

    async def ask() -> Any:
        return await view.dispatch(APIRequestFactory().get("/"))

    with watch() as seen:
        response = async_to_sync(ask)()

    assert len(response) == 8
    assert [(found.view, found.count) for found in seen.findings] == [("Async", 8)]


def test_a_field_that_is_shown_in_a_thread_of_its_own_is_found():
    """As asynchronous serializers do: the serializer's frame is not on the stack."""
    serializer = SERIALIZER(Book.objects.all(), many=True)
    field = serializer.child.fields["author"]
    books = list(Book.objects.all())

    with watch() as seen:
        for book in books:
            field.get_attribute(book)

    assert [(found.path, found.relation) for found in seen.findings] == [("BookSerializer.author", "Book.author")]


def test_code_of_the_project_s_own_inside_of_loading_is_part_of_it(monkeypatch):
    """Managers and querysets, and what a model does when it reads itself again."""

    class Careful(QuerySet[Author]):
        def get(self, *args: Any, **kwargs: Any) -> Any:
            return super().get(*args, **kwargs)

    class Manager(BaseManager.from_queryset(Careful)):  # type: ignore[misc]
        def get_queryset(self) -> Any:
            return super().get_queryset()

    def refresh_from_db(self: Any, *args: Any, **kwargs: Any) -> Any:
        return super(Book, self).refresh_from_db(*args, **kwargs)

    manager = Manager()
    manager.model = Author
    monkeypatch.setattr(Author._meta, "base_manager", manager)
    monkeypatch.setattr(Book, "refresh_from_db", refresh_from_db)
    with watch() as seen:
        show(Book.objects.defer("title"))

    assert [(found.path, found.relation, found.kind) for found in seen.findings] == [
        ("BookSerializer.title", "Book.title", Kind.COLUMN),
        ("BookSerializer.author", "Book.author", Kind.TO_ONE),
    ]


def test_an_allowed_field_is_not_found():
    with watch() as seen, allow("BookSerializer.author", reason="one page, eight rows"):
        show()

    assert (seen.findings, seen.queries) == ([], 9)


class Untouchable(LazyObject):  # type: ignore[type-arg]
    """Stands for what nobody may fetch before it is asked for."""

    def _setup(self) -> None:
        raise AssertionError("fetched")


def test_what_stands_for_something_else_is_not_fetched_to_look_at_it():
    """`request.user` runs a query when it is asked what it is, by `isinstance()` too."""

    def helper(user: Any, book: Book) -> Any:
        return Genre.objects.filter(books=book).first()

    def get_shown(self: Any, book: Book) -> str:
        return str(helper(Untouchable(), book))

    shown = shows(Book, "title", shown=serializers.SerializerMethodField(), get_shown=get_shown)
    with watch() as seen:
        show(serializer=shown)

    (found,) = seen.findings
    assert (found.path, found.count, seen.queries) == ("BookSerializer.shown", 8, 9)


def test_what_it_stands_for_is_the_row_when_it_is_there():
    def get_shown(self: Any, author: Author) -> Any:
        return [review.rating for book in author.books.all() for review in book.reviews.all()]

    shown = shows(Author, "name", shown=serializers.SerializerMethodField(), get_shown=get_shown)
    with watch() as seen:
        assert shown(SimpleLazyObject(lambda: Author.objects.earliest("pk"))).data["shown"]

    (found,) = seen.findings
    assert found.remedy == 'add @prefetch_hint("books__reviews") to AuthorSerializer.get_shown'


@pytest.mark.skipif("not hasattr(__import__('django.db.models').db.models, 'FETCH_PEERS')")
def test_peers_of_many_lists_are_one_query_for_each_list():
    shown = shows(
        Book, reviews=shows(Review, reader=serializers.CharField(source="reader.name", default=None))(many=True)
    )
    with watch() as seen:
        show(peers(Book.objects.all()), shown)

    assert {(found.path, found.relation, found.kind) for found in seen.findings} == {
        ("BookSerializer.reviews", "Book.reviews", Kind.TO_MANY),
        ("BookSerializer.reviews.reader", "Review.reader", Kind.TO_ONE),
    }


@pytest.mark.skipif("not hasattr(__import__('django.db.models').db.models, 'FETCH_PEERS')")
def test_peers_of_one_list_are_one_query():
    with watch() as seen:
        show(peers(Book.objects.defer("title")))

    assert (seen.findings, seen.queries) == ([], 3)


def test_code_is_told_by_its_file_and_forgotten_when_there_is_too_much(monkeypatch):
    monkeypatch.setattr(frames, "_LIMIT", 0)
    code = test_nothing_is_seen_outside_a_block.__code__

    assert frames.role(code) is frames.Role.PROJECT
    assert frames.role(json_code()) is frames.Role.NOTHING
    assert len(frames._roles) == 1
    assert not frames.is_project("<string>")


def test_a_point_of_the_program_is_the_same_however_often_it_was_come_by():
    """Python 3.12 specialises what has run a few times, and is further on then."""
    made: dict[str, Any] = {}
    exec("def both(row):\n    return [(row.point, row.point) for _ in range(50)]", made)

    class Row:
        @property
        def point(self) -> int:
            return frames.point_of(sys._getframe(1))

    (found,) = set(made["both"](Row()))

    assert len(set(found)) == 2


@pytest.mark.parametrize("other_first", [False, True])
def test_code_that_is_equal_is_not_the_same(other_first, monkeypatch):
    """A project may have the very lines that Django or DRF has."""
    source = compile("def step(self):\n    return self", "one.py", "exec")
    ours, other = ({}, {})  # type: dict[str, Any], dict[str, Any]
    exec(source, ours)
    exec(compile("def step(self):\n    return self", "one.py", "exec"), other)
    known, twin = ours["step"].__code__, other["step"].__code__
    assert known == twin
    assert known is not twin
    monkeypatch.setattr(frames, "STEPS", (ours["step"],))
    frames._known.cache_clear()
    try:
        roles = {id(code): frames.role(code) for code in ([twin, known] if other_first else [known, twin])}
    finally:
        frames._known.cache_clear()

    assert (roles[id(known)], roles[id(twin)]) == (frames.Role.VIEW, frames.Role.PROJECT)


def json_code() -> Any:
    import json

    return json.dumps.__code__


# ---- Faults


def test_the_application_s_own_error_comes_through():
    def broken(self: Any, book: Any) -> Any:
        return Book.objects.extra(where=["no_such_column = 1"]).count()

    shown = shows(Book, "title", broken=serializers.SerializerMethodField(), get_broken=broken)

    from django.db import transaction

    class View(Unplanned):
        serializer_class = shown
        auto_prefetch_unplanned = "raise"

    with pytest.raises(DatabaseError, match="no_such_column"), transaction.atomic():
        answer(View)
    assert Book.objects.count() == 8


def test_a_request_that_fails_leaves_nobody_watching():
    class Failing(Books):
        def list(self, request: Any) -> Any:
            raise RuntimeError("own")

    class Waiting:
        action = "list"

        async def dispatch(self, request: Any) -> Any:
            raise asyncio.CancelledError

    view = type("Async", (AutoPrefetchMixin, Waiting), {})()

    async def ask() -> Any:
        return await view.dispatch(APIRequestFactory().get("/"))

    with pytest.raises(RuntimeError, match="own"):
        answer(Failing)
    with pytest.raises(asyncio.CancelledError):
        async_to_sync(ask)()
    assert watching._watching.get() is None


FAULTS = [
    "groups.Group.add",
    "groups.Group.finding",
    "groups._Loop.add",
    "groups._Point.add",
    "groups.field_of",
    "groups.place_of",
    "groups.remedy_for",
    "remedies._as_reader",
    "remedies._path",
    "remedies._relations",
    "requests.log_findings",
    "requests.not_allowed",
    "requests.unplanned_queries.has_listeners",
    "sights._path",
    "sights.field_path",
    "sights.load_of",
    "loads._generic",
    "loads._known_relation",
    "loads._many_to_many",
    "loads._related",
    "loads._to_many_kind",
    "stacks.Stack.read",
    "stacks.is_project",
    "stacks.role",
    "watching.Group",
    "watching.Stack",
    "watching.Watch._count",
    "watching.Watch._look",
    "watching._install_on",
    "watching.allowances",
    "watching.handler_name",
    "watching.install",
    "watching.sight_of",
]


@pytest.mark.parametrize("name", FAULTS)
def test_a_guard_that_fails_changes_nothing(name, monkeypatch, caplog):
    """Two endpoints: between them they come by every function."""
    views = [FOUND[each].view for each in ("method, generic relation", "keys of a many-to-many", "method, loop")]
    expected = [answer(view).content for view in views]
    failures = []

    def fail(*args: Any, **kwargs: Any) -> Any:
        failures.append(name)
        raise RuntimeError(f"{name} failed")

    monkeypatch.setattr(f"drf_autoprefetch.guarding.{name}", fail)
    for view in views:
        monkeypatch.setattr(view, "auto_prefetch_unplanned", "log")
    with caplog.at_level(logging.ERROR, "drf_autoprefetch"):
        found = [answer(view).content for view in views]

    assert found == expected
    assert failures
    said = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert said
    assert all(message.endswith(": the guard failed") for message in said)


def test_a_guard_that_fails_and_a_log_that_fails_change_nothing(monkeypatch):
    class Handler(logging.Handler):
        def emit(self, record: Any) -> None:
            raise RuntimeError("no log")

    handler = Handler()
    monkeypatch.setattr(Books, "auto_prefetch_unplanned", "log")
    for logger in (watching.logger, logging.getLogger("drf_autoprefetch.unplanned")):
        monkeypatch.setattr(logger, "handlers", [handler])

    assert answer(Books).status_code == 200
