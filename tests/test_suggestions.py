"""The nearest correct name."""

from __future__ import annotations

from drf_autoprefetch.suggestions import did_you_mean


def test_the_nearest_name_is_suggested():
    assert did_you_mean("titel", ["subtitle", "title", "author"]) == " Did you mean 'title'?"


def test_all_names_are_listed_in_order_where_none_is_near():
    assert did_you_mean("xyz", ["title", "author"]) == " Choices are: author, title."


def test_no_names_are_no_suggestion():
    assert did_you_mean("xyz", []) == ""
