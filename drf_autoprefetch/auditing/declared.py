"""What is wrong with what a project declares, as findings: hints, bases, budgets, allowances. System checks tell it."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.core import checks

from ..conf import NAME
from ..guarding.allowance_checks import check_allowances
from ..guarding.budgets import check_budgets
from ..guarding.checks import check_hints, check_order
from ..guarding.findings import Finding, Kind
from ..reading.origins import class_place
from .rules import AUDIT_FAILED, IDS, RULES

Check = Callable[[], list[checks.CheckMessage]]

_PLACED = re.compile(r" \[([^\[\]]+:\d+)\]$")


def declared_checks(mixin: type) -> dict[str, Check]:
    """Return every check that needs no plan, by what it looks at."""
    return {
        "hints": lambda: check_hints(mixin),
        "views": lambda: check_order(mixin),
        "budgets": check_budgets,
        "allowances": check_allowances,
    }


def declared_findings(mixin: type) -> list[Finding]:
    """Return what those checks say, as findings."""
    return [as_audited(said) for said in check_declared(mixin)]


def check_declared(mixin: type) -> list[checks.CheckMessage]:
    """Return what those checks say. One that raises an error says that."""
    return [message for what, check in declared_checks(mixin).items() for message in _said(what, check)]


def _said(what: str, check: Check) -> list[checks.CheckMessage]:
    try:
        return check()
    except Exception as error:
        return [audit_failed(f"drf_autoprefetch: the check of {what}", error)]


def audit_failed(what: str, error: BaseException) -> checks.CheckMessage:
    """Return the message that a part of the audit has raised ``error``."""
    message = f"{what} raises {type(error).__name__}: {str(error).rstrip('.')}."
    hint = "Mend what the error names; where that is drf-autoprefetch itself, please report it."
    return checks.Warning(message, hint=hint, obj=what, id=RULES[AUDIT_FAILED].check)


def as_audited(said: checks.CheckMessage) -> Finding:
    """Return a message of a system check of this library as a finding."""
    placed = _PLACED.search(said.msg)
    message = said.msg[: placed.start()] if placed else said.msg
    is_class, rule = isinstance(said.obj, type), IDS[said.id or ""]
    about = said.obj.__name__ if is_class else NAME if rule != AUDIT_FAILED else str(said.obj)
    if message.startswith(about):
        rest = message[len(about) :].partition(" ")
        about, message = about + rest[0].rstrip(":"), rest[2]
    return Finding(
        "",
        "" if is_class else str(said.obj),
        Kind.HINT if is_class else Kind.SETTING,
        placed[1] if placed else place_of(said.obj) if is_class else "",
        remedy=said.hint or "",
        field=about,
        id=rule,
        severity=RULES[rule].severity,
        message=message,
    )


def place_of(cls: type) -> str:
    """Return ``file:line`` of a class, or an empty string."""
    file, line = class_place(cls)
    return f"{file}:{line}" if file else ""
