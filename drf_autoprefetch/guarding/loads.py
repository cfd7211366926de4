"""What a query loads: a relation or a column of one row, rows of a model, or whatever raw SQL says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.db.models.query import RawQuerySet

from ..reading.relations import Relation, many_to_many_tables, relations
from .asides import is_a
from .findings import Kind
from .stacks import Holder, Stack

#: Methods that Django answers from the prefetched rows of a related manager.
_SERVED = frozenset({"__iter__", "__len__", "__bool__", "__getitem__", "count", "exists", "contains", "_fetch_all"})
_COUNTED = frozenset({"aggregate", "count", "exists", "contains"})
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+[\"`]?([\w.]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Load:
    """What one query loads. ``row`` is the row that it is for, ``key`` stands for that row where it is not at hand.

    ``attribute`` is the name of the relation or column on that row, empty where there is none.
    """

    kind: Kind
    relation: str
    attribute: str = ""
    row: Any = None
    key: object = None

    @property
    def identity(self) -> object:
        """Equal for queries that load the same thing for the same row, None where only the parameters tell."""
        # Two instances of one row are two rows of the response.
        return self.key if self.row is None else (id(self.row), self.row.pk)


def load_of(stack: Stack, sql: str) -> Load:
    """Return what the query ``sql``, run below ``stack``, loads."""
    if stack.holder is not None:
        return _held(stack.holder)
    queryset = stack.queryset
    if queryset is None:
        found = _TABLE.search(sql)
        return Load(Kind.RAW, found[1] if found else sql.split(None, 1)[0])
    if isinstance(queryset, RawQuerySet):
        return Load(Kind.RAW, str(getattr(queryset.model, "__name__", "")))
    return _related(queryset, stack.operation) or _generic(queryset, stack.operation) or _rows(queryset)


def _held(holder: Holder) -> Load:
    descriptor, row = holder.descriptor, holder.row
    related = getattr(descriptor, "related", None)
    field = getattr(descriptor, "field", descriptor)
    if related is not None:
        name, kind = related.get_accessor_name(), Kind.TO_ONE
    elif hasattr(field, "ct_field"):
        name, kind = field.name, Kind.GENERIC
    else:
        # What loads a related object holds the field's name, what loads a column the column's.
        to_one = hasattr(descriptor, "get_object")
        name, kind = (field.name, Kind.TO_ONE) if to_one else (field.attname, Kind.COLUMN)
    return Load(kind, f"{row.__class__.__name__}.{name}", name, row)


def _related(queryset: Any, operation: str) -> Load | None:
    """Rows of a related manager know the row that they are of."""
    row = queryset._hints.get("instance")
    if not is_a(row, Model):
        return None
    relation = _known_relation(queryset, row) or _many_to_many(queryset, row)
    if relation is None:
        return None
    kind = _to_many_kind(queryset, operation, len(relation.near))
    return Load(kind, str(relation), relation.name, row)


def _known_relation(queryset: Any, row: Model) -> Relation | None:
    known = (field for field, rows in queryset._known_related_objects.items() if row in rows.values())
    names = [field.remote_field.get_accessor_name() for field in known]
    return relations(row.__class__).get(names[0]) if names else None


def _many_to_many(queryset: Any, row: Model) -> Relation | None:
    compared = {(_table(queryset, leaf), leaf.lhs.target.column) for leaf in _leaves(queryset.query.where)}
    for relation in relations(row.__class__).values():
        tables = many_to_many_tables(relation)
        # Django counts the rows of the table between the two models, without the other one.
        if (
            tables
            and tables[:2] in compared
            and (relation.model is queryset.model or queryset.query.base_table == tables[0])
        ):
            return relation
    return None


def _generic(queryset: Any, operation: str) -> Load | None:
    """A generic relation compares both columns of a generic foreign key."""
    leaves = {leaf.lhs.target.attname: leaf for leaf in _leaves(queryset.query.where)}
    for pointer in relations(queryset.model).values():
        if pointer.kind != "generic_foreign_key" or not pointer.near <= leaves.keys():
            continue
        pair = {bool(leaves[name].lhs.target.is_relation): leaves[name].rhs for name in pointer.near}
        relation = _leading_back(pointer, _content_model(pair.get(True)))
        if relation is not None:
            kind = _to_many_kind(queryset, operation, len(pointer.near))
            return Load(kind, str(relation), relation.name, key=(pair[True], str(pair.get(False))))
    return None


def _leading_back(pointer: Relation, owner: Any) -> Relation | None:
    found = () if owner is None else relations(owner).values()
    back = (each for each in found if each.kind == "generic_relation" and each.model is pointer.owner)
    return next((each for each in back if each.far == pointer.near), None)


def _content_model(key: Any) -> Any:
    # The related manager has just looked it up: it is in the cache of content types.
    content_types: Any = apps.get_model("contenttypes", "ContentType")
    return content_types.objects.get_for_id(key).model_class() if isinstance(key, int) else None


def _rows(queryset: Any) -> Load:
    return Load(Kind.QUERY, queryset.model.__name__)


def _to_many_kind(queryset: Any, operation: str, own_conditions: int) -> Kind:
    conditions, as_written = _written(queryset.model)
    plain = len(list(_conditions(queryset.query.where))) <= own_conditions + conditions and (
        _asked(queryset) == as_written
    )
    if plain and (operation in _SERVED or (operation == "first" and queryset.ordered)):
        return Kind.TO_MANY
    return Kind.AGGREGATE if operation in _COUNTED else Kind.FILTERED


@lru_cache(maxsize=1024)
def _written(model: Any) -> tuple[int, tuple[Any, ...]]:
    """How many conditions the manager of a model makes by itself, and what else it asks for."""
    queryset = model._default_manager.get_queryset()
    return len(list(_conditions(queryset.query.where))), _asked(queryset)


def _asked(queryset: Any) -> tuple[Any, ...]:
    """What a queryset has beside conditions; one that asks for something else is none that a prefetch has loaded."""
    query = queryset.query
    joined, columns, lookups = query.select_related, query.deferred_loading, queryset._prefetch_related_lookups
    shape = queryset._fields, query.order_by, query.distinct, query.combinator, tuple(query.annotations)
    return (*shape, joined, columns, lookups)


def _conditions(where: Any) -> Iterator[Any]:
    for child in where.children:
        if hasattr(child, "children"):
            yield from _conditions(child)
        else:
            yield child


def _leaves(where: Any) -> Iterator[Any]:
    """The comparisons of a column with something."""
    return (leaf for leaf in _conditions(where) if hasattr(getattr(leaf, "lhs", None), "target"))


def _table(queryset: Any, leaf: Any) -> str:
    return getattr(queryset.query.alias_map.get(leaf.lhs.alias), "table_name", "")
