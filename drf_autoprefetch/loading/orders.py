"""The order of rows that nobody has put in order.

That is how they come from the table alone, with all its columns. With joins a database may begin at the other table;
with fewer columns it may read an index that has the others. No order was promised, but clients see it.
"""

from __future__ import annotations

from typing import Any

from django.db import connections, models
from django.db.models.expressions import Col
from django.db.models.query import MAX_GET_RESULTS

from ..planning.unordered import come_as_they_lie, come_by_key, conditions, one_row, reads_others
from ..reading import columns
from ..reading.indexes import covered, uncovered


def keep_order(queryset: Any, plain: Any, *, joined: bool, trimmed: bool) -> Any:
    """Have ``queryset``, a fresh one, answer a table's rows in the order in which those of ``plain`` come.

    Where that is the order of their keys, asking for it costs nothing, and PostgreSQL knows where a row lies. Elsewhere
    one column more has the table read.
    ``joined`` and ``trimmed`` say whether a plan added joins to it, and whether it left out columns.
    """
    query = queryset.query
    if queryset.ordered or query.high_mark == MAX_GET_RESULTS or query.combinator:
        return queryset
    if query.distinct or query.group_by is not None:
        return queryset
    connection = connections[queryset.db]
    if (joined or not query.where) and come_by_key(plain):
        if joined or covered(queryset.model, _own_names(query)):
            query.add_ordering("pk")
    elif joined and columns.lie_in_heap(queryset.model, connection) and _is_whole(query):
        query.add_ordering(_lying(query))
    elif trimmed:
        _read_table(queryset, columns.lie_by_key(queryset.model, connection))
    return queryset


def keep_list_order(queryset: Any, plain: Any, far: frozenset[str]) -> None:
    """Have ``queryset``, of rows of many lists with joins, answer those of each list as they come without.

    ``far`` are the columns that are equal in a list.
    """
    if queryset.ordered:
        return
    if come_by_key(plain, far):
        queryset.query.add_ordering("pk")
    elif come_as_they_lie(plain, far):
        queryset.query.add_ordering(_lying(queryset.query))


#: Where a row lies, which PostgreSQL tells as a column of every table.
_CTID: models.Field[Any, Any] = models.TextField()
_CTID.column = "ctid"


def _lying(query: Any) -> Any:
    return Col(query.get_initial_alias(), _CTID)


def _is_whole(query: Any) -> bool:
    """Whether all rows of one table that are found are answered: sorting them for one page would take too long."""
    return not (query.is_sliced or one_row(query) or reads_others(query))


def _read_table(queryset: Any, by_key: bool) -> None:
    """Have one column more loaded where an index could serve those that are left, in its own order."""
    query, model = queryset.query, queryset.model
    found = conditions(query)
    looked_at = found.looked_at if found else frozenset()
    if by_key and looked_at and looked_at <= columns.primary_key(model):
        return
    sought = found.sought if found and looked_at else None
    names = _own_names(query)
    if covered(model, names | looked_at, sought):
        query.add_immediate_loading(query.deferred_loading[0] | uncovered(model, names, sought))


def _own_names(query: Any) -> frozenset[str]:
    return frozenset(name for name in query.deferred_loading[0] if "__" not in name)


def group_by_all(queryset: Any) -> None:
    """Have ``queryset``, a fresh one that leaves out columns, group by those too if it aggregates.

    Groups are the same, since the primary key is among the columns. A database that sorts rows to group them, and is
    asked for no order, answers them as sorted: by whatever it groups by.
    """
    query = queryset.query
    if query.group_by is True and not queryset.ordered:
        query.group_by = tuple(map(query.resolve_ref, columns.ordered_columns(queryset.model)))
