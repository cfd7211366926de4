"""What a view reads of its rows beside the serializer."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework import generics
from rest_framework.decorators import action
from rest_framework.pagination import CursorPagination, PageNumberPagination
from rest_framework.permissions import BasePermission
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from drf_autoprefetch import AutoPrefetchMixin, prefetch_hint
from drf_autoprefetch.reading.views import asks_for_rows, handler_name, handling, is_detail, read_view, view_key
from tests.examples import answer, asked_view, outline, shows, unread, view_of
from tests.testapp.models import Book

TITLE = shows(Book, "title")


def asked(action: str = "list", *, method: str = "get", base: Any = ReadOnlyModelViewSet, **attributes: Any) -> Any:
    kwargs: dict[str, Any] = {"pk": 1} if action in ("retrieve", "one") else {}
    view = view_of(Book, TITLE, bases=(AutoPrefetchMixin, base), **attributes)
    return asked_view(view, action, method=method, **kwargs)


def plain_view(base: Any, method: str = "get", kwargs: Any = None, **attributes: Any) -> Any:
    """Return a view that is no viewset, in the middle of a request."""
    from rest_framework.test import APIRequestFactory

    view = view_of(Book, TITLE, bases=(AutoPrefetchMixin, base), **attributes)()
    view.setup(getattr(APIRequestFactory(), method)("/"), **kwargs or {})
    view.format_kwarg = None
    view.request = view.initialize_request(view.request)
    return view


def read(view: Any) -> tuple[str, list[tuple[str, str]]]:
    """Return what a view reads, and who it is that reads it."""
    requirement = read_view(view, Book, Book.objects.all())
    return outline(requirement), sorted((note.id, note.origin.name) for note in requirement.notes)


class Actions(ReadOnlyModelViewSet[Any]):
    @action(detail=True)
    def one(self, request: Any, pk: Any) -> Any:
        return Response(self.get_serializer(self.get_object()).data)

    @action(detail=False)
    def some(self, request: Any) -> Any:
        return self.list(request)

    @action(detail=True)
    def lost(self, request: Any, pk: Any) -> Any:
        book = self.get_object()
        unread(book)
        return Response(self.get_serializer(book).data)

    @action(detail=True)
    def named(self, request: Any, pk: Any) -> Any:
        book = self.get_object()
        ratings = [review.rating for review in book.reviews.all()]
        return Response({"author": book.author.name, "ratings": ratings})

    @action(detail=False)
    def titles(self, request: Any) -> Any:
        return Response([row.title for row in self.get_queryset()])

    @action(detail=False)
    @prefetch_hint("isbn")
    def told(self, request: Any) -> Any:
        rows = self.get_queryset()
        return Response([*self.get_serializer(rows, many=True).data, *(row.isbn for row in rows)])


class Steps(ReadOnlyModelViewSet[Any]):
    """Overrides a method of each kind."""

    def list(self, request: Any, *args: Any, **kwargs: Any) -> Any: ...

    def get_object(self) -> Any: ...

    def get_paginated_response(self, data: Any) -> Any: ...


@pytest.mark.parametrize(
    ("view", "name"),
    [
        pytest.param(asked("list"), "list", id="list"),
        pytest.param(asked("one", base=Actions), "one", id="action"),
        pytest.param(asked("list", method="head"), "list", id="head of an action"),
        pytest.param(plain_view(generics.ListAPIView), "get", id="method"),
        pytest.param(plain_view(generics.ListAPIView, "head"), "get", id="head"),
        pytest.param(plain_view(generics.CreateAPIView, "post"), "post", id="post"),
    ],
)
def test_a_request_is_answered_by_an_action_or_a_method(view, name):
    assert handler_name(view) == name


@pytest.mark.parametrize(
    ("action", "base", "steps"),
    [
        ("list", ReadOnlyModelViewSet, []),
        ("retrieve", ReadOnlyModelViewSet, []),
        ("one", Actions, ["one"]),
        ("titles", Actions, ["titles"]),
        ("list", Steps, ["list", "get_paginated_response"]),
        ("retrieve", Steps, ["get_object"]),
    ],
)
def test_methods_of_ones_own_between_fetching_and_showing_are_steps(action, base, steps):
    assert list(handling(asked(action, base=base)).unknown_steps) == steps


def test_what_a_view_may_read_has_a_key():
    one, same, other = (asked("list", pagination_class=paginator) for paginator in (None, None, Cursor))

    assert _key(one) == _key(asked_view(type(one)))
    assert _key(one) != _key(same)  # another class
    assert _key(other) != _key(asked("retrieve", pagination_class=Cursor))


def _key(view: Any) -> Any:
    return view_key(view, Book.objects.all(), handling(view))


def test_the_key_follows_permissions_that_depend_on_the_request():
    view = asked("retrieve")
    view.get_permissions = list
    nobody = _key(view)
    view.get_permissions = lambda: [Mine()]

    assert _key(view) != nobody


@pytest.mark.parametrize(
    ("view", "detail"),
    [
        pytest.param(asked("list"), False, id="list"),
        pytest.param(asked("retrieve"), True, id="retrieve"),
        pytest.param(asked("one", base=Actions), True, id="detail action"),
        pytest.param(asked("some", base=Actions), False, id="list action"),
        pytest.param(plain_view(generics.ListAPIView), False, id="list view"),
        pytest.param(plain_view(generics.RetrieveAPIView, kwargs={"pk": 1}), True, id="object view"),
        pytest.param(
            plain_view(generics.RetrieveAPIView, kwargs={"code": 1}, lookup_url_kwarg="code"), True, id="own name"
        ),
        pytest.param(plain_view(generics.ListAPIView, kwargs={"shop": 1}), False, id="nested list view"),
    ],
)
def test_a_handler_answers_one_object_or_a_list(view, detail):
    assert is_detail(view) is detail


def test_a_view_set_knows_by_itself_whether_it_is_detailed():
    view = asked("list")
    view.detail = True

    assert is_detail(view)


@pytest.mark.parametrize("view", [asked("list"), asked("retrieve"), plain_view(generics.ListAPIView)])
def test_drfs_own_code_reads_nothing(view):
    assert read(view) == ("", [])


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("one", ""),
        ("some", ""),
        ("titles", "title"),
        ("named", "author(name) reviews(rating)"),
    ],
)
def test_a_handler_of_ones_own_is_read(action, expected):
    assert read(asked(action, base=Actions)) == (expected, [])


def test_a_handler_that_cannot_be_followed_may_go_anywhere():
    requirement = read_view(asked("lost", base=Actions), Book, Book.objects.all())
    unread_note, note = sorted(requirement.notes, key=lambda note: note.id)

    assert (outline(requirement), note.id, note.origin.name, note.origin.kind) == (
        *("*", "view-code", "BookView.lost", "view"),
    )
    assert (unread_note.id, unread_note.origin.name) == ("code-unread", "BookView.lost")
    assert note.message == (
        "it sees the rows too and may go anywhere from them: all their columns are loaded, and where it fetches them"
        " itself, what the serializer shows beyond them is loaded when it shows it."
    )
    assert note.remedy == ('Write @prefetch_hint("…") above it, with what it reads from a row beside the serializer.')
    assert note.origin.place == f"tests/test_views_reading.py:{_line_of(Actions.lost)}"


def _line_of(function: Any) -> int:
    line: int = function.__code__.co_firstlineno
    return line


def test_a_handler_may_say_what_it_reads():
    assert read(asked("told", base=Actions)) == ("isbn", [])


def own(self: Any, *args: Any, **kwargs: Any) -> Any:
    """Stand for a method of a project's own that nobody can follow."""
    return unread(self, *args)


def test_a_permission_that_views_inherit_is_told_once():
    class Base(BasePermission):
        def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
            return bool(unread(obj))

    class One(Base):
        """Inherits."""

    class Other(Base):
        """Inherits too."""

    view = asked("retrieve", permission_classes=[One, Other])
    found = read_view(view, Book, Book.objects.all())

    assert [note.origin.name for note in found.notes] == ["Base.has_object_permission"]


@pytest.mark.parametrize(
    ("action", "name", "sees"),
    [
        ("list", "paginate_queryset", True),
        ("list", "get_paginated_response", True),
        ("list", "get_object", False),
        ("list", "retrieve", False),
        ("retrieve", "get_object", True),
        ("retrieve", "paginate_queryset", False),
        ("retrieve", "list", False),
    ],
)
def test_a_step_of_ones_own_sees_the_rows_it_is_handed(action, name, sees):
    notes = [("code-unread", f"BookView.{name}"), ("view-code", f"BookView.{name}")]
    expected = ("*", notes) if sees else ("", [])

    attributes: dict[str, Any] = {name: own}

    assert read(asked(action, **attributes)) == expected


class Mine(BasePermission):
    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return bool(obj.author_id == 1)


class Unread(BasePermission):
    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return bool(unread(obj))


class Told(BasePermission):
    @prefetch_hint("author")
    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return bool(obj.author.name == "x")


class Anyone(BasePermission):
    """Looks at no object."""


@pytest.mark.parametrize(
    ("action", "permission", "expected"),
    [
        ("retrieve", Mine, ("author_id", [])),
        ("retrieve", Unread, ("*", [("code-unread", "Unread.has_object_permission")])),
        ("retrieve", Told, ("author(*)", [])),
        ("retrieve", Anyone, ("", [])),
        ("list", Mine, ("", [])),
    ],
)
def test_object_permissions_see_objects(action, permission, expected):
    assert read(asked(action, permission_classes=[permission])) == expected


class Cursor(CursorPagination):
    page_size = 3
    ordering = ("-published", "author__name", "id")


class Annotated(CursorPagination):
    page_size = 3
    ordering = "annotated"


class Naive:
    """Stands where the mixin would."""


class OwnPages(PageNumberPagination):
    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        return [row for row in queryset if row.pages]

    def get_paginated_response(self, data: Any) -> Any:
        return Response(data)


class Counting(PageNumberPagination):
    page: Any
    page_size = 3

    def get_paginated_response(self, data: Any) -> Any:
        return Response({"number": self.page.number, "more": self.page.has_next(), "data": data})


class Looking(PageNumberPagination):
    page: Any
    page_size = 3

    def get_paginated_response(self, data: Any) -> Any:
        return Response({"first": self.page[0].title, "data": data})


class LookingInside(PageNumberPagination):
    page: Any
    page_size = 3

    def get_paginated_response(self, data: Any) -> Any:
        return Response({"first": next(self.page[index].isbn for index in [0]), "data": data})


class Escaping(PageNumberPagination):
    page: Any

    def get_paginated_response(self, data: Any) -> Any:
        return Response({"first": unread(self.page), "data": data})


class Through(PageNumberPagination):
    def get_paginated_response(self, data: Any) -> Any:
        return Response([book.isbn for book in data.serializer.instance])


class Hinted(PageNumberPagination):
    @prefetch_hint("isbn")
    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        return [row for row in queryset if unread(row)]


class Built(PageNumberPagination):
    get_paginated_response: Any = len


def _view_code(paginator: Any) -> tuple[str, str]:
    return "view-code", f"{paginator.__name__}.get_paginated_response"


@pytest.mark.parametrize(
    ("action", "paginator", "expected"),
    [
        ("list", PageNumberPagination, ("", [])),
        ("list", Cursor, ("published", [])),
        ("retrieve", Cursor, ("", [])),
        ("list", Annotated, ("", [])),
        ("list", OwnPages, ("pages", [])),
        ("retrieve", OwnPages, ("", [])),
        ("list", Counting, ("", [])),
        ("list", Looking, ("title", [])),
        ("list", LookingInside, ("isbn", [])),
        ("list", Escaping, ("*", [("code-unread", "Escaping.get_paginated_response"), _view_code(Escaping)])),
        ("list", Through, ("*", [_view_code(Through)])),
        ("list", Hinted, ("isbn", [])),
        ("list", Built, ("", [])),
    ],
)
def test_a_paginator_may_look_at_rows(action, paginator, expected):
    assert read(asked(action, pagination_class=paginator)) == expected


@pytest.mark.parametrize(
    ("name", "asks"),
    [("get_serializer_class", True), ("get_serializer_context", False), ("get_serializer", False)],
)
def test_code_that_names_the_rows_asks_for_them(name, asks):
    view = asked(get_serializer_class=lambda self: self.get_object() and TITLE, get_serializer_context=lambda self: {})
    cls: Any = type(view)

    assert asks_for_rows(cls, name) is asks


def test_code_that_cannot_be_looked_into_may_ask_for_rows():
    class Callable:
        def __call__(self, *args: Any) -> Any: ...

    cls: Any = type(asked(get_serializer_class=Callable()))

    assert asks_for_rows(cls, "get_serializer_class")


@pytest.mark.django_db
@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("action", "attributes"),
    [
        ("one", {}),
        ("some", {}),
        ("titles", {}),
        ("told", {}),
        ("retrieve", {"permission_classes": [Mine]}),
        ("retrieve", {"permission_classes": [Told]}),
        ("list", {"pagination_class": OwnPages}),
        ("list", {"pagination_class": Counting}),
        ("list", {"pagination_class": Looking}),
        ("list", {"pagination_class": LookingInside}),
        ("list", {"pagination_class": Cursor}),
    ],
    ids=[
        "one",
        "some",
        "titles",
        "told",
        "permission",
        "told permission",
        "pages",
        "counting",
        "looking",
        "inside",
        "cursor",
    ],
)
def test_a_view_with_code_of_its_own_answers_as_without_the_mixin(action, attributes):
    first = Book.objects.first()
    assert first is not None
    kwargs: dict[str, Any] = {"pk": first.pk} if action in ("one", "retrieve") else {}
    views = [view_of(Book, TITLE, bases=(base, Actions), **attributes) for base in (AutoPrefetchMixin, Naive)]
    planned, plain = (answer(view, action, **kwargs) for view in views)

    assert (planned.status_code, planned.content) == (plain.status_code, plain.content)
