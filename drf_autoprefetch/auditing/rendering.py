"""An audit in the formats that its command offers."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..explaining.finding_views import Registered
from ..explaining.github import render_github
from ..explaining.sarif import render_sarif
from ..guarding.findings import Finding
from ..notes import Severity
from .probing import Probe
from .rules import RULES

VERSION = 1
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Audit:
    """What is shown: the actions looked at, what was found that is not known already, and what was probed."""

    actions: Sequence[Registered]
    findings: Sequence[Finding]
    probes: Sequence[Probe] = ()
    known: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """How it is shown: in a ``style`` of Django's commands, inside ``width`` where that is known."""

    style: Any
    width: int | None = field(default=None)


def render(audit: Audit, format: str, page: Page) -> str:
    """Return the audit in one of ``FORMATS``."""
    return FORMATS[format](audit, page)


def _text(audit: Audit, page: Page) -> str:
    lines = [line for one in audit.findings for line in _finding(one, page)]
    tables = [*_slopes(audit.probes, page), *_not_probed(audit.probes, page)]
    parts = [lines, tables, [summary(audit)]]
    return "\n".join(line for part in parts if part for line in (*part, ""))


def _finding(one: Finding, page: Page) -> Iterator[str]:
    paint = {Severity.ERROR: page.style.ERROR, Severity.WARNING: page.style.WARNING}.get(one.severity, str)
    return map(paint, _wrapped(f"{one.severity.value} {one.id}: {one}", page))


def _wrapped(line: str, page: Page) -> list[str]:
    if page.width is None:
        return [line]
    return textwrap.wrap(line, page.width, subsequent_indent=_INDENT, break_long_words=False, break_on_hyphens=False)


def _slopes(probes: Sequence[Probe], page: Page) -> Iterator[str]:
    run = [each for each in probes if not each.problem]
    if not run:
        return
    rows = [("action", "url", "rows", "queries", "per row"), *map(_cells, run)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for number, row in enumerate(rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        line = "  ".join(cells).rstrip()
        yield page.style.MIGRATE_HEADING(line) if not number else line


def _cells(probe: Probe) -> tuple[str, ...]:
    return (
        probe.registered.name.partition(" ")[0],
        probe.registered.path,
        " ".join(map(str, probe.rows)) or "one",
        " ".join(map(str, probe.queries)),
        "" if probe.slope is None else f"{max(probe.slope, 0):.3g}",
    )


def _not_probed(probes: Sequence[Probe], page: Page) -> Iterator[str]:
    for each in probes:
        if each.problem:
            yield from _wrapped(f"not probed: {each.registered.name} ({each.registered.path}): {each.problem}.", page)


def summary(audit: Audit) -> str:
    """Return how much there is, in a line."""
    views = {each.view for each in audit.actions}
    counted = Counter(one.severity for one in audit.findings)
    said = [_many(counted[severity], severity.value) for severity in reversed(Severity) if counted[severity]]
    if audit.known:
        said.append(f"{audit.known} more known")
    looked = f"{_many(len(audit.actions), 'action')} of {_many(len(views), 'view')}"
    if audit.probes:
        looked += f", {sum(not each.problem for each in audit.probes)} of them probed"
    return f"{looked}: {', '.join(said) or 'nothing found'}."


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _json(audit: Audit, page: Page) -> str:
    data = {
        "version": VERSION,
        "actions": [each.name for each in audit.actions],
        "findings": [finding_data(one) for one in audit.findings],
        "known": audit.known,
        "probes": [_probe_data(each) for each in audit.probes],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def finding_data(one: Finding) -> dict[str, Any]:
    """Return a finding as a dict of JSON types."""
    return {
        "id": one.id,
        "severity": one.severity.value,
        "about": one.field,
        "path": one.path,
        "loads": one.relation,
        "message": one.message,
        "remedy": one.remedy,
        "place": one.place,
        "count": one.count,
        "healed": one.healed,
        "views": list(one.views),
    }


def _probe_data(probe: Probe) -> dict[str, Any]:
    return {
        "view": probe.registered.name,
        "url": probe.registered.path,
        "rows": list(probe.rows),
        "queries": list(probe.queries),
        "queries_per_row": probe.slope,
        "not_probed": probe.problem,
    }


#: A new format is one entry here.
FORMATS: dict[str, Callable[[Audit, Page], str]] = {
    "text": _text,
    "json": _json,
    "github": lambda audit, page: render_github(audit.findings),
    "sarif": lambda audit, page: render_sarif(audit.findings, RULES),
}
