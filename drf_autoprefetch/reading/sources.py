"""Following ``source="author.publisher.name"`` from a model, attribute by attribute, as DRF does."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Model

from ..notes import Note
from . import attributes, columns, relations
from .bodies import Leaf, read_field_code
from .origins import field_origin, field_path
from .requirements import Requirement, noted, nothing, reads, through
from .to_attrs import to_attrs

_behind_generic: ContextVar[bool] = ContextVar("drf_autoprefetch.behind_generic", default=False)


@dataclass(frozen=True, slots=True)
class Rows:
    """A leaf that iterates over the value it is handed, so that it can be the rows of a relation."""

    leaf: Leaf

    def __call__(self, model: type[Model]) -> Requirement:
        return self.leaf(model)


def follow(field: Any, model: type[Model], names: Sequence[str], leaf: Leaf) -> Requirement:
    """Return what reading ``names`` from an instance of ``model``, one after the other, asks of it.

    ``leaf`` says what is read from the instance, or the rows, at the end.
    """
    if not names:
        return leaf(model)
    name, *rest = names
    match attributes.get_attribute(model, name):
        case attributes.Column() as column:
            return reads(model, column, field_origin(field))
        case relations.Relation() as relation:
            return _related(field, relation, rest, leaf)
        case attributes.Code(function=function):
            return _code(field, model, name, function, lambda target: follow(field, target, rest, leaf))
    return _filled(field, model, name, rest, leaf)


def _code(field: Any, model: type[Model], name: str, function: Any, returned: Leaf) -> Requirement:
    """A property or method: its hint or body. A third party's descriptor on a column reads at least that column."""
    requirement = read_field_code(field, function, model, returned=returned)
    column = attributes.get_column(model, name)
    return requirement | reads(model, column, field_origin(field)) if column else requirement


def _filled(field: Any, model: type[Model], name: str, rest: Sequence[str], leaf: Leaf) -> Requirement:
    """An annotation or the like reads no column; what a declared ``to_attr`` holds is read like its relation."""
    edge = to_attrs.get().get((model, name))
    if edge is None or not edge.targets:
        return nothing(model)
    origin = field_origin(field)
    targets = {target: follow(field, target, rest, leaf) for target in edge.targets}
    return Requirement(model, edges={name: replace(edge, targets=targets, origins=frozenset([origin]))})


def _related(field: Any, relation: relations.Relation, rest: Sequence[str], leaf: Leaf) -> Requirement:
    origin = field_origin(field)
    if relation.to_many:
        return _many(field, relation, rest, leaf)
    if relation.model is None:
        return _generic(field, relation, rest, leaf)
    return through(relation, origin, follow(field, relation.model, rest, leaf), beyond=bool(rest))


def _generic(field: Any, relation: relations.Relation, rest: Sequence[str], leaf: Leaf) -> Requirement:
    """Any model may turn up behind a generic foreign key; behind a second one, only those that point back at it."""
    targets = relations.generic_targets(relation) if _behind_generic.get() else columns.stored_models()
    token = _behind_generic.set(True)
    try:
        found = through(relation, field_origin(field), *(follow(field, target, rest, leaf) for target in targets))
        return found | noted(relation.owner, _any_target(field, relation))
    finally:
        _behind_generic.reset(token)


def _any_target(field: Any, relation: relations.Relation) -> Note:
    return Note(
        "generic-target",
        field_path(field),
        f"{relation} may lead to any model; each is loaded with what this field reads of it when its rows turn up, and"
        f" the plan shows those that declare a generic relation.",
        "Nothing to do.",
        field_origin(field),
    )


def _many(field: Any, relation: relations.Relation, rest: Sequence[str], leaf: Leaf) -> Requirement:
    """The related manager: what it answers from the prefetch cache, and what always asks the database."""
    origin, target = field_origin(field), relation.model
    assert target is not None
    match rest:
        case [] | ["all"] if isinstance(leaf, Rows):
            return through(relation, origin, leaf(target))
        case ["count" | "exists"] | ["all", "count" | "exists"]:
            return through(relation, origin)
        case ["first", *beyond] | ["all", "first", *beyond] if columns.default_ordering(target):
            return through(relation, origin, follow(field, target, beyond, leaf))
    return noted(relation.owner, _unservable(field, relation, ".".join([relation.name, *rest])))


def _unservable(field: Any, relation: relations.Relation, source: str) -> Note:
    target = relation.model
    assert target is not None
    return Note(
        "not-planned",
        field_path(field),
        f"the source {source!r} runs a query for each row, whatever is prefetched.",
        f'Write a method field with @prefetch_hint(Prefetch("{relation.name}", {target.__name__}.objects.…,'
        f' to_attr="…")), or an annotation.',
        field_origin(field),
    )
