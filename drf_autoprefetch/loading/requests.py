"""The plan of a request: what the view at hand will show, asked at the moment its rows are fetched."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from rest_framework.permissions import SAFE_METHODS

from ..conf import get_settings
from ..exceptions import NotAskedError
from ..notes import Note
from ..planning.plans import Plan
from ..reading.shapes import live_shape
from ..reading.views import Handling, handler_name, handling
from .asking import answer_for_instances, expect_again
from .building import Queries, counted
from .carried import carries, without_plan
from .finding import Found, find_plan
from .healing import current_heals
from .instances import load_for_now, plan_for_instances
from .kept import rows_in
from .late import with_plan
from .peers import have_heal
from .querysets import Lists, put_on_rows, why_not
from .switches import left_alone, switched_off
from .watching import tell, watched

logger = logging.getLogger("drf_autoprefetch")


@dataclass(slots=True)
class Outcome:
    """What became of a request: its plan, or why there is none; how long it took and whether it was remembered."""

    plan: Plan | None
    notes: tuple[Note, ...] = ()
    cached: bool = False
    seconds: float = 0.0


class RequestPlan:
    """Carried by the querysets of one view instance; finds the plan when their rows are fetched.

    Where a method of the view's own stands between fetching the rows and showing them, it may change them, or load
    what it likes. If it could be read, and does no such thing, it gets rows with the columns and joins that it and the
    serializer need; else they are fetched as written. What is missing is loaded when the serializer shows them.

    A view is asked for its serializer only then: ``get_serializer_class()`` and ``get_serializer_context()`` may
    themselves ask for the queryset, and while they do, rows are loaded without a plan.
    """

    def __init__(self, view: Any) -> None:
        self.view = view
        self._paused = 0
        self._shown: Any = None
        self._serializer: Any = None
        self._loaded = False
        self._not_asked = False
        self._failed = False
        self._suspected: Any = None
        self._made_with = 0
        self._watched = watched(view)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Load rows that are fetched inside this block as the queryset says, without a plan.

        They are for the view's own code, which may read anything of them: permissions, filters, the making of the
        serializer itself.
        """
        self._paused += 1
        try:
            yield
        finally:
            self._paused -= 1

    @contextmanager
    def making(self) -> Iterator[None]:
        """Have the view make its serializer in this block, and see whether that runs the queries again."""
        with self.paused(), counted() if self._suspected else nullcontext(Queries()) as queries:
            yield
        self._made_with += queries.count

    def _learn(self, serializer: Any) -> None:
        """Once the fields are there as well, it is known whether the making asked twice what a plan had it ask.

        Where it did not (Django remembers permissions for a request, say), the next request may be another case.
        """
        suspected, self._suspected = self._suspected, None
        with counted() as queries:
            live_shape(serializer)
        if self._made_with or queries.count:
            expect_again(self.view, suspected)

    def load(self, queryset: Any) -> Any:
        """Return a copy of ``queryset`` with the plan applied; None to leave it as it is. Never raises unless STRICT.

        While rows are shown, a queryset that is not the one shown is that of some code beside: it stays as it is.
        """
        if self._paused or self._is_beside(queryset) or not self.reading:
            return None
        return self._guarded(self._put_on, queryset)

    def _is_beside(self, queryset: Any) -> bool:
        """Whether rows are being shown, and ``queryset`` is not they, nor what an iterator that is shown runs over."""
        return self._shown is not None and not isinstance(self._shown, Iterator) and queryset is not self._shown

    def attend(self, serializer: Any) -> Any:
        """Return ``serializer``, made to load what is missing on the instances it is given when it shows them."""
        if self.switched_off() or not hasattr(serializer, "to_representation"):
            return serializer
        show = serializer.to_representation

        def load_and_show(shown: Any) -> Any:
            with self.shown_by(serializer, shown):
                return show(shown)

        serializer.to_representation = load_and_show
        return serializer

    @contextmanager
    def shown_by(self, serializer: Any, shown: Any) -> Iterator[None]:
        """Load what is missing on the rows that ``serializer`` shows inside this block. Never raises unless STRICT.

        They are rows that no plan has loaded yet: those of a write, whose response must be fresh, those that a handler
        of the view's own has fetched, and a queryset that is fetched only now.
        """
        if self._suspected is not None:
            self._guarded(self._learn, serializer)
        if self._watched is not None:
            self._watched.showing(serializer)
        forget = self._guarded(self._load_missing, serializer, shown)
        scope = have_heal(rows_in([shown])) if current_heals() and not self.switched_off() else None
        outer = self._shown, self._serializer
        self._shown, self._serializer = shown, serializer
        try:
            yield
        finally:
            self._shown, self._serializer = outer
            for end in (forget, None if scope is None else scope.close):
                if end is not None:
                    end()

    def _load_missing(self, serializer: Any, shown: Any) -> Any:
        if (
            self._failed
            or self._paused
            or self.switched_off()
            or (self._loaded and not handling(self.view).unknown_steps)
        ):
            return None
        instances = [shown] if isinstance(shown, Model) else shown
        if not isinstance(instances, (list, tuple, QuerySet)) or self._comes_by_plan(instances):
            return None
        rows = [instance for instance in instances if isinstance(instance, Model)]
        if not rows or len(rows) != len(instances):
            return None
        try:
            requirement = self._ask(answer_for_instances, self.view, serializer, rows[0].__class__).requirement
        except NotAskedError:
            return None
        if self._not_asked:
            expect_again(self.view, requirement)
        if self._watched is not None:
            self._watched.using(plan_for_instances(requirement))
        forget = load_for_now(rows, requirement)
        tell(rows)
        return forget

    def _put_on(self, carrying: QuerySet[Any]) -> Any:
        queryset, handled = without_plan(carrying), handling(self.view)
        try:
            planned = self._ask(self._plan, queryset, handled)
        except NotAskedError:
            self._loaded, self._not_asked = False, True
            return None
        plan = planned.plan
        if planned.costly:
            self._suspected, self._made_with = plan.requirement, 0
        if self._shown is None and handled.unknown_steps and plan.written.narrowed:
            self._loaded = False
            return None
        self._loaded = not planned.waits
        followed = not planned.waits or plan.how.trim or not handled.unknown_steps
        if not (followed or planned.guessed):
            return None
        if self._watched is not None:
            self._watched.using(plan, queryset, cached=planned.cached)
        return with_plan(plan, queryset) if followed else put_on_rows(plan, queryset, Lists.WRITTEN)

    def _comes_by_plan(self, rows: Any) -> bool:
        return carries(rows, self) and rows._result_cache is None

    def _guarded(self, work: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return work(*arguments)
        except Exception as error:
            self._failed = True
            if self._watched is not None:
                self._watched.error = error
            if get_settings().STRICT:
                raise
            logger.exception("No plan for %s.%s", type(self.view).__name__, handler_name(self.view))
            return None

    @property
    def reading(self) -> bool:
        """Whether the request only reads, so that its queryset may be loaded by plan."""
        return not self.switched_off() and self.view.request.method in SAFE_METHODS

    def switched_off(self) -> str:
        """Return which switch keeps this request from being planned, or an empty string."""
        return switched_off(self.view)

    def outcome(self, queryset: QuerySet[Any]) -> Outcome:
        """Return the plan for ``queryset``, made or remembered. Raises what planning raises."""
        problem = self.switched_off() or why_not(queryset)
        if problem:
            return self._without(problem)
        started = time.perf_counter()
        try:
            planned = self._ask(self._plan, queryset, handling(self.view))
        except NotAskedError as error:
            return self._without(str(error))
        return Outcome(planned.plan, (), planned.cached, time.perf_counter() - started)

    def _ask(self, question: Callable[..., Any], *about: Any) -> Any:
        self._paused += 1
        try:
            return question(*about)
        finally:
            self._paused -= 1

    def _plan(self, queryset: QuerySet[Any], handled: Handling) -> Found:
        return find_plan(self.view, handled, queryset, self._serializer)

    def _without(self, problem: str) -> Outcome:
        return Outcome(None, (left_alone(self.view, problem),))
