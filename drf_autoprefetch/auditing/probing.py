"""The scaling probe: requests are really run, against the rows that there are, and their queries counted.

Each is a GET, and what it writes all the same is rolled back.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps

from ..conf import get_settings
from ..explaining.analysis.blocks import rolled_back
from ..explaining.analysis.running import run
from ..explaining.finding_views import Registered
from ..explaining.unasked import as_line, new_view
from ..guarding.findings import Finding
from ..guarding.watching import watch
from .existing_rows import NotProbedError, answers_one, with_existing_rows
from .narrowing import Narrowed


@dataclass(frozen=True, slots=True)
class Sample:
    """One request: its queries, what serializers loaded row by row, and how many rows there would have been."""

    queries: int
    findings: list[Finding]
    rows: int | None


@dataclass(frozen=True, slots=True)
class Probe:
    """What became of one action: ``queries`` for so many ``rows``, or the ``problem`` that kept it from being run.

    Of a view of one object, ``rows`` is empty, and ``queries`` has those of some objects. ``findings`` are those of the
    request with the most rows, or of all objects.
    """

    registered: Registered
    rows: tuple[int, ...] = ()
    queries: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()
    problem: str = ""

    @property
    def slope(self) -> float | None:
        """How many queries each row more takes; None where that was not measured."""
        if len(self.rows) < 2:
            return None
        return (self.queries[-1] - self.queries[0]) / (self.rows[-1] - self.rows[0])


def probe(registered: Registered, user: Any, rows: Sequence[int], *, filled: bool) -> Probe:
    """Run an action with its first rows, as ``user``, and count its queries.

    ``filled`` says that its URL has been given, so that nothing in it need be looked up. Raises nothing: a view that
    cannot be run is reported.
    """
    try:
        with rolled_back():
            found = [registered] if filled else with_existing_rows(registered, user)
        if answers_one(registered):
            return _objects(found, user)
        return _list(found[0], user, rows)
    except NotProbedError as reason:
        return Probe(registered, problem=str(reason))
    except Exception as error:
        return Probe(registered, problem=f"it raises {as_line(error)}")


def _list(registered: Registered, user: Any, rows: Sequence[int]) -> Probe:
    """The first request fills caches, and tells how many rows there are."""
    most = max(rows)
    first = _sample(registered, user, rows[0], most)
    if first.rows is None:
        raise NotProbedError("it never calls filter_queryset() with a queryset, so its rows cannot be narrowed")
    numbers = tuple(sorted({min(number, first.rows) for number in rows}))
    if first.rows < 2 or len(numbers) < 2:
        counted = "is 1 row" if first.rows == 1 else f"are {first.rows or 'no'} rows"
        raise NotProbedError(f"there {counted}, too few to tell")
    samples = [_sample(registered, user, number, most) for number in numbers]
    queries = tuple(sample.queries for sample in samples)
    return Probe(registered, numbers, queries, tuple(samples[-1].findings))


def _objects(found: list[Registered], user: Any) -> Probe:
    """One object after the other: lists inside it are watched, though nothing narrows them."""
    samples = [_sample(each, user) for each in found]
    worst: dict[tuple[str, str], Finding] = {}
    for each in sorted((one for sample in samples for one in sample.findings), key=lambda one: one.count):
        worst[each.path, each.relation] = each
    return Probe(found[0], (), tuple(sample.queries for sample in samples), tuple(worst.values()))


def _sample(registered: Registered, user: Any, number: int | None = None, most: int = 0) -> Sample:
    limit = get_settings().EXPLAIN_TIMEOUT
    sample: Sample | None = run(lambda: _ask(registered, user, number, most), limit).answer
    if sample is None:
        raise NotProbedError(f"it takes longer than {limit} seconds (EXPLAIN_TIMEOUT)")
    return sample


def _ask(registered: Registered, user: Any, number: int | None, most: int) -> Sample:
    view = new_view(registered)
    view.check_throttles = lambda request: None
    # What is found is told by the audit alone.
    view.auto_prefetch_unplanned = "off"
    narrowed = None if number is None else Narrowed(view, number, most)
    _log_in(view.request, user)
    with warnings.catch_warnings(), watch() as seen:
        # Whoever runs the view as usual is warned then.
        warnings.simplefilter("ignore")
        response = view.dispatch(view.request, *view.args, **view.kwargs)
        if inspect.iscoroutine(response):
            response.close()
            raise NotProbedError("it is asynchronous")
        if hasattr(response, "render"):
            response.render()
    _check(response)
    findings = [replace(one, view=registered.view.__name__, action=registered.action) for one in seen.findings]
    return Sample(seen.queries, findings, None if narrowed is None else narrowed.rows)


def _log_in(request: Any, user: Any) -> None:
    """As middleware would, and so that DRF asks no authenticator."""
    if user is not None:
        request.user = request._force_auth_user = user
    elif apps.is_installed("django.contrib.auth"):
        from django.contrib.auth.models import AnonymousUser

        request.user = AnonymousUser()


def _check(response: Any) -> None:
    status = response.status_code
    if status in (401, 403):
        raise NotProbedError(f"it answers {status}: pass --user with the name of somebody who may see it")
    if status >= 300:
        raise NotProbedError(f"it answers {status}: {getattr(response, 'data', None) or response.reason_phrase}")
