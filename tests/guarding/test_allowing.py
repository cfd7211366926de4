"""The allow list: a reason for each entry, a date at will, and no entry that is of no use."""

from __future__ import annotations

import datetime
import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from drf_autoprefetch import Finding, allow
from drf_autoprefetch.guarding import allowing
from drf_autoprefetch.guarding.findings import Kind

PAST, FUTURE = datetime.date(2020, 1, 1), datetime.date(9999, 1, 1)
STARS = Finding("OrderSerializer.book.stars", "Book.reviews", Kind.TO_MANY, field="BookSerializer.stars")


@pytest.fixture(autouse=True)
def _forget(monkeypatch):
    monkeypatch.setattr(allowing, "_needed", set())


@pytest.mark.parametrize(
    ("path", "reason", "message"),
    [
        ("BookSerializer.stars", " ", "allow('BookSerializer.stars') needs a reason."),
        ("stars", "x", "allow('stars') must name a serializer and its field, as 'BookSerializer.stars'."),
    ],
)
def test_an_entry_needs_a_field_and_a_reason(path, reason, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"), allow(path, reason=reason):
        pass  # pragma: no cover


@pytest.mark.parametrize("path", ["OrderSerializer.book.stars", "BookSerializer.stars"])
@pytest.mark.parametrize(("until", "covered"), [(None, True), (FUTURE, True), (PAST, False)])
def test_a_block_allows_a_field_by_both_its_names_until_its_date(path, until, covered):
    with allow(path, reason="small", until=until):
        (entry,) = allowing.allowances()

    assert entry.covers(STARS.path, STARS.field) is covered
    assert not entry.covers("BookSerializer.author")
    assert allowing.allowances() == ()


def test_the_setting_tells_which_entries_are_of_no_use():
    entries = [
        {"path": "BookSerializer.stars", "reason": "small"},
        {"path": "BookSerializer.gone", "reason": "small", "until": FUTURE},
        {"path": "BookSerializer.late", "reason": "soon better", "until": PAST},
    ]
    late = Finding("BookSerializer.late", "Book.author", Kind.TO_ONE, field="BookSerializer.late")
    with override_settings(DRF_AUTOPREFETCH={"ALLOW_UNPLANNED": entries}):
        assert allowing.not_allowed([STARS, late]) == [late]
        useless = allowing.useless_allowances()
        assert allowing.needed_allowances() == ["BookSerializer.late", "BookSerializer.stars"]
        assert allowing.useless_allowances(stale=False) == useless[1:]
        allowing.need(["BookSerializer.gone"])
        assert allowing.useless_allowances() == useless[1:]

    assert [str(finding) for finding in useless] == [
        "BookSerializer.gone | stale allowance | DRF_AUTOPREFETCH['ALLOW_UNPLANNED'] |"
        " nothing needs it: take it out of DRF_AUTOPREFETCH['ALLOW_UNPLANNED']",
        "BookSerializer.late | expired allowance | DRF_AUTOPREFETCH['ALLOW_UNPLANNED'] |"
        " it was allowed until 2020-01-01: plan it, or give it time",
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("BookSerializer.stars", "has 'BookSerializer.stars'; path and reason are needed."),
        ({"path": "A.b"}, "has {'path': 'A.b'}; path and reason are needed."),
        (
            {"path": "A.b", "reason": "x", "untill": PAST},
            "has {'path': 'A.b', 'reason': 'x', 'untill': datetime.date(2020, 1, 1)};"
            " path and reason are needed. Did you mean 'until'?",
        ),
        ({"path": "A.b", "reason": "x", "until": "2030-01-01"}, "until must be a date, not '2030-01-01'."),
        ({"path": "b", "reason": "x"}, ": allow('b') must name a serializer and its field"),
    ],
)
def test_a_wrong_entry_is_named(entry, message):
    with pytest.raises(ImproperlyConfigured, match=re.escape(message)):
        allowing.read_allowed([entry])
