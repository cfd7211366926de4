"""The audit: all that is found about the views of a project, and about what it declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ..explaining.choosing import Wanted
from ..explaining.finding_views import Registered
from ..explaining.findings import sorted_once
from ..explaining.unasked import Asking
from ..guarding.findings import Finding
from .rules import NEEDS_REQUEST, NO_MIXIN
from .views import audit_view


def audited(mixin: type) -> Wanted:
    """Return the views that are audited: generic views of Django REST Framework, and whatever has ``mixin``."""
    from rest_framework.generics import GenericAPIView

    return Wanted(
        (GenericAPIView, mixin),
        "generic view that a URL leads to, with something to read,",
        "is no generic view of Django REST Framework. Only those are audited.",
        "No URL of this project leads to a generic view.",
    )


def audit(chosen: Iterable[Registered], asking: Asking, mixin: type, declared: Sequence[Finding] = ()) -> list[Finding]:
    """Return what is found about the actions and what is ``declared``, each thing once, the gravest first.

    No database is asked, unless ``asking`` may.
    """
    found = [each for registered in chosen for each in audit_view(registered, asking, mixin)]
    return list(map(_counted, sorted_once(_once_a_cause(_without_echoes([*found, *declared])))))


def _once_a_cause(found: Iterable[Finding]) -> Iterator[Finding]:
    """What the mixin would do is told of one action of a view, and what a request would have to bring of one view."""
    told: dict[tuple[str, ...], Finding] = {}
    for one in found:
        if one.id == NO_MIXIN:
            yield replace(one, message=told.setdefault((one.field, one.place), one).message)
        elif one.id == NEEDS_REQUEST:
            yield replace(told.setdefault((one.message,), one), views=one.views)
        else:
            yield one


def _counted(one: Finding) -> Finding:
    others = len({view.partition(":")[0] for view in one.views}) - 1
    if one.id != NEEDS_REQUEST or others < 1:
        return one
    more = "So does another view." if others == 1 else f"So do {others} views more."
    return replace(one, message=f"{one.message} {more}")


def _without_echoes(found: list[Finding]) -> list[Finding]:
    """A plan that fails for a wrong hint is told once, by the hint, together with the actions that it fails."""
    hints = [one for one in found if one.id == "wrong-hint"]
    echoes = {one: _cause(one, hints) for one in found if one.id == "planning-failed"}
    views: dict[Finding, tuple[Any, ...]] = dict.fromkeys(hints, ())
    for echo, hint in echoes.items():
        if hint is not None:
            views[hint] += echo.views
    left = (one for one in found if echoes.get(one) is None)
    return [replace(one, views=views[one]) if one in views else one for one in left]


def _cause(echo: Finding, hints: list[Finding]) -> Finding | None:
    return next((hint for hint in hints if f"{hint.field}: {hint.message} [{hint.place}]" in echo.message), None)
