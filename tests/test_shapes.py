"""Shapes: two serializers of one shape read the same; a static class needs no instance to know it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings
from rest_framework import serializers

from drf_autoprefetch.reading.shapes import is_static, live_shape
from tests.examples import ModelSerializer, Serializer, shows
from tests.testapp.models import Author, Book, Genre


class Names(ModelSerializer):
    class Meta:
        model = Author
        fields = ["name", "email"]


class Chosen(ModelSerializer):
    class Meta:
        model = Author
        fields = ["name", "email"]

    def get_fields(self) -> Any:
        return {name: field for name, field in super().get_fields().items() if name in self.context["show"]}


class Popped(Names):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("email")


class Bound(serializers.CharField):
    def bind(self, field_name: str, parent: Any) -> None: ...


class Plain(Serializer):
    name = serializers.CharField()


class BoundList(serializers.ListField):
    def bind(self, field_name: str, parent: Any) -> None: ...


@pytest.mark.parametrize(
    "serializer",
    [
        pytest.param(Names, id="model"),
        pytest.param(Plain, id="plain"),
        pytest.param(serializers.BaseSerializer, id="base"),
        pytest.param(shows(Book, "title", author=Names()), id="nested"),
        pytest.param(shows(Book, authors=Names(many=True)), id="rows"),
        pytest.param(shows(Book, keys=serializers.PrimaryKeyRelatedField(many=True, read_only=True)), id="keys"),
        pytest.param(shows(Book, words=serializers.ListField(child=serializers.CharField())), id="words"),
        pytest.param(shows(Book, get_x=lambda self, book: 1, x=serializers.SerializerMethodField()), id="method"),
    ],
)
def test_a_serializer_whose_fields_no_code_of_a_project_makes_is_static(serializer):
    assert is_static(serializer)


@pytest.mark.parametrize(
    "serializer",
    [
        pytest.param(Chosen, id="get_fields"),
        pytest.param(Popped, id="init"),
        pytest.param(shows(Book, author=Chosen()), id="nested"),
        pytest.param(shows(Book, authors=Popped(many=True)), id="rows"),
        pytest.param(shows(Book, title=Bound()), id="bind"),
        pytest.param(shows(Book, words=serializers.ListField(child=Bound())), id="child"),
        pytest.param(shows(Book, words=BoundList(child=serializers.CharField())), id="list"),
    ],
)
def test_a_serializer_whose_fields_may_change_is_not_static(serializer):
    assert not is_static(serializer)


def test_one_class_has_one_shape():
    assert live_shape(Names()) == live_shape(Names())
    assert hash(live_shape(Names())) == hash(live_shape(Names()))


def test_a_list_has_another_shape_than_a_row():
    assert live_shape(Names(many=True)) != live_shape(Names())


def test_the_shape_follows_the_live_fields():
    one, other, same = (Chosen(context={"show": show}) for show in (["name"], ["email"], ["name"]))

    assert live_shape(one) == live_shape(same) != live_shape(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (serializers.CharField(source="title"), serializers.CharField(source="isbn")),
        (serializers.CharField(), serializers.IntegerField()),
        (
            serializers.SlugRelatedField("name", read_only=True),
            serializers.SlugRelatedField("email", read_only=True),
        ),
        (
            serializers.ListField(child=serializers.CharField()),
            serializers.ListField(child=serializers.IntegerField()),
        ),
        (
            serializers.StringRelatedField(many=True),
            serializers.PrimaryKeyRelatedField(many=True, read_only=True),
        ),
        (Names(), Popped()),
        (Names(many=True), Popped(many=True)),
    ],
    ids=["source", "class", "slug", "child", "target", "fields", "rows"],
)
def test_what_changes_the_reading_changes_the_shape(one, other):
    shapes = []
    for field in (one, other):
        live = Plain()
        live.fields["field"] = field
        shapes.append(live_shape(live))

    assert shapes[0] != shapes[1]


def test_a_base_serializer_has_no_fields_in_its_shape():
    assert live_shape(serializers.BaseSerializer()) == live_shape(serializers.BaseSerializer())


class Tree(ModelSerializer):
    class Meta:
        model = Genre
        fields = ["name", "children"]

    def get_fields(self) -> Any:
        return {**super().get_fields(), "children": Tree(many=True)}


@override_settings(DRF_AUTOPREFETCH={"MAX_DEPTH": 2})
def test_a_serializer_without_end_has_a_shape():
    assert _depth(live_shape(Tree())) == 3


def _depth(shape: Any) -> int:
    """Count how often `Tree` stands in a shape with fields."""
    if not isinstance(shape, tuple):
        return 0
    return (shape[:1] == (Tree,) and len(shape) == 3) + max(map(_depth, shape), default=0)
