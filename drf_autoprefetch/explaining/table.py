"""Many plans as a table, one line each."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from ..notes import Severity
from ..planning.plans import Strategy
from .unasked import Explained

HEADINGS = ("view", "action", "serializer", "queries", "joins", "columns", "notes")
_NUMBERS = frozenset(("queries", "joins", "columns"))
_GAP = "  "
_LEAST_NOTES = 24


def render_table(explained: Sequence[Explained], style: Any, width: int | None = None) -> str:
    """Return a line for each plan, those of a module below its name.

    Where ``width`` is given, notes are wrapped to stay inside it. ``style`` is that of a Django command.
    """
    rows = [(each, cells(each)) for each in explained]
    widths = [max(len(row[column]) for row in (HEADINGS, *(row for _, row in rows))) for column in range(6)]
    lines = [style.MIGRATE_HEADING("".join(_lines(HEADINGS, widths, None)).rstrip())]
    for module, group in groupby(rows, key=lambda row: row[0].registered.view.__module__):
        lines += ["", style.MIGRATE_LABEL(module)]
        for each, row in group:
            paint = _paint(each.data["notes"], style)
            lines += [paint(line) for line in _lines(row, widths, width)]
    return "\n".join([*lines, "", summary(explained)]) + "\n"


def cells(explained: Explained) -> tuple[str, ...]:
    """Return what the table says of a plan, in the order of ``HEADINGS``."""
    data = explained.data
    # The action in the name has its URL beside it where there are several of it.
    names = data["view"], explained.name.partition(":")[2], data["serializer"]
    if data["plan"] is None:
        return (*names, "-", "-", "-", "; ".join(_reason(note, data) for note in data["notes"]))
    nodes = list(walk(data["plan"]))
    joins = sum(node["strategy"] == Strategy.JOIN.value for node in nodes)
    kept = sum(len(node["columns"] or ()) for node in nodes)
    dropped = sum(len(node["dropped"]) for node in nodes)
    counted = Counter(note["id"] for note in data["notes"])
    notes = ", ".join(f"{name} ({times})" if times > 1 else name for name, times in counted.items())
    return (*names, str(data["queries"]), str(joins), f"{kept}/{kept + dropped}", notes)


def _reason(note: dict[str, Any], data: dict[str, Any]) -> str:
    about = "" if note["about"] == f"{data['view']}.{data['action']}" else f"{note['about']}: "
    return f"{note['id']}: {about}{note['message']}"


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a node of a report and every node below it."""
    yield node
    for below in node["related"]:
        yield from walk(below)


def summary(explained: Sequence[Explained]) -> str:
    """Return what there is in all, in a line."""
    if not explained:
        return "No URL leads to a view with AutoPrefetchMixin."
    views = {each.registered.view for each in explained}
    unplanned = [each for each in explained if each.data["plan"] is None]
    unasked = [each for each in explained if each.data["plan"] is not None and _needs_request(each)]
    notes = Counter(note["severity"] for each in explained for note in each.data["notes"])
    said = [_many(notes[severity.value], severity.value) for severity in reversed(Severity) if notes[severity.value]]
    kinds = (unplanned, "without a plan"), (unasked, "planned without a request")
    without = [f"{len(those)} {what}{_advice(those)}" for those, what in kinds if those]
    whole = [f"{_many(len(explained), 'action')} of {_many(len(views), 'view')}", *without, *said]
    return f"{', '.join(whole)}. One in full: manage.py explain_prefetch {explained[0].name.partition(' ')[0]}"


def _advice(those: Sequence[Explained]) -> str:
    """Most views that need a request need a user, whoever it is."""
    return " (try --signed-in)" if any(each.asking.user is None and _needs_request(each) for each in those) else ""


def _needs_request(explained: Explained) -> bool:
    return any(note["id"] == "needs-request" for note in explained.data["notes"])


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _lines(row: Iterable[str], widths: Sequence[int], width: int | None) -> list[str]:
    *start, notes = row
    padded = (
        cell.rjust(wide) if name in _NUMBERS else cell.ljust(wide)
        for name, cell, wide in zip(HEADINGS, start, widths, strict=False)
    )
    head = _GAP + _GAP.join(padded) + _GAP
    room = max(_LEAST_NOTES, (width or 0) - len(head)) if width else max(len(notes), 1)
    first, *more = textwrap.wrap(notes, room, break_long_words=False) or [""]
    return [(head + first).rstrip(), *(" " * len(head) + line for line in more)]


def _paint(notes: Sequence[dict[str, Any]], style: Any) -> Any:
    """The colour of the gravest note, which stands first."""
    gravest = notes[0]["severity"] if notes else ""
    return {"error": style.ERROR, "warning": style.WARNING}.get(gravest, str)
