"""What reading an attribute of a row means."""

from __future__ import annotations

from functools import partialmethod
from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps

from drf_autoprefetch.reading.attributes import Code, Column, Inert, attribute_names, get_attribute, get_column
from drf_autoprefetch.reading.relations import get_relation
from tests.testapp.models import Book, City, Medium, Seat


@pytest.mark.parametrize(
    ("model", "name", "columns"),
    [
        (Book, "title", {"title"}),
        (Book, "author_id", {"author_id"}),
        (Book, "pk", {"id"}),
        (Seat, "pk", {"room_id", "number"}),
        (Book, "cover", {"cover", "cover_width", "cover_height"}),
        (Book, "sample", {"sample"}),
        (Book, "price_with_tax", {"price_with_tax"}),
        (Book, "get_status_display", {"status"}),
        (Medium, "name", {"name"}),
    ],
)
def test_what_is_stored_is_a_column(model, name, columns):
    assert get_attribute(model, name) == Column(frozenset(columns))


@pytest.mark.parametrize("name", ["author", "reviews", "genres", "footnote_set", "tags", "sequel"])
def test_what_leads_to_other_rows_is_a_relation(name):
    assert get_attribute(Book, name) == get_relation(Book, name)


@pytest.mark.parametrize("name", ["full_title", "shout", "blurb", "__str__"])
def test_methods_and_properties_are_code(name):
    assert get_attribute(Book, name) == Code(name, vars(Book)[name])


@pytest.mark.parametrize("name", ["stars", "Status", "objects_of_nobody", "DoesNotExist"])
def test_what_reads_nothing_of_the_row_is_inert(name):
    assert get_attribute(Book, name) == Inert()


@isolate_apps("tests.testapp")
def test_a_models_own_attributes_are_told_apart():
    class Odd(models.Model):
        status = models.CharField(max_length=1, choices=[("a", "A")])
        size = models.IntegerField(choices=[(1, "One")])
        colour = "red"

        class Meta:
            app_label = "testapp"

        def get_status_display(self) -> Any:
            """Replace Django's own."""

        def _paint(self, colour: str) -> Any: ...

        @staticmethod
        def alone() -> Any:
            """See no row."""

        get_paint_display = partialmethod(_paint, "red")
        get_colour_display = partialmethod(_paint, "blue")

    assert get_attribute(Odd, "get_status_display") == Code("get_status_display", vars(Odd)["get_status_display"])
    assert get_attribute(Odd, "get_size_display") == Column(frozenset(["size"]))
    assert get_attribute(Odd, "get_paint_display") == Code("get_paint_display", vars(Odd)["_paint"])
    assert get_attribute(Odd, "get_nothing_display") == Inert()
    assert get_attribute(Odd, "alone") == Inert()
    assert get_attribute(Odd, "colour") == Inert()


@isolate_apps("tests.testapp")
def test_a_model_that_answers_for_any_name_runs_code():
    class Answering(models.Model):
        class Meta:
            app_label = "testapp"

        def __getattr__(self, name: str) -> Any: ...

    assert get_attribute(Answering, "anything") == Code("anything", vars(Answering)["__getattr__"])


@isolate_apps("tests.testapp")
def test_a_column_behind_code_is_still_a_column():
    class Bare:
        def __init__(self, field: Any) -> None:
            self.field = field

        def __get__(self, instance: Any, owner: Any = None) -> Any: ...

    class Money(models.CharField):  # type: ignore[type-arg]
        descriptor_class = Bare

    class Coin(models.Model):
        value = Money(max_length=5)

        class Meta:
            app_label = "testapp"

    assert get_attribute(Coin, "value") == Code("value", vars(Coin)["value"])
    assert get_column(Coin, "value") == Column(frozenset(["value"]))


def test_relations_and_properties_have_no_column():
    assert [get_column(Book, name) for name in ("author", "full_title")] == [None, None]
    assert get_column(Seat, "pk") == Column(frozenset(["room_id", "number"]))


def test_a_hint_may_name_the_key_columns_and_relations():
    assert attribute_names(City) == [
        *("authors", "branches", "country", "country_id", "history", "id", "name", "pk", "publishers", "suppliers"),
    ]
