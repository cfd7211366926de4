"""Code of a project's own: whose it is, where it stands, which names it uses."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from rest_framework import serializers

from drf_autoprefetch.notes import Origin
from drf_autoprefetch.reading.code import at, find, is_stock, names_used, own_code
from tests.examples import HERE, Serializer
from tests.testapp.models import Book


def score(book: Book) -> Any:
    """Stand for code of a project's own."""


def test_code_stands_where_it_is_written():
    assert at(HERE, score, "method body") == Origin(
        HERE.serializer, HERE.field, "tests/test_code.py", score.__code__.co_firstlineno, "method body"
    )


def test_code_that_stands_nowhere_is_placed_at_the_field():
    assert at(HERE, len, "method body") == Origin(HERE.serializer, HERE.field, HERE.file, HERE.line, "method body")


def test_code_of_django_and_its_framework_is_stock():
    assert [is_stock(serializers.Serializer.to_representation), is_stock(Book.save), is_stock(score)] == [
        *(True, True, False),
    ]


def test_what_has_no_module_is_not_stock():
    assert not is_stock(3)


def test_own_code_is_what_a_project_overrides():
    class Loud(Serializer):
        def to_representation(self, instance: Any) -> Any: ...

    assert own_code(Loud(), "to_representation") is vars(Loud)["to_representation"]
    assert [own_code(Loud(), name) for name in ("get_attribute", "no_such_method")] == [None, None]


def test_code_inside_a_property_is_found():
    class Shelf:
        @cached_property
        def width(self) -> Any: ...

    assert find(Shelf, "width") is vars(Shelf)["width"].func


def test_methods_of_the_library_are_looked_through():
    class View:
        def list(self) -> None:
            """Stand for a handler."""

    class Mixin:
        list = None

    Mixin.__module__ = "drf_autoprefetch.mixins"
    both = type("Both", (Mixin, View), {})

    assert find(both, "list") is View.list
    assert find(both, "retrieve") is None


def test_names_are_those_of_functions_inside_too():
    def shown(rows: Any) -> Any:
        return [row.title for row in (lambda found: found.visible)(rows)]

    names = names_used(shown)

    assert names is not None
    assert names >= {"title", "visible"}


def test_what_has_no_code_uses_no_known_names():
    assert names_used(len) is None
