"""Baselines: what is kept of a finding, and what differs."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from drf_autoprefetch.auditing.baselines import (
    BaselineError,
    Entry,
    baseline,
    difference,
    entry_of,
    read_baseline,
)
from drf_autoprefetch.guarding.findings import Finding, Kind

UNREAD = Finding(
    "stars",
    "",
    Kind.PLAN,
    "shop/serializers.py:41",
    remedy="Write a hint.",
    field="BookSerializer.stars",
    id="code-unread",
    message="it is unknown.",
    views=("shop.BookViewSet:list",),
)
GROWS = replace(UNREAD, id="queries-per-row", relation="Book.reviews", count=4)


def test_an_entry_has_nothing_that_moves():
    moved = replace(UNREAD, place="shop/serializers.py:99", message="something else.", path="books.stars", views=())

    assert entry_of(UNREAD) == entry_of(moved) == Entry("code-unread", "BookSerializer.stars")
    assert entry_of(replace(GROWS, count=100)) == entry_of(GROWS)
    assert str(entry_of(GROWS)) == (
        '{"id": "queries-per-row", "about": "BookSerializer.stars", "loads": "Book.reviews",'
        ' "view": "shop.BookViewSet:list"}'
    )


def test_a_file_has_a_line_for_each_finding_in_order():
    text = baseline([GROWS, UNREAD, UNREAD])

    assert text == (
        '{\n  "version": 1,\n  "findings": [\n'
        '    {"id": "code-unread", "about": "BookSerializer.stars"},\n'
        '    {"id": "code-unread", "about": "BookSerializer.stars"},\n'
        f"    {entry_of(GROWS)}\n  ]\n}}\n"
    )
    assert read_baseline(text) == sorted(map(entry_of, [GROWS, UNREAD, UNREAD]))
    assert json.loads(baseline([])) == {"version": 1, "findings": []}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is no baseline (JSONDecodeError: "),
        ("[]", "it is no baseline (TypeError: "),
        ("{}", "it is no baseline (KeyError: 'version')"),
        ('{"version": 2}', "it is of version 2, and 1 is read. Write it anew"),
        ('{"version": 1, "findings": [{"id": "a", "line": 3}]}', "it is no baseline (TypeError: "),
    ],
)
def test_a_file_that_is_none_says_what_it_is(text, message):
    with pytest.raises(BaselineError) as caught:
        read_baseline(text)

    assert str(caught.value).startswith(message)


def test_what_is_new_and_what_is_gone_differ():
    other = replace(UNREAD, field="BookSerializer.other")
    found = difference([entry_of(other), entry_of(UNREAD)], [UNREAD, UNREAD], set())

    assert (found.new, found.gone) == ([UNREAD], [entry_of(other)])
    assert found.lines == [
        '- {"id": "code-unread", "about": "BookSerializer.other"}',
        '+ {"id": "code-unread", "about": "BookSerializer.stars"}',
    ]


@pytest.mark.parametrize(("probed", "gone"), [((), 0), (("shop.BookViewSet:list",), 1)])
def test_what_was_not_probed_may_grow_still(probed, gone):
    assert len(difference([entry_of(GROWS)], [], probed).gone) == gone
