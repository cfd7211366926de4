"""SQL as HTML."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drf_autoprefetch.explaining.highlighting import sql_as_html

pytestmark = pytest.mark.once


def text(markup: str) -> str:
    """Return what ``textContent`` is."""
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def spans(sql: str) -> list[tuple[str, str]]:
    """Return class and text of each span."""
    return [
        (kind, html.unescape(each)) for kind, each in re.findall(r'<span class="(\w+)">(.*?)</span>', sql_as_html(sql))
    ]


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select", [("keyword", "select")]),
        ("title", []),
        ("t1", []),
        ("12 1.5", [("number", "12"), ("number", "1.5")]),
        ("'it''s' x", [("string", "'it''s'")]),
        ("'never closed", [("string", "'never closed")]),
        ('"a""b"."from"', [("quoted", '"a""b"'), ("quoted", '"from"')]),
        ("`a`", [("quoted", "`a`")]),
        ("IN (…)", [("keyword", "IN"), ("key", "…")]),
        ("= %s", [("key", "%s")]),
        ("-- FROM here\n1", [("comment", "-- FROM here"), ("number", "1")]),
        ("/* 'a' */ 1", [("comment", "/* 'a' */"), ("number", "1")]),
        ("", []),
    ],
)
def test_each_kind_of_word_has_a_class(sql, found):
    assert spans(sql) == found


def test_each_clause_starts_a_line():
    sql = (
        'SELECT "a" FROM "b" LEFT OUTER JOIN "c" ON (1) INNER JOIN "d" ON (2) WHERE x IN (SELECT 1 FROM y)'
        " GROUP BY 1 HAVING 1 ORDER BY 1 LIMIT 5"
    )

    assert text(sql_as_html(sql)).splitlines() == [
        'SELECT "a"',
        'FROM "b"',
        'LEFT OUTER JOIN "c" ON (1)',
        'INNER JOIN "d" ON (2)',
        "WHERE x IN (SELECT 1 FROM y)",
        "GROUP BY 1",
        "HAVING 1",
        "ORDER BY 1",
        "LIMIT 5",
    ]


@given(st.text(alphabet=st.sampled_from("ab1 \n'\"`()-/*%s…<>&;FROM"), max_size=40))
def test_whatever_it_is_it_is_escaped_and_stays_what_it_is(sql: str) -> None:
    markup = sql_as_html(sql)

    assert text(markup).split() == sql.split()
    assert re.sub(r'<span class="[a-z]+">|</span>', "", markup).count("<") == 0
    assert text(markup).replace("\n", " ") == sql.replace("\n", " ") or re.search(r"\s\s|\n", sql)
