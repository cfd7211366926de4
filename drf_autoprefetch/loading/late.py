"""Related rows that are loaded for all instances at once when code reads the first of them.

A method may read a list in one branch only: prefetched, it would be a query for nothing in the other; left alone, one
query for each row in this. So the cache in which Django looks for related rows knows what to load when it is asked.
"""

from __future__ import annotations

import logging
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import ref

from django.db.models import Model, prefetch_related_objects

from ..conf import get_settings
from ..planning.planner import target_plan
from ..planning.plans import Plan, PrefetchPlan
from ..reading.relations import Relation
from .caches import kept_as, lists_of, loaded_rows, reached
from .healing import current_heals
from .kept import Kept
from .peers import have_heal_beyond
from .promised import promised
from .querysets import Lists, fitted, prefetch_for, put_on_rows

logger = logging.getLogger("drf_autoprefetch")


class Late:
    """One lookup that waits, and the rows that it is for."""

    def __init__(self, prefetch: PrefetchPlan, rows: Sequence[Model], holders: list[Model], group: Group) -> None:
        self._prefetch = prefetch
        self._rows = [ref(row) for row in rows]
        self._holders = [ref(holder) for holder in holders]
        self._group = group

    def load(self) -> None:
        """Load the rows for all instances. Raises nothing unless STRICT: Django then loads those of one instance."""
        self.revoke()
        with _guarded(self.relation):
            self._load(list(_alive(self._rows)))

    def _load(self, rows: list[Model]) -> None:
        now = (self._prefetch, *(each for each in self._prefetch.beyond if not each.late))
        prefetch_related_objects(rows, *(prefetch_for(each, self._group.root, Lists.NOW) for each in now))
        self._group.wait_beyond(rows, self._prefetch)
        self._group.wait(rows, self._prefetch.beyond)
        if current_heals() is not None:
            holders = list(_alive(self._holders))
            found = [row for holder in holders for row in loaded_rows(holder, self.relation, self._prefetch.to_attr)]
            have_heal_beyond(holders, self.relation.name, found)

    @property
    def relation(self) -> Relation:
        """The relation whose rows wait."""
        return self._prefetch.relation

    def revoke(self) -> None:
        """Have nobody wait any longer."""
        for holder in _alive(self._holders):
            for name in kept_as(self.relation):
                cache = _cache(holder, self._prefetch)
                if isinstance(cache, Waiting):
                    cache.late.pop(name, None)


class Waiting(Kept):
    """Django's cache of the related rows of one instance, which knows what to load when it is asked for it.

    Whoever looks whether a relation is loaded finds that it is not; a copy knows only what is loaded.
    """

    __slots__ = ("late",)

    def __init__(self, loaded: dict[str, Any], holder: Model) -> None:
        super().__init__(loaded, ref(holder), getattr(loaded, "peers", None))
        self.late: dict[str, Late] = {}

    def __missing__(self, name: str) -> Any:
        late, holder = self.late.get(name), self.holder()
        if late is None or holder is None:
            return self._unplanned(name, sys._getframe(1))
        if late.relation.to_many:
            return promised(self._plainly(name, holder, late), lambda: self._loaded(name, late))
        late.load()
        return self[name]

    def _loaded(self, name: str, late: Late) -> Any:
        late.load()
        return self.get(name)

    def _plainly(self, name: str, holder: Model, late: Late) -> Any:
        """Return the queryset that the related manager has where nothing is loaded."""
        del self.late[name]
        try:
            return getattr(holder, late.relation.name).get_queryset()
        finally:
            self.late[name] = late

    def lacks(self, name: str) -> bool:
        """Return whether nothing is kept under ``name``, nor waits until it is read."""
        return name not in self.late and super().lacks(name)

    def pop(self, name: str, *default: Any) -> Any:
        """Forget a list that was changed: Django reads it again by itself."""
        self.late.pop(name, None)
        return super().pop(name, *default)


class Group:
    """All that waits since some rows were loaded. ``root`` is the queryset whose database generic relations look in."""

    def __init__(self, root: Any = None) -> None:
        self.root = root
        self._made: list[Late] = []

    def wait(self, rows: Sequence[Model], prefetches: Iterable[PrefetchPlan]) -> None:
        """Have the late ones of ``prefetches``, and those below the others, wait until one of ``rows`` is read."""
        for prefetch in prefetches:
            if prefetch.late:
                self._put(rows, prefetch)
            elif prefetch.waits:
                self.wait_beyond(rows, prefetch)

    def wait_beyond(self, rows: Sequence[Model], prefetch: PrefetchPlan) -> None:
        """Have what is late below the rows of ``prefetch`` wait as well."""
        if not prefetch.waits:
            return
        *way, last = prefetch.lookup.split("__")
        by_model: dict[type[Model], list[Model]] = defaultdict(list)
        for row in reached(rows, (*way, prefetch.to_attr or last)):
            by_model[row.__class__].append(row)
        for model, found in by_model.items():
            self.wait(found, _prefetches_of(prefetch, model))

    def _put(self, rows: Sequence[Model], prefetch: PrefetchPlan) -> None:
        holders = [holder for holder in _holders(rows, prefetch) if not _has(holder, prefetch)]
        late = Late(prefetch, rows, holders, self)
        for holder in holders:
            _waiting(holder, prefetch).late.update(dict.fromkeys(kept_as(prefetch.relation), late))
        self._made.append(late)

    def revoke(self) -> None:
        """Have nobody wait any longer."""
        for late in self._made:
            late.revoke()


#: Where a queryset whose rows are about to be fetched has the plan of what waits below them.
_PLAN = "_autoprefetch_late"


def with_plan(plan: Plan, queryset: Any) -> Any:
    """Return ``queryset``, a fresh one, with ``plan`` on it. `have_wait` must be given its rows."""
    plan = fitted(plan, queryset)
    planned = put_on_rows(plan, queryset, Lists.NOW)
    if any(prefetch.late or prefetch.waits for prefetch in plan.prefetches):
        setattr(planned, _PLAN, plan)
    return planned


def have_wait(planned: Any, rows: Sequence[Model]) -> None:
    """Have what is late in the plan on ``planned`` wait until one of its ``rows`` is read."""
    plan = planned.__dict__.get(_PLAN)
    if plan is not None:
        with _guarded(plan.model.__name__):
            Group(planned).wait(rows, plan.prefetches)


@contextmanager
def _guarded(what: object) -> Iterator[None]:
    """Log what fails: Django then loads what is missing row by row. Under STRICT it is raised."""
    try:
        yield
    except Exception:
        if get_settings().STRICT:
            raise
        logger.exception("No plan for %s, whose rows are loaded one by one", what)


def waits(rows: Sequence[Model], prefetch: PrefetchPlan) -> bool:
    """Return whether what ``prefetch`` loads is there for ``rows``, or waits until it is read.

    Rows on its way that are not loaded yet may lead to more.
    """
    holders = _holders(rows, prefetch)
    return bool(holders) and all(_has(holder, prefetch) for holder in holders)


def _holders(rows: Sequence[Model], prefetch: PrefetchPlan) -> list[Model]:
    return reached(rows, prefetch.lookup.split("__")[:-1])


def _has(holder: Model, prefetch: PrefetchPlan) -> bool:
    cache = _cache(holder, prefetch)
    known = {*cache, *cache.late} if isinstance(cache, Waiting) else cache.keys()
    return not known.isdisjoint(kept_as(prefetch.relation))


def _prefetches_of(prefetch: PrefetchPlan, model: type[Model]) -> tuple[PrefetchPlan, ...]:
    """What is prefetched for the rows of one model behind ``prefetch``."""
    if not prefetch.requirements:
        return prefetch.plans[0].prefetches
    return target_plan(prefetch, model).prefetches if model in prefetch.requirements else ()


def _alive(references: list[Any]) -> Iterator[Any]:
    return (found for reference in references if (found := reference()) is not None)


def _cache(holder: Any, prefetch: PrefetchPlan) -> dict[str, Any]:
    return lists_of(holder) if prefetch.relation.to_many else holder._state.fields_cache


def _waiting(holder: Any, prefetch: PrefetchPlan) -> Waiting:
    cache = _cache(holder, prefetch)
    if isinstance(cache, Waiting):
        return cache
    waiting = Waiting(cache, holder)
    if prefetch.relation.to_many:
        holder._prefetched_objects_cache = waiting
    else:
        holder._state.fields_cache = waiting
    return waiting
