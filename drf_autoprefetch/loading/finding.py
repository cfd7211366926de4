"""Finding the plan for the rows of a view: remembered, or made."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.core.signals import setting_changed
from django.db.models import QuerySet

from ..conf import NAME
from ..planning.cache import Cache
from ..planning.planner import make_plan, targets
from ..planning.plans import How, Plan
from ..planning.written import read_queryset
from ..reading import methods
from ..reading.requirements import perhaps
from ..reading.views import Handling, fetches_pages, may_refuse
from . import instances
from .asking import Question, answers, ask_for_rows, guesses

plans: Cache[Plan] = Cache()
refusals: Cache[bool] = Cache()


class Found(NamedTuple):
    """A plan, and whether it was remembered.

    ``guessed`` says that it is for what was shown the first time, ``waits`` that nobody knows whether the rows are
    going to be shown: code of the view's own, or a permission, comes first. ``costly`` says that knowing it took
    queries, which the view may run again.
    """

    plan: Plan
    cached: bool
    guessed: bool
    waits: bool
    costly: bool


def find_plan(view: Any, handled: Handling, queryset: QuerySet[Any], serializer: Any = None) -> Found:
    """Return the plan for the rows of ``queryset``, which ``serializer`` shows if they are being shown already.

    Raises what planning raises, and NotAskedError where there is no way to know.
    """
    trim = bool(view.auto_prefetch_only)
    written = read_queryset(queryset)
    question = ask_for_rows(view, handled, queryset, written, serializer)
    refusable = handled.detail and _is_refusable(question)
    guessed = question.guess is not None
    fetches = not handled.detail and fetches_pages(view)
    waits = serializer is None and (guessed or refusable or fetches or bool(handled.unknown_steps))
    key = (question.key, written, trim, waits)
    plan = plans.get(key) if written.hashable else None
    cached = plan is not None
    if plan is None:
        answer = question.answer()
        requirement = perhaps(answer.requirement) if waits else answer.requirement
        plan = make_plan(requirement, written, How(trim=trim and not answer.seen))
        if written.hashable and not requirement.volatile:
            plans.put(key, plan)
    return Found(plan, cached, guessed, waits, question.costly)


def _is_refusable(question: Question) -> bool:
    return refusals.get_or_make(question.key, lambda: may_refuse(question.view, question.queryset.model))


def clear_caches() -> None:
    """Forget every requirement and plan."""
    answers.clear()
    guesses.clear()
    methods.clear()
    instances.plans.clear()
    plans.clear()
    refusals.clear()
    targets.clear()


def _settings_changed(*, setting: str, **kwargs: Any) -> None:
    if setting == NAME:
        clear_caches()


setting_changed.connect(_settings_changed, dispatch_uid="drf_autoprefetch.caches")
