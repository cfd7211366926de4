"""The notes of many plans, each once, for programs that show them beside the code."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

from ..notes import Severity
from .unasked import Explained

_GRAVITY = {severity.value: number for number, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Finding:
    """A note, as its report has it, and the names of all the actions that have it."""

    note: dict[str, Any]
    views: tuple[str, ...]

    @property
    def text(self) -> str:
        """What was found, and what to write."""
        path = f" ({self.note['path']})" if self.note["path"] else ""
        return f"{self.note['about']}{path}: {self.note['message']} {self.note['remedy']}"

    @property
    def file(self) -> str:
        """The file with slashes, from the root of the repository if it lies below; empty where unknown."""
        name = self.note["place"].rpartition(":")[0]
        return (_below_root(os.getcwd()) / name).as_posix() if name else ""

    @property
    def line(self) -> int:
        """The line in that file, 0 where unknown."""
        return int(self.note["place"].rpartition(":")[2] or 0)


@lru_cache(maxsize=1)
def _below_root(folder: str) -> PurePath:
    """Where a project that is run in ``folder`` lies in its repository: what shows findings starts from the root."""
    here = Path(folder)
    root = next((above for above in (here, *here.parents) if (above / ".git").exists()), here)
    return here.relative_to(root)


def findings(explained: Iterable[Explained]) -> list[Finding]:
    """Return every note once, the gravest first, then by place."""
    seen: dict[tuple[str, ...], Finding] = {}
    for each in explained:
        for note in each.data["notes"]:
            key = tuple(note[name] for name in ("id", "about", "place", "message"))
            before = seen[key].views if key in seen else ()
            seen[key] = Finding(seen[key].note if before else note, tuple(dict.fromkeys((*before, each.name))))
    return sorted(seen.values(), key=lambda one: (-_GRAVITY[one.note["severity"]], one.file, one.line, one.text))


def at_least(found: Sequence[Finding], severity: str) -> list[Finding]:
    """Return the findings of a severity, or worse."""
    return [one for one in found if _GRAVITY[one.note["severity"]] >= _GRAVITY[severity]]
