"""``?explain_prefetch=1`` in a browser: a page, for whom, and what it may do."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import override_settings
from rest_framework import serializers

from tests.examples import answer, shows, unread, view_of
from tests.markup import HOSTILE, nodes, parse, section
from tests.testapp.models import Author, Book, Review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

#: What browsers say that they accept.
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SHOWN = shows(Book, "title", author=shows(Author, "name")(), reviews=shows(Review, "rating")(many=True))
BOOKS = view_of(Book, SHOWN)


@pytest.fixture(autouse=True)
def debug(settings):
    """Switch DEBUG on: then everybody may ask."""
    settings.DEBUG = True


def asked(view: Any = BOOKS, accept: str = BROWSER, method: str = "get", **data: str) -> Any:
    return answer(view, data={"explain_prefetch": "1"} | data, headers={"Accept": accept}, method=method)


@pytest.mark.parametrize(
    ("value", "accept", "media_type"),
    [
        ("1", BROWSER, "text/html"),
        ("true", BROWSER, "text/html"),
        ("1", "text/html", "text/html"),
        ("1", "text/html;q=0.5, application/json;q=0.4", "text/html"),
        ("1", "text/html;q=0.5, application/json", "application/json"),
        ("1", "application/json, text/html", "application/json"),
        ("1", "text/html;q=0, */*", "application/json"),
        ("1", "*/*", "application/json"),
        ("1", "", "application/json"),
        ("1", "application/json", "application/json"),
        ("1", "text/plain, text/html;q=0.9", "text/plain"),
        ("html", "application/json", "text/html"),
        ("html", "", "text/html"),
        ("json", BROWSER, "application/json"),
        ("text", BROWSER, "text/plain"),
    ],
)
def test_a_browser_gets_a_page_and_a_program_does_not(value, accept, media_type):
    response = asked(accept=accept, explain_prefetch=value)

    assert (response.status_code, response["Content-Type"]) == (200, f"{media_type}; charset=utf-8")
    assert ("Content-Security-Policy" in response) is (media_type == "text/html")


def test_a_page_guards_itself():
    headers = asked().headers

    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"], headers["Cache-Control"]) == (
        *("nosniff", "no-referrer", "private, no-store"),
    )
    assert "Accept" in headers["Vary"].split(", ")


def test_a_page_tells_what_the_json_tells():
    page, data = parse(asked().content.decode()), json.loads(asked(explain_prefetch="json").content)

    assert page.all("h1")[0].words == "BookView.list → BookSerializer"
    assert page.all(class_="headline")[0].words == data["headline"]
    assert nodes(page) == [
        "testapp.Book root only 3 of 25 columns",
        "author → testapp.Author join only 2 of 9 columns",
        "reviews → testapp.Review prefetch only 3 of 6 columns",
    ]


def test_all_columns_name_the_code_that_is_unread():
    whole = shows(Book, x=serializers.SerializerMethodField(), get_x=lambda self, book: unread(book))
    page = parse(asked(view_of(Book, whole)).content.decode())

    assert nodes(page) == ["testapp.Book root unknown all 25 columns"]
    assert re.search(r"All columns are loaded because of BookSerializer\.x \S+test_browser\.py:\d+", page.words)


def test_a_page_links_to_the_same_request_in_other_forms():
    links = parse(asked(page="2", q='"><script>&é').content.decode()).all("nav")[0].all("a")
    rest = "page=2&q=%22%3E%3Cscript%3E%26%C3%A9"

    assert [(link.words, link.attributes["href"]) for link in links] == [
        ("json", f"?explain_prefetch=json&{rest}"),
        ("text", f"?explain_prefetch=text&{rest}"),
        ("html", f"?explain_prefetch=html&{rest}"),
        ("analyze", f"?explain_prefetch=analyze&{rest}"),
        ("the data", f"?{rest}"),
    ]


def test_an_analysis_links_to_its_other_forms_and_back_to_the_plan():
    links = parse(asked(explain_prefetch="analyze", page="2").content.decode()).all("nav")[0].all("a")

    assert [(link.words, link.attributes["href"]) for link in links] == [
        ("json", "?explain_prefetch=analyze-json&page=2"),
        ("text", "?explain_prefetch=analyze-text&page=2"),
        ("html", "?explain_prefetch=analyze-html&page=2"),
        ("the plan alone", "?explain_prefetch=1&page=2"),
        ("the data", "?page=2"),
    ]


def test_links_say_the_parameter_as_the_project_calls_it():
    with override_settings(DRF_AUTOPREFETCH={"EXPLAIN_PARAMETER": "plan"}):
        response = answer(BOOKS, data={"plan": "html"})

    assert [link.attributes["href"] for link in parse(response.content.decode()).all("nav")[0].all("a")] == [
        *("?plan=json", "?plan=text", "?plan=html", "?plan=analyze", "?"),
    ]


def test_a_head_request_has_the_headers_of_the_page_and_runs_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        response = asked(method="head")

    assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "Content-Security-Policy" in response


@pytest.mark.parametrize("text", HOSTILE)
def test_names_and_values_of_a_request_are_shown_as_they_are(text):
    hostile = type(text, (SHOWN,), {"__doc__": text})
    queryset = Book.objects.filter(title=text).extra(where=["'</code><b>' = '</code><b>'"])
    page = parse(asked(view_of(Book, hostile, queryset=queryset)).content.decode())

    assert page.all("h1")[0].text == f"BookView.list → {text}"
    assert text in [each.text for each in section(page, "plan").all("code")]
    assert "'</code><b>' = '</code><b>'" in page.by_id("sql-1").text
    assert (page.all("b"), page.all("img"), len(page.all("script"))) == ([], [], 1)


def test_who_may_not_ask_gets_what_a_browser_gets_without_the_parameter(settings):
    settings.DEBUG = False
    plain, html = (answer(BOOKS, data=data, headers={"Accept": BROWSER}) for data in ({}, {"explain_prefetch": "html"}))

    assert (html.status_code, html.content, html.headers) == (200, plain.content, plain.headers)
