"""Rows that are watched pass for what they are, and are what they were afterwards."""

from __future__ import annotations

import copy
import functools
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import models
from django.db.models.base import ModelBase
from django.test.utils import isolate_apps

from drf_autoprefetch.guarding.reads.rows import own_class, told, untold
from tests.testapp.models import Author, Bestseller, Book


class Reader:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.values: list[Any] = []

    def reads(self, row: Any, name: str, frame: Any) -> bool:
        self.names.append(name)
        return name == "name"

    def has_read(self, row: Any, name: str, value: Any, frame: Any) -> None:
        self.values.append((name, value, frame.f_code.co_name))


@contextmanager
def telling(row: Any) -> Iterator[Reader]:
    reader = Reader()
    assert told(row, reader)
    try:
        yield reader
    finally:
        untold(row)


@pytest.fixture
def author() -> Author:
    return Author(pk=1, name="Ann", email="ann@example.com")


def test_reads_are_told_with_what_came_of_them(author):
    with telling(author) as reader:
        assert author.name == "Ann"
        assert author.email == "ann@example.com"

    assert reader.names == ["name", "email"]
    assert reader.values == [("name", "Ann", "test_reads_are_told_with_what_came_of_them")]
    assert author.name == "Ann"
    assert reader.names == ["name", "email"]


def test_an_error_is_the_rows_own(author):
    with telling(author) as reader, pytest.raises(AttributeError, match="'Author' object has no attribute 'nothing'"):
        author.nothing  # noqa: B018

    assert reader.names == ["nothing"]


def test_the_class_passes_for_the_rows_own(author):
    with telling(author):
        cls: Any = type(author)
        assert cls is not Author
        assert author.__class__ is Author
        assert isinstance(author, Author)
        assert issubclass(cls, Author)
        assert (cls.__name__, cls.__qualname__, cls.__module__) == ("Author", "Author", "tests.testapp.models")
        assert (cls == Author, Author == cls, cls != Author, cls == Book) == (True, True, False, False)
        assert ({Author: 1}[cls], {cls: 1}[Author]) == (1, 1)
        assert cls._meta is Author._meta
        assert cls.objects.model is Author
        assert (author == Author(pk=1), hash(author)) == (True, hash(Author(pk=1)))
        assert (repr(author), f"{author}") == ("<Author: Ann>", "Ann")
        assert own_class(author) is Author
        assert type(cls(name="Bea")) is Author

    assert type(author) is Author
    assert own_class(author) is Author


def test_single_dispatch_finds_the_function_of_the_class(author):
    @functools.singledispatch
    def kind(row):
        raise AssertionError("no function for it")

    @kind.register
    def _(row: Author) -> str:
        return "author"

    with telling(author):
        assert kind(author) == "author"


def test_copies_and_pickles_are_of_the_rows_own_class(author):
    with telling(author) as reader:
        made = [copy.copy(author), copy.deepcopy(author), pickle.loads(pickle.dumps(author))]
        assert pickle.loads(pickle.dumps(type(author))) is Author

    assert [type(each) for each in made] == [Author] * 3
    assert {each.name for each in made} == {"Ann"}
    assert "__reduce_ex__" in reader.names


def test_a_proxy_stays_one():
    book = Bestseller(pk=1, title="One")

    with telling(book):
        assert (book.__class__, book.title) == (Bestseller, "One")

    assert type(book) is Bestseller


def test_a_row_is_told_to_one_reader_only(author):
    with telling(author):
        assert not told(author, Reader())

    with telling(author):
        pass


def test_what_a_project_does_for_each_of_its_classes_is_not_done():
    made = []

    class Counting(ModelBase):
        def __new__(cls, name: str, *args: Any, **kwargs: Any) -> Any:
            made.append(name)
            return super().__new__(cls, name, *args, **kwargs)

    with isolate_apps("tests.testapp"):

        class Named(models.Model, metaclass=Counting):
            name = models.CharField(max_length=5)

            class Meta:
                app_label = "testapp"

            def __init_subclass__(cls, **kwargs: Any) -> None:
                super().__init_subclass__(**kwargs)
                made.append(f"subclass {cls.__name__}")

            def __getattribute__(self, name: str) -> Any:
                return "own" if name == "name" else super().__getattribute__(name)

    row = Named(name="x")
    before = list(made)

    with telling(row) as reader:
        assert row.name == "own"

    assert reader.names == ["name"]
    assert made == before


def test_a_row_whose_class_cannot_change_is_not_watched():
    class Fixed(tuple[int, ...]):
        __slots__ = ()

    row: Any = Fixed()

    assert not told(row, Reader())
    assert type(row) is Fixed


def test_a_class_that_code_of_the_projects_own_has_given_stays(author):
    with telling(author):
        object.__setattr__(author, "__class__", Author)

    assert type(author) is Author


def test_instances_that_nobody_watches_are_read_as_ever(author):
    """Such as code may make of the class that it finds."""
    with telling(author):
        cls: Any = type(author)
        other = cls.__new__(cls)
        other.__dict__["name"] = "Bea"
        assert other.name == "Bea"

    assert sys.getrefcount(author) < 10
