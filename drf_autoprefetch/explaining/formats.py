"""The formats of a report, by the name that ``?explain_prefetch=`` and commands give them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .html import page_headers, render_html
from .reports import Report, report_data
from .text import render_text

#: A plan as JSON, by a name of its own: who accepts it asks for the plan, whatever the query string says.
PLAN_MEDIA_TYPE = "application/vnd.drf-autoprefetch.plan+json"


@dataclass(frozen=True, slots=True)
class Format:
    """A way to show a report, and the media types it may be sent as; the first where none is asked for.

    ``headers`` returns what a response in it says of itself.
    """

    media_types: tuple[str, ...]
    render: Callable[[Report], str]
    headers: Callable[[], dict[str, str]] = dict


def render_json(report: Report) -> str:
    """Return the report as indented JSON."""
    return json.dumps(report_data(report), indent=2, ensure_ascii=False) + "\n"


def _text(report: Report) -> str:
    return render_text(report_data(report))


def _html(report: Report) -> str:
    return render_html(report_data(report), report.links)


#: A new format is one entry here.
FORMATS: dict[str, Format] = {
    "json": Format(("application/json", PLAN_MEDIA_TYPE), render_json),
    "text": Format(("text/plain",), _text),
    "html": Format(("text/html",), _html, page_headers),
}


def negotiate(accept: str) -> tuple[Format, str]:
    """Return the format that an ``Accept`` header prefers and its media type: JSON unless another is named first."""
    json_format = FORMATS["json"]
    best, found = 0.0, (json_format, json_format.media_types[0])
    for part in accept.split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        quality = _quality(parameters)
        for known in FORMATS.values():
            if media in known.media_types and quality > best:
                best, found = quality, (known, media)
    return found


def _quality(parameters: list[Any]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
