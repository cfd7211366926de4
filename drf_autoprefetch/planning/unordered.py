"""Rows that nobody has put in order: how the database finds them, and whether that is the order of their keys.

No order was promised, but clients see one. What is joined to such rows must not change it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import connections
from django.db.models.expressions import Col
from django.db.models.lookups import Exact, In, Lookup
from django.db.models.sql.where import AND, WhereNode

from ..reading import columns
from ..reading.indexes import covered, indexes

#: From so many values on MariaDB makes a table of a list, and may begin at that.
_LONG_LIST = 1000

NOTHING_MORE: frozenset[str] = frozenset()


class Conditions(NamedTuple):
    """The columns that every row is asked for, and those of them that are all equal."""

    looked_at: frozenset[str]
    sought: frozenset[str]


def adrift(queryset: Any) -> bool:
    """Return whether rows must be found as without a plan: nothing but that gives them in the same order.

    A page of a heap is not sorted: that would take the whole table.
    """
    query, connection = queryset.query, connections[queryset.db]
    if columns.lie_in_heap(queryset.model, connection):
        return bool(query.is_sliced)
    return not (one_row(query) or come_by_key(queryset))


def come_by_key(queryset: Any, far: frozenset[str] = NOTHING_MORE) -> bool:
    """Return whether the rows of ``queryset`` come in the order of their keys, whichever index they are found by.

    ``far`` are columns that are equal in a list.
    """
    model = queryset.model
    by_key = columns.lie_by_key(model, connections[queryset.db])
    return by_key and _found_in_order(queryset, far, columns.primary_key(model))


def come_as_they_lie(queryset: Any, far: frozenset[str]) -> bool:
    """Return whether the rows of lists come as a heap has them, in whichever database and by whichever index.

    An index has rows that are equal in its columns in that order.
    """
    model = queryset.model
    if not columns.lie_in_heap(model, connections[queryset.db]):
        return False
    everywhere = all(columns.lie_in_heap(model, connection) for connection in connections.all())
    return everywhere and _found_in_order(queryset, far, NOTHING_MORE)


def _found_in_order(queryset: Any, far: frozenset[str], ordering: frozenset[str]) -> bool:
    """Whether every index that may find rows has them in the order of the table, which that of ``ordering`` may be.

    It has where they have all the same in its columns. One of other columns has its own, and may be read for no other
    reason than that it holds all of a row.
    """
    query, model = queryset.query, queryset.model
    if query.distinct or query.group_by is not None or reads_others(query):
        return False
    found = conditions(query)
    if found is None or covered(model, columns.all_columns(model), found.sought | far):
        return False
    key, looked_at = columns.primary_key(model), (found.looked_at | far) - ordering
    useful = (index for index in indexes(model) if index & looked_at)
    return looked_at.isdisjoint(key) and all(index <= key | found.sought | far for index in useful)


def conditions(query: Any) -> Conditions | None:
    """Return what rows are sought by, or None where that is more than their own columns and plain values."""
    lookups = list(_leaves(query.where))
    if not all(_is_plain(each, query) for each in lookups):
        return None
    sought = frozenset(each.lhs.target.attname for each in _equal(query.where))
    return Conditions(frozenset(each.lhs.target.attname for each in lookups), sought)


def _leaves(where: WhereNode) -> Iterator[Any]:
    for child in where.children:
        if isinstance(child, WhereNode):
            yield from _leaves(child)
        else:
            yield child


def _is_plain(lookup: Any, query: Any) -> bool:
    if not (isinstance(lookup, Lookup) and isinstance(lookup.lhs, Col) and lookup.rhs_is_direct_value()):
        return False
    if isinstance(lookup, In) and len(lookup.rhs) >= _LONG_LIST:
        return False
    return bool(lookup.lhs.alias == query.get_initial_alias())


def one_row(query: Any) -> bool:
    """Return whether one row at most is asked for, by a unique column."""
    return any(each.lhs.target.unique for each in _equal(query.where))


def _equal(where: WhereNode) -> Iterator[Any]:
    """Yield what has all rows equal a value in one column."""
    if where.connector == AND and not where.negated:
        for each in where.children:
            if isinstance(each, Exact) and isinstance(each.lhs, Col) and each.rhs_is_direct_value():
                yield each


def reads_others(query: Any) -> bool:
    """Return whether rows are found through other tables: without joins of ours, too, they come in whatever order."""
    return sum(map(bool, query.alias_refcount.values())) > 1 or bool(query.extra_tables)
