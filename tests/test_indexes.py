"""Which columns indexes hold, and the column that none of them has."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import models
from django.test.utils import isolate_apps

from drf_autoprefetch.reading.indexes import covered, indexes, uncovered
from tests.testapp.models import Medium, Review
from tests.traps.models import Sticker


def named(*names: str) -> frozenset[str]:
    return frozenset(names)


@isolate_apps("tests.testapp")
def test_every_kind_of_index_counts():
    class Seat(models.Model):
        row = models.IntegerField(db_index=True)
        number = models.IntegerField()
        code = models.SlugField(unique=True)
        price = models.IntegerField()

        class Meta:
            app_label = "testapp"
            unique_together = [("row", "number")]
            indexes = [
                models.Index(fields=["-number"], name="by_number"),
                models.Index(fields=["price"], include=["row"], name="by_price"),
            ]
            constraints = [
                models.UniqueConstraint(fields=["code", "price"], name="one_price"),
                models.CheckConstraint(condition=models.Q(price__gt=0), name="positive"),
            ]

    assert indexes(Seat) == {
        named("id"),
        named("id", "row"),
        named("id", "row", "number"),
        named("id", "code"),
        named("id", "number"),
        named("id", "price", "row"),
        named("id", "price", "code"),
    }


@pytest.mark.parametrize(
    ("names", "loaded"),
    [
        (named("id", "username"), named("id", "username", "is_active")),
        (named("id"), named("id", "is_active")),
        (named("id", "username", "email"), named("id", "username", "email")),
    ],
)
def test_the_lightest_column_that_no_index_has_is_loaded_too(names, loaded):
    assert uncovered(User, names) == loaded


def test_a_foreign_key_is_an_index():
    assert uncovered(Sticker, named("id", "trunk_id")) == named("id", "trunk_id", "color")


def test_an_index_of_the_columns_by_which_rows_are_sought_changes_no_order():
    assert not covered(Review, named("id", "book_id"), named("book_id"))
    assert uncovered(Review, named("id", "book_id"), named("book_id")) == named("id", "book_id")


@isolate_apps("tests.testapp")
def test_an_index_of_more_columns_than_rows_are_sought_by_has_an_order_of_its_own():
    class Place(models.Model):
        row = models.IntegerField(db_index=True)
        number = models.IntegerField()
        note = models.TextField()

        class Meta:
            app_label = "testapp"
            unique_together = [("row", "number")]

    assert covered(Place, named("id", "row"), named("row"))
    assert uncovered(Place, named("id", "row"), named("row")) == named("id", "row", "note")


@isolate_apps("tests.testapp")
def test_where_every_column_is_in_an_index_with_the_others_all_are_loaded():
    class Pair(models.Model):
        left = models.IntegerField()
        right = models.IntegerField()

        class Meta:
            app_label = "testapp"
            unique_together = [("left", "right")]

    assert uncovered(Pair, named("id", "left")) == named("id", "left", "right")


def test_rows_of_two_tables_are_in_no_index():
    assert uncovered(Medium, named("item_ptr_id")) == named("item_ptr_id")
