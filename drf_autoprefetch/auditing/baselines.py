"""Known findings in a file: what is new fails, and so does what is gone, so that the file says what is so.

An entry has what stays the same when code moves: no line, no count, no words. Two findings may have the same entry;
then it stands in the file twice.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ..guarding.findings import Finding
from .rules import GROWING

VERSION = 1
_KEYS = ("id", "about", "loads", "view")


class BaselineError(Exception):
    """A file that is no baseline of this version; the message says what it is instead."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A known finding: its ``id``, what it is ``about``, what it ``loads``, and the ``view`` if it depends on that."""

    id: str
    about: str
    loads: str = ""
    view: str = ""

    def __str__(self) -> str:
        pairs = ((name, getattr(self, name)) for name in _KEYS)
        return json.dumps({name: value for name, value in pairs if value}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Difference:
    """Findings that are not known, and known ones that are not found any more."""

    new: list[Finding]
    gone: list[Entry]

    @property
    def lines(self) -> list[str]:
        """What a diff of the file would show."""
        changed = [(entry_of(one), "+") for one in self.new] + [(entry, "-") for entry in self.gone]
        return [f"{sign} {entry}" for entry, sign in sorted(changed)]


def entry_of(one: Finding) -> Entry:
    """Return what is kept of a finding."""
    return Entry(one.id, one.field, one.relation, one.views[0] if one.id == GROWING else "")


def baseline(found: Iterable[Finding]) -> str:
    """Return the findings as JSON, a line for each."""
    return _written(sorted(map(entry_of, found)))


def read_baseline(text: str) -> list[Entry]:
    """Return the entries of a file. Raises BaselineError."""
    try:
        data = json.loads(text)
        if data["version"] != VERSION:
            raise BaselineError(f"it is of version {data['version']}, and {VERSION} is read. Write it anew")
        return [Entry(**entry) for entry in data["findings"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BaselineError(f"it is no baseline ({type(error).__name__}: {error})") from error


def difference(known: Iterable[Entry], found: Iterable[Finding], probed: Collection[str]) -> Difference:
    """Compare what is known with what is found. What grew in an action that is not among ``probed`` may grow still."""
    left, new = Counter(known), []
    for one in found:
        entry = entry_of(one)
        if left[entry] > 0:
            left[entry] -= 1
        else:
            new.append(one)
    gone = [entry for entry in left.elements() if entry.id != GROWING or entry.view in probed]
    return Difference(new, sorted(gone))


def _written(entries: list[Entry]) -> str:
    body = ",\n".join(f"    {entry}" for entry in entries)
    inside = f"\n{body}\n  " if body else ""
    return f'{{\n  "version": {VERSION},\n  "findings": [{inside}]\n}}\n'
