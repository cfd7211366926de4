"""Corners of the reader that no ordinary body comes to, asked directly."""

from __future__ import annotations

import string
from typing import Any

import pytest
from django.db.models import Model

from drf_autoprefetch import prefetch_hint
from drf_autoprefetch.notes import Origin
from drf_autoprefetch.reading.methods.functions import run_function
from drf_autoprefetch.reading.methods.machine import CALLS, Machine
from drf_autoprefetch.reading.methods.objects import made
from drf_autoprefetch.reading.methods.results import Reading, Subject, requirement_of
from drf_autoprefetch.reading.methods.trails import Node
from drf_autoprefetch.reading.methods.values import PLAIN, Call, Method, Row
from tests.testapp.models import Book, Review


@pytest.fixture
def m() -> Machine:
    return Machine(Node(Book), None, {})


def given(m: Machine, name: str) -> Call:
    return Call((frozenset([Row(m.root)]),), name=name)


class Greeting(string.Template):
    """Its `__init__` is of the standard library, and keeps what it is given."""


class Open:
    def __getattr__(self, name: str) -> Any: ...


@pytest.mark.parametrize("cls", [Greeting, Open])
def test_an_object_that_is_not_ordinary_may_read_anything(m: Machine, cls: Any) -> None:
    assert made(m, cls, given(m, cls.__name__)) == PLAIN

    assert list(m.root.escapes.values()) == [f"passes the book to {cls.__name__}()"]


def test_a_method_that_nobody_knows_may_read_anything(m: Machine) -> None:
    assert CALLS[Method](m, Method(Row(m.root), "mystery"), Call((), name="mystery")) == PLAIN

    assert list(m.root.escapes.values()) == ["calls mystery() of the book"]


def test_what_django_shows_of_a_row_is_its_text(m: Machine) -> None:
    shown: Any = Model.__repr__
    assert CALLS[Method](m, Method(Row(m.root), "__repr__", shown), Call((), name="__repr__")) == PLAIN

    assert [function.__qualname__ for function, _ in m.root.hinted.values()] == ["Book.__str__"]
    assert not m.root.escapes


def test_a_hint_is_for_the_row_that_may_be_none(m: Machine) -> None:
    @prefetch_hint("title")
    def hinted(book: Any) -> Any: ...

    line: Any = hinted
    run_function(m, line, Call((frozenset([Row(m.root)]) | PLAIN,), name="line"))

    assert [function for function, _ in m.root.hinted.values()] == [line]
    assert not m.root.escapes


def test_notes_of_rows_that_a_body_fetched_are_told(m: Machine) -> None:
    m.root.outside(Review).notes[("not-planned", ("shop.py", 3))] = ("Review.objects.get()", "Review")
    found = requirement_of(Reading(m.root, "get_x"), Subject(Book, Origin("Books", "x"), "x"))

    assert [note.id for note in found.notes] == ["not-planned"]
    assert not found.edges
