"""The audit as system checks of Django: what ``manage.py check --deploy`` says of every registered view."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.core import checks

from ..explaining.finding_views import registered_views
from ..explaining.offline import QueryRefused, no_queries
from ..explaining.placeholders import made_up_user
from ..explaining.unasked import Asking
from ..guarding.findings import Finding
from ..notes import Severity
from .audits import audit, audited
from .declared import audit_failed, declared_findings
from .rules import RULES

_LEVELS = {Severity.NOTE: checks.INFO, Severity.WARNING: checks.WARNING, Severity.ERROR: checks.ERROR}


def check_views(mixin: type) -> list[checks.CheckMessage]:
    """Return what is found about every registered view, asked by somebody who is signed in. No query is run.

    What is declared is left out: that is told by a check of its own.
    """
    if not getattr(django_settings, "ROOT_URLCONF", None):
        return []
    try:
        with no_queries():
            return _messages(mixin)
    except (Exception, QueryRefused) as error:
        return [audit_failed("drf_autoprefetch: the audit of all views", error)]


def _messages(mixin: type) -> list[checks.CheckMessage]:
    registered = registered_views(audited(mixin).bases)
    views = {one.name: one.view for one in registered}
    declared = declared_findings(mixin)
    told = set(map(_key, declared))
    found = audit(registered, Asking(_somebody()), mixin, declared)
    return [_message(one, views) for one in found if _key(one) not in told]


def _somebody() -> Any:
    """Most views want a user, whoever it is. A project without users has views that want none."""
    try:
        return made_up_user()
    except Exception:
        return None


def _key(one: Finding) -> tuple[str, ...]:
    return one.id, one.field, one.message


def _message(one: Finding, views: dict[str, Any]) -> checks.CheckMessage:
    place = f" [{one.place}]" if one.place else ""
    message = f"{one.about}: {one.message}{place}"
    obj = views.get(one.views[0]) if one.views else one.field
    return checks.CheckMessage(_LEVELS[one.severity], message, one.remedy, obj, RULES[one.id].check)
