"""The plan of a view for a request that nobody has sent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from traceback import walk_tb
from types import TracebackType
from typing import Any

from django.db import Error
from django.db.models import Manager, QuerySet

from ..notes import Note, Origin
from ..reading.origins import class_origin, is_installed, shorten
from .analysis.again import Again
from .characters import without_addresses
from .endpoint import make_report, with_analysis
from .finding_views import Registered
from .formats import Format
from .offline import QueryRefused, no_queries
from .placeholders import made_up_request
from .reports import Report, report_data

_PACKAGE = __name__.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks: nobody, or a user; whether code of the view's own may run queries, and whether its handler is run."""

    user: Any = None
    may_query: bool = False
    analyzed: bool = False

    def guarded(self) -> AbstractContextManager[None]:
        """Refuse queries in a block, unless they may be run."""
        return nullcontext() if self.may_query else no_queries()


@dataclass(frozen=True, slots=True)
class Explained:
    """The report of one registered action, and the same as plain data."""

    registered: Registered
    asking: Asking
    report: Report
    data: dict[str, Any]

    @property
    def name(self) -> str:
        """``shop.views.BookViewSet:list``."""
        return self.registered.name

    def render(self, known: Format) -> str:
        """Return the report in a format; that compiles SQL, which may ask the database for its version."""
        with self.asking.guarded():
            return known.render(self.report)


def explain_unasked(registered: Registered, asking: Asking) -> Explained:
    """Return the report of a GET to a view. Its permissions are not run, its handler only to analyze the request.

    Where the view's rows need more of a request than there is, a note says why, and the plan is that of the rows that
    its class declares; without any, that of all rows of its serializer's model.
    """
    explained = _attempt(registered, asking, live_view)
    return _by_declared_rows(registered, asking, explained) if isinstance(explained, Note) else explained


def _attempt(
    registered: Registered, asking: Asking, make: Callable[[Registered, Any], Any], *notes: Note
) -> Explained | Note:
    try:
        with asking.guarded():
            view = make(registered, asking.user)
            again = Again(view, getattr(view, registered.method), view.request, *view.args, **view.kwargs)
            report = make_report(view, view._request_plan)
            report = with_analysis(report, again) if asking.analyzed and not notes else report
            report = replace(report, notes=(*(_with_rows(note, registered, report) for note in notes), *report.notes))
            return Explained(registered, asking, report, report_data(report))
    except QueryRefused as refused:
        problem, error = f"needs the database: {refused}", refused.__traceback__
    except Error as failed:
        problem, error = f"needs the database, which answers {as_line(failed)}", failed.__traceback__
    except Exception as failed:
        problem, error = f"raises {as_line(failed)}", failed.__traceback__
    return _needs_request(registered, problem, error)


def _by_declared_rows(registered: Registered, asking: Asking, note: Note) -> Explained:
    explained = _attempt(registered, asking, _view_of_declared_rows, note)
    if isinstance(explained, Explained) and explained.report.plan is not None:
        return explained
    serializer = getattr(getattr(registered.view, "serializer_class", None), "__name__", "?")
    report = Report(registered.view.__name__, registered.action, serializer, None, (note,), None, False, 0.0)
    return Explained(registered, asking, report, report_data(report))


def _with_rows(note: Note, registered: Registered, report: Report) -> Note:
    """Say which rows a plan is for that is not the one asked for."""
    if report.plan is None:
        return note
    rows = (
        "the rows that its class declares"
        if _has_rows(registered.view)
        else f"all rows of {report.plan.model.__name__}"
    )
    return replace(note, message=f"{note.message} The plan shown is that of {rows}.")


def _view_of_declared_rows(registered: Registered, user: Any) -> Any:
    """The view with the rows that its class names, before its own code picks from them, be that in ``initial()``."""
    view = _fresh_view(registered, user)
    with suppress(Exception, QueryRefused):
        view.initial(view.request, *view.args, **view.kwargs)
    view.get_queryset = partial(_declared_rows, view)
    view.filter_queryset = lambda queryset: queryset
    return view


def _declared_rows(view: Any) -> Any:
    if _has_rows(view):
        return view.queryset.all()
    return QuerySet(view.get_serializer_class().Meta.model)


def _has_rows(view: Any) -> bool:
    return isinstance(getattr(view, "queryset", None), QuerySet | Manager)


def live_view(registered: Registered, user: Any) -> Any:
    """Return the view as it is when its handler is called, but for the permissions and throttles that it has."""
    view = _fresh_view(registered, user)
    view.initial(view.request, *view.args, **view.kwargs)
    return view


def _fresh_view(registered: Registered, user: Any) -> Any:
    view = new_view(registered)
    view.request = view.initialize_request(view.request, *view.args, **view.kwargs)
    view.headers = view.default_response_headers
    _log_in(view.request, user)
    view.check_permissions = view.check_throttles = lambda request: None
    view.check_object_permissions = lambda request, obj: None
    return view


def new_view(registered: Registered) -> Any:
    """Return the view as it is when ``dispatch()`` is called with its request, its ``args`` and its ``kwargs``."""
    request: Any = made_up_request(registered.method, registered.path)
    request.resolver_match = registered.match
    args, kwargs = registered.match.args, registered.match.kwargs
    view = registered.view(**registered.initkwargs)
    if registered.actions is None:
        view.setup(request, *args, **kwargs)
    else:
        view.action_map = registered.actions
        for method, action in registered.actions.items():
            setattr(view, method, getattr(view, action))
    view.request, view.args, view.kwargs = request, args, kwargs
    return view


def _log_in(request: Any, user: Any) -> None:
    if user is None:
        request.authenticators = ()
    else:
        request.user, request.auth = user, None


def as_line(error: Exception) -> str:
    """Return class and message of an error in one line that is the same in every run."""
    return f"{type(error).__name__}: {' '.join(without_addresses(error).split())}"


def _needs_request(registered: Registered, problem: str, error: TracebackType | None) -> Note:
    return Note(
        "needs-request",
        "",
        f"it {problem.rstrip('.')}.",
        "Try --signed-in, --user or a URL with all its parts, or ask a running project with ?explain_prefetch=1.",
        _origin(error) or replace(class_origin(registered.view, "view"), field=registered.action),
    )


def _origin(error: TracebackType | None) -> Origin | None:
    """The innermost line of the project's own on the way to an error."""
    own = [(frame, line) for frame, line in walk_tb(error) if _is_projects(frame)]
    if not own:
        return None
    frame, line = own[-1]
    code, this = frame.f_code, frame.f_locals.get("self")
    owner = frame.f_globals.get("__name__", "?") if this is None else type(this).__name__
    return Origin(owner, code.co_name, shorten(code.co_filename), line, "view")


def _is_projects(frame: Any) -> bool:
    file, root = frame.f_code.co_filename, frame.f_globals.get("__name__", "").partition(".")[0]
    return not (is_installed(file) or root == _PACKAGE or root in sys.stdlib_module_names)
