"""``Samples``: what was read of the rows of each action, over many responses. Names, counts and places; no values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from django.db.models import Model

from ...planning.plans import Plan
from ...reading.columns import columns_by_name, label, primary_key
from ...reading.origins import shorten
from ...reading.relations import relations
from .recorder import Recorder
from .seen import CodeReads, Path
from .unread import judged

VERSION = 1

_KEY = "pk"

#: Notes of a plan that a hint answers.
HINTED = frozenset({"code-unread", "custom-field"})


@dataclass(slots=True)
class _Seen:
    """Rows that were looked at: how many, and in other attributes names of what they have and what was read."""

    rows: int = 0


@dataclass(slots=True)
class NodeSample(_Seen):
    """Rows at one place of a plan: what they were loaded with, but for keys, and what was read."""

    columns: set[str] = field(default_factory=set)
    relations: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)


@dataclass(slots=True)
class CodeSample(_Seen):
    """What code reads from rows of a model, as paths of a hint; ``missing`` of them had to be loaded row by row."""

    paths: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Sample:
    """What was seen of one action of a view.

    ``nodes`` go by (path, model), ``functions`` by (file, first line, last line, name, model), ``fields`` by
    (serializer, field, model), ``notes`` are (id, what they are about, file, line). A serializer is named with its
    module.
    """

    responses: int = 0
    nodes: dict[tuple[str, str], NodeSample] = field(default_factory=dict)
    functions: dict[tuple[str, int, int, str, str], CodeSample] = field(default_factory=dict)
    fields: dict[tuple[str, str, str], CodeSample] = field(default_factory=dict)
    notes: set[tuple[str, str, str, int]] = field(default_factory=set)

    def merge(self, other: Sample) -> bool:
        """Take in ``other``, and return whether it says anything new but numbers."""
        self.responses += other.responses
        new = not other.notes <= self.notes
        self.notes |= other.notes
        merged = [_merge(self.nodes, other.nodes), _merge(self.functions, other.functions)]
        return any([new, *merged, _merge(self.fields, other.fields)])


def _merge(mine: dict[Any, Any], other: dict[Any, Any]) -> bool:
    new = False
    for key, its in other.items():
        ours = mine.setdefault(key, type(its)())
        ours.rows += its.rows
        for name in names_of(its):
            known, found = getattr(ours, name), getattr(its, name)
            new = new or not found <= known
            known |= found
    return new


def names_of(sample: _Seen) -> tuple[str, ...]:
    """Return the attributes that hold names: all but the first."""
    return tuple(each.name for each in fields(sample))[1:]


def sample_of(recorder: Recorder, plans: Iterable[Plan]) -> Sample:
    """Return what ``recorder`` has seen of one response, whose rows were loaded by ``plans``."""
    plans = list(plans)
    found = Sample(responses=1)
    for node in judged(recorder.nodes.values(), plans):
        found.nodes[node.path, label(node.model)] = NodeSample(
            node.rows, set(node.columns), set(node.relations), set(node.read)
        )
    for (function, model), reads in recorder.functions.items():
        key = (shorten(function.file), function.line, function.end, function.name, label(model))
        found.functions[key] = _code(reads)
    for shown, reads in recorder.fields.items():
        found.fields[_class_name(shown.serializer), shown.name, label(reads.model)] = _code(reads)
    for plan in plans:
        for below in plan.walk():
            notes = (note for note in below.notes if note.id in HINTED)
            found.notes |= {(note.id, note.origin.name, note.origin.file, note.origin.line) for note in notes}
    return found


def _code(reads: CodeReads) -> CodeSample:
    known: dict[str, bool] = {}
    for path in reads.paths:
        written = _written(reads.model, path)
        lazily = any(reads.paths.get(path[:length]) for length in range(1, len(path) + 1))
        known[written] = lazily or known.get(written, False)
    paths = trimmed(known)
    return CodeSample(
        rows=reads.rows,
        paths=paths,
        missing={path for path in paths if known[path]},
        fields={f"{_class_name(each.serializer)}.{each.name}" for each in reads.fields},
    )


def _class_name(cls: Any) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"


def _written(model: type[Model], path: Path) -> str:
    """``path`` as a hint has it, as far as a hint can name it. A relation of which no more is read ends in its key."""
    here: type[Model] | None = model
    way: list[str] = []
    for name in path:
        relation = None if here is None else relations(here).get(name)
        if relation is None:
            if here is not None and name in columns_by_name(here) and name not in primary_key(here):
                return "__".join((*way, name))
            break
        way.append(name)
        here = relation.model
    return "__".join(way) if here is None or not way else "__".join((*way, _KEY))


def trimmed(paths: Iterable[str]) -> set[str]:
    """Leave out keys of rows of which something else is read: they come with it."""
    found = {path for path in paths if path}
    return {path for path in found if not (path.endswith(f"__{_KEY}") and _has_more(path, found))}


def _has_more(path: str, paths: set[str]) -> bool:
    rows = path.removesuffix(_KEY)
    return any(each.startswith(rows) and each != path for each in paths)
