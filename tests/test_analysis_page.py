"""What happened, as text and on the page: everything is said, and nothing in it does harm.

``UPDATE_GOLDEN=1 pytest tests/test_analysis_page.py`` writes both as they are now into ``tests/golden``.
"""

from __future__ import annotations

from typing import Any

import pytest

from drf_autoprefetch.explaining.html import render_html
from drf_autoprefetch.explaining.text import render_text
from tests.goldens import agree, without_assets
from tests.markup import HOSTILE, parse, section
from tests.test_html import DATA as PLAIN
from tests.test_html import LINKS, everywhere, hashed, skeleton

pytestmark = pytest.mark.once


def statement(role: str, start: float, end: float, **more: Any) -> dict[str, Any]:
    return {
        "role": role,
        "node": None,
        "model": None,
        "field": "",
        "loads": "",
        "place": "",
        "remedy": "",
        "count": 1,
        "rows": 3,
        "bytes": 20,
        "failed": False,
        "database": "default",
        "sql": {"text": 'SELECT "id" FROM "shop_book"', "parameters": None},
        "database_plan": {
            "lines": ["SCAN shop_book"],
            "full_scans": ["shop_book"],
            "estimated_rows": 3,
            "bad_estimate": False,
            "problem": "",
        },
        "timing": {"start_milliseconds": start, "end_milliseconds": end, "database_milliseconds": end - start},
    } | more


def outcome(queries: int, **more: Any) -> dict[str, Any]:
    timing = {"total_milliseconds": queries * 10.0, "database_milliseconds": queries * 1.0}
    return {
        "cut": False,
        "status": 200,
        "error": "",
        "queries": queries,
        "rows": 9,
        "bytes": queries * 1000,
        "response_bytes": 750,
        "timing": timing,
    } | more


UNPLANNED = statement(
    "not planned",
    20,
    38,
    field="BookSerializer.best",
    loads="Book.reviews",
    count=3,
    place="shop/serializers.py:41",
    remedy='add @prefetch_hint("reviews") to BookSerializer.get_best',
    sql={"text": 'SELECT "id" FROM "shop_review" WHERE "id" = %s', "parameters": ["7", "8"]},
    database_plan=None,
)
FAILED = statement("beside the plan", 39, 40, rows=None, failed=True, database_plan={
    "lines": [],
    "full_scans": [],
    "estimated_rows": None,
    "bad_estimate": False,
    "problem": "the database does not explain this query: OperationalError",
})  # fmt: skip
ANALYSIS = outcome(
    4,
    headline="4 queries instead of 30; 12 of 61 columns; same response",
    statements=[
        statement("planned", 1, 2, node="", model="shop.Book"),
        statement("planned", 2, 2, node="reviews", model="shop.Review", database_plan=None),
        UNPLANNED,
        FAILED,
    ],
    rows_per_parent=[{"path": "reviews", "model": "shop.Review", "parents": 3, "rows": 6, "median": 1.5, "largest": 4}],
    unread={
        "rows": 5,
        "of_each_list": 2,
        "nodes": [
            {"path": "", "model": "shop.Book", "rows": 2, "columns": ["isbn", "<b>"], "relations": ["author"]},
            {"path": "reviews", "model": "shop.Review", "rows": 1, "columns": [], "relations": ["reader"]},
        ],
    },
    without_plan=outcome(30),
    same_response=True,
    not_compared="",
)
BARE = ANALYSIS | {
    "headline": "more than 4 queries",
    "cut": True,
    "status": None,
    "response_bytes": None,
    "without_plan": None,
    "same_response": None,
    "not_compared": "the request was cut after EXPLAIN_TIMEOUT",
    "statements": [],
    "rows_per_parent": [],
    "unread": None,
}
DATA = PLAIN | {"analysis": ANALYSIS}
PAGE = parse(render_html(DATA, LINKS))


def test_what_happened_is_shown_as_it_was():
    agree("analysis.txt", render_text(DATA))
    agree("analysis.html", without_assets(render_html(DATA, LINKS)))


def test_text_says_what_happened_query_by_query():
    text = render_text(DATA)

    assert text.partition("What happened\n")[2].partition("\n\n")[0] == "\n".join(
        [
            "  status 200, 750 bytes; 4 queries, 4,000 bytes from the database; 40.0 ms, 4.0 ms of it in the",
            "    database",
            "  without the plan: status 200, 750 bytes; 30 queries, 30,000 bytes from the database; 300.0 ms,",
            "    30.0 ms of it in the database; same response",
            "         at ms        ms queries   rows     bytes  what for",
            "   1       1.0       1.0       1      3        20  planned: the rows themselves (shop.Book)",
            "      full scan of shop_book",
            "   2       2.0       0.0       1      3        20  planned: reviews (shop.Review)",
            "   3      20.0      18.0       3      3        20  not planned: BookSerializer.best loads",
            "     Book.reviews",
            "      at shop/serializers.py:41",
            '      add @prefetch_hint("reviews") to BookSerializer.get_best',
            "   4      39.0       1.0       1      -        20  beside the plan",
            "      failed",
            "      the database does not explain this query: OperationalError",
            "  reviews: 6 rows for 3 parents, median 1.5, largest 4",
            "  loaded and not read on this page: 5 rows watched, the first 2 of each list",
            "      the rows themselves (shop.Book, 2 rows): columns isbn, <b>; relations author",
            "      reviews (shop.Review, 1 row): relations reader",
        ]
    )


def test_text_shows_when_each_query_ran():
    text = render_text(DATA)

    assert text.partition("When\n")[2].partition("\n\n")[0].splitlines() == [
        "     0 ms                                                 40.0 ms",
        "   1  ██",
        "   2    █",
        f"   3 {' ' * 30}{'█' * 27}",
        f"   4 {' ' * 58}██",
    ]


def test_text_shows_what_was_run_and_how_the_database_runs_it():
    text = render_text(DATA)

    assert text.partition("What was run\n")[2].partition("\n\n")[0].splitlines() == [
        '  1. SELECT "id" FROM "shop_book"',
        "      SCAN shop_book",
        '  2. SELECT "id" FROM "shop_book"',
        '  3. SELECT "id" FROM "shop_review" WHERE "id" = %s',
        '  4. SELECT "id" FROM "shop_book"',
    ]


def test_what_happened_is_the_headline_of_text():
    assert render_text(DATA).splitlines()[1] == ANALYSIS["headline"]


def test_a_bad_estimate_is_said():
    plan = {**ANALYSIS["statements"][0]["database_plan"], "estimated_rows": 5000, "bad_estimate": True}
    data = PLAIN | {"analysis": ANALYSIS | {"statements": [statement("planned", 1, 2, database_plan=plan)]}}
    said = "bad estimate: 5000 rows expected; have the database ANALYZE its tables"

    assert said in render_text(data)
    assert said in [each.words for each in parse(render_html(data)).all("span", class_="badge marked")]


def test_text_says_why_there_is_nothing_to_compare():
    text = render_text(PLAIN | {"analysis": BARE})

    assert "\n  cut after EXPLAIN_TIMEOUT; 4 queries, 4,000 bytes from the database; 40.0 ms" in text
    assert "\n  not run without the plan: the request was cut after EXPLAIN_TIMEOUT\n" in text
    assert "What was run" not in text


@pytest.mark.parametrize(("same", "said"), [(True, "; same response"), (False, "; another response"), (None, "")])
def test_both_say_whether_the_response_is_the_same(same, said):
    data = PLAIN | {"analysis": ANALYSIS | {"same_response": same}}

    assert f"30.0 ms of it in the database{said}" in " ".join(render_text(data).split())
    assert f"30.0 ms of it in the database{said}." in parse(render_html(data)).words


def test_what_happened_comes_before_notes_and_plan():
    happened = section(PAGE, "happened")

    assert [each.attributes["id"] for each in PAGE.all("h2")] == ["happened", "notes", "plan"]
    assert PAGE.all("p", class_="headline")[0].words == ANALYSIS["headline"]
    assert happened.all("p")[0].words == (
        "With the plan: status 200, 750 bytes; 4 queries, 4,000 bytes from the database;"
        " 40.0 ms, 4.0 ms of it in the database."
    )


def test_a_page_that_has_not_run_says_nothing_of_it():
    assert "What happened" not in parse(render_html(PLAIN, LINKS)).words


def test_a_cut_run_says_so():
    page = parse(render_html(PLAIN | {"analysis": BARE}))
    happened = section(page, "happened")

    assert page.all("p", class_="headline")[0].words == "more than 4 queries"
    assert "Not run without the plan: the request was cut after EXPLAIN_TIMEOUT." in happened.words
    assert (happened.all("table"), happened.all("ul")) == ([], [])


def test_what_is_not_planned_comes_first_with_a_remedy_to_copy():
    rows = section(PAGE, "happened").all("tbody")
    badges = [row.all("span", class_="badge unknown") for row in rows]

    assert [bool(each) for each in badges] == [True, False, False, False]
    assert [row.all("bdi")[0].words for row in rows] == [
        "BookSerializer.best loads Book.reviews",
        "the rows themselves (shop.Book)",
        "reviews (shop.Review)",
        "",
    ]
    assert PAGE.by_id("cure-1").text == UNPLANNED["remedy"]
    assert PAGE.by_id("code-1").text == '@prefetch_hint("reviews")'
    assert [cell.words for cell in rows[0].all("td")[:4]] == ["3", "3", "20", "18"]
    assert [cell.words for cell in rows[3].all("td")[:4]] == ["1", "-", "20", "1"]


def test_each_line_has_its_sql_folded_away():
    folded = [each for each in section(PAGE, "happened").all("details") if "open" not in each.attributes]

    assert [each.all("summary")[0].words for each in folded] == [
        "SQL of line 1, the first of 3, on database default",
        "SQL of line 2, on database default",
        "SQL of line 3, on database default",
        "SQL of line 4, on database default",
    ]
    assert PAGE.by_id("ran-1").text == 'SELECT "id"\nFROM "shop_review"\nWHERE "id" = %s'
    assert "Parameters: 7, 8" in folded[0].words
    assert "SCAN shop_book" in folded[1].words


def test_every_button_copies_what_is_there():
    buttons = section(PAGE, "happened").all("button")
    names = [str(button.attributes["aria-label"]) for button in PAGE.all("button") if "aria-label" in button.attributes]

    assert len(buttons) == 6
    assert len(names) == len(set(names))
    assert all(PAGE.by_id(str(button.attributes["data-copies"])).text for button in buttons)


def test_the_timeline_shows_when_each_query_ran_and_says_it():
    bars = section(PAGE, "happened").all("svg")
    shown = [bar.all("rect")[1].attributes for bar in bars]

    assert [(each["x"], each["width"]) for each in shown] == [("500", "450"), ("25", "25"), ("50", "3"), ("975", "25")]
    assert bars[0].attributes["aria-label"] == "from 20.0 ms to 38.0 ms"
    assert {bar.attributes["role"] for bar in bars} == {"img"}


@pytest.mark.parametrize("total", [0.0, 1.0])
def test_a_bar_never_leaves_the_timeline(total):
    timing = {"total_milliseconds": total, "database_milliseconds": 0.0}
    page = parse(render_html(PLAIN | {"analysis": ANALYSIS | {"timing": timing}}))

    for bar in page.all("svg"):
        left, width = (int(str(bar.all("rect")[1].attributes[name])) for name in ("x", "width"))
        assert 0 <= left < left + width <= 1000


def test_the_tables_have_headings():
    (table,) = section(PAGE, "happened").all("table")

    assert [each.attributes.get("scope") for each in table.all("th")] == ["col"] * 5 + ["row"] * 4
    assert [each.words for each in section(PAGE, "happened").all("th", scope="col")] == [
        "what for",
        "queries",
        "rows",
        "bytes",
        "ms",
    ]


def test_the_page_asks_for_nothing_and_has_no_style_of_its_own():
    for element in section(PAGE, "happened").walk():
        assert not {"style", "src", "href", "onclick"} & element.attributes.keys()
    assert hashed(PAGE.all("style")[0].text)


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_an_analysis_says_the_page_has_the_same_elements(text):
    analysis = everywhere(ANALYSIS, text)
    analysis["headline"] = ANALYSIS["headline"]
    for each, plain in zip(analysis["statements"], ANALYSIS["statements"], strict=True):
        each["role"] = plain["role"]
    page = parse(render_html(PLAIN | {"analysis": analysis}, LINKS))

    assert skeleton(page) == skeleton(PAGE)
    assert {name for each in page.walk() for name in each.attributes} == {
        name for each in PAGE.walk() for name in each.attributes
    }
    assert page.by_id("cure-1").text == f"{UNPLANNED['remedy']}{text}"
