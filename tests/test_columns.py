"""Columns, as the metadata of every kind of model has them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init
from django.test.utils import isolate_apps

from drf_autoprefetch.reading import columns
from tests.testapp.models import (
    AudioBook,
    Author,
    Bestseller,
    Book,
    Country,
    Footnote,
    Item,
    Ledger,
    Medium,
    Member,
    Reader,
    Seat,
)


def test_all_columns_are_attribute_names_of_every_table():
    assert columns.all_columns(Medium) == {
        *("id", "name", "description", "owner_id"),
        *("item_ptr_id", "minutes", "licence"),
    }


def test_columns_come_in_the_order_of_the_model():
    assert columns.ordered_columns(Country) == ("code", "name", "anthem")


@pytest.mark.parametrize(
    ("model", "key"),
    [(Book, {"id"}), (Country, {"code"}), (Medium, {"item_ptr_id"}), (Seat, {"room_id", "number"}), (Reader, {"id"})],
)
def test_a_primary_key_has_one_column_or_several(model, key):
    assert columns.primary_key(model) == key


def test_a_child_inherits_the_columns_of_the_tables_above():
    assert columns.inherited_columns(AudioBook, Item) == {"id", "name", "description", "owner_id"}
    assert columns.inherited_columns(AudioBook, Medium) - columns.inherited_columns(AudioBook, Item) == {
        *("item_ptr_id", "minutes", "licence"),
    }


def test_columns_may_be_named_by_field_by_attribute_or_as_the_key():
    assert columns.as_attributes(Book, ["title", "author", "editor_id", "nothing"]) == {
        *("title", "author_id", "editor_id"),
    }
    assert columns.as_attributes(Seat, ["pk", "label"]) == {"room_id", "number", "label"}


def test_a_column_is_stored_in_a_table_under_a_name():
    assert columns.stored_as(Medium, ["minutes", "name"]) == [
        ("testapp_medium", "minutes"),
        ("testapp_item", "name"),
    ]
    assert columns.stored_as(Book, ["publisher_id"]) == [("testapp_book", "house")]


@pytest.mark.parametrize(("name", "found"), [("data", True), ("title", False), ("author", False), ("nothing", False)])
def test_only_a_json_column_is_json(name, found):
    assert columns.is_json(Book, name) is found


def test_a_model_has_a_label():
    assert columns.label(Book) == "testapp.Book"


def test_a_proxy_has_the_natural_key_and_the_table_of_its_model():
    assert columns.natural_key(Bestseller) == ("testapp", "book")
    assert columns.same_table(Bestseller, Book)
    assert not columns.same_table(Medium, Item)


def test_an_abstract_model_stands_for_itself():
    class Dated(models.Model):
        class Meta:
            abstract = True
            app_label = "testapp"

    assert columns.same_table(Dated, Dated)
    assert [columns.is_abstract(model) for model in (Dated, Book)] == [True, False]
    assert not columns.same_table(Dated, Book)


def test_rows_of_a_model_may_have_no_ordering():
    assert [columns.default_ordering(Book), columns.default_ordering(Footnote)] == [True, False]


@pytest.mark.parametrize(
    ("model", "hook"), [(Member, "Member.__init__"), (Ledger, "Ledger.from_db"), (Book, ""), (Medium, "")]
)
def test_a_model_that_runs_code_on_each_loaded_row_is_known(model, hook):
    assert columns.loads_by_itself(model) == hook


def test_the_receiver_of_image_dimensions_is_no_receiver_of_a_project():
    assert not columns.has_init_receivers(Book)
    assert not columns.has_init_receivers(Author)


def test_a_receiver_of_a_project_sees_each_loaded_row():
    def receive(**kwargs: Any) -> None:
        """Stand for a tracker."""

    post_init.connect(receive, sender=Author)
    try:
        assert columns.has_init_receivers(Author)
        assert not columns.has_init_receivers(Country)
    finally:
        post_init.disconnect(receive, sender=Author)


def test_an_image_is_loaded_with_its_dimensions():
    assert columns.load_with(Book, columns.columns_by_name(Book)["cover"]) == {"cover", "cover_width", "cover_height"}
    assert columns.load_with(Book, columns.columns_by_name(Book)["sample"]) == {"sample"}


def test_the_key_of_a_parent_is_loaded_with_the_key_of_the_child():
    assert columns.load_with(Medium, columns.columns_by_name(Medium)["id"]) == {"item_ptr_id"}


def test_models_that_have_rows_are_all_that_are_no_proxies():
    stored = columns.stored_models()

    assert ({Book, Seat, Medium} <= {*stored}, Bestseller in stored) == (True, False)


@isolate_apps("tests.testapp")
def test_a_column_behind_a_descriptor_of_someones_own_is_not_plain():
    class Shouting:
        """Stands for a descriptor of translations or money."""

        def __init__(self, field: Any) -> None:
            self.field = field

        def __get__(self, instance: Any, owner: Any = None) -> Any: ...

    class Loud(models.CharField):  # type: ignore[type-arg]
        descriptor_class = Shouting

    class Checking(DeferredAttribute):
        def __set__(self, instance: Any, value: Any) -> None: ...

    class Checked(models.CharField):  # type: ignore[type-arg]
        descriptor_class = Checking

    class Poster(models.Model):
        words = Loud(max_length=5)
        checked = Checked(max_length=5)
        image = models.FileField()
        quiet = models.CharField(max_length=5)

        class Meta:
            app_label = "testapp"

    plain = {name: columns.is_plain(Poster, field) for name, field in columns.columns_by_name(Poster).items()}

    assert plain == {"id": True, "words": False, "checked": True, "image": True, "quiet": True}
