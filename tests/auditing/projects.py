"""A project with everything in it that an audit has something to say about, and views of which it has nothing."""

from __future__ import annotations

from abc import ABC
from typing import Any

from django.db.models import Prefetch
from django.urls import path
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from drf_autoprefetch import AutoPrefetchMixin, prefetch_hint
from tests import registered
from tests.examples import ModelSerializer, shows, unread
from tests.testapp.models import Author, Book, Review, TaggedItem

AUTHOR = shows(Author, "name")
TITLE = shows(Book, "title")
WITH_AUTHOR = shows(Book, "title", author=AUTHOR())


class Planned(AutoPrefetchMixin, ListAPIView[Any]):
    """Nothing is wrong with it."""

    queryset = Book.objects.select_related("author")
    serializer_class = WITH_AUTHOR


class Backwards(ReadOnlyModelViewSet[Any], AutoPrefetchMixin):
    queryset = Book.objects.all()
    serializer_class = WITH_AUTHOR


class AlsoBackwards(Backwards):
    """Told once, by its base."""


class Plain(ReadOnlyModelViewSet[Any]):
    queryset = Book.objects.all()
    serializer_class = WITH_AUTHOR


class Abstract(ABC, Plain):
    """Has a metaclass that minds no subclasses."""


class Simple(ListAPIView[Any]):
    """Shows every column and no relation: a mixin has nothing to do."""

    queryset = Author.objects.all()
    serializer_class = shows(Author, *(field.attname for field in Author._meta.concrete_fields))


class Values(ListAPIView[Any]):
    """Shows no rows of a model."""

    serializer_class = serializers.Serializer

    def get_queryset(self) -> Any:
        return []


class Shop(ListAPIView[Any]):
    """What a plan would be nobody knows before there is a request."""

    queryset = Book.objects.all()
    serializer_class = TITLE

    def get_queryset(self) -> Any:
        return Author.objects.get(pk=1).books.all()


class RegisteringMixin:
    """Knows all its subclasses, and wants no more of them."""

    def __init_subclass__(cls) -> None:
        assert cls.__name__ == "Registered"


class Registered(RegisteringMixin, Plain):
    """Nobody makes a subclass of it to see what that would do."""


class NoGenericView(APIView):
    def get(self, request: Any) -> Response:
        return Response()


class OffView(AutoPrefetchMixin, ListAPIView[Any]):
    queryset = Book.objects.all()
    serializer_class = WITH_AUTHOR
    auto_prefetch = False


class UnreadSerializer(ModelSerializer):
    shown = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = ["shown"]

    def get_shown(self, book: Any) -> Any:
        return unread(book)


class UnreadView(AutoPrefetchMixin, ReadOnlyModelViewSet[Any]):
    queryset = Book.objects.prefetch_related("reviews")
    serializer_class = UnreadSerializer


class WholeSerializer(ModelSerializer):
    by = serializers.SerializerMethodField()
    best = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = ["by", "best"]

    @prefetch_hint("author")
    def get_by(self, book: Any) -> Any: ...

    @prefetch_hint(Prefetch("reviews", Review.objects.filter(rating=5), to_attr="best"))
    def get_best(self, book: Any) -> Any: ...


class WholeView(AutoPrefetchMixin, ListAPIView[Any]):
    queryset = Book.objects.all()
    serializer_class = WholeSerializer


class LeftoverView(AutoPrefetchMixin, ListAPIView[Any]):
    queryset = Book.objects.select_related("author", "publisher").prefetch_related("author__books", "reviews__reader")
    serializer_class = WITH_AUTHOR


class FailingView(AutoPrefetchMixin, ListAPIView[Any]):
    queryset = Book.objects.all()
    serializer_class = WITH_AUTHOR
    prefetch_hints = ["autor"]


class GenericView(AutoPrefetchMixin, ListAPIView[Any]):
    queryset = TaggedItem.objects.all()
    serializer_class = shows(TaggedItem, about=serializers.StringRelatedField(source="content_object"))


urlpatterns = [
    path("planned/", Planned.as_view()),
    path("backwards/", registered.routed("books", Backwards)),
    path("again/", registered.routed("books", AlsoBackwards)),
    path("plain/", registered.routed("books", Plain)),
    path("simple/", Simple.as_view()),
    path("values/", Values.as_view()),
    path("shop/", Shop.as_view()),
    path("registered/", Registered.as_view({"get": "list"})),
    path("abstract/", Abstract.as_view({"get": "list"})),
    path("no-generic/", NoGenericView.as_view()),
    path("function/", registered.function),
    path("off/", OffView.as_view()),
    path("unread/", registered.routed("books", UnreadView)),
    path("whole/", WholeView.as_view()),
    path("leftover/", LeftoverView.as_view()),
    path("failing/", FailingView.as_view()),
    path("generic/", GenericView.as_view()),
]
