"""What to write so that a load is planned: a hint on the code that reads, or a line on the queryset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

from django.db.models import Model
from rest_framework.relations import ManyRelatedField
from rest_framework.serializers import ListSerializer

from ..loading.caches import loaded_rows
from ..reading.relations import Relation, relations
from .asides import is_a, settled
from .findings import Kind
from .loads import Load
from .sights import Sight
from .stacks import Stack

ONCE = "load it once for all rows, in get_serializer_context() or as an annotation of the view's queryset"
KEEP = "keep the answer: ask once per request, in get_serializer_context()"
_DEPTH = 3


@dataclass(frozen=True, slots=True)
class _Reader:
    """A function of the project's own that reads ``row``; ``name`` is how to call it (``BookSerializer.get_line``)."""

    name: str
    row: Any


def remedy_for(sight: Sight) -> str:
    """Return what to write so that what was seen does not happen again."""
    load, reader = sight.load, _reader(sight.stack.project) or _around(sight.stack)
    if load.kind in (Kind.QUERY, Kind.RAW):
        return ONCE
    path = "" if reader is None else _path(reader.row, load)
    if load.kind in (Kind.AGGREGATE, Kind.FILTERED):
        return ONCE if reader is None or not path else _narrowed(load, path, reader)
    if reader is None:
        return _on_queryset(sight.stack, load)
    return f'add @prefetch_hint("{path or "…__" + load.attribute}") to {reader.name}'


def _narrowed(load: Load, path: str, reader: _Reader) -> str:
    """A related manager that is filtered has to become something that all rows can have at once."""
    name = load.attribute
    if load.kind is Kind.AGGREGATE:
        hint, new = f'annotate={{"{name}_count": Count("{_in_queries(path, reader.row)}", filter=…)}}', f"{name}_count"
    else:
        new = f"chosen_{name}"
        hint = f'Prefetch("{path}", {_target(load)}.objects.filter(…), to_attr="{new}")'
    return f"add @prefetch_hint({hint}) to {reader.name}, and read {new} there"


def _in_queries(path: str, row: Any) -> str:
    """Queries may know a relation by another name than attributes do."""
    model: Any = row.__class__
    names = []
    for name in path.split("__"):
        relation = relations(model)[name]
        names.append(relation.query_name)
        model = relation.model or model
    return "__".join(names)


def _target(load: Load) -> str:
    relation = None if load.row is None else _relations(load.row).get(load.attribute)
    return getattr(relation and relation.model, "__name__", "Model")


def _path(start: Any, load: Load) -> str:
    """Return the way from ``start`` to what is loaded, along what is loaded already; empty where none is found."""
    if start is None or load.row is None:
        return load.attribute if load.row is None else ""
    for row, path in _reachable(start):
        if row is load.row:
            return "__".join((*path, load.attribute))
    name = _list_of(start, load.row)
    return f"{name}__{load.attribute}" if name else ""


def _list_of(start: Any, row: Any) -> str:
    """Return the relation of ``start`` that ``row`` was shown of where nobody has kept its rows; empty if in doubt."""
    leading = [each for each in _relations(start).values() if each.to_many and each.model is row.__class__]
    kept = row._state.fields_cache
    sure = [each.name for each in leading if each.points_back and kept.get(each.points_back) is start]
    # Rows of a many-to-many relation know nothing of where they were reached from.
    only = [each.name for each in leading if each.kind == "many_to_many" and len(leading) == 1]
    return next(iter([*sure, *only]), "")


def _relations(row: Any) -> dict[str, Relation]:
    model: Any = row.__class__
    return relations(model)


def _reachable(start: Any) -> Iterator[tuple[Any, tuple[str, ...]]]:
    level: list[tuple[Any, tuple[str, ...]]] = [(start, ())]
    for _ in range(_DEPTH):
        yield from level
        level = [
            (found, (*path, name))
            for row, path in level
            for name, relation in _relations(row).items()
            for found in loaded_rows(row, relation)
        ]


def _reader(frames: list[FrameType]) -> _Reader | None:
    """The function nearest to the query that has the row, and can be given a hint."""
    return next((reader for reader in map(_as_reader, frames) if reader is not None), None)


def _around(stack: Stack) -> _Reader | None:
    """The function that shows rows by a serializer of its own."""
    fields = stack.fields
    inside = bool(fields) and fields[0].root is not fields[-1].root
    return _reader(stack.beyond) if inside else None


def _as_reader(frame: FrameType) -> _Reader | None:
    code = frame.f_code
    values = [settled(frame.f_locals.get(name)) for name in code.co_varnames[: code.co_argcount]]
    row = next((value for value in values if is_a(value, Model)), None)
    if row is None or code.co_name.startswith("<"):
        return None
    owner = "" if not hasattr(type(values[0]), code.co_name) else f"{type(values[0]).__name__}."
    return _Reader(f"{owner}{code.co_name}", row)


def _on_queryset(stack: Stack, load: Load) -> str:
    passed = stack.fields if _shows_other_rows(stack) else stack.fields[:-1]
    sources = [field.source.replace(".", "__") for field in passed if field.source != "*"]
    inner = _path(stack.row, load) or load.attribute
    path = "__".join((*sources, inner))
    many = any(isinstance(field, (ListSerializer, ManyRelatedField)) for field in passed)
    if load.kind is Kind.COLUMN:
        return f'add "{path}" to the only() of the queryset, or take it out of defer()'
    method = "select_related" if load.kind is Kind.TO_ONE and not many else "prefetch_related"
    return f'add .{method}("{path}") to the queryset'


def _shows_other_rows(stack: Stack) -> bool:
    """Whether the field nearest to the query is a related one, and has been handed what it leads to."""
    serialized = next((shown.row for shown in stack.shown if shown.field is not None), None)
    return serialized is not None and stack.row is not None and stack.row is not serialized
