"""The ways of loading: each makes, of an endpoint's naive view, one that differs in nothing but its queryset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from django.db import models
from django.db.models import QuerySet
from rest_framework.viewsets import GenericViewSet

from demo.benchmark.experts import EXPERTS
from demo.shop.endpoints import Endpoint

View = type[GenericViewSet]

#: What every other way is compared with.
EXPERT = "expert"
LIBRARY = "drf_autoprefetch"


@dataclass(frozen=True, slots=True)
class Variant:
    """A way of loading; ``unavailable`` says why it cannot be tried here.

    One that is not ours ``may_fail``: an exception in it is reported as such and does not end the benchmark.
    """

    name: str
    view: Callable[[Endpoint], View]
    may_fail: bool = False
    unavailable: str = ""


def _naive(endpoint: Endpoint) -> View:
    return endpoint.naive


def _library(endpoint: Endpoint) -> View:
    return endpoint.optimised


def _expert(endpoint: Endpoint) -> View:
    build = EXPERTS[endpoint.name]

    def get_queryset(self: GenericViewSet) -> QuerySet:
        return build()

    return type("ExpertView", (endpoint.naive,), {"get_queryset": get_queryset})


def _auto_prefetching(endpoint: Endpoint) -> View:
    from django_auto_prefetching import AutoPrefetchViewSetMixin

    return type("AutoPrefetchingView", (AutoPrefetchViewSetMixin, endpoint.naive), {})


def _fetch_peers(endpoint: Endpoint) -> View:
    def get_queryset(self: GenericViewSet) -> QuerySet:
        return endpoint.naive.get_queryset(self).fetch_mode(models.FETCH_PEERS)

    return type("FetchPeersView", (endpoint.naive,), {"get_queryset": get_queryset})


VARIANTS = (
    Variant(EXPERT, _expert),
    Variant(LIBRARY, _library),
    Variant("naive", _naive),
    Variant(
        "django-auto-prefetching",
        _auto_prefetching,
        may_fail=True,
        unavailable="" if find_spec("django_auto_prefetching") else "it is not installed",
    ),
    Variant(
        "FETCH_PEERS",
        _fetch_peers,
        unavailable="" if hasattr(models, "FETCH_PEERS") else "it needs Django 6.1",
    ),
)
