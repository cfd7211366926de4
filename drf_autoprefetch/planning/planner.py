"""From requirement to plan: which relations join, which are prefetched, and which columns each query selects.

Dotted prefixes appear here and nowhere else, where joins are flattened into one query.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..conf import get_settings
from ..exceptions import HintError
from ..notes import Note
from ..reading.columns import all_columns, as_attributes, ordered_columns
from ..reading.indexes import uncovered
from ..reading.relations import generic_targets, peers_cost_nothing
from ..reading.requirements import Annotated, Declared, Edge, Requirement, everything
from .annotations import independent
from .bases import base_queryset
from .cache import Cache, Identity
from .columns_needed import NO_COLUMNS, columns_of
from .decisions import Node, decision, entered, left_alone
from .plans import AS_BEST, Decision, How, Plan, PrefetchPlan, Strategy
from .rewrites import rewrite
from .strategies import Situation, choose
from .unordered import come_as_they_lie, come_by_key
from .written import ORIGIN as WRITTEN
from .written import UNWRITTEN, Path, Written, knows_all_joins, read_queryset, with_written

if TYPE_CHECKING:
    from django.db.models import Model


def make_plan(requirement: Requirement, written: Written = UNWRITTEN, how: How = AS_BEST) -> Plan:
    """Return how to load ``requirement`` with a queryset on which ``written`` stands already.

    Raises HintError where declarations contradict each other. Runs no query.
    """
    how = how if get_settings().ONLY else replace(how, trim=False)
    asked, rest = with_written(requirement, written)
    known = not (written.joins_all or written.seen) and knows_all_joins(requirement.model, written)
    query = _Query(written, how, how.trim and known, how.joins and not written.joins_all)
    query.visit(Node(rewrite(asked), Strategy.ROOT, "the rows of this query", far=how.far | written.known))
    return Plan(
        model=requirement.model,
        select_related=tuple("__".join(path) for path in query.joins),
        only=query.only(),
        prefetches=tuple(query.prefetches),
        annotations=_independent(query.annotations, requirement.model),
        decisions=tuple(query.decisions),
        notes=tuple(query.notes),
        requirement=requirement,
        written=written,
        how=how,
        kept_lookups=rest,
        peers=not query.probed and all(peers_cost_nothing(decision.model) for decision in query.decisions),
    )


def _independent(annotations: list[Annotated], model: type[Model]) -> tuple[Annotated, ...]:
    ordered = sorted(annotations, key=lambda annotated: annotated.name)
    return tuple(replace(each, expression=independent(each.expression, model)) for each in ordered)


_IN_PLACE = "it is the row that it was reached from"


@dataclass(slots=True)
class _Query:
    """One queryset in the making."""

    written: Written
    how: How
    trim: bool
    joins_allowed: bool
    joins: list[Path] = field(default_factory=list)
    columns: dict[Path, tuple[type[Model], frozenset[str] | None]] = field(default_factory=dict)
    prefetches: list[PrefetchPlan] = field(default_factory=list)
    annotations: list[Annotated] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    probed: bool = False

    def visit(self, node: Node) -> None:
        requirement = node.requirement
        columns = self._columns(node)
        if node.strategy in (Strategy.ROOT, Strategy.JOIN):
            self.columns[node.names] = (requirement.model, columns)
        self.decisions.append(decision(node, columns))
        self.annotations.extend(requirement.annotations)
        self.probed = self.probed or bool(requirement.probed)
        self.notes.extend(sorted(requirement.notes, key=str))
        for edge in sorted(requirement.edges.values(), key=lambda edge: edge.name):
            self._follow(node, edge)

    def only(self) -> tuple[str, ...] | None:
        """The names for ``only()``: None where no query of these rows leaves a column out, nor did the one written."""
        if not self.written.named and all(
            columns is None or columns >= all_columns(model) for model, columns in self.columns.values()
        ):
            return None
        return tuple(
            "__".join((*path, name))
            for path, (model, columns) in self.columns.items()
            for name in ordered_columns(model)
            if columns is None or name in columns
        )

    def _follow(self, node: Node, edge: Edge) -> None:
        strategy, why = choose(self._situation(node, edge))
        if edge.relation.kind == "custom":
            self._prefetch_plainly(node, edge, why)
        elif strategy is Strategy.LEAVE:
            self.notes.append(left_alone(node, edge, why))
        elif strategy in (Strategy.PREFETCH, Strategy.LATE):
            self._prefetch(node, edge, strategy, why)
        else:
            self._join(node, edge, strategy, why)

    def _situation(self, node: Node, edge: Edge) -> Situation:
        path, attributes = (*node.names, edge.relation.query_name), (*node.attributes, edge.name)
        looked_up = {lookup for lookup in self.written.lookups if isinstance(lookup, str)}
        return Situation(
            edge,
            joins=len(self.joins),
            max_joins=get_settings().MAX_JOINS,
            joins_allowed=self.joins_allowed and node.joinable,
            joins_would_lock=self.written.locked,
            joins_would_reorder=self.how.adrift if self.how.target else self.written.grouped or self.written.adrift,
            in_place=node.in_place or (edge.name == node.back and not edge.declared),
            asked_to_join=path in self.written.joins,
            asked_to_prefetch="__".join(attributes) in looked_up,
            may_wait=not (edge.always or node.at_once or edge.relation.kind == "custom"),
            probed=WRITTEN not in edge.origins and node.requirement.asks_about(edge),
        )

    def _join(self, node: Node, edge: Edge, strategy: Strategy, why: str) -> None:
        names = (*node.names, edge.relation.query_name)
        if strategy is Strategy.JOIN:
            self.joins.append(names)
        for target in edge.targets.values():
            self.visit(
                Node(
                    target,
                    strategy,
                    why,
                    attributes=(*node.attributes, edge.name),
                    names=names,
                    edge=edge,
                    joinable=strategy is not Strategy.CACHED,
                    back=edge.relation.points_back,
                    in_place=strategy is Strategy.CACHED,
                    at_once=node.at_once or strategy is Strategy.SAME_ROW,
                )
            )

    def _prefetch(self, node: Node, edge: Edge, strategy: Strategy, why: str) -> None:
        edge, pointer = _without_pointer(edge)
        declared = _one_declared(edge)
        known = edge.targets
        if edge.relation.model is None:
            known = {model: known[model] for model in generic_targets(edge.relation) if model in known}
        made = [_target_plan(edge, target, declared, self.how.trim) for target in known.values()]
        plans = tuple(entered(plan, edge, strategy, why) for plan in made)
        name = edge.to_attr if edge.to_attr and declared is None else edge.relation.name
        lookup = "__".join((*node.attributes, name))
        others = edge.targets if edge.relation.model is None else {}
        late = strategy is Strategy.LATE
        self.prefetches.append(PrefetchPlan(lookup, edge.relation, plans, edge.to_attr, declared, others, late))
        if pointer is not None:
            number = len(self.prefetches)
            self._join(replace(node, attributes=(*node.attributes, edge.name)), pointer, Strategy.CACHED, _IN_PLACE)
            if late:
                beyond = tuple(self.prefetches[number:])
                self.prefetches[number - 1 :] = [replace(self.prefetches[number - 1], beyond=beyond)]

    def _prefetch_plainly(self, node: Node, edge: Edge, why: str) -> None:
        """Third-party relations take no queryset of ours: they load as they please, and what lies beyond follows."""
        self.prefetches.append(PrefetchPlan("__".join((*node.attributes, edge.name)), edge.relation, ()))
        for target in edge.targets.values():
            whole = target | everything(target.model, min(edge.origins))
            attributes = (*node.attributes, edge.name)
            names = ("?", *attributes)
            self.visit(Node(whole, Strategy.PREFETCH, why, attributes, names, edge=edge, joinable=False, at_once=True))

    def _columns(self, node: Node) -> frozenset[str] | None:
        found = columns_of(node.requirement, node.far) if self.trim else None
        if found is not None and self.how.listed and not (self.written.ordered or node.names):
            found = uncovered(node.requirement.model, found, self.how.far)
        named = frozenset(path[-1] for path in self.written.named if path[:-1] == node.names)
        named = as_attributes(node.requirement.model, named)
        if not named:
            return found
        if self.written.deferring:
            return all_columns(node.requirement.model) - named if found is None else found
        return named | (columns_of(replace(node.requirement, everything=frozenset()), node.far) or NO_COLUMNS)


def _without_pointer(edge: Edge) -> tuple[Edge, Edge | None]:
    """Django sets the pointers back when all rows are there, so lists behind them are looked up from the parents."""
    back = edge.relation.points_back
    for model, target in edge.targets.items():
        pointer = target.edges.get(back)
        if pointer is not None and not pointer.declared:
            kept = {name: other for name, other in target.edges.items() if name != back}
            return replace(edge, targets={model: replace(target, edges=kept)}), pointer
    return edge, None


def _target_plan(edge: Edge, target: Requirement, declared: Declared | None, trim: bool) -> Plan:
    if declared and not (target.reads or target.everything or target.edges):
        target = target | everything(target.model, declared.origin)
    queryset, far = base_queryset(edge.relation, target.model, declared), edge.relation.far
    base = read_queryset(queryset)
    listed = edge.relation.kind in ("reverse_many", "generic_relation")
    # Which rows of a list in no order are its first ones may depend on anything.
    by_chance = queryset.query.is_sliced and not base.ordered
    in_order = base.ordered or come_by_key(queryset, far) or come_as_they_lie(queryset, far)
    lost = by_chance or (listed and not in_order)
    return make_plan(target, base, How(trim and not by_chance, far=far, target=True, listed=listed, adrift=lost))


targets: Cache[Plan] = Cache()


def target_plan(prefetch: PrefetchPlan, model: type[Model]) -> Plan:
    """Return the plan for the rows of ``model`` behind a generic foreign key, made when the first of them turns up."""
    for plan in prefetch.plans:
        if plan.model is model:
            return plan
    requirement = prefetch.requirements[model]
    edge = Edge(prefetch.relation, {model: requirement})
    return targets.get_or_make(Identity(requirement), lambda: _target_plan(edge, requirement, None, True))


def _one_declared(edge: Edge) -> Declared | None:
    """Two querysets for one relation cannot both be loaded."""
    if len(edge.declared) > 1:
        places = " and ".join(sorted(f"{one.origin.name} [{one.origin.place}]" for one in edge.declared))
        raise HintError(
            f"{edge.relation} has two declared querysets, from {places}. Give one of them a to_attr of its own."
        )
    return next(iter(edge.declared), None)
