"""The order of rows that nobody has put in order.

That is how they come from the table alone, with all its columns. With joins a database may begin at the other table;
with fewer columns it may read an index that has the others. No order was promised, but clients see it.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.models.query import MAX_GET_RESULTS

from ..reading import columns
from ..reading.indexes import covered, uncovered


def keep_order(queryset: Any, *, joined: bool, trimmed: bool) -> Any:
    """Have ``queryset``, a fresh one, answer a table's rows in the order in which they lie.

    Where that is the order of their keys, asking for it costs nothing. Elsewhere one column more has the table read.
    ``joined`` and ``trimmed`` say whether a plan added joins to it, and whether it left out columns.
    """
    query = queryset.query
    if queryset.ordered or query.high_mark == MAX_GET_RESULTS or query.combinator:
        return queryset
    if query.distinct or query.group_by is not None:
        return queryset
    model, loaded = queryset.model, query.deferred_loading[0]
    names = frozenset(name for name in loaded if "__" not in name)
    if query.where or not columns.lie_by_key(model, connections[queryset.db]):
        if trimmed:
            query.add_immediate_loading(loaded | uncovered(model, names, 1 if query.where else -1))
    elif joined or (trimmed and covered(model, names)):
        query.add_ordering("pk")
    return queryset


def group_by_all(queryset: Any) -> None:
    """Have ``queryset``, a fresh one that leaves out columns, group by those too if it aggregates.

    Groups are the same, since the primary key is among the columns. A database that sorts rows to group them, and is
    asked for no order, answers them as sorted: by whatever it groups by.
    """
    query = queryset.query
    if query.group_by is True and not queryset.ordered:
        query.group_by = tuple(query.resolve_ref(field.attname) for field in queryset.model._meta.concrete_fields)
