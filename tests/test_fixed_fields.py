"""A ``get_fields()`` that looks at nothing makes the same fields for every instance."""

from __future__ import annotations

import builtins
from collections import OrderedDict
from typing import Any

import pytest
from rest_framework import serializers

from drf_autoprefetch.reading.shapes import is_static
from tests.examples import ModelSerializer
from tests.test_asking import asked, rows_of
from tests.testapp.models import Book, Genre

NAMES = ["name"]
EXTRA = {"extra": serializers.CharField()}


class Base(ModelSerializer):
    class Meta:
        model = Genre
        fields = NAMES


class Loud(serializers.CharField):
    def bind(self, field_name: str, parent: Any) -> None: ...


class Told(Base):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


def decorated(function: Any) -> Any:
    return function


class Fixed:
    """Each class has a ``get_fields()`` that makes the same fields every time."""

    class Merged(Base):
        def get_fields(self) -> Any:
            """Say what more there is."""
            return super().get_fields() | {"children": Fixed.Merged(many=True)}

    class Spread(Base):
        def get_fields(self) -> Any:
            return {**super().get_fields(), "shown": serializers.CharField(source="name")}

    class Assigned(Base):
        def get_fields(self) -> Any:
            fields: Any = super().get_fields()
            fields["children"] = type(self)(many=True, read_only=True)
            fields["parent"] = self.__class__()
            fields |= {"shown": serializers.ListField(child=serializers.CharField())}
            fields.update(OrderedDict([("name", fields.pop("name"))]))
            del fields["shown"]
            return fields

    class Copied(Base):
        def get_fields(self) -> Any:
            return dict(super().get_fields())

    class Inherited(Spread):
        pass


class Changing:
    """Each class has one that need not."""

    class Context(Base):
        def get_fields(self) -> Any:
            fields = super().get_fields()
            return {name: field for name, field in fields.items() if name in self.context}

    class Condition(Base):
        def get_fields(self) -> Any:
            return super().get_fields() if self.context else {}

    class Argument(Base):
        def get_fields(self) -> Any:
            return {"shown": serializers.CharField(source=self.field_name)}

    class Instance(Base):
        def get_fields(self) -> Any:
            return {**super().get_fields(), "other": type(self.parent)()}

    class Kept(Base):
        def get_fields(self) -> Any:
            return EXTRA

    class Outside(Base):
        def get_fields(self) -> Any:
            fields = super().get_fields()
            fields["shown"] = serializers.CharField(source=NAMES[0])
            return fields

    class Reading(Base):
        def get_fields(self) -> Any:
            fields = super().get_fields()
            return fields.get("name")

    class Queryset(Base):
        def get_fields(self) -> Any:
            return {"genre": serializers.PrimaryKeyRelatedField(queryset=Genre.objects.all())}

    class Elsewhere(Base):
        def get_fields(self) -> Any:
            EXTRA["other"] = serializers.CharField()
            return dict(EXTRA)

    class Bound(Base):
        def get_fields(self) -> Any:
            return {"name": Loud()}

    class Nested(Base):
        def get_fields(self) -> Any:
            return {**super().get_fields(), "told": Told()}

    class Unknown(Base):
        def get_fields(self) -> Any:
            return {**super().get_fields(), "told": nobody()}  # type: ignore[name-defined]  # noqa: F821

    class Decorated(Base):
        @decorated
        def get_fields(self) -> Any:
            return super().get_fields()

    class Other(Base):
        def get_fields(self, more: Any = None) -> Any:
            return {**super().get_fields()}

    class Above(Condition):
        def get_fields(self) -> Any:
            return super().get_fields()

    class Declared(Base):
        name: Any = serializers.CharField()
        told = Told()

        def get_fields(self) -> Any:
            return super().get_fields()

    class Nothing(Base):
        def get_fields(self) -> Any:
            pass

    class Partial(Base):
        get_fields: Any = staticmethod(builtins.dict)


class Titles(ModelSerializer):
    class Meta:
        model = Book
        fields = ["title"]

    def get_fields(self) -> Any:
        return {**super().get_fields(), "shown": serializers.CharField(source="title")}


def classes_in(holder: type) -> list[Any]:
    return [pytest.param(cls, id=name) for name, cls in vars(holder).items() if isinstance(cls, type)]


@pytest.mark.parametrize("cls", classes_in(Fixed))
def test_fields_that_the_class_alone_decides_are_fixed(cls):
    assert is_static(cls)


@pytest.mark.parametrize("cls", classes_in(Changing))
def test_fields_that_something_else_may_decide_are_not(cls):
    assert not is_static(cls)


def test_a_view_with_fixed_fields_builds_its_serializer_once(monkeypatch):
    built: list[Any] = []

    def build(view: Any) -> Any:
        built.append(view)
        return Titles(many=True)

    monkeypatch.setattr("drf_autoprefetch.loading.asking.build", build)
    view = asked(Titles)

    assert rows_of(view) is rows_of(view)
    assert len(built) == 1
