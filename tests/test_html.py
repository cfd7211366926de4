"""The report as a page: what stands on it, that everybody can read it, and that nothing in it does harm.

``UPDATE_GOLDEN=1 pytest tests/test_html.py`` writes the page as it is now into ``tests/golden``.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from itertools import pairwise
from typing import Any

import pytest
from django.test import override_settings

from drf_autoprefetch.explaining import html
from drf_autoprefetch.explaining.characters import visible
from drf_autoprefetch.explaining.html import page_headers, render_html
from tests.goldens import SCRIPT, STYLE, agree, without_assets
from tests.markup import HOSTILE, Element, nodes, parse, section

pytestmark = pytest.mark.once


def origin(by: str, kind: str = "field", place: str = "shop/serializers.py:9") -> dict[str, str]:
    return {"by": by, "kind": kind, "place": place}


def note(id: str, severity: str, **more: str) -> dict[str, str]:
    return {
        "id": id,
        "severity": severity,
        "path": "stars",
        "about": "BookSerializer.stars",
        "message": "it is unknown.",
        "remedy": 'Write @prefetch_hint("reviews__stars") above it.',
        "place": "shop/serializers.py:41",
    } | more


def node(path: str, **more: Any) -> dict[str, Any]:
    return {
        "path": path,
        "model": "shop.Author",
        "strategy": "join",
        "why": "one row at most for each parent",
        "origins": [],
        "columns": ["id", "name"],
        "dropped": ["email"],
        "everything": [],
        "reads": {},
        "annotations": [],
        "sql": None,
        "related": [],
    } | more


UNKNOWN = node("subject", model=None, strategy="prefetch", why="as Django finds them", columns=None, dropped=[])

DATA = {
    "version": 1,
    "view": "BookView",
    "action": "list",
    "serializer": "BookSerializer",
    "headline": "3 queries; 6 of 9 columns",
    "queries": 3,
    "notes": [
        note("planning-failed", "error", path="", place="", remedy="Mend it."),
        note("code-unread", "warning"),
        note("left-alone", "note", place="", remedy=""),
    ],
    "plan": node(
        "",
        model="shop.Book",
        strategy="root",
        why="the rows of this query",
        columns=["id", "title", "author_id"],
        dropped=[],
        origins=[origin("BookSerializer.stars")],
        everything=[origin("BookSerializer.stars", "method body", "shop/serializers.py:41")],
        reads={"title": [origin("BookSerializer.title"), origin("BookSerializer.label", place="")]},
        annotations=["copies", "stars"],
        sql={"text": 'SELECT "id" FROM "shop_book" WHERE "title" = %s', "parameters": ["Emma", "7"]},
        related=[
            node(
                "author",
                origins=[origin("BookSerializer.author"), origin("BookSerializer.by", place="")],
                reads={"name": [origin("AuthorSerializer.name")]},
                related=[node("author.city", model="shop.City", columns=["id"], dropped=[], strategy="same row")],
            ),
            node("reviews", strategy="prefetch when read", sql={"text": "SELECT 2", "parameters": None}),
            UNKNOWN,
        ],
    ),
    "timing": {"cached": False, "plan_milliseconds": 1.5},
}
LINKS = (("json", "?explain_prefetch=json&page=2"), ("the data", "?page=2"))
PAGE = parse(render_html(DATA, LINKS))


# ---- What stands on it


def test_the_page_is_as_it_was():
    agree("explain.html", without_assets(render_html(DATA, LINKS)))


def test_the_header_says_who_asked_and_what_it_takes():
    (header,) = PAGE.all("header")

    assert (
        header.all("h1")[0].words
        == PAGE.all("title")[0].words.removesuffix(": plan")
        == ("BookView.list → BookSerializer")
    )
    assert header.all("p")[0].words == "3 queries; 6 of 9 columns"
    assert [(link.words, link.attributes["href"]) for link in header.all("a")] == [*LINKS]


def test_without_links_there_is_nothing_to_navigate():
    assert parse(render_html(DATA)).all("nav") == []


def test_notes_come_before_the_plan_and_the_time_last():
    text = PAGE.words

    assert text.index("planning-failed") < text.index("code-unread") < text.index("the rows of this query")
    assert PAGE.all("footer")[0].words == "Planned in 1.5 ms (made anew)."
    assert text.index("SELECT 2") < text.index("Planned in")


def test_a_note_says_how_grave_it_is_what_was_found_where_and_what_to_write():
    failed, unread, alone = PAGE.all("li", class_="note")

    assert unread.all("h3")[0].words == "warning BookSerializer.stars code-unread"
    assert [each.words for each in unread.all("p")][:2] == [
        "it is unknown.",
        "field stars, at shop/serializers.py:41",
    ]
    assert [each.words for each in alone.all("p")] == ["it is unknown.", "field stars"]
    assert [each.words for each in failed.all("p")][:-1] == ["it is unknown."]


def test_a_remedy_stands_word_for_word_in_what_is_copied():
    assert PAGE.by_id("remedy-2").text == 'Write @prefetch_hint("reviews__stars") above it.'
    assert PAGE.by_id("hint-2").text == '@prefetch_hint("reviews__stars")'


@pytest.mark.parametrize(
    ("remedy", "hint"),
    [
        ("Nothing to do.", ""),
        ('Write @prefetch_hint("a", "b") above it.', '@prefetch_hint("a", "b")'),
        (
            'Write @prefetch_hint(Prefetch("a", A.objects.filter(x=")")))',
            '@prefetch_hint(Prefetch("a", A.objects.filter(x=")")))',
        ),
        ("Write @prefetch_hint(annotate={'n': Count('a')}) above it.", "@prefetch_hint(annotate={'n': Count('a')})"),
        ('Write Meta.prefetch_hints = {"a": ["…"]} with it.', 'Meta.prefetch_hints = {"a": ["…"]}'),
        ("Write @prefetch_hint(a", "@prefetch_hint(a"),
        ("Write a prefetch_hint.", ""),
    ],
)
def test_the_hint_in_a_remedy_can_be_copied_alone(remedy, hint):
    page = parse(render_html(DATA | {"notes": [note("code-unread", "warning", remedy=remedy)]}))

    assert page.by_id("remedy-1").text == remedy
    assert [each.text for each in page.all("mark")] == ([hint] if hint else [])
    assert [each.attributes["data-copies"] for each in section(page, "notes").all("button")] == (
        ["hint-1", "remedy-1"] if hint else ["remedy-1"]
    )


def test_without_notes_the_page_says_so():
    assert section(parse(render_html(DATA | {"notes": []})), "notes").words == "Notes None: there is nothing to act on."


def test_the_plan_is_a_tree_of_nested_lists():
    (tree,) = PAGE.all("ul", class_="tree")
    (root,) = (each for each in tree.inside if isinstance(each, Element))
    below = root.all("ul")

    assert nodes(PAGE) == [
        "shop.Book root unknown annotate all 3 columns",
        "author → shop.Author join only 2 of 3 columns",
        "city → shop.City same row its one column",
        "reviews → shop.Author prefetch when read only 2 of 3 columns",
        "subject → model not known before the rows are prefetch unknown columns not planned",
    ]
    assert [len([each for each in inner.inside if isinstance(each, Element)]) for inner in below] == [3, 1]


def test_a_node_says_why_for_whom_and_what_it_computes():
    root, author, *_ = PAGE.all("details", class_="node")

    assert [each.words for each in root.inside if isinstance(each, Element) and each.tag == "p"] == [
        "the rows of this query",
        "All columns are loaded because of BookSerializer.stars shop/serializers.py:41",
        "Computes copies, stars",
    ]
    assert [each.words for each in author.inside if isinstance(each, Element) and each.tag == "p"] == [
        "one row at most for each parent",
        "For BookSerializer.author shop/serializers.py:9, BookSerializer.by",
    ]


def rows(node: Element) -> list[str]:
    return [row.words for row in node.all("table")[0].all("tr")[1:]]


def test_each_column_says_who_reads_it():
    root, author, city, *_ = PAGE.all("details", class_="node")

    assert rows(root) == [
        "id loaded with all others",
        "title BookSerializer.title shop/serializers.py:9, BookSerializer.label",
        "author_id loaded with all others",
    ]
    assert rows(author) == [
        "id no field: a key, or what keeps the order of the rows",
        "name AuthorSerializer.name shop/serializers.py:9",
    ]
    assert rows(city) == ["id no field: a key, or loaded with all others"]
    assert "Left out: email" in author.words


@pytest.mark.parametrize(
    ("kinds", "unknown"),
    [([], False), (["hint"], False), (["queryset"], False), (["hint", "view"], True), (["model"], True)],
)
def test_all_columns_are_unknown_where_code_is_unread_and_not_where_somebody_asks_for_them(kinds, unknown):
    whole = node("", dropped=[], everything=[origin("A", kind) for kind in kinds])
    page = parse(render_html(DATA | {"plan": whole}))

    assert ("unknown" in [badge.words for badge in page.all("span", class_="badge unknown")]) is unknown


def test_a_node_of_which_nothing_is_known_has_no_table_and_no_sql():
    page = parse(render_html(DATA | {"plan": UNKNOWN}))

    assert (page.all("table"), section(page, "plan").all("pre")) == ([], [])


def test_the_sql_of_each_query_is_numbered_folded_and_in_colours():
    first, second = (each for each in section(PAGE, "plan").all("pre"))

    assert [summary.words for summary in PAGE.all("summary") if "SQL" in summary.words] == [
        "SQL of query 1",
        "SQL of query 2",
    ]
    assert first.text == 'SELECT "id"\nFROM "shop_book"\nWHERE "title" = %s'
    assert [each.text for each in first.all("span", class_="keyword")] == ["SELECT", "FROM", "WHERE"]
    assert (second.text, "Parameters: Emma, 7" in PAGE.words) == ("SELECT 2", True)


def test_a_report_without_a_plan_says_why_there_is_none():
    data = DATA | {"plan": None, "headline": "no plan", "timing": {"cached": True, "plan_milliseconds": 0.1}}
    page = parse(render_html(data))

    assert section(page, "plan").words == "Plan no plan"
    assert page.all("footer")[0].words == "Planned in 0.1 ms (remembered from an earlier request)."


def test_numbers_are_not_translated():
    with override_settings(LANGUAGE_CODE="de", USE_THOUSAND_SEPARATOR=True):
        assert "Planned in 1234.5 ms" in render_html(DATA | {"timing": {"cached": True, "plan_milliseconds": 1234.5}})


@override_settings(TEMPLATES=[])
def test_the_templates_of_the_project_do_not_matter():
    html._engine.cache_clear()

    assert parse(render_html(DATA)).words == parse(render_html(DATA)).words


# ---- Everybody can read it


@pytest.mark.parametrize("data", [DATA, DATA | {"plan": None}, DATA | {"notes": []}, DATA | {"plan": UNKNOWN}])
def test_the_page_is_sound(data):
    text = render_html(data, LINKS)
    page = parse(text)
    ids = [str(each.attributes["id"]) for each in page.walk() if "id" in each.attributes]
    levels = [int(each.tag[1]) for each in page.all("h1", "h2", "h3", "h4", "h5", "h6")]

    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert len(ids) == len(set(ids))
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))
    assert [len(page.all(tag)) for tag in ("title", "header", "main", "footer")] == [1, 1, 1, 1]
    assert {
        each.attributes[name] for each in page.walk() for name in ("aria-labelledby",) if name in each.attributes
    } <= {*ids}


def test_every_button_is_a_button_and_says_what_it_does():
    buttons = PAGE.all("button")
    names = [str(button.attributes.get("aria-label", button.words)) for button in buttons]

    assert {button.attributes["type"] for button in buttons} == {"button"}
    assert len(names) == len(set(names)) >= 6
    # Who says aloud what is written on it reaches it.
    assert [name for name, button in zip(names, buttons, strict=True) if not name.startswith(button.words)] == []


def test_every_button_copies_what_is_there():
    for button in PAGE.all("button"):
        if "data-copies" in button.attributes:
            assert PAGE.by_id(str(button.attributes["data-copies"])).text


def test_buttons_are_shown_by_the_script_that_they_need():
    inside = [button for tools in PAGE.all(class_="tools") for button in tools.all("button")]

    assert len(inside) == len(PAGE.all("button"))
    assert all("hidden" in tools.attributes and "data-script" in tools.attributes for tools in PAGE.all(class_="tools"))


def test_what_was_copied_is_said_aloud():
    said = PAGE.by_id("said")

    assert (said.attributes["role"], said.attributes["aria-live"], said.text) == ("status", "polite", "")


def test_the_first_link_skips_to_the_plan():
    link = PAGE.all("a")[0]

    assert (link.words, link.attributes["href"]) == ("Skip to the plan", "#plan")
    assert PAGE.by_id("plan").tag == "h2"


def test_tables_have_headings_for_columns_and_rows():
    for table in PAGE.all("table"):
        assert [each.attributes.get("scope") for each in table.all("th")] == [
            *("col", "col"),
            *["row"] * (len(table.all("tr")) - 1),
        ]


SURFACES = ("page", "card", "code")


def schemes() -> list[dict[str, str]]:
    """Return the colours of each scheme: light, dark and on paper."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    return [dict(re.findall(r"--(\w+): (#\w{6});", block)) for block in blocks]


def luminance(colour: str) -> float:
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """As WCAG 2 has it, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_the_definition():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", schemes(), ids=["light", "dark", "paper"])
def test_every_ink_can_be_read_on_every_surface(scheme):
    assert len(scheme) == 12
    pale = {
        (ink, surface): contrast(scheme[ink], scheme[surface])
        for ink in scheme.keys() - {*SURFACES, "line"}
        for surface in SURFACES
    }

    assert {pair: ratio for pair, ratio in pale.items() if ratio < 4.5} == {}


def test_every_colour_is_one_of_the_scheme():
    rules = re.sub(r":root \{.*?\}", "", STYLE, flags=re.DOTALL)

    assert re.findall(r"#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(", rules) == []
    assert set(re.findall(r"var\(--(\w+)\)", rules)) <= schemes()[0].keys()


def test_the_page_follows_the_scheme_of_the_reader_and_prints():
    assert "@media (prefers-color-scheme: dark)" in STYLE
    assert "@media print" in STYLE
    assert "::details-content" in STYLE
    assert ":focus-visible" in STYLE


def test_nothing_is_wider_than_a_telephone():
    widths = re.findall(r"(?<!max-)(?:width|flex-basis): *([\d.]+)(px|rem|em|ch)", STYLE)

    assert [width for width in widths if width != ("1", "px")] == []
    assert "overflow-wrap: anywhere" in STYLE.partition("body {")[2].partition("}")[0]
    assert PAGE.all("meta", name="viewport")[0].attributes["content"] == "width=device-width, initial-scale=1"


# ---- Nothing in it does harm


def test_the_page_asks_for_nothing():
    for element in PAGE.walk():
        assert element.tag not in ("link", "img", "iframe", "object", "embed", "base", "form")
        assert not {"src", "srcset", "style", "action", "background"} & element.attributes.keys()
        assert not [name for name in element.attributes if name.startswith("on")]
        assert str(element.attributes.get("href", "?")).startswith(("?", "#"))
    assert re.findall(r"url\(|@import|https?:|//(?!\s)", STYLE) == []
    assert re.findall(r"fetch|XMLHttpRequest|import|https?:(?! and)|innerHTML|eval", SCRIPT) == []


def test_the_policy_lets_in_the_style_and_the_script_of_the_page_and_nothing_else():
    (style,), (script,) = PAGE.all("style"), PAGE.all("script")
    policy = dict(part.split(" ", 1) for part in page_headers()["Content-Security-Policy"].split("; "))

    assert (style.text, script.text) == (STYLE, SCRIPT)
    assert policy == {
        "default-src": "'none'",
        "style-src": hashed(style.text),
        "script-src": hashed(script.text),
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


def hashed(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


def everywhere(value: Any, text: str, *keys: str) -> Any:
    """Put a text after every string of a report, but what are choices of ours."""
    if isinstance(value, dict):
        return {
            name + text if "reads" in keys[-1:] else name: each
            if name in ("strategy", "kind")
            else everywhere(each, text, *keys, name)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [everywhere(each, text, *keys) for each in value]
    return value + text if isinstance(value, str) and value else value


def skeleton(page: Element) -> list[str]:
    """Return the tags of a page, but those that colour SQL."""
    coloured = {id(each) for pre in page.all("pre") for each in pre.walk()}
    return [each.tag for each in page.walk() if id(each) not in coloured]


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_report_says_the_page_has_the_same_elements(text):
    page = parse(render_html(everywhere(DATA, text), LINKS))

    assert skeleton(page) == skeleton(PAGE)
    assert {name for each in page.walk() for name in each.attributes} == {
        name for each in PAGE.walk() for name in each.attributes
    }
    assert page.all("h1")[0].text == f"BookView{text}.list{text} → BookSerializer{text}"
    assert page.by_id("remedy-2").text == 'Write @prefetch_hint("reviews__stars") above it.' + text
    assert " ".join(page.by_id("sql-2").text.split()) == " ".join(f"SELECT 2{text}".split())
    assert page.words.count(" ".join(text.split())) >= 40


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        ("\x00", "\\u0000"),
        ("\x1b", "\\u001b"),
        ("\r", "\\u000d"),
        ("\x85", "\\u0085"),
        ("\u200b", "\\u200b"),
        ("\u2028", "\\u2028"),
        ("\u202e", "\\u202e"),
        ("\u2066", "\\u2066"),
        ("\ud800", "\\ud800"),
        ("é", "é"),
        ("א", "א"),
        ("\n\t", "\n\t"),
    ],
)
def test_what_nobody_sees_is_written_out(character, shown):
    assert visible({f"a{character}": [f"b{character}", 1, None, True]}) == {f"a{shown}": [f"b{shown}", 1, None, True]}
    page = render_html(everywhere(DATA, character))

    assert (character in page.replace("\n", "\n\t")) is (shown == character)
    assert page.encode()
    assert parse(page).by_id("remedy-1").text == f"Mend it.{shown}"
