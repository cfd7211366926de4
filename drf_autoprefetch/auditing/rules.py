"""What an audit may find, by stable ids: those of notes, and those that are about views and settings."""

from __future__ import annotations

from dataclasses import dataclass

from ..explaining.sarif import NOTES, SarifRule
from ..guarding.allowance_checks import EXPIRED, STALE, WRONG_ALLOWANCE
from ..guarding.budgets import UNKNOWN_VIEW
from ..guarding.checks import BYPASSED, UNKNOWN_FIELD, WRONG_HINT
from ..notes import Severity

_PAGE = "audit.md"


@dataclass(frozen=True, slots=True)
class Rule(SarifRule):
    """The same for an audit, and the id that findings have as a system ``check``; empty for what needs a database."""

    page: str = _PAGE
    check: str = ""


BYPASSED_MIXIN = "bypassed-mixin"
NO_MIXIN = "no-mixin"
NEEDS_REQUEST = "needs-request"
WHOLE_MODEL = "whole-model"
UNREAD_ROWS = "unread-rows"
GROWING = "queries-per-row"
AUDIT_FAILED = "audit-failed"

#: Notes that ask for nothing are no check.
_NOTE_CHECKS = {
    "planning-failed": "drf_autoprefetch.E005",
    "code-unread": "drf_autoprefetch.W001",
    "custom-field": "drf_autoprefetch.W002",
    "not-planned": "drf_autoprefetch.W003",
    NEEDS_REQUEST: "drf_autoprefetch.I003",
    "left-alone": "drf_autoprefetch.I004",
    "view-code": "drf_autoprefetch.I005",
    "depth-limit": "drf_autoprefetch.I008",
    "late-serializer": "drf_autoprefetch.I009",
}

_OWN = {
    "wrong-hint": Rule(Severity.ERROR, "A hint leads nowhere, or is no hint.", check=WRONG_HINT),
    "unknown-field": Rule(Severity.ERROR, "Meta.prefetch_hints names what is no field.", check=UNKNOWN_FIELD),
    BYPASSED_MIXIN: Rule(
        Severity.ERROR, "A view class comes before the mixin, so that nothing is planned.", check=BYPASSED
    ),
    "wrong-allowance": Rule(Severity.ERROR, "An entry of ALLOW_UNPLANNED is none.", check=WRONG_ALLOWANCE),
    AUDIT_FAILED: Rule(Severity.WARNING, "A part of the audit raised an error.", check="drf_autoprefetch.W004"),
    "unknown-budget": Rule(Severity.WARNING, "BUDGETS names no URL of the project.", check=UNKNOWN_VIEW),
    "expired-allowance": Rule(Severity.WARNING, "The date of an entry of ALLOW_UNPLANNED has passed.", check=EXPIRED),
    "stale-allowance": Rule(Severity.WARNING, "An entry of ALLOW_UNPLANNED names no field that there is.", check=STALE),
    GROWING: Rule(Severity.WARNING, "A response takes more queries for more rows."),
    NO_MIXIN: Rule(
        Severity.NOTE, "A view that shows rows has no mixin, and a plan would help.", check="drf_autoprefetch.I001"
    ),
    WHOLE_MODEL: Rule(
        Severity.NOTE, "All columns are loaded for a hint that names none.", check="drf_autoprefetch.I002"
    ),
    UNREAD_ROWS: Rule(
        Severity.NOTE, "The view's queryset loads rows that no field reads.", check="drf_autoprefetch.I010"
    ),
}

#: Every id, in the order of the documents.
RULES: dict[str, Rule] = _OWN | {
    name: Rule(rule.severity, rule.meaning, rule.page, _NOTE_CHECKS.get(name, "")) for name, rule in NOTES.items()
}

#: The same by the id of the system check.
IDS = {rule.check: name for name, rule in RULES.items() if rule.check}
