"""What it costs to decide how to load, before anything is loaded: no query runs here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from django.db.models import QuerySet
from django.test import override_settings
from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import GenericViewSet

from demo.benchmark.experts import EXPERTS
from demo.shop.endpoints import Endpoint
from drf_autoprefetch.loading.finding import clear_caches
from drf_autoprefetch.loading.requests import RequestPlan


@dataclass(frozen=True, slots=True)
class PlanningCost:
    """Milliseconds until there is a queryset that only has to be run."""

    endpoint: str
    expert: float
    cached: float
    first: float

    @property
    def times(self) -> float:
        """How many times as long a cached plan takes as writing the queryset by hand."""
        return self.cached / self.expert


@override_settings(DEBUG=False)
def planning_cost(endpoint: Endpoint, repeats: int) -> PlanningCost:
    """Time the expert's function, the view with its plan cached, and the view with the cache emptied before."""
    planned = _queryset_builder(endpoint)
    planned()
    cached, expert = _milliseconds([planned, EXPERTS[endpoint.name]], repeats)
    (first,) = _milliseconds([planned], max(3, repeats // 20), before=clear_caches)
    return PlanningCost(endpoint.name, expert, cached, first)


def _milliseconds(
    actions: list[Callable[[], QuerySet]], repeats: int, before: Callable[[], None] = lambda: None
) -> list[float]:
    """Return the median of each action; they take turns."""
    spent: list[list[float]] = [[] for _ in actions]
    for _ in range(repeats):
        for action, times in zip(actions, spent, strict=True):
            before()
            start = perf_counter()
            action()
            times.append((perf_counter() - start) * 1000)
    return [median(times) for times in spent]


def _queryset_builder(endpoint: Endpoint) -> Callable[[], QuerySet]:
    """Return what the view with the mixin does from ``get_queryset()`` until the queryset can be run.

    The second half belongs to the moment at which rows are fetched; here it is done without fetching them.
    """
    view = _view_in_a_request(endpoint, endpoint.optimised)

    def build() -> QuerySet:
        queryset = view.get_queryset()
        planned: QuerySet | None = RequestPlan(view).load(queryset)
        if planned is None:
            msg = f"There is no plan for {endpoint.name}."
            raise RuntimeError(msg)
        return planned

    return build


def _view_in_a_request(endpoint: Endpoint, view_class: type[GenericViewSet]) -> GenericViewSet:
    view = view_class(detail=bool(endpoint.kwargs))
    view.action_map = {"get": endpoint.action}
    view.setup(APIRequestFactory().get(endpoint.path(rows=20)), **endpoint.kwargs)
    view.request = view.initialize_request(view.request, **endpoint.kwargs)
    view.format_kwarg = None
    return view
