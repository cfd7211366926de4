"""Annotations that neither multiply nor are multiplied by the joins of others."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, OuterRef, QuerySet, Subquery


def independent(expression: Any, model: type[Model]) -> Any:
    """Return ``expression`` so that it can stand beside any other on one queryset.

    Two multi-valued aggregates in one query multiply each other's rows (12 and 12 instead of 4 and 3), and so does a
    filter across a to-many relation; each aggregate therefore becomes a subquery of its own. It finds its row by key,
    whatever the model's managers hide.
    """
    if not getattr(expression, "contains_aggregate", False):
        return expression
    rows: QuerySet[Any] = QuerySet(model).filter(pk=OuterRef("pk")).order_by()
    return Subquery(rows.values("pk").annotate(_value=expression).values("_value")[:1])
