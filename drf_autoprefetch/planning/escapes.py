"""What code out of sight may reach from a row that it is handed, on rows that are loaded with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..notes import Origin
from ..reading.requirements import Edge, Requirement
from .written import ORIGIN as WRITTEN

Origins = frozenset[Origin]


def with_escapes(requirement: Requirement) -> Requirement:
    """Return ``requirement`` with all columns of the rows to which code out of sight may go on from one it is handed.

    A column that a plan leaves out there is one query more for each row. Such code is taken to go where it went as long
    as it was seen, and where the developer's own queryset joins; from a child, it finds its parent filled in.
    """
    edges = {name: _each(with_escapes, edge) for name, edge in requirement.edges.items()}
    escaped = requirement.handed.union(*map(_up, edges.values()))
    found = replace(requirement, edges=edges)
    return _whole(found, escaped) if escaped else found


def _up(edge: Edge) -> Origins:
    if not edge.relation.points_back:
        return frozenset()
    return frozenset().union(*(target.handed for target in edge.targets.values()))


def _whole(requirement: Requirement, escaped: Origins) -> Requirement:
    edges = {
        name: _each(lambda target: _whole(target, escaped), edge) if _leads_on(edge, escaped) else edge
        for name, edge in requirement.edges.items()
    }
    everything, handed = requirement.everything | escaped, requirement.handed | escaped
    return replace(requirement, everything=everything, handed=handed, edges=edges)


def _leads_on(edge: Edge, escaped: Origins) -> bool:
    code = {(origin.serializer, origin.field) for origin in escaped}
    return WRITTEN in edge.origins or any((origin.serializer, origin.field) in code for origin in edge.origins)


def _each(change: Callable[[Requirement], Requirement], edge: Edge) -> Edge:
    return replace(edge, targets={model: change(target) for model, target in edge.targets.items()})
