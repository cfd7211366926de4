"""Loading what is missing on instances that are there already: after a write, in lists, in tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import Model, prefetch_related_objects

from ..planning.cache import Cache, Identity
from ..planning.planner import make_plan
from ..planning.plans import How, Plan
from ..reading.requirements import Edge, Requirement
from .caches import kept_as, lists_of, loaded_rows
from .late import Group, waits
from .peers import have_heal
from .querysets import Lists, annotate, prefetch_for, wanted

_THERE = How(joins=False)

Planning = Callable[[Requirement], Plan]

#: Plans for rows that are there already.
plans: Cache[Plan] = Cache()


def plan_anew(requirement: Requirement) -> Plan:
    """Return the plan for rows that are there already: nothing can be joined to them any more."""
    return make_plan(requirement, how=_THERE)


def plan_for_instances(requirement: Requirement) -> Plan:
    """Return the same, remembered for a ``requirement`` that is: a handler may show many rows one at a time."""
    if requirement.volatile:
        return plan_anew(requirement)
    return plans.get_or_make(Identity(requirement), lambda: plan_anew(requirement))


def load_instances(instances: Sequence[Model], requirement: Requirement, planning: Planning = plan_anew) -> Group:
    """Load the relations and annotations of ``requirement`` that ``instances`` have not loaded yet.

    One query for each relation, none for those in place, and one for all annotations. Columns of the instances
    themselves are not fetched. Returns what waits until code reads it.
    """
    group = Group()
    _load(instances, requirement, group, planning)
    have_heal(instances)
    return group


def _load(instances: Sequence[Model], requirement: Requirement, group: Group, planning: Planning) -> None:
    known = [instance for instance in instances if isinstance(instance, requirement.model)]
    if not known:
        return
    for edge in requirement.edges.values():
        _load_beyond(known, edge, group, planning)
    plan = planning(requirement)
    missing = [prefetch for prefetch in wanted(plan, Lists.NOW) if not waits(known, prefetch)]
    prefetch_related_objects(known, *(prefetch_for(prefetch, None, Lists.NOW) for prefetch in missing))
    group.wait(known, plan.prefetches)
    if plan.annotations:
        _annotate(known, plan)


def _load_beyond(instances: Sequence[Model], edge: Edge, group: Group, planning: Planning) -> None:
    """Django passes over what is in place, with all that a prefetch would have loaded beyond it.

    Of one row alone, everything is one query when it is read, and none if it is not.
    """
    there = {id(row): row for instance in instances for row in loaded_rows(instance, edge.relation, edge.to_attr)}
    for model, target in edge.targets.items():
        rows = [row for row in there.values() if row.__class__ is model]
        if len(rows) > 1 and (target.edges or target.annotations):
            _load(rows, target, group, planning)


def _annotate(instances: Sequence[Model], plan: Plan) -> None:
    names = [annotated.name for annotated in plan.annotations]
    bare = [instance for instance in instances if not instance.__dict__.keys() >= {*names}]
    if not bare:
        return
    rows = annotate(plan, plan.model._base_manager.using(bare[0]._state.db))
    values = {key: found for key, *found in rows.filter(pk__in=[one.pk for one in bare]).values_list("pk", *names)}
    for instance in bare:
        instance.__dict__.update(zip(names, values.get(instance.pk, ()), strict=False))


def load_for_now(instances: Sequence[Model], requirement: Requirement) -> Callable[[], None]:
    """Load ``instances``, and return how to forget the lists of rows that were loaded.

    Whoever holds the instances may change rows and show them again, and then nothing may be shown that is older than
    it would have been. Single related rows stay, as they do when an attribute loads them.
    """
    there = {(id(instance), name) for instance, name in _lists(instances, requirement)}
    waiting = load_instances(instances, requirement, plan_for_instances)

    def forget() -> None:
        waiting.revoke()
        for instance, name in list(_lists(instances, requirement)):
            if (id(instance), name) not in there:
                lists_of(instance).pop(name, None)
                instance.__dict__.pop(name, None)

    return forget


def _lists(instances: Sequence[Any], requirement: Requirement) -> Iterator[tuple[Any, str]]:
    """Every list of rows, and annotation, that stands on ``instances`` or on the rows that they have loaded."""
    for instance in instances:
        yield from ((instance, each.name) for each in requirement.annotations if each.name in instance.__dict__)
        for edge in requirement.edges.values():
            if edge.to_attr and edge.to_attr in instance.__dict__:
                yield instance, edge.to_attr
            elif not edge.to_attr:
                yield from ((instance, name) for name in kept_as(edge.relation) if name in lists_of(instance))
            rows = loaded_rows(instance, edge.relation, edge.to_attr)
            for model, target in edge.targets.items():
                yield from _lists([row for row in rows if row.__class__ is model], target)
