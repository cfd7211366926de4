"""An application as its authors would have it without any thought of queries: none of their own hints in its views."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

ROOT = os.getcwd() + os.sep
_METHODS = ("select_related", "prefetch_related", "only", "defer")
#: ``views``, ``api``, ``viewsets.py``, ``api_views``; not ``reviews``.
_VIEWS = re.compile(r"(?<![a-z])(api|apiviews?|views?|viewsets?)(?![a-z])")
_TESTS = re.compile(r"(?<![a-z])tests?(?![a-z])")
#: Calls that were taken away, by file and line.
stripped: Counter[str] = Counter()


def strip_hints(query: Any) -> None:
    """Have ``select_related()`` and the like do nothing where the application's views, or what they call, call them.

    A ``Prefetch`` that fills an attribute of its own is kept: code reads that attribute.
    """
    for name in _METHODS:
        setattr(query.QuerySet, name, _stripped(getattr(query.QuerySet, name)))


def report() -> None:
    """Say where hints were taken away: a run in which there were none says nothing about the mixin."""
    print(f"{sum(stripped.values())} calls in {len(stripped)} places had hints taken away", file=sys.stderr)
    for place, times in sorted(stripped.items()):
        print(f"  {place}: {times}", file=sys.stderr)


def _stripped(method: Any) -> Any:
    def call(queryset: Any, *args: Any) -> Any:
        place = _place_in_views()
        if place is None:
            return method(queryset, *args)
        kept = [arg for arg in args if getattr(arg, "to_attr", None)]
        if len(kept) < len(args) or not args:
            stripped[place] += 1
        return method(queryset, *kept) if kept else queryset._chain()

    call.__name__ = method.__name__
    call.queryset_only = False  # type: ignore[attr-defined]
    return call


def _place_in_views() -> str | None:
    """Where the application called the method, if a view did, or a function that a view called without a detour."""
    places = list(_callers())
    return places[0] if any(map(_is_view_module, places)) else None


def _callers() -> Iterator[str]:
    """Yield the places in the application that led to the call, the nearest first, up to code that is not its own."""
    frame: Any = sys._getframe(3)
    while frame is not None and os.sep + "django" + os.sep in frame.f_code.co_filename:
        frame = frame.f_back  # a manager's method of the same name
    while frame is not None and (inside := _inside(frame.f_code.co_filename)):
        yield f"{inside}:{frame.f_lineno}"
        frame = frame.f_back


def _inside(file: str) -> str | None:
    """The path of a file of the application, from its root."""
    if "site-packages" in file or not os.path.abspath(file).startswith(ROOT):
        return None
    return os.path.relpath(file, ROOT)


def _is_view_module(place: str) -> bool:
    return bool(_VIEWS.search(place)) and not _TESTS.search(place)
