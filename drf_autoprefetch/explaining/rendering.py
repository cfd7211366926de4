"""Plans in the formats that a command offers: those of one plan, and those that show many."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandError

from ..notes import Severity
from .choosing import USAGE
from .findings import findings
from .formats import FORMATS
from .github import render_github
from .reports import VERSION
from .sarif import render_sarif
from .table import render_table
from .text import WIDTH, render_text
from .unasked import Explained

#: A format of one plan is one entry in ``FORMATS``; the others show what is noted about any number of them.
FORMAT_NAMES = (*FORMATS, "github", "sarif")


_NOTE = re.compile(rf"  ({'|'.join(severity.value for severity in Severity)}) [a-z-]+: ")


@dataclass(frozen=True, slots=True)
class Page:
    """How plans are shown.

    ``one`` says that the plan of one action was asked for, ``table`` that nobody has chosen any. ``width`` is that of
    the terminal, None where there is none. ``style`` is that of a Django command.
    """

    format: str
    one: bool
    table: bool
    width: int | None
    style: Any


def render(explained: Sequence[Explained], page: Page) -> str:
    """Return plans in the format of ``page``. Raises CommandError where that shows one plan and there are others."""
    if page.format == "github":
        return render_github(findings(explained))
    if page.format == "sarif":
        return render_sarif(findings(explained))
    if page.format == "text":
        return _text(explained, page)
    if page.one and len(explained) == 1:
        return explained[0].render(FORMATS[page.format])
    if page.format == "json":
        return _json(explained)
    names = " or ".join(each.name for each in explained[:3])
    message = f"--format {page.format} shows one plan. Name one: {names}."
    raise CommandError(message, returncode=USAGE)


def _text(explained: Sequence[Explained], page: Page) -> str:
    if page.table:
        return render_table(explained, page.style, page.width)
    texts = (render_text(each.data, width=page.width or WIDTH) for each in explained)
    return "\n".join("".join(_coloured(text, page.style)) for text in texts)


def _coloured(text: str, style: Any) -> Iterator[str]:
    """The first line is a heading; a note has the colour of its severity, down to the next one or an empty line."""
    first, *lines = text.splitlines(keepends=True)
    yield style.MIGRATE_HEADING(first.rstrip("\n")) + "\n"
    paint: Any = str
    for line in lines:
        if note := _NOTE.match(line):
            paint = {"error": style.ERROR, "warning": style.WARNING}.get(note[1], str)
        elif not line.strip():
            paint = str
        yield paint(line.rstrip("\n")) + "\n"


def _without_times(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "timing"}


def _json(explained: Sequence[Explained]) -> str:
    reports = [{"name": each.name} | _without_times(each.data) for each in explained]
    return json.dumps({"version": VERSION, "views": reports}, indent=2, ensure_ascii=False) + "\n"
