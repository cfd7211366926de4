"""What keeps a request from being planned, and how that is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from ..conf import get_settings
from ..notes import Note
from ..reading.origins import class_origin
from ..reading.views import handler_name

_disabled: ContextVar[bool] = ContextVar("drf_autoprefetch.disabled", default=False)


@contextmanager
def autoprefetch_disabled() -> Iterator[None]:
    """Leave every queryset whose rows are fetched inside this block as it was. Other threads and tasks go on."""
    token = _disabled.set(True)
    try:
        yield
    finally:
        _disabled.reset(token)


def switched_off(view: Any) -> str:
    """Return which switch keeps the request of ``view`` from being planned, or an empty string."""
    if getattr(view, "request", None) is None or getattr(view, "swagger_fake_view", False):
        return "there is no request"
    if _disabled.get():
        return "autoprefetch_disabled() is in force"
    if not get_settings().ENABLED:
        return 'DRF_AUTOPREFETCH["ENABLED"] is False'
    if not view.auto_prefetch:
        return "auto_prefetch is False"
    skipped = view.auto_prefetch_skip_actions
    return "auto_prefetch_skip_actions names it" if skipped and handler_name(view) in skipped else ""


def left_alone(view: Any, problem: str) -> Note:
    """Return the note that says why the queryset of ``view`` has no plan."""
    origin = replace(class_origin(type(view), "view"), field=handler_name(view))
    message = f"the queryset is left as it was, because {problem}."
    return Note("left-alone", "", message, "Call optimize() where the rows are shown.", origin)
