"""What views load by plan, kept for whoever watches a request; where nobody does, nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet

from ..planning.plans import Plan


@dataclass(frozen=True, slots=True)
class Used:
    """A plan that was used, and the bare queryset that it was put on; None where it was for rows already there."""

    plan: Plan
    queryset: QuerySet[Any] | None
    cached: bool


@dataclass(slots=True)
class Watched:
    """What became of the rows of one view. ``error`` is what planning raised, ``serializer`` what showed the rows."""

    view: Any
    serializer: str = "?"
    used: list[Used] = field(default_factory=list)
    error: Exception | None = None

    def showing(self, serializer: Any) -> None:
        """Keep which serializer showed rows first: forms of the browsable API show them again."""
        if self.serializer == "?":
            self.serializer = type(getattr(serializer, "child", serializer)).__name__

    def using(self, plan: Plan, queryset: Any = None, *, cached: bool = False) -> None:
        """Keep a plan that is about to be used, once; it will be put on ``queryset`` itself."""
        if not any(used.plan == plan for used in self.used):
            self.used.append(Used(plan, None if queryset is None else queryset._chain(), cached))


#: Filled while somebody watches: a request runs in one context, whatever threads it is handed to.
watching: ContextVar[list[Watched] | None] = ContextVar("drf_autoprefetch.watching", default=None)


@contextmanager
def kept_here() -> Iterator[list[Watched]]:
    """Give what views load by plan in this block; whoever watches outside sees it as well."""
    kept = watching.get()
    if kept is not None:
        yield kept
        return
    kept = []
    token = watching.set(kept)
    try:
        yield kept
    finally:
        watching.reset(token)


#: Told of the rows that a view has loaded by plan, before anybody reads them.
listening: ContextVar[Callable[[Sequence[Model]], None] | None] = ContextVar("drf_autoprefetch.listening", default=None)


def tell(rows: Sequence[Model]) -> None:
    """Tell whoever listens that ``rows`` are there."""
    listener = listening.get()
    if listener is not None:
        listener(rows)


def watched(view: Any) -> Watched | None:
    """Return where to keep what ``view`` loads; None where nobody watches."""
    kept = watching.get()
    if kept is None:
        return None
    kept.append(Watched(view))
    return kept[-1]
