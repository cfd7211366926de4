"""Requests are watched, and what was found is counted, logged, warned of or raised."""

from __future__ import annotations

import inspect
import logging
import warnings
from collections.abc import Callable
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from ..conf import check_mode, get_settings
from ..exceptions import UnplannedQueryError, UnplannedQueryWarning
from ..signals import unplanned_queries
from .allowing import not_allowed
from .counting import Tally, current_tally
from .findings import Finding
from .streams import follow, is_stream
from .watching import Guarded, Watch, complain, entered, entered_in_turns

logger = logging.getLogger("drf_autoprefetch.unplanned")

_UNREPORTED = "Unplanned queries are not reported"
#: What a project may have asked for: a warning may be turned into an error.
_WANTED = (UnplannedQueryError, Warning)

_LIMIT = 10_000
#: What the log has said already in this process.
_logged: set[tuple[str, str, str]] = set()


def mode_of(view: Any) -> str:
    """Return what to do about unplanned queries of ``view``: one of ``conf.MODES``, and never ``auto``.

    Raises ImproperlyConfigured where the view says something else.
    """
    own = view.auto_prefetch_unplanned
    mode = check_mode(f"{type(view).__name__}.auto_prefetch_unplanned", own) if own else get_settings().UNPLANNED
    if mode == "auto":
        return "log" if django_settings.DEBUG else "count"
    return mode


def watched(view: Any, dispatch: Callable[..., Any], request: Any, *args: Any, **kwargs: Any) -> Any:
    """Return what ``dispatch`` answers, a response or a coroutine for one, and report what it loaded row by row.

    Raises UnplannedQueryError, or what warnings are turned into, only where a project asked for that; an error of the
    view's own comes first.
    """
    mode = "off"
    with Guarded("What to do about unplanned queries is not known", ImproperlyConfigured):
        mode = mode_of(view)
    if mode == "off":
        return dispatch(request, *args, **kwargs)
    watch = Watch(view, heal=mode == "heal")
    with entered(watch):
        response = dispatch(request, *args, **kwargs)
    if inspect.iscoroutine(response):
        return _awaited(view, request, watch, response, mode)
    with Guarded(_UNREPORTED, *_WANTED):
        _handed_back(view, request, watch, mode, response)
    return response


async def _awaited(view: Any, request: Any, watch: Watch, coming: Any, mode: str) -> Any:
    with entered(watch):
        response = await coming
    with Guarded(_UNREPORTED, *_WANTED):
        _handed_back(view, request, watch, mode, response)
    return response


def _handed_back(view: Any, request: Any, watch: Watch, mode: str, response: Any) -> None:
    """Report what the view did; what its response does while it streams is reported apart, when that is over."""
    tally = current_tally()
    _report(view, request, watch, mode, tally)
    with Guarded("What is loaded while a response streams is not watched"):
        if is_stream(response):
            _follow(view, request, mode, tally, response)


def _follow(view: Any, request: Any, mode: str, tally: Tally | None, response: Any) -> None:
    watch = Watch(view)

    def over(complete: bool) -> None:
        with Guarded("What was found is not told to the blocks around"):
            watch.hand_on()
        if watch.queries:
            # An error of the stream's own, or a client that went away, comes first.
            with Guarded(_UNREPORTED, *_WANTED):
                _report(view, request, watch, mode if complete or mode == "log" else "count", tally)

    follow(response, entered_in_turns(watch), over)


def _report(view: Any, request: Any, watch: Watch, mode: str, tally: Tally | None) -> None:
    findings = _told(view, request, watch, tally, log=mode in ("log", "heal"))
    if mode == "warn":
        for finding in findings:
            warnings.warn(str(finding), UnplannedQueryWarning, stacklevel=2)
    elif mode == "raise" and findings:
        raise UnplannedQueryError(findings)


def _told(view: Any, request: Any, watch: Watch, tally: Tally | None, *, log: bool) -> list[Finding]:
    """Tell the signal's receivers, and the log. Raises nothing: a log handler or a receiver may."""
    try:
        findings = not_allowed(watch.findings)
        if tally is not None:
            tally.add_unplanned(findings)
        if unplanned_queries.has_listeners(type(view)):
            unplanned_queries.send_robust(type(view), request=request, queries=watch.queries, findings=findings)
        if log:
            log_findings(findings)
    except Exception:
        complain(_UNREPORTED)
        return []
    return findings


def log_findings(findings: list[Finding]) -> None:
    """Log each finding, once in the life of the process for each view, field and relation."""
    for finding in findings:
        key = (finding.view, finding.path, finding.relation)
        if key in _logged:
            continue
        if len(_logged) >= _LIMIT:
            _logged.clear()
        _logged.add(key)
        logger.warning("%s", finding, extra=_extra(finding))


def _extra(finding: Finding) -> dict[str, Any]:
    return {
        "view": finding.view,
        "action": finding.action,
        "serializer_field": finding.path,
        "relation": finding.relation,
        "kind": finding.kind.value,
        "place": finding.place,
        "query_count": finding.count,
        "healed_rows": finding.healed,
        "distinct_parameters": finding.parameters,
        "remedy": finding.remedy,
    }


def forget_logged() -> None:
    """Have the log say everything once more."""
    _logged.clear()
