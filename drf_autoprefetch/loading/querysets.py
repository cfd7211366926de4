"""Applying a plan to a queryset, around what the developer wrote on it."""

from __future__ import annotations

import copy
import logging
from enum import Enum
from typing import Any

from django.db import models
from django.db.models import Model, Prefetch, QuerySet

from ..conf import get_settings
from ..planning.bases import base_queryset
from ..planning.planner import make_plan, target_plan
from ..planning.plans import Plan, PrefetchPlan
from ..planning.written import read_queryset
from ..reading import columns
from .generic import generic_prefetch
from .orders import group_by_all, keep_list_order, keep_order
from .trimmed import trimmed

logger = logging.getLogger("drf_autoprefetch")


class Lists(Enum):
    """What a queryset prefetches: only what is written on it, what is always read, or all of a plan."""

    WRITTEN = 0
    NOW = 1
    ALL = 2


FETCH_PEERS = getattr(models, "FETCH_PEERS", None)


def apply_plan(plan: Plan, queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Return a copy of ``queryset`` that loads what ``plan`` says, together with what is written on it already.

    A queryset that cannot take a plan (``values()``, a union, evaluated, of another model) is returned as it is.
    Runs no query.
    """
    planned: QuerySet[Any] = queryset if why_not(queryset, plan.model) else put_on_rows(plan, queryset.all())
    return planned


def why_not(queryset: Any, model: type[Model] | None = None) -> str:
    """Return why ``queryset`` cannot take a plan (for ``model``), or an empty string where it can."""
    if not isinstance(queryset, QuerySet):
        return f"{type(queryset).__name__} is no queryset"
    if queryset.query.combinator:
        return f"it is a {queryset.query.combinator}() of querysets"
    if queryset._fields is not None:  # type: ignore[attr-defined]
        return "it answers values(), not instances"
    if queryset._result_cache is not None:
        return "it is evaluated already"
    if model is not None and not columns.same_table(queryset.model, model):
        return f"it is a queryset of {queryset.model.__name__}, and the plan is for {model.__name__}"
    return ""


def put_on_rows(plan: Plan, queryset: Any, lists: Lists = Lists.ALL) -> Any:
    """Return ``queryset``, a fresh one whose rows are those of the whole plan, with ``plan`` on it."""
    planned = put_on(plan, queryset, queryset, lists)
    joined = bool(plan.select_related and not plan.written.joins)
    trimmed = plan.only is not None and not plan.written.named
    return keep_order(planned, queryset, joined=joined, trimmed=trimmed) if joined or trimmed else planned


def fitted(plan: Plan, queryset: Any) -> Plan:
    """Return ``plan``, made anew where something else is written on ``queryset`` than foreseen."""
    written = read_queryset(queryset)
    return plan if plan.written.matches(written) else make_plan(plan.requirement, written, plan.how)


def put_on(plan: Plan, queryset: Any, root: Any, lists: Lists = Lists.ALL) -> Any:
    """Return ``queryset``, a fresh one, with ``plan`` on it, as far as it fits.

    ``root`` is the queryset of the whole plan, whose database generic foreign keys must look in.
    """
    plan = fitted(plan, queryset)
    queryset = annotate(plan, queryset)
    if plan.select_related:
        queryset.query.add_select_related(plan.select_related)
    if plan.only is not None:
        queryset.query.clear_deferred_loading()
        queryset.query.add_immediate_loading(plan.only)
        group_by_all(queryset)
    if lists is not Lists.WRITTEN and (plan.prefetches or plan.written.lookups):
        lookups = [prefetch_for(prefetch, root, lists) for prefetch in wanted(plan, lists)]
        queryset._prefetch_related_lookups = (*lookups, *_copied(plan.kept_lookups))
    return _with_peers(plan, queryset)


def wanted(plan: Plan, lists: Lists) -> list[PrefetchPlan]:
    """Return the lookups of ``plan`` that are loaded with its rows."""
    if lists is Lists.ALL:
        return list(plan.lookups())
    return [prefetch for prefetch in plan.prefetches if not prefetch.late]


def prefetch_for(plan: PrefetchPlan, root: Any = None, lists: Lists = Lists.ALL) -> Any:
    """Return the lookup that loads ``plan``, with a fresh queryset: Django writes on those it is given."""
    if plan.relation.kind == "generic_foreign_key":
        return _generic(plan, root, lists)
    if not plan.plans:
        return plan.lookup
    templates = plan.memo.get(lists)
    if templates is not None:
        return _lookup(plan, *(template._chain() for template in templates))
    querysets = _target_querysets(plan, root, lists)
    if is_constant(plan):
        plan.memo[lists] = [queryset._chain() for queryset in querysets]
    return _lookup(plan, *querysets)


def _lookup(plan: PrefetchPlan, fetched: Any, kept: Any) -> Any:
    if plan.to_attr or not plan.relation.to_many:
        return Prefetch(plan.lookup, fetched, to_attr=plan.to_attr or None)
    return trimmed(plan.lookup, kept, fetched)


def is_constant(plan: PrefetchPlan) -> bool:
    """Return whether the querysets of ``plan`` are the same for every request.

    They are where no manager of the project's own makes them, nor the database of the root matters to them.
    """
    stock = plan.declared is None and all(columns.has_stock_managers(target.model) for target in plan.plans)
    generic = plan.relation.kind == "generic_foreign_key"
    return stock and not generic and all(is_constant(inner) for target in plan.plans for inner in target.lookups())


def _target_querysets(plan: PrefetchPlan, root: Any, lists: Lists) -> tuple[Any, Any]:
    """Return the queryset that fetches the rows, and the one that code goes on from afterwards."""
    (target,) = plan.plans
    base: Any = base_queryset(plan.relation, target.model, plan.declared)
    kept = _with_peers(target, base._chain())
    return put_on_target(target, base, base if root is None else root, lists), kept


def put_on_target(plan: Plan, queryset: Any, root: Any, lists: Lists = Lists.ALL) -> Any:
    """Return a copy of ``queryset``, of the rows at the end of a relation, that carries ``plan``."""
    planned = put_on(plan, queryset, root, lists)
    if plan.how.listed and plan.select_related and not plan.written.joins:
        keep_list_order(planned, queryset, plan.how.far)
    return planned


def _generic(plan: PrefetchPlan, root: Any, lists: Lists) -> Any:
    """Which models a generic foreign key leads to is known when there are rows: each gets its queryset then."""
    if plan.declared is not None:
        return copy.copy(plan.declared.prefetch)
    if not plan.requirements:
        return plan.lookup

    def queryset_of(model: type[Model]) -> Any:
        try:
            base = base_queryset(plan.relation, model)
            return put_on(target_plan(plan, model), base, base if root is None else root, lists)
        except Exception:  # rows are being fetched: it is too late to leave the whole queryset as it was
            if get_settings().STRICT:
                raise
            logger.exception("No plan for %s behind %s", model.__name__, plan.relation)
            return model._base_manager.all()

    return generic_prefetch(plan.lookup, list(plan.requirements), queryset_of, root)


def _with_peers(plan: Plan, queryset: Any) -> Any:
    """On Django 6.1: have what the plan did not foresee loaded once for all rows, unless told otherwise."""
    wanted = FETCH_PEERS is not None and plan.peers and get_settings().FETCH_PEERS
    if wanted and queryset._fetch_mode is models.FETCH_ONE:
        queryset._fetch_mode = FETCH_PEERS
    return queryset


def annotate(plan: Plan, queryset: Any) -> Any:
    """Return ``queryset`` with the annotations of ``plan``; what the developer annotated under the same name stays."""
    if not plan.annotations:
        return queryset
    missing = [annotated for annotated in plan.annotations if annotated.name not in queryset.query.annotations]
    if not missing:
        return queryset
    return queryset.annotate(**{annotated.name: annotated.expression for annotated in missing})


def _copied(lookups: tuple[Any, ...]) -> list[Any]:
    return [copy.copy(lookup) if isinstance(lookup, Prefetch) else lookup for lookup in lookups]
