"""The order of rows that nobody has put in order.

That is how they come from the table alone, with all its columns. With joins a database may begin at the other table;
with fewer columns it may read an index that has the others. No order was promised, but clients see it.
"""

from __future__ import annotations

from typing import Any

from django.db import connections, models
from django.db.models.expressions import Col
from django.db.models.lookups import Exact, Lookup
from django.db.models.query import MAX_GET_RESULTS
from django.db.models.sql.where import AND

from ..reading import columns
from ..reading.indexes import covered, uncovered


def keep_order(queryset: Any, *, joined: bool, trimmed: bool) -> Any:
    """Have ``queryset``, a fresh one, answer a table's rows in the order in which they lie.

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
    by_key = columns.lie_by_key(queryset.model, connection)
    if by_key and not query.where:
        if joined or covered(queryset.model, _own_names(query)):
            query.add_ordering("pk")
    elif joined and columns.lie_in_heap(queryset.model, connection) and _is_whole(query):
        query.add_ordering(Col(query.get_initial_alias(), _CTID))
    elif trimmed:
        _read_table(queryset, by_key)
    return queryset


#: Where a row lies, which PostgreSQL tells as a column of every table.
_CTID: models.Field[Any, Any] = models.TextField()
_CTID.column = "ctid"


def _is_whole(query: Any) -> bool:
    """Whether all rows of one table that are found are answered: sorting them for one page would take too long."""
    return not (query.is_sliced or _one_row(query) or _reads_others(query))


def _one_row(query: Any) -> bool:
    """Whether one row at most is asked for, by a unique column."""
    return any(isinstance(each, Exact) and getattr(each.lhs, "target", _CTID).unique for each in query.where.children)


def _reads_others(query: Any) -> bool:
    """Whether rows are found through other tables: without joins of ours, too, they come in whatever order."""
    return sum(map(bool, query.alias_refcount.values())) > 1 or bool(query.extra_tables)


def _read_table(queryset: Any, by_key: bool) -> None:
    """Have one column more loaded where an index could serve those that are left, in its own order."""
    query, model = queryset.query, queryset.model
    looked_at, sought = _conditions(query)
    if by_key and looked_at and looked_at <= columns.primary_key(model):
        return
    names = _own_names(query)
    if covered(model, names | looked_at, sought):
        query.add_immediate_loading(query.deferred_loading[0] | uncovered(model, names, sought))


def _own_names(query: Any) -> frozenset[str]:
    return frozenset(name for name in query.deferred_loading[0] if "__" not in name)


def _conditions(query: Any) -> tuple[frozenset[str], frozenset[str] | None]:
    """Return the columns that every row is asked for, which an index must have too, and those that are all equal.

    None where there is nothing to seek rows by, or it is not plain.
    """
    lookups = query.where.children
    if not lookups or query.where.negated or query.where.connector != AND:
        return frozenset(), None
    if not all(isinstance(each, Lookup) and isinstance(each.lhs, Col) for each in lookups):
        return frozenset(), None
    if any(each.lhs.alias != query.get_initial_alias() for each in lookups):
        return frozenset(), None
    looked_at = frozenset(each.lhs.target.attname for each in lookups)
    return looked_at, frozenset(each.lhs.target.attname for each in lookups if each.lookup_name == "exact")


def group_by_all(queryset: Any) -> None:
    """Have ``queryset``, a fresh one that leaves out columns, group by those too if it aggregates.

    Groups are the same, since the primary key is among the columns. A database that sorts rows to group them, and is
    asked for no order, answers them as sorted: by whatever it groups by.
    """
    query = queryset.query
    if query.group_by is True and not queryset.ordered:
        query.group_by = tuple(map(query.resolve_ref, columns.ordered_columns(queryset.model)))
