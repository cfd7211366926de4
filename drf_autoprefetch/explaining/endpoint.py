"""``?explain_prefetch=1``: the plan of a request instead of its data; ``analyze``: what happens, too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import FieldError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.module_loading import import_string
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS

from ..conf import get_settings
from ..exceptions import AutoPrefetchError
from ..loading.carried import without_plan
from ..loading.querysets import put_on_rows
from ..loading.requests import Outcome, RequestPlan
from ..notes import Note
from ..reading.origins import class_origin
from ..reading.views import handler_name, is_detail
from .analysis.again import Again
from .analysis.results import Planned, analyze
from .characters import without_addresses
from .formats import FORMATS, PLAN_MEDIA_TYPE, Format, negotiate
from .reports import Report, report_data

_NEGOTIATED = ("1", "true")
#: Alone, it is negotiated as well; before a format, it stands with a hyphen.
ANALYZE = "analyze"


def asked_to_explain(view: Any, request: Any) -> bool:
    """Return whether ``request`` asks for its plan, by a safe method and with the right to see it.

    Where it does not, the parameter means nothing at all. Call it when permissions have been checked.
    """
    return names_explain(request) and may_explain(view, request)


def may_explain(view: Any, request: Any) -> bool:
    """Return whether who sends ``request`` has the right to see plans."""
    if django_settings.DEBUG:
        return True
    return bool(import_string(get_settings().EXPLAIN_PERMISSION)().has_permission(request, view))


def names_explain(request: Any) -> bool:
    """Return whether ``request`` has the parameter or accepts a plan, on a method for which that means something."""
    if request.method not in SAFE_METHODS or request.method == "OPTIONS":
        return False
    return get_settings().EXPLAIN_PARAMETER in request.query_params or PLAN_MEDIA_TYPE in _accepted(request)


def _accepted(request: Any) -> str:
    return str(request.META.get("HTTP_ACCEPT", ""))


def explain(plan: RequestPlan, again: Again) -> HttpResponse:
    """Return the plan of a request, and what happened where it asks for that. Object permissions come first.

    Raises ValidationError (400) for a value of the parameter that is no format.
    """
    view, request = again.view, again.request
    known, media_type, analyzed = _format(request)
    # Its filters may refuse a parameter that they do not know.
    view.request = again.fresh_request(view)
    if is_detail(view):
        view.get_object()
    report = replace(make_report(view, plan), links=links(request, analyzed=analyzed))
    if analyzed:
        report = with_analysis(report, again)
    headers = {
        "Content-Type": f"{media_type}; charset=utf-8",
        # Early releases of Django 5.2 cache for everybody what is not private.
        "Cache-Control": "private, no-store",
        "Vary": "Accept, Cookie, Authorization",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(known.render(report), headers=headers | known.headers())


def with_analysis(report: Report, again: Again) -> Report:
    """Return ``report`` with what happens when its request is run, which this does."""
    return replace(report, analysis=analyze(again, Planned(report_data(report), report.show_parameters)))


def links(request: Any, *, analyzed: bool = False) -> tuple[tuple[str, str], ...]:
    """Return the query string of ``request`` for each format, for the other kind of report, and for its data.

    Each starts with ``?``: a path that were repeated might be read as the name of another host.
    """
    values = {name: f"{ANALYZE}-{name}" if analyzed else name for name in FORMATS}
    values |= {"the plan alone": _NEGOTIATED[0]} if analyzed else {ANALYZE: ANALYZE}
    found = []
    for name, value in values.items():
        query = request.query_params.copy()
        query[get_settings().EXPLAIN_PARAMETER] = value
        found.append((name, f"?{query.urlencode()}"))
    data = request.query_params.copy()
    data.pop(get_settings().EXPLAIN_PARAMETER, None)
    return (*found, ("the data", f"?{data.urlencode()}"))


def make_report(view: Any, plan: RequestPlan) -> Report:
    """Return the report of the request that ``view`` is answering. Its rows are not fetched."""
    queryset = view.filter_queryset(view.get_queryset())
    queryset = without_plan(queryset) if isinstance(queryset, QuerySet) else queryset
    outcome, planned = _outcome(view, plan, queryset)
    return Report(
        view=type(view).__name__,
        action=handler_name(view),
        serializer=view.get_serializer_class().__name__,
        plan=outcome.plan,
        notes=outcome.notes,
        queryset=planned,
        cached=outcome.cached,
        seconds=outcome.seconds,
        show_parameters=bool(django_settings.DEBUG),
    )


def _outcome(view: Any, plan: RequestPlan, queryset: Any) -> tuple[Outcome, Any]:
    """The plan, and the queryset with it. One that cannot be made, or put on, is what a person asks about here."""
    try:
        outcome = plan.outcome(queryset)
        return outcome, None if outcome.plan is None else put_on_rows(outcome.plan, queryset.all())
    except (AutoPrefetchError, FieldError) as error:
        return Outcome(None, (planning_failed(view, error),)), None


def planning_failed(view: Any, error: Exception) -> Note:
    """Return the note that says what planning for ``view`` raised."""
    origin = replace(class_origin(type(view), "view"), field=handler_name(view))
    remedy = "Requests load their rows as without the library until this is mended."
    return Note("planning-failed", "", f"planning failed: {without_addresses(error)}", remedy, origin)


def choices() -> tuple[str, ...]:
    """Return the values of the parameter that are documented."""
    return (*_NEGOTIATED[:1], *FORMATS, ANALYZE, *(f"{ANALYZE}-{name}" for name in FORMATS))


def _format(request: Any) -> tuple[Format, str, bool]:
    """The format, the media type to send it as, and whether the request is to be analyzed."""
    parameter = get_settings().EXPLAIN_PARAMETER
    value = request.query_params.get(parameter, _NEGOTIATED[0])
    analyzed, name = value.startswith(ANALYZE), value.removeprefix(f"{ANALYZE}-")
    if name in FORMATS:
        return FORMATS[name], FORMATS[name].media_types[0], analyzed
    if value in (*_NEGOTIATED, ANALYZE):
        return *negotiate(_accepted(request)), analyzed
    raise ValidationError({parameter: [f"{value!r} is no way to explain. Choices are: {', '.join(choices())}."]})
