"""The reports of what views have loaded, when a request is over. No plan is made, and no query is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.conf import settings as django_settings
from django.utils.http import escape_leading_slashes
from rest_framework.permissions import SAFE_METHODS

from ..loading.querysets import put_on_rows
from ..loading.requests import left_alone
from ..loading.switches import switched_off
from ..loading.watching import Used, Watched
from ..notes import Note
from ..reading.views import handler_name
from .endpoint import links, planning_failed
from .reports import Report


def reports(kept: Iterable[Watched]) -> Iterator[Report]:
    """Yield a report for each plan that was used, and one for each view that has answered without any."""
    for one in kept:
        if getattr(one.view, "request", None) is None or getattr(one.view, "swagger_fake_view", False):
            continue  # who describes views makes some, which answer nothing
        bare = replace(_bare(one), links=_links(one))
        yield from (_with_plan(bare, used) for used in one.used)
        if not one.used or bare.notes:
            yield bare


def _bare(one: Watched) -> Report:
    view = one.view
    return Report(type(view).__name__, handler_name(view), one.serializer, None, _notes(one), None, False, 0.0)


def _with_plan(bare: Report, used: Used) -> Report:
    queryset = None if used.queryset is None else put_on_rows(used.plan, used.queryset)
    shown = bool(django_settings.DEBUG)
    return replace(bare, plan=used.plan, notes=(), queryset=queryset, cached=used.cached, show_parameters=shown)


def _notes(one: Watched) -> tuple[Note, ...]:
    if one.error is not None:
        return (planning_failed(one.view, one.error),)
    problem = "" if one.used else switched_off(one.view)
    return (left_alone(one.view, problem),) if problem else ()


def _links(one: Watched) -> tuple[tuple[str, str], ...]:
    """Where to ask for the plan of the same request; only what is read has one."""
    request = one.view.request
    if request.method not in SAFE_METHODS or request.method == "OPTIONS":
        return ()
    path = escape_leading_slashes(request.get_full_path().partition("?")[0])
    *formats, _ = links(request)
    return tuple((name, path + query) for name, query in formats)
