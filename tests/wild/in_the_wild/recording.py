"""Write down every response of Django REST Framework's views: one line of JSON each."""

from __future__ import annotations

import atexit
import hashlib
import json
import logging
import os
import time
import unittest
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from .steady import begin


class Recorder:
    """What is known of the test that is running, and the file that its responses are written to."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("w")
        atexit.register(self.file.close)
        self.unit = ""
        self.test = ""
        self.number = 0
        self.logged: list[str] = []

    def key(self) -> tuple[str, int]:
        """Return the test that is running, and how many responses it had before."""
        running = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0] or self.unit
        if running != self.test:
            begin(running)
            self.test, self.number = running, -1
        self.number += 1
        return running, self.number

    def write(self, **values: Any) -> None:
        """Write one line."""
        self.file.write(json.dumps(values) + "\n")
        self.file.flush()


class _Log(logging.Handler):
    def __init__(self, recorder: Recorder) -> None:
        super().__init__(logging.WARNING)
        self.recorder = recorder

    def emit(self, record: logging.LogRecord) -> None:
        trace = logging.Formatter().formatException(record.exc_info)[-2000:] if record.exc_info else ""
        self.recorder.logged.append(f"{record.getMessage()}\n{trace}")


class _Counter:
    """An execute wrapper that counts the queries and keeps their SQL."""

    def __init__(self) -> None:
        self.queries: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.queries.append(sql)
        return execute(sql, params, many, context)


def record_responses(views: Any, path: Path) -> None:
    """Wrap ``APIView.dispatch``, and remember which test of ``unittest`` runs."""
    recorder = Recorder(path)
    logging.getLogger("drf_autoprefetch").addHandler(_Log(recorder))
    _follow_unittest(recorder)
    plain = views.APIView.dispatch
    depth = 0

    def dispatch(view: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal depth
        if depth:
            return plain(view, request, *args, **kwargs)
        from django.db import connections

        counter, started = _Counter(), time.perf_counter()
        test, number = recorder.key()
        recorder.logged.clear()
        about = {
            "test": test,
            "number": number,
            "view": f"{type(view).__module__}.{type(view).__qualname__}",
            "action": getattr(view, "action", None) or "",
            "method": request.method,
            "path": request.get_full_path(),
        }
        with ExitStack() as stack:
            for connection in connections.all():
                stack.enter_context(connection.execute_wrapper(counter))
            depth += 1
            try:
                response = plain(view, request, *args, **kwargs)
            except BaseException as error:
                answer: dict[str, Any] = {"status": 0, "body": f"{type(error).__name__}: {error}"}
                raise
            else:
                answer = {"status": response.status_code, "body": _body(response)}
                return response
            finally:
                depth -= 1
                recorder.write(**about, **answer, **_measured(counter, started, recorder))

    views.APIView.dispatch = dispatch


def _measured(counter: _Counter, started: float, recorder: Recorder) -> dict[str, Any]:
    return {
        "queries": len(counter.queries),
        "sql": counter.queries if os.environ.get("WILD_SQL") else [],
        "seconds": round(time.perf_counter() - started, 6),
        "logged": list(recorder.logged),
    }


def _body(response: Any) -> str:
    """The data as JSON would show it, in its order: the same data are the same bytes in whatever format."""
    from rest_framework.renderers import JSONRenderer

    if not hasattr(response, "data"):
        content = b"" if getattr(response, "streaming", False) else response.content
        return hashlib.sha256(content).hexdigest()
    try:
        text = JSONRenderer().render(response.data).decode()
    except Exception:
        text = repr(response.data)
    return text if len(text) < 20_000 or os.environ.get("WILD_SQL") else hashlib.sha256(text.encode()).hexdigest()


def _follow_unittest(recorder: Recorder) -> None:
    run = unittest.TestCase.run

    def follow(case: unittest.TestCase, result: Any = None) -> Any:
        recorder.unit = case.id()
        return run(case, result)

    unittest.TestCase.run = follow  # type: ignore[assignment, method-assign]
