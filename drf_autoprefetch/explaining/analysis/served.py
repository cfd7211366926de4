"""Which node of the plan a query serves, by the code that runs it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from types import CodeType, FrameType
from typing import Any

from django.apps import apps
from django.db.models import Model, query
from django.db.models.sql.compiler import SQLCompiler

from ...loading.caches import kept_as, lists_of, loaded_rows
from ...loading.carried import rows_of_plan
from ...loading.instances import load_instances
from ...loading.late import Late
from ...planning.plans import Strategy
from ...reading import columns
from ...reading.relations import get_relation


def _code(function: Any) -> CodeType:
    code: CodeType = inspect.unwrap(function).__code__
    return code


_COMPILED = _code(SQLCompiler.execute_sql)
_LEVEL = _code(query.prefetch_one_level)
_ROOT = _code(rows_of_plan)
#: What they load starts from rows anywhere in the plan.
_INSIDE = (_code(Late.load), _code(load_instances))
_QUERIES = {Strategy.ROOT.value, Strategy.PREFETCH.value, Strategy.LATE.value}


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the plan that has a query of its own; ``model`` None where it is not known before the rows are."""

    path: str
    model: str | None


@dataclass(frozen=True, slots=True)
class Level:
    """Rows for which related ones were prefetched: ``name`` is the relation, ``to_attr`` where they were put."""

    instances: Sequence[Any]
    name: str
    to_attr: str


@dataclass(frozen=True, slots=True)
class Served:
    """The node that a query served, and for which rows where it was a prefetch."""

    node: Node
    level: Level | None = None


class Nodes:
    """The nodes of a report's plan, as data."""

    def __init__(self, plan: dict[str, Any] | None) -> None:
        self._nodes = list(_nodes(plan)) if plan else []

    def served(self, frame: FrameType | None) -> Served | None:
        """Return what the query that is run below ``frame`` serves; None where the plan does not know it."""
        compiled: Any = None
        levels: list[FrameType] = []
        while frame is not None and self._nodes:
            code = frame.f_code
            if code is _COMPILED and compiled is None:
                compiled = frame.f_locals["self"].query
            elif code is _LEVEL:
                levels.append(frame)
            elif code is _ROOT or code in _INSIDE:
                return None if compiled is None else self._by_plan(frame, compiled, levels)
            frame = frame.f_back
        return None

    def _by_plan(self, frame: FrameType, compiled: Any, levels: list[FrameType]) -> Served | None:
        """What is prefetched for prefetched rows may be loaded below those, or after them by one longer path."""
        whole = frame.f_code is _ROOT
        # Code that a model runs for each row asks beside the queryset of the plan.
        if whole and not levels and compiled is not frame.f_locals["planned"].query:
            return None
        path = ".".join(_path(level) for level in reversed(levels))
        level = _level(levels[0]) if levels else None
        found = self._find(path, compiled.model, whole=whole or level is None)
        if found is None and level is not None and _is_generic(level) and compiled.model is not _content_type():
            found = self._target(path, compiled.model)
        return None if found is None else Served(found, level)

    def _find(self, path: str, model: type[Model], *, whole: bool) -> Node | None:
        known = [node for node in self._nodes if node.model in (None, columns.label(model))]
        exact = [node for node in known if node.path == path]
        below = [] if whole else [node for node in known if node.path.endswith(f".{path}")]
        return next(iter(exact + below), None)

    def _target(self, path: str, model: type[Model]) -> Node | None:
        """Which models a generic foreign key leads to is known only now: the plan has nodes of those that it reads."""
        there = any(f".{node.path}".endswith(f".{path}") for node in self._nodes)
        return Node(path, columns.label(model)) if there else None


def _is_generic(level: Level) -> bool:
    relation = get_relation(level.instances[0].__class__, level.name)
    return relation is not None and relation.kind == "generic_foreign_key"


def _content_type() -> Any:
    return apps.get_model("contenttypes", "ContentType")


def _nodes(node: dict[str, Any]) -> Iterator[Node]:
    if node["strategy"] in _QUERIES:
        yield Node(node["path"], node["model"])
    for child in node["related"]:
        yield from _nodes(child)


def _path(frame: FrameType) -> str:
    lookup, depth = frame.f_locals["lookup"], frame.f_locals["level"]
    path: str = lookup.get_current_prefetch_to(depth)
    return path.replace("__", ".")


def _level(frame: FrameType) -> Level:
    lookup, depth = frame.f_locals["lookup"], frame.f_locals["level"]
    to_attr, as_attr = lookup.get_current_to_attr(depth)
    name = lookup.prefetch_through.split("__")[depth]
    return Level(list(frame.f_locals["instances"]), name, to_attr if as_attr else "")


def rows_per_parent(levels: Iterable[tuple[Node, Level]]) -> list[dict[str, Any]]:
    """Return, for each node that has many rows for a parent, how many: parents, rows, median and largest."""
    counts: dict[Node, dict[int, int]] = {}
    for node, level in levels:
        found = {id(instance): len(rows) for instance, rows in _lists(level)}
        if found:
            counts.setdefault(node, {}).update(found)
    return [
        {
            "path": node.path,
            "model": node.model,
            "parents": len(each),
            "rows": sum(each.values()),
            "median": median(each.values()),
            "largest": max(each.values()),
        }
        for node, each in counts.items()
    ]


def _lists(level: Level) -> Iterator[tuple[Any, list[Model]]]:
    """The lists that are still there: those of instances that somebody else holds are forgotten when shown."""
    for instance in level.instances:
        relation = get_relation(instance.__class__, level.name)
        if relation is None or not relation.to_many:
            continue
        kept = (level.to_attr,) if level.to_attr else kept_as(relation)
        if not lists_of(instance).keys().isdisjoint(kept) or level.to_attr in vars(instance):
            yield instance, loaded_rows(instance, relation, level.to_attr)
