"""Notes: what is worth telling about a plan, each with a stable id, a place in code and a remedy."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Severity(str, enum.Enum):
    """How much a note should worry its reader."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


#: Every note id, with how severe it is and what it means. ``docs/notes.md`` has a section for each.
CATALOGUE: dict[str, tuple[Severity, str]] = {
    "code-unread": (Severity.WARNING, "Python code reads the instance in a way that is not known."),
    "custom-field": (
        Severity.WARNING,
        "A field is handed an instance that its class was not made for.",
    ),
    "depth-limit": (Severity.NOTE, "A recursive serializer was followed to MAX_DEPTH and no further."),
    "generic-target": (Severity.NOTE, "The targets of a generic foreign key are not known before the rows are."),
    "late-serializer": (
        Severity.NOTE,
        "Making the serializer runs queries, so it is made when there are rows to show.",
    ),
    "left-alone": (Severity.NOTE, "The queryset cannot take a plan and was left as it was."),
    "model-hooks": (Severity.NOTE, "The model runs code whenever a row is loaded, so all its columns are loaded."),
    "needs-request": (Severity.NOTE, "The plan depends on a request: on its user, its URL, or rows looked up."),
    "not-planned": (Severity.WARNING, "A relation is read in a way that no prefetch can serve."),
    "planning-failed": (Severity.ERROR, "Planning raised an error; the queryset was left as it was."),
    "view-code": (Severity.NOTE, "The view's own code sees the rows too, so all columns of its model are loaded."),
}


#: What the place of an :class:`Origin` is.
ORIGIN_KINDS = ("field", "hint", "method body", "model", "queryset", "view")


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """The place in the user's code that caused a read or a decision.

    ``kind`` is one of ``ORIGIN_KINDS``. ``file`` is empty and ``line`` 0 where Python does not know them (code typed at
    a prompt, C code).
    """

    serializer: str
    field: str
    file: str = ""
    line: int = 0
    kind: str = "field"

    @property
    def name(self) -> str:
        """``BookSerializer.stars``, or the serializer alone where no field is concerned."""
        return f"{self.serializer}.{self.field}" if self.field else self.serializer

    @property
    def place(self) -> str:
        """``path/to/file.py:41``, or an empty string where the place is unknown."""
        return f"{self.file}:{self.line}" if self.file else ""


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth telling about a plan: what was found, and what to write to change it."""

    id: str
    path: str
    message: str
    remedy: str
    origin: Origin

    @property
    def severity(self) -> Severity:
        """How severe the catalogue says notes of this id are."""
        return CATALOGUE[self.id][0]

    def __str__(self) -> str:
        where = f" ({self.path})" if self.path else ""
        place = f" [{self.origin.place}]" if self.origin.place else ""
        return f"{self.origin.name}{where}: {self.message} {self.remedy}{place}".strip()
