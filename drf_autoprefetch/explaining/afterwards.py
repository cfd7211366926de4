"""The reports of what views have loaded, when a request is over. No plan is made, and no query is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from django.conf import settings as django_settings
from django.utils.http import escape_leading_slashes
from rest_framework.permissions import SAFE_METHODS

from ..loading.querysets import put_on_rows
from ..loading.switches import left_alone, switched_off
from ..loading.watching import Used, Watched
from ..notes import Note
from ..reading.views import handler_name
from .endpoint import links, planning_failed
from .reports import Report, report_data


def reports(kept: Iterable[Watched]) -> Iterator[dict[str, Any]]:
    """Yield the data of a report for each plan that was used, and of one for each view that has answered without any.

    Each has two keys more: ``links``, and ``origin``, which says where the plan came from.
    """
    for one in kept:
        if getattr(one.view, "request", None) is None or getattr(one.view, "swagger_fake_view", False):
            continue  # who describes views makes some, which answer nothing
        if one.used and one.error is None:
            yield from (_used(one, used) for used in one.used)
        else:
            notes = _notes(one)
            # A request that was refused has fetched nothing that might have been left as it was.
            yield _data(one, _bare(one, notes)) | ({} if notes else {"headline": "no rows were loaded by plan"})


def _used(one: Watched, used: Used) -> dict[str, Any]:
    try:
        return _data(one, _with_plan(one, used), _origin(used))
    except Exception as error:  # expressions of the project's own are compiled, which nobody may have done yet
        return _data(one, _bare(one, (planning_failed(one.view, error),)))


def _data(one: Watched, report: Report, origin: str = "") -> dict[str, Any]:
    return report_data(report) | {"links": _links(one.view.request), "origin": origin}


def _bare(one: Watched, notes: tuple[Note, ...]) -> Report:
    view = one.view
    return Report(type(view).__name__, handler_name(view), one.serializer, None, notes, None, False, 0.0)


def _with_plan(one: Watched, used: Used) -> Report:
    queryset = None if used.queryset is None else put_on_rows(used.plan, used.queryset)
    shown = bool(django_settings.DEBUG)
    return replace(_bare(one, ()), plan=used.plan, queryset=queryset, cached=used.cached, show_parameters=shown)


def _origin(used: Used) -> str:
    if used.queryset is None:
        return "for rows that were there already"
    return "remembered from an earlier request" if used.cached else "made anew"


def _notes(one: Watched) -> tuple[Note, ...]:
    if one.error is not None:
        return (planning_failed(one.view, one.error),)
    problem = switched_off(one.view)
    return (left_alone(one.view, problem),) if problem else ()


def _links(request: Any) -> list[list[str]]:
    """Where to ask for the plan of the same request, by format; only what is read has one."""
    if request.method not in SAFE_METHODS or request.method == "OPTIONS":
        return []
    path = escape_leading_slashes(request.get_full_path().partition("?")[0])
    *formats, _ = links(request)
    return [[name, path + query] for name, query in formats]
