"""A plain way to load what a requirement asks for, and to write it down in one line per path."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import Prefetch

from drf_autoprefetch.reading.requirements import Requirement


def paths(requirement: Requirement, prefix: str = "") -> frozenset[str]:
    """Return ``title``, ``author.name``, ``tags`` (rows of which nothing is read), ``author.*`` (every column)."""
    found = {f"{prefix}{name}" for name in requirement.reads}
    if requirement.everything:
        found = {f"{prefix}*"}
    for name, edge in requirement.edges.items():
        below = [paths(target, f"{prefix}{name}.") for target in edge.targets.values()]
        found |= frozenset().union(*below) or {f"{prefix}{name}"}
    return frozenset(found)


def queryset(requirement: Requirement, extra: frozenset[str] = frozenset()) -> Any:
    """Return a queryset that selects what is required, one prefetch per relation, and not a column more."""
    rows = requirement.model._base_manager.all()
    near = frozenset().union(*(edge.relation.near for edge in requirement.edges.values()))
    if requirement.columns is not None:
        rows = rows.only("pk", *requirement.columns, *near, *extra)
    for edge in requirement.edges.values():
        targets = [queryset(target, edge.relation.far) for target in edge.targets.values()]
        if edge.relation.to_many:
            targets = [target.order_by(*target.model._meta.ordering) for target in targets]
        kind = GenericPrefetch if edge.relation.model is None else Prefetch
        given = [targets] if edge.relation.model is None else targets
        rows = rows.prefetch_related(kind(edge.name, *given) if targets else edge.name)
    return rows
