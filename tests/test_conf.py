"""Settings: what is written is checked, what is not written has a default, what tests override is seen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from drf_autoprefetch.conf import Settings, get_settings, read_settings


def test_nothing_written_gives_the_defaults():
    assert read_settings({}) == Settings()


def test_what_is_written_replaces_the_default():
    assert read_settings({"MAX_JOINS": 3, "ONLY": False}) == Settings(MAX_JOINS=3, ONLY=False)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["ENABLED"], "DRF_AUTOPREFETCH must be a dict, not list."),
        ({"ENABLE": True}, "DRF_AUTOPREFETCH has no setting 'ENABLE'. Did you mean 'ENABLED'?"),
        ({7: True}, "DRF_AUTOPREFETCH has no setting 7. Choices are: ALLOW_UNPLANNED, BUDGETS, CACHE_SIZE, "),
        ({"ENABLED": 1}, "DRF_AUTOPREFETCH['ENABLED'] must be of type bool, not 1."),
        ({"MAX_JOINS": True}, "DRF_AUTOPREFETCH['MAX_JOINS'] must be of type int, not True."),
        ({"MAX_DEPTH": -1}, "DRF_AUTOPREFETCH['MAX_DEPTH'] must not be negative, not -1."),
        (
            {"UNPLANNED": "cure"},
            "DRF_AUTOPREFETCH['UNPLANNED'] must be one of auto, off, count, log, warn, raise, heal, not 'cure'.",
        ),
        ({"ALLOW_UNPLANNED": "x"}, "DRF_AUTOPREFETCH['ALLOW_UNPLANNED'] must be of type tuple, not 'x'."),
        ({"SAMPLING": "all"}, "DRF_AUTOPREFETCH['SAMPLING'] must be of type float, not 'all'."),
        ({"SAMPLING": True}, "DRF_AUTOPREFETCH['SAMPLING'] must be of type float, not True."),
        ({"SAMPLING": -0.5}, "DRF_AUTOPREFETCH['SAMPLING'] must not be negative, not -0.5."),
        ({"SAMPLING": 2}, "DRF_AUTOPREFETCH['SAMPLING'] must be a share from 0.0 to 1.0, not 2."),
        ({"BUDGETS": 30}, "DRF_AUTOPREFETCH['BUDGETS'] must be of type dict, not 30."),
        (
            {"BUDGETS": {"*": "30"}},
            "DRF_AUTOPREFETCH['BUDGETS'] must map names of URLs to numbers of queries, not '*' to '30'.",
        ),
        (
            {"BUDGETS": {"book-list": -1}},
            "DRF_AUTOPREFETCH['BUDGETS'] must map names of URLs to numbers of queries, not 'book-list' to -1.",
        ),
        (
            {"BUDGETS": {None: 4}},
            "DRF_AUTOPREFETCH['BUDGETS'] must map names of URLs to numbers of queries, not None to 4.",
        ),
        ({"OVER_BUDGET": "raise"}, "DRF_AUTOPREFETCH['OVER_BUDGET'] must be of type tuple, not 'raise'."),
        ({"OVER_BUDGET": ["mail"]}, "DRF_AUTOPREFETCH['OVER_BUDGET'] may have log, header, raise, not 'mail'."),
        ({"METRICS": ["statsd"]}, "DRF_AUTOPREFETCH['METRICS'] may have opentelemetry, prometheus, not 'statsd'."),
        ({"EXPLAIN_PARAMETER": None}, "DRF_AUTOPREFETCH['EXPLAIN_PARAMETER'] must be of type str, not None."),
    ],
)
def test_what_is_wrong_is_named(values, message):
    with pytest.raises(ImproperlyConfigured, match=f"^{re.escape(message)}"):
        read_settings(values)


def test_what_may_be_several_may_be_a_list():
    assert read_settings({"ALLOW_UNPLANNED": []}).ALLOW_UNPLANNED == []


def test_what_is_written_in_each_setting_of_the_middleware_is_kept():
    budgets = {"*": 30, "book-list": 4}
    values: dict[str, Any] = {"SAMPLING": 1, "BUDGETS": budgets, "OVER_BUDGET": ["log", "raise"], "METRICS": []}

    assert read_settings(values) == Settings(**values)


def test_zero_is_a_number_of_joins():
    assert read_settings({"MAX_JOINS": 0}).MAX_JOINS == 0


def test_settings_in_force_are_read_once():
    assert get_settings() is get_settings()


def test_an_overridden_setting_is_seen_and_forgotten_again():
    before = get_settings().MAX_JOINS
    with override_settings(DRF_AUTOPREFETCH={"MAX_JOINS": before + 1}):
        during = get_settings().MAX_JOINS

    assert (during, get_settings().MAX_JOINS) == (before + 1, before)


def test_another_setting_changes_nothing():
    before = get_settings()
    with override_settings(DEBUG=True):
        assert get_settings() is before
