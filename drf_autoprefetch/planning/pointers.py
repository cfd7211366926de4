"""A child's pointer to the row that it was reached from: Django fills it in, so what is read there is that row's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..reading.requirements import Edge, Requirement, nothing, perhaps, recast, union

if TYPE_CHECKING:
    from django.db.models import Model


def with_lists_together(requirement: Requirement, back: str = "") -> Requirement:
    """A list that is read from a row, and again behind a child's pointer to that row, is one list of the same rows.

    ``back`` is the pointer of these rows themselves: what is read behind that, through children, is read by them too.
    """
    edges = {
        name: replace(edge, targets=_targets_with_lists_together(edge)) for name, edge in requirement.edges.items()
    }
    found = replace(requirement, edges=edges)
    pointers = [pointer for edge in edges.values() if (pointer := _back_pointer(edge)) is not None]
    reads = [read for pointer in pointers for read in pointer.targets.values()]
    shared = (perhaps(recast(_shared_lists(read, found, back), found.model)) for read in reads)
    whole = union(found.model, [found, *shared])
    return found if whole == found else with_lists_together(whole, back)


def without_back_pointer(parent: Requirement, edge: Edge) -> tuple[Edge, Requirement | None]:
    """A child's pointer to the parent it was reached from is that parent: what is read there, the parent must load.

    Lists that are read only behind the pointer stay there: where there are no children, nobody reads them.
    """
    pointer = _back_pointer(edge)
    if pointer is None:
        return edge, None
    ((target_model, target),) = edge.targets.items()
    ((model, read),) = pointer.targets.items()
    kept = {name: other for name, other in target.edges.items() if other is not pointer}
    if (lists := _lists(read, without=parent)).edges:
        kept[pointer.name] = replace(pointer, targets={model: lists})
    lifted = perhaps(recast(_single(read), parent.model))
    return replace(edge, targets={target_model: replace(target, edges=kept)}), lifted


def _targets_with_lists_together(edge: Edge) -> dict[type[Model], Requirement]:
    back = edge.relation.points_back
    return {model: with_lists_together(target, back) for model, target in edge.targets.items()}


def _back_pointer(edge: Edge) -> Edge | None:
    """Return the child's relation to the row that it was reached from, which Django fills in."""
    back = edge.relation.points_back
    if not back or len(edge.targets) != 1:
        return None
    (target,) = edge.targets.values()
    pointer = target.edges.get(back)
    return None if pointer is None or pointer.declared or len(pointer.targets) != 1 else pointer


def _shared_lists(read: Requirement, requirement: Requirement, back: str = "") -> Requirement:
    """What is read behind ``back``, the lists that ``requirement`` has too, and the to-one relations before them."""
    edges = {}
    for name, edge in read.edges.items():
        other = requirement.edges.get(name)
        if name == back or (other is not None and _is_list(edge)):
            edges[name] = edge
        elif other is not None:
            both = [model for model in edge.targets if model in other.targets]
            targets = {model: _shared_lists(edge.targets[model], other.targets[model]) for model in both}
            edges[name] = replace(edge, targets=targets)
    return Requirement(read.model, edges=edges)


def _lists(requirement: Requirement, without: Requirement) -> Requirement:
    """The to-many relations of a requirement, but those that ``without`` has, and the to-one relations on the way."""
    edges = {}
    for name, edge in requirement.edges.items():
        other = without.edges.get(name)
        if _is_list(edge):
            edges.update({} if other else {name: edge})
            continue
        known = other.targets if other else {}
        targets = {model: _lists(target, known.get(model) or nothing(model)) for model, target in edge.targets.items()}
        if any(target.edges for target in targets.values()):
            edges[name] = replace(edge, targets=targets)
    return Requirement(requirement.model, edges=edges)


def _single(requirement: Requirement) -> Requirement:
    """A requirement without its to-many relations."""
    edges = {
        name: replace(edge, targets={model: _single(target) for model, target in edge.targets.items()})
        for name, edge in requirement.edges.items()
        if not _is_list(edge)
    }
    lists = [edge for edge in requirement.edges.values() if _is_list(edge)]
    near = {column: edge.origins for edge in lists for column in edge.relation.near}
    return replace(requirement, edges=edges) | Requirement(requirement.model, reads=near)


def _is_list(edge: Edge) -> bool:
    return edge.relation.to_many or not edge.relation.joinable
