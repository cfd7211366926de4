"""What is wrong with how one view is planned: no request is sent, no query run."""

from __future__ import annotations

import sys
from abc import ABCMeta
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..explaining.finding_views import Registered
from ..explaining.findings import as_finding
from ..explaining.offline import QueryRefused
from ..explaining.table import walk
from ..explaining.unasked import Asking, explain_unasked
from ..guarding.checks import bypassed, wrong_order
from ..guarding.findings import Finding, Kind
from ..planning.plans import Strategy
from ..reading.code import own_code_of
from ..reading.origins import is_installed
from .declared import as_audited, audit_failed, place_of
from .rules import NO_MIXIN, RULES, UNREAD_ROWS, WHOLE_MODEL

#: Notes that say that somebody out of sight may read the rows.
_OUT_OF_SIGHT = frozenset({"code-unread", "custom-field", "view-code", "not-planned", "late-serializer"})


def audit_view(registered: Registered, asking: Asking, mixin: type) -> list[Finding]:
    """Return what is found about one action. What raises an error is a finding, too."""
    try:
        return list(_found(registered, asking, mixin))
    except (Exception, QueryRefused) as error:
        return [as_audited(audit_failed(registered.name, error))]


def finding(rule: str, about: str, message: str, remedy: str, **more: Any) -> Finding:
    """Return what a rule about views has found."""
    return Finding(
        more.pop("path", ""),
        more.pop("relation", ""),
        Kind.PLAN,
        field=about,
        id=rule,
        severity=RULES[rule].severity,
        message=message,
        remedy=remedy,
        **more,
    )


def _found(registered: Registered, asking: Asking, mixin: type) -> Iterator[Finding]:
    if not _has_rows(registered.view):
        return
    if not issubclass(registered.view, mixin):
        yield from _without_mixin(registered, asking, mixin)
        return
    late = bypassed(registered.view, mixin)
    if late is not None:
        yield replace(as_audited(wrong_order(late, mixin)), views=(registered.name,))
        return
    data = explain_unasked(registered, asking).data
    yield from (as_finding(note, registered.name) for note in data["notes"] if RULES[note["id"]].check)
    if data["plan"] is not None:
        yield from _whole_models(registered, data["plan"])
        if _OUT_OF_SIGHT.isdisjoint(note["id"] for note in data["notes"]):
            yield from _unread_rows(registered, data["plan"])


def _without_mixin(registered: Registered, asking: Asking, mixin: type) -> Iterator[Finding]:
    """What the mixin would do is worked out as if it were there; where that is nothing, there is nothing to say."""
    view = registered.view
    if is_installed(getattr(sys.modules.get(view.__module__), "__file__", None) or ""):
        return
    data = _as_if(registered, asking, mixin)
    planned = data is not None and data["plan"] is not None
    if not (_gains(data["plan"]) if planned else _shows_model(view)):
        return
    would = f" With it, {registered.action} takes {data['headline']}." if planned else ""
    yield finding(
        NO_MIXIN,
        view.__name__,
        f"it has no {mixin.__name__}, so its rows are loaded as written.{would}",
        f"Inherit {mixin.__name__} before the view class.",
        place=place_of(view),
        views=(registered.name,),
    )


def _as_if(registered: Registered, asking: Asking, mixin: type) -> Any:
    """The report that the view would have with the mixin; None where making a subclass of it may do anything else."""
    view = registered.view
    told = any("__init_subclass__" in vars(cls) for cls in view.__mro__[:-1] if cls.__module__ != "typing")
    if told or type(view) not in (type, ABCMeta):
        return None
    with_it = type(view)(view.__name__, (mixin, view), {"__module__": view.__module__})
    return explain_unasked(replace(registered, view=with_it), asking).data


def _gains(plan: dict[str, Any]) -> bool:
    return bool(plan["related"]) or bool(plan["dropped"])


def _has_rows(view: Any) -> bool:
    """Whether a view has a queryset; generic views without one use the rest of what their base offers."""
    return getattr(view, "queryset", None) is not None or own_code_of(view, "get_queryset") is not None


def _shows_model(view: Any) -> bool:
    meta = getattr(getattr(view, "serializer_class", None), "Meta", None)
    return hasattr(getattr(view, "queryset", None), "model") or hasattr(meta, "model")


def _whole_models(registered: Registered, plan: dict[str, Any]) -> Iterator[Finding]:
    """Hints that ask for all columns of a model; where code could not be read, a note says so already."""
    for node in walk(plan):
        for origin in node["everything"]:
            if origin["kind"] != "hint" or set(node["reads"]) >= set(node["columns"]):
                continue
            name = max(node["columns"], key=lambda each: not each.endswith("id"))
            path = "__".join((*node["path"].split("."), name))
            yield finding(
                WHOLE_MODEL,
                origin["by"],
                f"its hint names no columns of {node['model']}, so all {len(node['columns'])} are loaded.",
                f'Name those that are read: "{path}" as a path, .only("{name}") on a queryset.',
                path=node["path"],
                place=origin["place"],
                views=(registered.name,),
            )


def _unread_rows(registered: Registered, plan: dict[str, Any]) -> Iterator[Finding]:
    for node in plan["related"]:
        if _only_written(node):
            does = "joins" if node["strategy"] == Strategy.JOIN.value else "prefetches"
            lookup = node["path"].replace(".", "__")
            yield finding(
                UNREAD_ROWS,
                registered.view.__name__,
                f"its queryset {does} {node['model']}, and no field reads a row of it.",
                f'Take "{lookup}" out of the queryset.',
                relation=lookup,
                path=node["path"],
                place=place_of(registered.view),
                views=(registered.name,),
            )
        else:
            yield from _unread_rows(registered, node)


def _only_written(node: dict[str, Any]) -> bool:
    """Whether nothing but the developer's own queryset asks for these rows, and for all that hang on them."""
    nodes = list(walk(node))
    asked = [origin for each in nodes for origin in (*each["origins"], *each["everything"])]
    return bool(asked) and all(origin["kind"] == "queryset" for origin in asked) and not any(n["reads"] for n in nodes)
