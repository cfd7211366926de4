"""The report as text."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from drf_autoprefetch.explaining.text import note_line, render_text

NOTE = {
    "id": "code-unread",
    "severity": "warning",
    "path": "stars",
    "about": "BookSerializer.stars",
    "message": "it is unknown.",
    "remedy": "Write a hint.",
    "place": "shop/serializers.py:41",
}


def node(path: str, **more: Any) -> dict[str, Any]:
    plain = {
        "path": path,
        "model": "shop.Author",
        "strategy": "join",
        "why": "one row at most for each parent",
        "origins": [],
        "columns": ["id", "name"],
        "dropped": ["email"],
        "everything": [],
        "reads": {},
        "related": [],
    }
    return plain | more


DATA: dict[str, Any] = {
    "version": 1,
    "view": "BookView",
    "action": "list",
    "serializer": "BookSerializer",
    "headline": "2 queries; 5 of 9 columns",
    "queries": 2,
    "notes": [NOTE],
    "plan": node(
        "",
        model="shop.Book",
        strategy="root",
        why="the rows of this query",
        columns=["id", "title"],
        dropped=[],
        annotations=["stars"],
        sql={"text": "SELECT 1", "parameters": None},
        related=[
            node(
                "author",
                related=[node("author.city", model="shop.City", columns=None)],
                origins=[{"by": "BookSerializer.author", "kind": "field", "place": "shop/serializers.py:9"}],
            ),
            node(
                "reviews",
                model="shop.Review",
                strategy="prefetch",
                why="many rows for each parent",
                sql={"text": "SELECT 2", "parameters": None},
                origins=[
                    {"by": "A.reviews", "kind": "field", "place": ""},
                    {"by": "B.reviews", "kind": "field", "place": ""},
                ],
            ),
        ],
    ),
    "timing": {"cached": False, "plan_milliseconds": 1.5},
}


def test_a_report_reads_like_a_tree():
    assert render_text(DATA) == textwrap.dedent(
        """\
        BookView.list → BookSerializer
        2 queries; 5 of 9 columns

        Notes
          warning code-unread: BookSerializer.stars (stars): it is unknown. Write a hint.
            [shop/serializers.py:41]

        shop.Book  [root] the rows of this query
        │   all 2 columns
        │   annotated: stars
        ├── author → shop.Author  [join] one row at most for each parent
        │   │   only 2 of 3 columns: id, name
        │   │   for BookSerializer.author [shop/serializers.py:9]
        │   └── city → shop.City  [join] one row at most for each parent
        └── reviews → shop.Review  [prefetch] many rows for each parent
                only 2 of 3 columns: id, name
                for A.reviews, B.reviews

        SQL
          1. SELECT 1
          2. reviews: SELECT 2

        planned in 1.5 ms (made anew)
        """
    )


def test_a_report_without_a_plan_says_so_and_no_more():
    data = DATA | {"plan": None, "notes": [], "headline": "no plan", "timing": {"cached": True, "plan_milliseconds": 0}}

    assert render_text(data) == "BookView.list → BookSerializer\nno plan\n\nplanned in 0 ms (remembered)\n"


@pytest.mark.parametrize("width", [40, 60])
def test_long_lines_are_wrapped_and_words_are_not_broken(width):
    lines = render_text(DATA, width=width).splitlines()
    notes = lines[lines.index("Notes") + 1 : lines.index("shop.Book  [root] the rows of this query") - 1]

    assert max(map(len, notes)) <= width
    assert " ".join(line.strip() for line in notes) == note_line(NOTE)


def test_all_columns_are_loaded_because_of_somebody():
    stars, hint, book = (
        {"by": name, "kind": "method body", "place": place}
        for name, place in (("BookSerializer.stars", "shop/serializers.py:41"), ("hint", ""), ("book", ""))
    )
    every: dict[str, Any] = {"columns": ["id", "name"], "dropped": [], "everything": [stars, hint]}
    below = node("a", model="shop.A", **every, origins=[hint, book])
    plan: Any = DATA["plan"]
    text = render_text(DATA | {"plan": plan | every | {"origins": [stars], "related": [below]}})

    assert text.partition("the rows of this query\n")[2].partition("\n\n")[0] == textwrap.dedent(
        """\
        │   all 2 columns because of BookSerializer.stars [shop/serializers.py:41], hint
        │   annotated: stars
        └── a → shop.A  [join] one row at most for each parent
                all 2 columns because of BookSerializer.stars [shop/serializers.py:41], hint
                for book"""
    )


def test_the_tree_is_no_wider_than_the_terminal():
    tree = render_text(DATA, width=60).partition("\n\nSQL\n")[0].splitlines()[6:]

    assert max(map(len, tree)) <= 60
    assert "\n".join(tree[4:10]) == textwrap.dedent(
        """\
        ├── author → shop.Author  [join] one row at most for each
        │   │     parent
        │   │   only 2 of 3 columns: id, name
        │   │   for BookSerializer.author [shop/serializers.py:9]
        │   └── city → shop.City  [join] one row at most for each
        │             parent"""
    )


def test_a_note_without_path_and_place_has_neither_bracket():
    assert note_line(NOTE | {"path": "", "place": ""}) == (
        "warning code-unread: BookSerializer.stars: it is unknown. Write a hint."
    )


def test_a_terminal_is_given_nothing_to_obey():
    text = render_text(
        DATA | {"serializer": "A\x1b[2JSerializer", "notes": [NOTE | {"message": "\x1b]0;title\x07\u202e"}]}
    )

    assert "A\\u001b[2JSerializer" in text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
