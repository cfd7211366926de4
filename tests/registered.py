"""A small project of views for the command that finds and explains them: what a real URL configuration has."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import include, path, re_path
from rest_framework.decorators import action, api_view
from rest_framework.generics import CreateAPIView, ListAPIView, RetrieveAPIView
from rest_framework.permissions import BasePermission
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter, SimpleRouter
from rest_framework.versioning import NamespaceVersioning, URLPathVersioning
from rest_framework.viewsets import ModelViewSet, ReadOnlyModelViewSet, ViewSetMixin

from drf_autoprefetch import AutoPrefetchMixin
from tests.examples import shows, unread
from tests.testapp.models import Author, Book, Review

AUTHOR = shows(Author, "name")
BOOK = shows(Book, "title", author=AUTHOR(), reviews=shows(Review, "rating")(many=True))
TITLE = shows(Book, "title")


class Never(BasePermission):
    """Nobody may pass; a command that asks it has run what it should not."""

    def has_permission(self, request: Any, view: Any) -> bool:
        raise AssertionError("a permission was run")


class BookViewSet(AutoPrefetchMixin, ModelViewSet[Any]):
    queryset = Book.objects.all()
    serializer_class = BOOK
    permission_classes = [Never]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a handler was run")

    @action(detail=False, serializer_class=TITLE)
    def titles(self, request: Any) -> Response:
        return Response(self.get_serializer(self.get_queryset(), many=True).data)

    @action(detail=True, methods=["post"])
    def buy(self, request: Any, pk: Any) -> Any: ...

    @action(detail=True, methods=["put", "get"])
    def similar(self, request: Any, pk: Any) -> Response:
        return Response(self.get_serializer(self.get_object()).data)


class AuthorBooksViewSet(AutoPrefetchMixin, ReadOnlyModelViewSet[Any]):
    """Nested below an author, and asks only for keys."""

    serializer_class = TITLE

    def get_queryset(self) -> QuerySet[Book]:
        return Book.objects.filter(author=self.kwargs["author_pk"])


class OneAuthor(AutoPrefetchMixin, RetrieveAPIView[Any]):
    queryset = Author.objects.all()
    serializer_class = AUTHOR


class ShelfViewSet(AutoPrefetchMixin, ReadOnlyModelViewSet[Any]):
    """Looks an author up before it knows its books."""

    serializer_class = TITLE

    def get_queryset(self) -> Any:
        return Author.objects.get(pk=self.kwargs["author_pk"]).books.all()


class MineViewSet(AutoPrefetchMixin, ReadOnlyModelViewSet[Any]):
    """Asks the user for something that only users of the project have."""

    serializer_class = TITLE

    def get_queryset(self) -> Any:
        return Book.objects.filter(author__email=self.request.user.email)  # type: ignore[union-attr]


class RatedSerializer(TITLE):  # type: ignore[misc, valid-type]
    """Reads nobody knows what."""

    def to_representation(self, book: Any) -> Any:
        return {"shown": unread(book)}


class RatedViewSet(AutoPrefetchMixin, ReadOnlyModelViewSet[Any]):
    queryset = Book.objects.all()
    serializer_class = RatedSerializer


class WrongViewSet(AutoPrefetchMixin, ReadOnlyModelViewSet[Any]):
    queryset = Book.objects.all()
    serializer_class = TITLE
    prefetch_hints = ["autor"]


class PlainViewSet(ReadOnlyModelViewSet[Any]):
    queryset = Book.objects.all()
    serializer_class = TITLE


class CreateOnly(AutoPrefetchMixin, CreateAPIView[Any]):
    queryset = Book.objects.all()
    serializer_class = TITLE


class TitleList(AutoPrefetchMixin, ListAPIView[Any]):
    queryset = Book.objects.all()
    serializer_class = TITLE


class HeadOnly(AutoPrefetchMixin, ViewSetMixin, ListAPIView[Any]):
    queryset = Book.objects.all()
    serializer_class = TITLE


class VersionedList(TitleList):
    """Has another serializer in another version."""

    def get_serializer_class(self) -> Any:
        return BOOK if self.request.version == "v2" else TITLE


class PathVersioning(URLPathVersioning):
    default_version = "v2"
    allowed_versions = ["v1", "v2"]


@api_view(["GET"])
def function(request: Any) -> Response:
    return Response([])


def plain_function(request: Any) -> HttpResponse:
    return HttpResponse()


def logged(view: Any) -> Any:
    """Wrap a callback as a decorator does that is written by hand: it leads to what it wraps, and copies nothing."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    wrapper.__wrapped__ = view  # type: ignore[attr-defined]
    return wrapper


def urls(*patterns: Any) -> Any:
    """Return a module that can be a ROOT_URLCONF."""
    module: Any = ModuleType("urls_of_a_test")
    module.urlpatterns = list(patterns)
    return module


def routed(prefix: str, view: Any, *, base: type[SimpleRouter] = SimpleRouter) -> Any:
    """Return what a router of one viewset makes."""
    router = base()
    router.register(prefix, view, basename=prefix)
    return include(router.urls)


_wrong: Any = WrongViewSet.as_view({"get": "list"})

WHOLE = urls(
    path("api/", routed("books", BookViewSet, base=DefaultRouter)),
    path("v2/", include(([path("", routed("books", BookViewSet))], "again"), namespace="v2")),
    path("authors/<int:author_pk>/", routed("books", AuthorBooksViewSet)),
    re_path(r"^authors/(?P<pk>[0-9]+)/$", logged(OneAuthor.as_view())),
    path("shelves/<uuid:author_pk>/", routed("books", ShelfViewSet)),
    path("mine/", routed("books", MineViewSet)),
    path("rated/", RatedViewSet.as_view({"get": "list"})),
    path("wrong/", functools.partial(_wrong)),
    path("plain/", routed("books", PlainViewSet)),
    path("create/", CreateOnly.as_view()),
    path("function/", function),
    path("other/", plain_function),
    path("head/", HeadOnly.as_view({"head": "get"})),
    path("closed/", TitleList.as_view(http_method_names=["post"])),
)

VERSIONS = urls(
    path("<str:version>/titles/", VersionedList.as_view(versioning_class=PathVersioning)),
    path("", include(([path("titles/", VersionedList.as_view(versioning_class=NamespaceVersioning))], "v2"))),
)
