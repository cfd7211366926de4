"""The plan of a view for a request that nobody has sent."""

from __future__ import annotations

import re
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from traceback import walk_tb
from types import TracebackType
from typing import Any

from django.db import Error

from ..notes import Note, Origin
from ..reading.origins import class_origin, is_installed, shorten
from .analysis.again import Again
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

    Where the plan cannot be made without more of a request than there is, a note says why.
    """
    try:
        with asking.guarded():
            view = live_view(registered, asking.user)
            again = Again(view, getattr(view, registered.method), view.request, *view.args, **view.kwargs)
            report = make_report(view, view._request_plan)
            report = with_analysis(report, again) if asking.analyzed else report
            return Explained(registered, asking, report, report_data(report))
    except QueryRefused as refused:
        problem, error = f"needs the database: {refused}", refused.__traceback__
    except Error as failed:
        problem, error = f"needs the database, which answers {as_line(failed)}", failed.__traceback__
    except Exception as failed:
        problem, error = f"raises {as_line(failed)}", failed.__traceback__
    report = _without_plan(registered, problem, error)
    return Explained(registered, asking, report, report_data(report))


def live_view(registered: Registered, user: Any) -> Any:
    """Return the view as it is when its handler is called, but for the permissions and throttles that it has."""
    view = new_view(registered)
    args, kwargs = view.args, view.kwargs
    view.request = view.initialize_request(view.request, *args, **kwargs)
    view.headers = view.default_response_headers
    _log_in(view.request, user)
    view.check_permissions = view.check_throttles = lambda request: None
    view.check_object_permissions = lambda request, obj: None
    view.initial(view.request, *args, **kwargs)
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
    words = " ".join(str(error).split())
    # Where an object lies in memory differs from run to run.
    return f"{type(error).__name__}: {re.sub(' at 0x[0-9a-fA-F]+', '', words)}"


def _without_plan(registered: Registered, problem: str, error: TracebackType | None) -> Report:
    view = registered.view
    note = Note(
        "needs-request",
        "",
        f"it {problem.rstrip('.')}.",
        "Try --signed-in, --user or a URL with all its parts, or ask a running project with ?explain_prefetch=1.",
        _origin(error) or replace(class_origin(view, "view"), field=registered.action),
    )
    serializer = getattr(getattr(view, "serializer_class", None), "__name__", "?")
    return Report(view.__name__, registered.action, serializer, None, (note,), None, False, 0.0)


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
