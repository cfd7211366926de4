"""The notes of many plans as findings, each once, for programs that show them beside the code."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

from ..guarding.findings import Finding, Kind
from ..notes import Severity
from .unasked import Explained

_GRAVITY = {severity: number for number, severity in enumerate(Severity)}
_PLACE = re.compile(r"(.+):(\d+)")


def as_finding(note: dict[str, Any], *views: str) -> Finding:
    """Return a note, as a report has it, as what was found in the actions of these names."""
    return Finding(
        note["path"],
        "",
        Kind.PLAN,
        note["place"],
        remedy=note["remedy"],
        field=note["about"],
        id=note["id"],
        severity=Severity(note["severity"]),
        message=note["message"],
        views=views,
    )


def findings(explained: Iterable[Explained]) -> list[Finding]:
    """Return every note of these plans once, the gravest first, then by place."""
    return sorted_once(as_finding(note, each.name) for each in explained for note in each.data["notes"])


def sorted_once(found: Iterable[Finding]) -> list[Finding]:
    """Return what several views share once, the gravest first, then by place."""
    seen: dict[tuple[str, ...], Finding] = {}
    for one in found:
        key = (one.id, one.field, one.place, one.message)
        known = seen.get(key)
        seen[key] = one if known is None else replace(known, views=tuple(dict.fromkeys((*known.views, *one.views))))
    return sorted(seen.values(), key=lambda one: (-_GRAVITY[one.severity], *location(one), one.text))


def location(one: Finding) -> tuple[str, int]:
    """Return file and line of a finding, ``("", 0)`` where they are unknown.

    The file has slashes, and starts from the root of the repository if it lies below that.
    """
    match = _PLACE.fullmatch(one.place)
    return ((_below_root(os.getcwd()) / match[1]).as_posix(), int(match[2])) if match else ("", 0)


@lru_cache(maxsize=1)
def _below_root(folder: str) -> PurePath:
    """Where a project that is run in ``folder`` lies in its repository: what shows findings starts from the root."""
    here = Path(folder)
    root = next((above for above in (here, *here.parents) if (above / ".git").exists()), here)
    return here.relative_to(root)


def at_least(found: Sequence[Finding], severity: str) -> list[Finding]:
    """Return the findings of a severity, or worse."""
    return [one for one in found if _GRAVITY[one.severity] >= _GRAVITY[Severity(severity)]]
