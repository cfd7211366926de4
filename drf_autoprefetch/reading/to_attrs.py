"""The attributes that declared ``Prefetch(to_attr=…)`` objects fill: no metadata knows them."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType

from django.db.models import Model

from .requirements import Edge

#: The edge behind each such attribute, by the model that has it and its name.
Filled = Mapping[tuple[type[Model], str], Edge]

to_attrs: ContextVar[Filled] = ContextVar("drf_autoprefetch.to_attrs", default=MappingProxyType({}))
