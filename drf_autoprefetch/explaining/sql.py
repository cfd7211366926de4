"""The SQL of every query of a plan, compiled and never run."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import Error, connections
from django.db.models import QuerySet

from ..loading.querysets import put_on_target
from ..planning.bases import base_queryset
from ..planning.plans import Plan, PrefetchPlan
from ..reading import columns, relations
from .analysis.shapes import without_literals
from .offline import QueryRefused

KEYS = "…"


def queryset_sql(queryset: QuerySet[Any], *, parameters: bool, literals: bool | None = None) -> dict[str, Any]:
    """Return ``{"text", "parameters"}`` of a queryset; the parameters are None unless asked for.

    Texts and numbers in the SQL itself may be of a user as well: they are shown where the parameters are, unless
    ``literals`` says otherwise.
    """
    shown = parameters if literals is None else literals
    try:
        text, values = queryset.query.get_compiler(queryset.db).as_sql()
    except EmptyResultSet:
        return {"text": "-- no query: the conditions can match nothing", "parameters": None}
    except (QueryRefused, Error) as error:
        # MariaDB and MySQL are asked for their version before some functions are written for them.
        why = f": {' '.join(str(error).split())}" if shown else ""
        return {"text": f"-- not known without the database{why}", "parameters": None}
    text = text if shown else without_literals(text, connections[queryset.db].vendor)
    return {"text": text, "parameters": [str(value) for value in values] if parameters else None}


def prefetch_sql(prefetch: PrefetchPlan, plan: Plan, *, literals: bool) -> dict[str, Any]:
    """Return the SQL of a prefetch, without parameters; ``…`` stands for the keys of the rows it is fetched for."""
    base = base_queryset(prefetch.relation, plan.model, prefetch.declared)
    planned = put_on_target(plan, base, base)
    if not base.query.is_sliced:
        planned = planned.extra(**_condition(prefetch, plan, base))
    return queryset_sql(planned, parameters=False, literals=literals)


def _condition(prefetch: PrefetchPlan, plan: Plan, base: QuerySet[Any]) -> dict[str, Any]:
    quote = connections[base.db].ops.quote_name
    through = relations.many_to_many_tables(prefetch.relation)
    if through is not None:
        table, source, target, target_table, target_column = through
        where = [
            f"{quote(target_table)}.{quote(target_column)} = {quote(table)}.{quote(target)}",
            f"{quote(table)}.{quote(source)} IN ({KEYS})",
        ]
        return {"tables": [table], "where": where}
    far = prefetch.relation.far or columns.primary_key(plan.model)
    names = [f"{quote(table)}.{quote(column)}" for table, column in columns.stored_as(plan.model, far)]
    left = names[0] if len(names) == 1 else f"({', '.join(names)})"
    return {"where": [f"{left} IN ({KEYS})"]}
