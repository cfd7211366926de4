"""Steps from requirement to requirement, before anything is chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..notes import Note
from ..reading import columns
from ..reading.origins import class_origin
from ..reading.requirements import Edge, Requirement, everything, recast

if TYPE_CHECKING:
    from django.db.models import Model


def rewrite(requirement: Requirement, path: str = "") -> Requirement:
    """Return ``requirement`` with what models read by themselves, and without what Django fills in for nothing."""
    edges: dict[str, Edge] = {}
    lifted = replace(requirement, edges={})
    for name, edge in requirement.edges.items():
        targets = {model: rewrite(target, f"{path}.{name}".strip(".")) for model, target in edge.targets.items()}
        edges[name], back = _without_back_pointer(requirement.model, replace(edge, targets=targets))
        lifted = lifted if back is None else lifted | back
    return _with_hooks(lifted | replace(requirement, edges=edges), path)


def _without_back_pointer(model: type[Model], edge: Edge) -> tuple[Edge, Requirement | None]:
    """A child's pointer to the parent it was reached from is that parent: what is read there, the parent must load.

    Lists below the pointer stay there: where there are no children, nobody reads them.
    """
    back = edge.relation.points_back
    if not back or len(edge.targets) != 1:
        return edge, None
    ((target_model, target),) = edge.targets.items()
    pointer = target.edges.get(back)
    if pointer is None or pointer.declared or len(pointer.targets) != 1:
        return edge, None
    ((parent, read),) = pointer.targets.items()
    kept = {name: other for name, other in target.edges.items() if name != back}
    if (lists := _lists(read)).edges:
        kept[back] = replace(pointer, targets={parent: lists})
    return replace(edge, targets={target_model: replace(target, edges=kept)}), recast(_single(read), model)


def _lists(requirement: Requirement) -> Requirement:
    """The to-many relations of a requirement, and the to-one relations on the way to them."""
    edges = {}
    for name, edge in requirement.edges.items():
        targets = {model: target if _is_list(edge) else _lists(target) for model, target in edge.targets.items()}
        if _is_list(edge) or any(target.edges for target in targets.values()):
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


def _with_hooks(requirement: Requirement, path: str) -> Requirement:
    """A model that runs code on each loaded row may read any column of it there."""
    model = requirement.model
    hook = columns.loads_by_itself(model)
    if not hook and columns.has_init_receivers(model):
        hook = f"a post_init receiver of {model.__name__}"
    if not hook:
        return requirement
    origin = class_origin(model, "model")
    note = Note(
        "model-hooks",
        path,
        f"{hook} runs for every loaded row and may read any column, so all columns are loaded.",
        "Nothing to do, unless the hook can go.",
        origin,
    )
    return requirement | everything(model, origin, note)
