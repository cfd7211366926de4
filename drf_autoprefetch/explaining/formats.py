"""The formats of a report, by the name that ``?explain_prefetch=`` and commands give them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .reports import Report, report_data
from .text import render_text


@dataclass(frozen=True, slots=True)
class Format:
    """A way to show a report, and the media type it is sent as."""

    media_type: str
    render: Callable[[Report], str]


def render_json(report: Report) -> str:
    """Return the report as indented JSON."""
    return json.dumps(report_data(report), indent=2, ensure_ascii=False) + "\n"


def _text(report: Report) -> str:
    return render_text(report_data(report))


#: A new format is one entry here.
FORMATS: dict[str, Format] = {
    "json": Format("application/json", render_json),
    "text": Format("text/plain", _text),
}


def negotiate(accept: str) -> str:
    """Return the name of the format that an ``Accept`` header prefers: JSON unless another is named first."""
    best, found = 0.0, "json"
    for part in accept.split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        quality = _quality(parameters)
        for name, known in FORMATS.items():
            if media == known.media_type and quality > best:
                best, found = quality, name
    return found


def _quality(parameters: list[Any]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
