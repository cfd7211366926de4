"""The formats of a report, and how an Accept header chooses one."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from drf_autoprefetch import plan_for
from drf_autoprefetch.explaining.formats import FORMATS, PLAN_MEDIA_TYPE, negotiate
from drf_autoprefetch.explaining.html import page_headers, render_html
from drf_autoprefetch.explaining.reports import Report, report_data
from drf_autoprefetch.explaining.text import render_text
from tests.examples import shows
from tests.testapp.models import Book

REPORT = Report("BookView", "list", "BookSerializer", plan_for(shows(Book, "title")), (), None, False, 0.5)


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("application/json", "json"),
        ("text/plain", "text"),
        ("text/css, text/plain;q=0.9, application/json;q=0.5", "text"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
        ("text/html, text/plain;q=0.9, application/json;q=0.5", "html"),
        ("text/plain, text/html", "text"),
        ("text/plain;q=0.5, application/json", "json"),
        ("text/plain; charset=utf-8; q=0.5, application/json;q=0.4", "text"),
        ("text/plain;q=much, application/json;q=0.1", "json"),
        ("text/plain;q=0", "json"),
        ("image/png", "json"),
    ],
)
def test_an_accept_header_chooses_what_it_prefers(accept, name):
    known, media_type = negotiate(accept)
    assert known is FORMATS[name]
    assert media_type == known.media_types[0]


def test_a_plan_has_a_media_type_of_its_own():
    assert negotiate(f"text/plain;q=0.4, {PLAN_MEDIA_TYPE}") == (FORMATS["json"], PLAN_MEDIA_TYPE)


def test_every_format_has_a_media_type():
    assert {name: known.media_types[0] for name, known in FORMATS.items()} == {
        "json": "application/json",
        "text": "text/plain",
        "html": "text/html",
    }


def test_json_is_the_report_as_data():
    rendered = FORMATS["json"].render(REPORT)

    assert json.loads(rendered) == report_data(REPORT)
    assert rendered.endswith("}\n")


def test_text_is_the_report_as_a_tree():
    assert FORMATS["text"].render(REPORT) == render_text(report_data(REPORT))


def test_html_is_the_report_as_a_page_with_links_and_headers_of_its_own():
    report = replace(REPORT, links=(("json", "?explain_prefetch=json"),))

    assert FORMATS["html"].render(report) == render_html(report_data(report), report.links)
    assert (FORMATS["html"].headers(), FORMATS["json"].headers()) == (page_headers(), {})
