"""The order of rows that nobody has put in order."""

from __future__ import annotations

from typing import Any

from django.db import connections

from ..reading import columns


def keep_order(queryset: Any) -> Any:
    """Have ``queryset``, a fresh one to which joins were added, answer a table's rows in the order in which they lie.

    That is how they come without joins; with joins a database may begin at the other table. No order was promised, but
    clients see it; where the rows lie in the order of their keys, asking for that order costs nothing.
    """
    query = queryset.query
    if queryset.ordered or query.where or query.distinct or query.group_by is not None or query.combinator:
        return queryset
    if columns.lie_by_key(queryset.model, connections[queryset.db]):
        query.add_ordering("pk")
    return queryset
