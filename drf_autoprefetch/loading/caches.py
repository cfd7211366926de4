"""Where Django keeps the related rows that an instance has loaded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model

from ..reading.relations import Relation, get_relation


def lists_of(instance: Any) -> dict[str, Any]:
    """Return the lists of rows that ``instance`` has loaded, by the names under which Django keeps them."""
    found: dict[str, Any] = getattr(instance, "_prefetched_objects_cache", {})
    return found


def kept_as(relation: Relation) -> tuple[str, ...]:
    """Return the names under which Django may keep a list: one side of a many-to-many goes by its name in queries."""
    return tuple(dict.fromkeys((relation.name, relation.query_name)))


def loaded_rows(instance: Any, relation: Relation, to_attr: str = "") -> list[Model]:
    """Return the rows that ``instance`` has loaded of ``relation``, or in an attribute of its own."""
    if to_attr:
        found = instance.__dict__.get(to_attr)
    elif relation.to_many:
        loaded = lists_of(instance)
        kept = (loaded.get(name) for name in kept_as(relation))
        found = next((each for each in kept if each is not None), None)
    else:
        found = instance._state.fields_cache.get(relation.name)
    rows = [found] if isinstance(found, Model) else getattr(found, "_result_cache", found) or []
    return [row for row in rows if isinstance(row, Model)]


def reached(instances: Iterable[Model], path: Iterable[str]) -> list[Model]:
    """Return the rows to which ``path`` leads from ``instances`` over what is loaded, each once. Runs no query."""
    rows = {id(row): row for row in instances}
    for name in path:
        rows = {id(found): found for row in rows.values() for found in _behind(row, name)}
    return list(rows.values())


def _behind(row: Model, name: str) -> list[Model]:
    relation = get_relation(row.__class__, name)
    return loaded_rows(row, relation) if relation is not None else _filled(row, name)


def _filled(row: Model, name: str) -> list[Model]:
    found = row.__dict__.get(name)
    rows = found if isinstance(found, list) else [found]
    return [each for each in rows if isinstance(each, Model)]
