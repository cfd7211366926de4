"""Which columns the rows of a requirement must have: those that are read, and those that relations hang on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..reading.columns import inherited_columns, primary_key
from ..reading.requirements import Requirement

if TYPE_CHECKING:
    from django.db.models import Model

NO_COLUMNS: frozenset[str] = frozenset()


def columns_of(requirement: Requirement, far: frozenset[str] = NO_COLUMNS) -> frozenset[str] | None:
    """Return the columns that rows of ``requirement.model`` must have: those read, and those relations hang on."""
    if requirement.everything:
        return None
    found = set(requirement.reads) | far | primary_key(requirement.model)
    for edge in requirement.edges.values():
        found |= edge.relation.near
        if edge.relation.kind == "child_link":
            for target in edge.targets.values():
                found |= _shared(target, requirement.model)
    return frozenset(found)


def _shared(child: Requirement, parent: type[Model]) -> frozenset[str]:
    """A multi-table child that is joined to its parent takes the inherited columns from the parent's row."""
    inherited = inherited_columns(child.model, parent)
    columns = columns_of(child)
    return inherited if columns is None else inherited & columns
