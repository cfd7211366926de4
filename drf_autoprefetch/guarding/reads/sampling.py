"""Which responses are sampled, and where their samples go: nowhere, unless a project asks for it."""

from __future__ import annotations

import atexit
import inspect
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from rest_framework.permissions import SAFE_METHODS

from ...conf import get_settings
from ...loading.watching import Watched, kept_here
from ...reading.views import handler_name
from ..watching import Guarded, complain
from .recorder import Recorder
from .samples import sample_of
from .storing import Store

Answering = Callable[..., Any]

_stores: dict[str, Store] = {}
_lock = Lock()
#: The file to which all responses of a test run go.
_everything = ""


@contextmanager
def learning(file: str) -> Iterator[None]:
    """Sample every response in this block, in whatever thread, to ``file``."""
    global _everything
    before, _everything = _everything, file
    try:
        yield
    finally:
        _everything = before


def sampled(view: Any, dispatch: Answering) -> Answering:
    """Return ``dispatch``, or what answers in its place and keeps a sample of what is read of the rows."""
    file = _everything or _chosen()
    if not file:
        return dispatch

    def answer(request: Any, *args: Any, **kwargs: Any) -> Any:
        recorder = Recorder()
        with kept_here() as kept, recorder.watching():
            response = dispatch(request, *args, **kwargs)
        if inspect.iscoroutine(response):
            return _awaited(view, response, file)
        _keep(view, recorder, kept, response, file)
        return response

    return answer


async def _awaited(view: Any, coming: Any, file: str) -> Any:
    recorder = Recorder()
    with kept_here() as kept, recorder.watching():
        response = await coming
    _keep(view, recorder, kept, response, file)
    return response


def _chosen() -> str:
    settings = get_settings()
    share = settings.LEARN
    return settings.LEARN_FILE if share and random.random() < share else ""


def _keep(view: Any, recorder: Recorder, kept: list[Watched], response: Any, file: str) -> None:
    with Guarded("A response is not learned from"):
        plans = [used.plan for one in kept if one.view is view for used in one.used]
        if not plans or response.status_code >= 400 or not recorder.rows or recorder.failed:
            return
        cls = type(view)
        sample = sample_of(recorder, plans)
        if view.request.method not in SAFE_METHODS:
            # Rows of a write have all their columns, whatever is shown.
            sample.nodes.clear()
        store_for(file).add((f"{cls.__module__}.{cls.__qualname__}", handler_name(view)), sample)


def store_for(file: str) -> Store:
    """Return what writes to ``file``, the same for everybody in this process."""
    with _lock:
        if not _stores:
            atexit.register(flush)
        return _stores.setdefault(file, Store(file))


def flush() -> None:
    """Write what has not been written yet."""
    for store in list(_stores.values()):
        try:
            store.flush()
        except Exception:
            complain("Samples are not written")
