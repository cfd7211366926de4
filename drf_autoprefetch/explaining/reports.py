"""A plan as plain data: the one tree that every format renders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from ..notes import Note, Origin
from ..planning.plans import Decision, Plan, PrefetchPlan, Strategy
from ..reading import columns
from .sql import prefetch_sql, queryset_sql

VERSION = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What ``?explain_prefetch=1`` answers: the plan of one request and the queryset it is applied to.

    ``queryset`` is unevaluated and has the plan on it; None where the request has no plan. ``links`` are names and URLs
    of the same request in other forms. ``analysis`` is what happened, as data, where the request was run.
    """

    view: str
    action: str
    serializer: str
    plan: Plan | None
    notes: tuple[Note, ...]
    queryset: QuerySet[Any] | None
    cached: bool
    seconds: float
    show_parameters: bool = False
    links: tuple[tuple[str, str], ...] = ()
    analysis: dict[str, Any] | None = None

    @property
    def all_notes(self) -> list[Note]:
        """The notes of the request and of every plan in it, the gravest first."""
        notes = list(self.notes)
        for plan in self.plan.walk() if self.plan else ():
            notes += plan.notes
        grave = {"error": 0, "warning": 1, "note": 2}
        return sorted(dict.fromkeys(notes), key=lambda note: (grave[note.severity.value], note.path, note.id))


def report_data(report: Report) -> dict[str, Any]:
    """Return ``report`` as a dict of JSON types, in a stable order. Times stand in ``timing`` and nowhere else."""
    plan = report.plan
    return {
        "version": VERSION,
        "view": report.view,
        "action": report.action,
        "serializer": report.serializer,
        "headline": headline(plan),
        "queries": plan.queries if plan else None,
        "notes": [note_data(note) for note in report.all_notes],
        "plan": _tree(plan, report) if plan else None,
        "analysis": report.analysis,
        "timing": {"cached": report.cached, "plan_milliseconds": round(report.seconds * 1000, 3)},
    }


def headline(plan: Plan | None) -> str:
    """Return ``3 queries; 12 of 61 columns``, or why there is nothing to say."""
    if plan is None:
        return "no plan: the queryset is left as it was"
    kept = total = 0
    for each in plan.walk():
        for decision in each.decisions:
            everything = len(columns.all_columns(decision.model))
            total += everything
            kept += everything if decision.columns is None else len(decision.columns)
    return f"{plan.queries} {'query' if plan.queries == 1 else 'queries'}; {kept} of {total} columns"


def note_data(note: Note) -> dict[str, Any]:
    """Return a note as a dict of JSON types."""
    return {
        "id": note.id,
        "severity": note.severity.value,
        "path": note.path,
        "about": note.origin.name,
        "message": note.message,
        "remedy": note.remedy,
        "place": note.origin.place,
    }


def _tree(plan: Plan, report: Report) -> dict[str, Any]:
    queryset = report.queryset
    sql = None if queryset is None else queryset_sql(queryset, parameters=report.show_parameters)
    return _nested(plan, sql, "", report.show_parameters)


def _nested(plan: Plan, sql: dict[str, Any] | None, above: str, literals: bool) -> dict[str, Any]:
    """The decisions of one query hang under one another by path; the prefetches hang where their lookup leads."""
    nodes = {decision.path: _node(decision, above) for decision in plan.decisions}
    nodes[""] |= {"sql": sql, "annotations": [annotated.name for annotated in plan.annotations]}
    for path, node in nodes.items():
        if path:
            nodes[_nearest(path, nodes)]["related"].append(node)
    for prefetch in plan.lookups():
        path = prefetch.lookup.replace("__", ".")
        # A third party's relation loads by no plan of ours: what is known of its rows was decided above.
        if prefetch.plans or prefetch.declared or path not in nodes:
            nodes[_nearest(path, nodes)]["related"].extend(_prefetched(prefetch, above, literals))
    return nodes[""]


def _nearest(path: str, nodes: dict[str, Any]) -> str:
    """The node that ``path`` hangs under: past rows of another query, where it leads back through them."""
    above = path.rpartition(".")[0]
    return above if above in nodes else _nearest(above, nodes)


def _prefetched(prefetch: PrefetchPlan, above: str, literals: bool) -> Iterator[dict[str, Any]]:
    head, _, last = prefetch.lookup.rpartition("__")
    path = _joined(above, head.replace("__", "."), prefetch.to_attr or last)
    for plan in prefetch.plans:
        yield _nested(plan, prefetch_sql(prefetch, plan, literals=literals), path, literals)
    for queryset in getattr(prefetch.declared and prefetch.declared.prefetch, "querysets", ()):
        found = _bare_node(path, queryset.model, "a GenericPrefetch with its own queryset is declared")
        yield found | {"sql": queryset_sql(queryset, parameters=False, literals=literals)}
    if not prefetch.plans and prefetch.declared is None:
        why, strategy = "its targets are loaded as Django finds them", prefetch.late and Strategy.LATE
        yield _bare_node(path, prefetch.relation.model, why, strategy or Strategy.PREFETCH)


def _bare_node(
    path: str, model: type[Model] | None, why: str, strategy: Strategy = Strategy.PREFETCH
) -> dict[str, Any]:
    """A node of rows that a queryset of someone else's loads."""
    return {
        "path": path,
        "model": None if model is None else columns.label(model),
        "strategy": strategy.value,
        "why": why,
        "origins": [],
        "columns": None,
        "dropped": [],
        "everything": [],
        "reads": {},
        "annotations": [],
        "sql": None,
        "related": [],
    }


def _node(decision: Decision, above: str) -> dict[str, Any]:
    ordered = columns.ordered_columns(decision.model)
    kept = ordered if decision.columns is None else decision.columns
    return _bare_node(_joined(above, decision.path), decision.model, decision.why, decision.strategy) | {
        "origins": [origin_data(origin) for origin in decision.origins],
        "columns": list(kept),
        "dropped": [name for name in ordered if name not in kept],
        "everything": [origin_data(origin) for origin in decision.everything],
        "reads": {name: [origin_data(origin) for origin in origins] for name, origins in decision.reads},
    }


def _joined(*paths: str) -> str:
    return ".".join(filter(None, paths))


def origin_data(origin: Origin) -> dict[str, Any]:
    """Return an origin as a dict of JSON types."""
    return {"by": origin.name, "kind": origin.kind, "place": origin.place}
