"""``optimize()`` and ``plan_for()``: plans for everything that is no viewset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Manager, Model, QuerySet

from ..exceptions import PlanningError
from ..notes import Origin
from ..planning.planner import make_plan
from ..planning.plans import Plan
from ..planning.written import filled_attributes, read_queryset
from ..reading.requirements import Requirement
from ..reading.serializers import read_serializer
from ..reading.to_attrs import Filled
from .instances import load_instances
from .querysets import put_on_rows, why_not

_OWNER = Origin("optimize", "", kind="view")


def plan_for(serializer: Any, *, context: Mapping[str, Any] | None = None, model: type[Model] | None = None) -> Plan:
    """Return the plan for ``serializer``, a class or an instance, whose ``Meta`` (or ``model``) names the model.

    ``context`` is given to a class when it is instantiated. Raises PlanningError and HintError. Runs no query.
    """
    return make_plan(_requirement(serializer, context, model))


def optimize(rows: Any, serializer: Any, *, context: Mapping[str, Any] | None = None) -> Any:
    """Return ``rows`` loaded for ``serializer``, a class or an instance.

    A queryset comes back as a new queryset with the plan on it, unevaluated; one that cannot take a plan comes back
    as it is. An instance or a list of instances is loaded in place, one query for each relation that is missing, and
    returned. Raises PlanningError and HintError.
    """
    if isinstance(rows, Manager):
        rows = rows.all()
    if isinstance(rows, QuerySet) and rows._result_cache is None:
        return _optimize_queryset(rows, serializer, context)
    instances = [rows] if isinstance(rows, Model) else list(rows)
    if instances:
        load_instances(instances, _requirement(serializer, context, instances[0].__class__))
    return rows


def _optimize_queryset(queryset: QuerySet[Any], serializer: Any, context: Mapping[str, Any] | None) -> Any:
    if why_not(queryset):
        return queryset
    written = read_queryset(queryset)
    requirement = _requirement(serializer, context, queryset.model, filled_attributes(queryset.model, written))
    return put_on_rows(make_plan(requirement, written), queryset.all())


def _requirement(
    serializer: Any, context: Mapping[str, Any] | None, model: type[Model] | None, filled: Filled | None = None
) -> Requirement:
    if isinstance(serializer, type):
        serializer = serializer(context=dict(context or {}))
    elif context is not None:
        raise PlanningError("context= belongs to a serializer class; an instance has its own.")
    return read_serializer(serializer, model, (), _OWNER, filled=filled)
