"""``?explain_prefetch=1``: the plan of a request instead of its data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings as django_settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.module_loading import import_string
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS

from ..conf import get_settings
from ..exceptions import AutoPrefetchError
from ..loading.carried import without_plan
from ..loading.querysets import put_on
from ..loading.requests import Outcome, RequestPlan
from ..notes import Note
from ..reading.origins import class_origin
from ..reading.views import handler_name, is_detail
from .formats import FORMATS, negotiate
from .reports import Report

_NEGOTIATED = ("1", "true")


def asked_to_explain(view: Any, request: Any) -> bool:
    """Return whether ``request`` asks for its plan, by a safe method and with the right to see it.

    Where it does not, the parameter means nothing at all. Call it when permissions have been checked.
    """
    if not names_explain(request):
        return False
    if django_settings.DEBUG:
        return True
    return bool(import_string(get_settings().EXPLAIN_PERMISSION)().has_permission(request, view))


def names_explain(request: Any) -> bool:
    """Return whether ``request`` has the parameter, on a method for which it means something."""
    readable = request.method in SAFE_METHODS and request.method != "OPTIONS"
    return readable and get_settings().EXPLAIN_PARAMETER in request.query_params


def explain(view: Any, plan: RequestPlan, request: Any) -> HttpResponse:
    """Return the plan of ``request``, which ``view`` answers. Object permissions are checked as the view does.

    Raises ValidationError (400) for a value of the parameter that is no format.
    """
    name = _format_name(request)
    if is_detail(view):
        view.get_object()
    report = make_report(view, plan)
    known = FORMATS[name]
    response = HttpResponse(known.render(report), content_type=f"{known.media_type}; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["Vary"] = "Accept, Cookie, Authorization"
    return response


def make_report(view: Any, plan: RequestPlan) -> Report:
    """Return the report of the request that ``view`` is answering. Its rows are not fetched."""
    queryset = view.filter_queryset(view.get_queryset())
    queryset = without_plan(queryset) if isinstance(queryset, QuerySet) else queryset
    outcome = _outcome(view, plan, queryset)
    planned = None if outcome.plan is None else put_on(outcome.plan, queryset.all(), queryset)
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


def _outcome(view: Any, plan: RequestPlan, queryset: Any) -> Outcome:
    """A plan that cannot be made is what a person asks about here."""
    try:
        return plan.outcome(queryset)
    except AutoPrefetchError as error:
        origin = replace(class_origin(type(view), "view"), field=handler_name(view))
        remedy = "Requests load their rows as without the library until this is mended."
        return Outcome(None, (Note("planning-failed", "", f"planning failed: {error}", remedy, origin),))


def _format_name(request: Any) -> str:
    parameter = get_settings().EXPLAIN_PARAMETER
    value = request.query_params[parameter]
    if value in FORMATS:
        return str(value)
    if value in _NEGOTIATED:
        return negotiate(request.headers.get("Accept", ""))
    good = ", ".join((*_NEGOTIATED[:1], *FORMATS))
    raise ValidationError({parameter: [f"{value!r} is no way to explain. Choices are: {good}."]})
