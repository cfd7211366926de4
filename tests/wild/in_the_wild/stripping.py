"""An application as its authors would have it without any thought of queries: none of their own hints in its views."""

from __future__ import annotations

import os
import sys
from typing import Any

_METHODS = ("select_related", "prefetch_related", "only", "defer")


def strip_hints(query: Any) -> None:
    """Have ``select_related()`` and the like do nothing where modules of the application's views call them.

    A ``Prefetch`` that fills an attribute of its own is kept: code reads that attribute.
    """
    for name in _METHODS:
        setattr(query.QuerySet, name, _stripped(getattr(query.QuerySet, name)))


def _stripped(method: Any) -> Any:
    def call(queryset: Any, *args: Any) -> Any:
        if not _is_view_module(_caller()):
            return method(queryset, *args)
        kept = [arg for arg in args if getattr(arg, "to_attr", None)]
        return method(queryset, *kept) if kept else queryset._chain()

    call.__name__ = method.__name__
    call.queryset_only = False  # type: ignore[attr-defined]
    return call


def _caller() -> str:
    """The file that called the queryset's method, or its manager's of the same name."""
    frame: Any = sys._getframe(2)
    while frame is not None and os.sep + "django" + os.sep in frame.f_code.co_filename:
        frame = frame.f_back
    return frame.f_code.co_filename if frame is not None else ""


def _is_view_module(file: str) -> bool:
    if "site-packages" in file or not os.path.abspath(file).startswith(os.getcwd()):
        return False
    inside = os.path.relpath(file, os.getcwd())
    return "view" in inside or "api" in inside
