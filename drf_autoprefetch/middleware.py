"""``PrefetchMonitorMiddleware``: how many queries each response takes, of every view."""

from __future__ import annotations

import random
from collections.abc import Callable
from importlib import import_module
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import ImproperlyConfigured

from .conf import NAME, get_settings
from .exceptions import QueryBudgetError
from .guarding.counting import Tally, counted, counted_in_turns
from .guarding.responses import Measurement, add_headers, error_for, log_exceeded, measured
from .guarding.streams import follow, is_stream
from .guarding.watching import Guarded, install
from .signals import response_measured

_UNMEASURED = "A response is not measured"


class PrefetchMonitorMiddleware:
    """Counts the queries of each response, tells the ``response_measured`` signal, and keeps views to their budgets.

    Put it first, so that it counts what other middleware asks, too. A streaming response is told of when its stream is
    over; its headers say what it took until it was handed back. Nothing that fails here changes a response; only
    ``OVER_BUDGET`` with ``raise`` does.

    Raises ImproperlyConfigured at start where the settings are wrong, or a package for ``METRICS`` is missing.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)
        # Connections of other threads are made later, and get it then.
        install()
        _connect_metrics()

    def __call__(self, request: Any) -> Any:
        """Answer the request, or return a coroutine for the answer."""
        if self._is_async:
            return self._answer(request)
        if not _sampled():
            return self.get_response(request)
        with counted() as tally:
            response = self.get_response(request)
        with Guarded(_UNMEASURED, QueryBudgetError):
            self._handed_back(request, response, tally)
        return response

    def _handed_back(self, request: Any, response: Any, tally: Tally) -> None:
        measurement = self._measured(request, tally)
        if measurement is not None and not self._followed(request, response, tally, measurement):
            self._tell(request, response, measurement)
            self._finish(request, response, measurement)

    async def _answer(self, request: Any) -> Any:
        if not _sampled():
            return await self.get_response(request)
        with counted() as tally:
            response = await self.get_response(request)
        with Guarded(_UNMEASURED, QueryBudgetError):
            await self._ahanded_back(request, response, tally)
        return response

    async def _ahanded_back(self, request: Any, response: Any, tally: Tally) -> None:
        measurement = self._measured(request, tally)
        if measurement is not None and not self._followed(request, response, tally, measurement):
            # Where nobody listens, a thread would be asked for nothing.
            with Guarded("A measured response is not told"):
                if response_measured.has_listeners(type(self)):
                    await response_measured.asend_robust(type(self), **_told(request, response, measurement))
            self._finish(request, response, measurement)

    def _tell(self, request: Any, response: Any, measurement: Measurement) -> None:
        with Guarded("A measured response is not told"):
            response_measured.send_robust(type(self), **_told(request, response, measurement))

    def _followed(self, request: Any, response: Any, tally: Tally, measurement: Measurement) -> bool:
        """Go on counting where a response streams, unless it has to be an error already: return whether it does."""
        followed = False
        with Guarded("Queries are not counted while a response streams"):
            if is_stream(response) and error_for(measurement) is None:

                def over(complete: bool) -> None:
                    with Guarded(_UNMEASURED, QueryBudgetError):
                        self._end(request, response, tally, complete)

                follow(response, counted_in_turns(tally), over)
                followed = True
        if followed:
            self._head(request, response, measurement)
        return followed

    def _end(self, request: Any, response: Any, tally: Tally, complete: bool) -> None:
        measurement = self._measured(request, tally)
        if measurement is not None:
            self._tell(request, response, measurement)
            self._log(measurement)
            if complete:
                self._keep(measurement)

    def _measured(self, request: Any, tally: Tally) -> Measurement | None:
        measurement = None
        with Guarded(_UNMEASURED):
            measurement = measured(request, tally)
        return measurement

    def _finish(self, request: Any, response: Any, measurement: Measurement) -> None:
        self._log(measurement)
        self._head(request, response, measurement)
        self._keep(measurement)

    def _log(self, measurement: Measurement) -> None:
        with Guarded("A response over its budget is not logged"):
            if "log" in get_settings().OVER_BUDGET:
                log_exceeded(measurement)

    def _head(self, request: Any, response: Any, measurement: Measurement) -> None:
        with Guarded("A response has no headers about its queries"):
            add_headers(request, response, measurement)

    def _keep(self, measurement: Measurement) -> None:
        """Raise where a response is over its budget and the project wants that."""
        error = None
        with Guarded("A response over its budget raises nothing"):
            error = error_for(measurement)
        if error is not None:
            raise error


def _told(request: Any, response: Any, measurement: Measurement) -> dict[str, Any]:
    return {
        "request": request,
        "response": response,
        "view": measurement.view,
        "method": measurement.method,
        "queries": measurement.queries,
        "databases": measurement.databases,
        "seconds_in_database": measurement.seconds,
        "unplanned": measurement.unplanned,
        "budget": measurement.budget,
    }


def _sampled() -> bool:
    """Decide whether this response is counted."""
    sampled = False
    with Guarded("Queries are not counted"):
        share = get_settings().SAMPLING
        sampled = share >= 1 or random.random() < share
    return sampled


def _connect_metrics() -> None:
    for name in get_settings().METRICS:
        try:
            import_module(f".contrib.{name}", __package__)
        except ImportError as error:
            raise ImproperlyConfigured(
                f'{NAME}["METRICS"] has {name!r}, which needs a package: pip install "drf-autoprefetch[{name}]".'
            ) from error
