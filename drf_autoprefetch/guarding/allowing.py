"""What may be loaded row by row, why, and until when."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ..conf import get_settings
from ..suggestions import did_you_mean
from .findings import Finding, Kind

_KEYS = ("path", "reason", "until")


@dataclass(frozen=True, slots=True)
class Allowance:
    """A field whose unplanned queries are accepted, by its path from the serializer shown or by its own name."""

    path: str
    reason: str
    until: datetime.date | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError(f"allow({self.path!r}) needs a reason.")
        # A datetime is a date as well, and cannot be compared with one.
        if self.until is not None and type(self.until) is not datetime.date:
            raise ValueError(f"allow({self.path!r}): until must be a date, not {self.until!r}.")
        if "." not in self.path:
            raise ValueError(f"allow({self.path!r}) must name a serializer and its field, as 'BookSerializer.stars'.")

    @property
    def expired(self) -> bool:
        """Whether its date has passed."""
        return self.until is not None and self.until < datetime.date.today()

    def covers(self, *names: str) -> bool:
        """Return whether it is in force for a field that goes by any of ``names``."""
        return self.path in names and not self.expired


_allowed: ContextVar[tuple[Allowance, ...]] = ContextVar("drf_autoprefetch.allowed", default=())

#: Paths of the entries of the setting that have matched something in this run.
_needed: set[str] = set()


@contextmanager
def allow(path: str, *, reason: str, until: datetime.date | None = None) -> Iterator[None]:
    """Accept, in this block, that the field ``path`` (``"BookSerializer.stars"``) loads row by row.

    The reason is for those who find the line later. After ``until`` the entry has no effect.
    Raises ValueError without a reason, or where ``path`` names no field.
    """
    token = _allowed.set((*_allowed.get(), Allowance(path, reason, until)))
    try:
        yield
    finally:
        _allowed.reset(token)


def allowances() -> tuple[Allowance, ...]:
    """Return what the blocks around allow."""
    return _allowed.get()


def not_allowed(findings: list[Finding]) -> list[Finding]:
    """Leave out what the setting allows, and remember which of its entries were needed."""
    listed = read_allowed(get_settings().ALLOW_UNPLANNED)
    left = []
    for finding in findings:
        matching = [entry for entry in listed if entry.path in (finding.path, finding.field)]
        need(entry.path for entry in matching)
        if not any(entry.covers(entry.path) for entry in matching):
            left.append(finding)
    return left


def read_allowed(entries: Any) -> list[Allowance]:
    """Return the entries of ``DRF_AUTOPREFETCH["ALLOW_UNPLANNED"]``. Raises ImproperlyConfigured where one is wrong."""
    found = []
    for entry in entries:
        if not isinstance(entry, Mapping) or not {"path", "reason"} <= entry.keys() <= {*_KEYS}:
            wrong = next((str(key) for key in entry if key not in _KEYS), "") if isinstance(entry, Mapping) else ""
            near = did_you_mean(wrong, _KEYS) if wrong else ""
            raise ImproperlyConfigured(
                f"DRF_AUTOPREFETCH['ALLOW_UNPLANNED'] has {entry!r}; path and reason are needed.{near}"
            )
        try:
            found.append(Allowance(**entry))
        except ValueError as error:
            raise ImproperlyConfigured(f"DRF_AUTOPREFETCH['ALLOW_UNPLANNED']: {error}") from None
    return found


def need(paths: Iterable[str]) -> None:
    """Remember that entries of the setting were needed, here or in another process of the same run."""
    _needed.update(paths)


def needed_allowances() -> list[str]:
    """Return the paths of the entries that were needed so far."""
    return sorted(_needed)


def useless_allowances(*, stale: bool = True) -> list[Finding]:
    """Return a finding for each entry of the setting whose date has passed, or that nothing has needed so far.

    Ask when everything has run: at the end of a test run. Where only a part has, ``stale`` False leaves out the latter.
    """
    found = []
    for entry in read_allowed(get_settings().ALLOW_UNPLANNED):
        if entry.expired:
            found.append(_finding(entry, Kind.EXPIRED, f"it was allowed until {entry.until}: plan it, or give it time"))
        elif stale and entry.path not in _needed:
            found.append(
                _finding(entry, Kind.STALE, "nothing needs it: take it out of DRF_AUTOPREFETCH['ALLOW_UNPLANNED']")
            )
    return found


def _finding(entry: Allowance, kind: Kind, remedy: str) -> Finding:
    return Finding(entry.path, "", kind, "DRF_AUTOPREFETCH['ALLOW_UNPLANNED']", remedy=remedy, field=entry.path)
