"""Steps from requirement to requirement, before anything is chosen."""

from __future__ import annotations

from dataclasses import replace

from ..notes import Note
from ..reading import columns
from ..reading.origins import class_origin
from ..reading.requirements import Edge, Requirement, everything
from .escapes import with_escapes
from .pointers import with_lists_together, without_back_pointer


def rewrite(requirement: Requirement) -> Requirement:
    """Return ``requirement`` with what models read by themselves, and without what Django fills in for nothing."""
    return _rewrite(with_escapes(with_lists_together(requirement)), path="")


def _rewrite(requirement: Requirement, path: str) -> Requirement:
    edges: dict[str, Edge] = {}
    lifted = replace(requirement, edges={})
    for name, edge in requirement.edges.items():
        targets = {model: _rewrite(target, f"{path}.{name}".strip(".")) for model, target in edge.targets.items()}
        edges[name], back = without_back_pointer(requirement, replace(edge, targets=targets))
        lifted = lifted if back is None else lifted | back
    return _with_hooks(lifted | replace(requirement, edges=edges), path)


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
