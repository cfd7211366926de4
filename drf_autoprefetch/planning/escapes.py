"""What code out of sight may reach from a row that it is handed, on rows that are loaded with it."""

from __future__ import annotations

from dataclasses import replace

from ..notes import Origin
from ..reading.requirements import Edge, Requirement, whole
from .written import ORIGIN as WRITTEN

Origins = frozenset[Origin]


def with_escapes(requirement: Requirement) -> Requirement:
    """Return ``requirement`` with all columns of the rows to which code out of sight may go on from one it is handed.

    A column that a plan leaves out there is one query more for each row. Such code is taken to go where it went as long
    as it was seen, and where the developer's own queryset joins; from a child, it finds its parent filled in.
    """
    edges = {name: edge.each(with_escapes) for name, edge in requirement.edges.items()}
    escaped = requirement.handed.union(*map(_up, edges.values()))
    found = replace(requirement, edges=edges)
    return whole(found, escaped, lambda edge: _leads_on(edge, escaped)) if escaped else found


def _up(edge: Edge) -> Origins:
    if not edge.relation.points_back:
        return frozenset()
    return frozenset().union(*(target.handed for target in edge.targets.values()))


def _leads_on(edge: Edge, escaped: Origins) -> bool:
    code = {(origin.serializer, origin.field) for origin in escaped}
    return WRITTEN in edge.origins or any((origin.serializer, origin.field) in code for origin in edge.origins)
