"""Which handlers may answer the view's serializer."""

from __future__ import annotations

import functools
from types import FunctionType
from typing import Any

import pytest
from django.contrib.auth.models import Group
from rest_framework import generics
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from drf_autoprefetch.reading.showing import may_show
from tests.testapp.models import Author, Book
from tests.traps.answers import compare, shows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]


def elsewhere(view: Any) -> Any:
    return view.get_serializer().data


def wrapped(function: Any) -> Any:
    @functools.wraps(function)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return inner


class Costly(shows(Book, "title", author=shows(Author, "name")())):  # type: ignore[misc]
    """Asks the database which fields to show."""

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        if not Group.objects.exists():
            fields.pop("author")
        return fields


class Base(ModelViewSet[Book]):
    queryset = Book.objects.all()
    serializer_class = Costly

    @property
    def shown(self) -> Any:
        return self.get_serializer(self.get_object()).data

    @property
    def isbn(self) -> Any:
        return self.get_object().isbn

    def called(self) -> Any:
        return self.called_again()

    def called_again(self) -> Any:
        return self.called() if self.action == "never" else self.get_object().isbn

    def get_serializer_context(self) -> Any:
        return {**super().get_serializer_context(), "more": True}

    def shows_it(self) -> Any:
        return self.get_serializer(self.get_object()).data

    unread: Any = functools.partial(len, "")


class Books(Base):
    @action(detail=True)
    def icon(self, request: Request, pk: Any = None) -> Response:
        return Response(self.get_object().isbn)

    @action(detail=True)
    def helped(self, request: Request, pk: Any = None) -> Response:
        return Response([self.called(), self.isbn, self.lookup_field])

    @action(detail=True)
    def in_context(self, request: Request, pk: Any = None) -> Response:
        return Response(shows(Book, "isbn")(self.get_object(), context=self.get_serializer_context()).data)

    @action(detail=True)
    def by_old_super(self, request: Request, pk: Any = None) -> Response:
        return Response(super().shown)

    @action(detail=False)
    def titles(self, request: Request) -> Response:
        return Response([book.title for book in self.filter_queryset(self.get_queryset())])

    @action(detail=True)
    def looked_up(self, request: Request, pk: Any = None) -> Response:
        found = getattr(self, "isbn", None) if hasattr(self, "called") else getattr(super(), "lookup_field")  # noqa: B009
        return Response(found)

    @action(detail=True)
    def by_getattr(self, request: Request, pk: Any = None) -> Response:
        return Response(getattr(self, "get_serializer")(self.get_object()).data)  # noqa: B009

    @action(detail=True)
    def by_any_name(self, request: Request, pk: Any = None) -> Response:
        return Response(getattr(self, self.kwargs["pk"], None))

    @action(detail=True)
    def by_own_getattr(self, request: Request, getattr: Any = elsewhere, pk: Any = None) -> Response:
        return Response(getattr(self, "isbn"))

    @action(detail=True)
    def direct(self, request: Request, pk: Any = None) -> Response:
        return Response(self.get_serializer(self.get_object()).data)

    @action(detail=True)
    def by_class(self, request: Request, pk: Any = None) -> Response:
        return Response(self.serializer_class(self.get_object(), context={"request": request}).data)

    @action(detail=True)
    def by_method(self, request: Request, pk: Any = None) -> Response:
        return Response(self.shows_it())

    @action(detail=True)
    def by_property(self, request: Request, pk: Any = None) -> Response:
        return Response(self.shown)

    @action(detail=True)
    def given_away(self, request: Request, pk: Any = None) -> Response:
        return Response(getattr(request, "isbn", None) or elsewhere(self))

    @action(detail=True)
    def as_stock(self, request: Request, pk: Any = None) -> Response:
        return self.retrieve(request, pk=pk)

    @action(detail=True)
    @wrapped
    def decorated(self, request: Request, pk: Any = None) -> Response:
        return Response(self.get_object().isbn)

    @action(detail=True)
    def by_unread(self, request: Request, pk: Any = None) -> Response:
        return Response(self.unread())

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)


class Listed(generics.ListAPIView[Book]):
    """DRF's ``get()`` calls the project's ``list()``, which shows something else."""

    queryset = Book.objects.all()
    serializer_class = Costly

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response([book.title for book in self.filter_queryset(self.get_queryset())])


def test_a_list_of_its_own_that_never_does() -> None:
    answers = compare(Listed, queries=1)
    assert answers.planned.columns(Book) == {"id", "title"}


@pytest.mark.parametrize("name", ["icon", "helped", "in_context", "titles", "looked_up"])
def test_handlers_that_never_do(name: str) -> None:
    """Their rows are loaded for what they read, and no serializer is made for that."""
    assert not may_show(Books, name)
    handler = getattr(Books, name)
    asked: dict[str, Any] = {"pk": Book.objects.earliest("pk").pk} if handler.detail else {}
    compare(Books, action=name, **asked)


@pytest.mark.parametrize(
    "name",
    [
        "direct",
        "by_class",
        "by_method",
        "by_property",
        "given_away",
        "as_stock",
        "by_unread",
        "by_old_super",
        "by_getattr",
        "by_any_name",
        "by_own_getattr",
        "retrieve",
    ],
)
def test_handlers_that_may(name: str) -> None:
    assert may_show(Books, name)


def test_what_cannot_be_read_may() -> None:
    namespace: dict[str, Any] = {}
    exec("def made(self, request): return None\ndef bare(): return None", namespace)
    made = type("Made", (Books,), {"made": namespace["made"], "bare": staticmethod(namespace["bare"])})

    assert may_show(made, "made")
    assert may_show(made, "missing")
    assert may_show(made, "bare")


def test_a_function_that_only_looks_like_getattr_may() -> None:
    looks_up: Any = Books.looked_up
    names = {**looks_up.__globals__, "getattr": elsewhere}
    made = FunctionType(looks_up.__code__, names, None, None, looks_up.__closure__)
    assert may_show(type("Made", (Books,), {"made": made}), "made")
    assert not may_show(type("Twin", (Books,), {}), "looked_up")


def test_decorators_may_do_anything_with_the_view() -> None:
    assert may_show(Books, "decorated")
