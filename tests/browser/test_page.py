"""The page, as a person reads it and uses it."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, PICTURES
from tests.markup import HOSTILE

EVERYTHING = "everything/"
HINT = '@prefetch_hint(Prefetch("reviews", Review.objects.filter(rating=5), to_attr="rating_reviews"))'

#: Two pages with all that a page may have, before the request is run and after.
PAGES = [("1", "plan"), ("analyze", "analysis")]


def test_the_plan_is_a_tree_of_rows_with_badges(visit):
    page = visit().go(EVERYTHING)
    nodes = page.locator(".tree .node > summary")

    assert [" ".join(words.split()) for words in nodes.all_inner_texts()] == [
        "testapp.Book root only annotate 4 of 25 columns",
        "author → testapp.Author join only 2 of 9 columns",
        "publisher → testapp.Publisher join unknown all 6 columns",
        "reviews → testapp.Review prefetch only 3 of 6 columns",
    ]
    left = [node.bounding_box()["x"] for node in nodes.all()]
    assert left[0] < left[1] == left[2] == left[3]
    assert page.locator(".headline").inner_text() == "2 queries; 15 of 46 columns"


def test_notes_come_first(visit):
    page = visit().go(EVERYTHING)
    notes, plan = (page.locator(f"h2#{name}").bounding_box()["y"] for name in ("notes", "plan"))

    assert notes < plan
    assert page.locator(".note").count() == 2


def test_details_fold_with_the_mouse(visit):
    window = visit()
    page = window.go(EVERYTHING)
    table = page.locator(".tree table").first
    sql = page.locator("#sql-1")
    assert not table.is_visible()
    assert not sql.is_visible()

    page.get_by_text("Columns of testapp.Book and who reads them").click()
    page.get_by_text("SQL of query 1").first.click()
    window.picture("plan-unfolded")

    assert table.is_visible()
    assert table.locator("tbody tr").count() == 4
    assert "BookSerializer.best" in page.locator(".tree table tbody tr", has_text="id").first.inner_text()
    assert sql.inner_text().count("\n") > 3
    page.get_by_text("SQL of query 1").first.click()
    assert not sql.is_visible()


def test_everything_is_unfolded_and_folded_at_once(visit):
    page = visit().go(EVERYTHING)
    page.get_by_role("button", name="Expand all").click()
    assert page.locator(".tree details:not([open])").count() == 0
    expect(page.get_by_role("status")).to_have_text("All expanded")

    page.get_by_role("button", name="Collapse all").click()
    assert page.locator(".tree details[open]").count() == 1
    expect(page.get_by_role("status")).to_have_text("All collapsed")


@pytest.mark.parametrize("button", ["Copy the hint of note 1", "Copy the remedy of note 1"])
def test_a_remedy_is_copied(visit, button):
    page = visit(permissions=["clipboard-read", "clipboard-write"]).go(EVERYTHING)
    page.get_by_role("button", name=button).click()

    expect(page.get_by_role("status")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == (HINT if "hint" in button else f"Write {HINT} above it, and read rating_reviews there.")


def test_a_remedy_is_copied_where_a_page_may_not_ask_for_the_clipboard(visit):
    """Neither https: nor localhost: the server of a colleague, in the same office."""
    window = visit()
    window.page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page = window.go(EVERYTHING)
    page.get_by_role("button", name="Copy the hint of note 1").click()

    expect(page.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("getSelection().toString()") == HINT


def test_the_request_is_analyzed_by_a_link(visit):
    window = visit(permissions=["clipboard-read", "clipboard-write"])
    page = window.go(EVERYTHING)
    page.get_by_role("link", name="analyze").click()
    window.picture("analysis")
    first = page.locator(".ran tbody").first

    assert page.locator("h2").first.inner_text() == "What happened"
    assert "not planned" in first.inner_text()
    assert first.get_by_role("img", name=re.compile(r"from [\d.]+ ms to [\d.]+ ms")).is_visible()
    first.get_by_role("button", name="Copy the hint of line 1").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == HINT
    page.get_by_text("SQL of line 1").click()
    assert page.locator("#ran-1").is_visible()
    page.get_by_role("link", name="the plan alone").click()
    assert "What happened" not in page.inner_text("main")


def test_links_lead_to_the_same_in_other_forms(visit):
    page = visit().go(EVERYTHING)
    starts = {"json": "{", "text": "BookView.list →", "html": "<!DOCTYPE html>", "the data": "["}
    links = {link.inner_text(): link.evaluate("(each) => each.href") for link in page.locator("nav a").all()}

    assert links.keys() == {*starts, "analyze"}
    for name, start in starts.items():
        response = page.request.get(links[name])
        assert (response.status, response.text()[: len(start)]) == (200, start)


@pytest.mark.parametrize(("value", "name"), PAGES)
def test_it_asks_for_nothing_but_itself(visit, value, name):
    window = visit()
    page = window.go(EVERYTHING, explain_prefetch=value)
    window.unfold()
    for button in page.locator("button").all():
        button.dispatch_event("click")

    assert window.asked == [page.url]


@pytest.mark.parametrize(("value", "name"), PAGES)
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_it_follows_the_scheme_of_the_system(visit, scheme, value, name):
    window = visit(color_scheme=scheme)
    page = window.go(EVERYTHING, explain_prefetch=value)
    window.picture(f"{name}-{scheme}")
    paper, ink = (
        sum(map(int, re.findall(r"\d+", page.evaluate(f"getComputedStyle(document.body).{each}"))[:3]))
        for each in ("backgroundColor", "color")
    )

    assert (paper < 150 and ink > 600) if scheme == "dark" else (paper > 600 and ink < 150)


@pytest.mark.parametrize(
    ("path", "value", "name"),
    [
        *((EVERYTHING, *each) for each in PAGES),
        ("api/books/1/", "1", "plan"),
        ("awkward/tree/", "1", "plan"),
        ("api/pages/", "analyze", "analysis"),
    ],
)
def test_nothing_is_wider_than_a_telephone(visit, path, value, name):
    window = visit(viewport=NARROW)
    window.go(path, explain_prefetch=value)
    page = window.unfold()
    window.picture(f"{name}-narrow-{path.strip('/').replace('/', '-')}")

    assert page.evaluate("document.scrollingElement.scrollWidth") <= NARROW["width"]
    assert (
        page.evaluate(
            "[...document.querySelectorAll('body *')]"
            ".filter((each) => each.checkVisibility() && !each.closest('.skip, .unheard'))"
            f".filter((each) => each.getBoundingClientRect().right > {NARROW['width'] + 1})"
            ".map((each) => each.outerHTML)"
        )
        == []
    )


@pytest.mark.parametrize(("value", "name"), PAGES)
def test_without_javascript_it_lacks_the_buttons_only(visit, value, name):
    window = visit(java_script_enabled=False)
    page = window.go(EVERYTHING, explain_prefetch=value)
    window.picture(f"{name}-without-javascript")

    assert [button for button in page.locator("button").all() if button.is_visible()] == []
    assert page.locator(".node").count() == 4
    assert HINT in page.locator("#remedy-1").inner_text()
    page.get_by_text("SQL of query 1").click()
    assert page.locator("#sql-1").is_visible()


def test_it_is_used_with_the_keyboard_alone(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"]).go(EVERYTHING)
    focused = page.locator(":focus")

    page.keyboard.press("Tab")
    assert focused.inner_text() == "Skip to the plan"
    assert focused.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused.inner_text() == "Expand all"
    page.keyboard.press("Space")
    assert page.locator(".tree details:not([open])").count() == 0
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert "testapp.Book" in focused.inner_text()
    page.keyboard.press("Enter")
    assert not page.locator("#sql-1").is_visible()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.get_by_role("button", name="Copy the hint of note 1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Copied")


def test_every_stop_of_the_keyboard_is_seen_and_in_the_order_of_the_page(visit):
    window = visit()
    page = window.go(EVERYTHING, explain_prefetch="analyze")
    window.unfold()
    tops = []
    for _ in range(page.locator("a, button, summary").count()):
        page.keyboard.press("Tab")
        tops.append(page.evaluate("document.activeElement.getBoundingClientRect().top + scrollY"))

    # Two that stand side by side are not at the same height to the pixel.
    assert all(before <= after + 30 for before, after in pairwise(tops[1:]))
    assert len(set(tops)) > 20


@pytest.mark.parametrize("scripted", [True, False])
def test_on_paper_everything_is_unfolded(visit, scripted):
    window = visit(java_script_enabled=scripted, color_scheme="dark")
    page = window.go(EVERYTHING)
    page.emulate_media(media="print")

    assert page.locator("#sql-1").is_visible()
    assert page.locator(".tree table").first.is_visible()
    assert not page.locator("nav").is_visible()
    assert not page.get_by_role("button", name="Expand all").is_visible()
    PICTURES.mkdir(exist_ok=True)
    assert len(page.pdf(path=PICTURES / f"plan-{'with' if scripted else 'without'}-javascript.pdf")) > 1000
    page.emulate_media(media="screen")
    assert not page.locator("#sql-1").is_visible()


@pytest.mark.parametrize("value", ["1", "analyze"])
@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_names_that_want_to_be_code_are_names(visit, number, value):
    window = visit()
    window.go(f"hostile/{number}/", explain_prefetch=value)
    page = window.unfold()
    page.wait_for_timeout(50)

    assert page.locator("h1").text_content() == f"{HOSTILE[number]}.list → {HOSTILE[number]}"
    assert "'</code><img src=x onerror=alert(1)>' <> ''" in page.locator("#sql-1").text_content()
    assert (page.locator("script").count(), page.locator("img").count()) == (1, 0)


def test_what_another_page_puts_into_it_does_not_run(visit):
    """Even where something were not escaped: the policy of the page allows its own script alone."""
    window = visit()
    page = window.go(EVERYTHING)
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=/x.png onerror=\"document.title = 1\">');"
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'document.title = 1'}))"
    )
    page.wait_for_timeout(200)
    refused, window.wrong[:] = list(window.wrong), []

    assert page.title() == "BookView.list → BookSerializer: plan"
    assert len(refused) >= 2
    assert all("Content Security Policy" in each for each in refused)
