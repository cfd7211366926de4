"""Django REST Framework views that load exactly what their serializers show."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .guarding.allowing import allow
    from .guarding.findings import Finding
    from .guarding.watching import watch
    from .loading.optimizing import optimize, plan_for
    from .loading.querysets import apply_plan
    from .loading.switches import autoprefetch_disabled
    from .mixins import AutoPrefetchMixin
    from .notes import Note
    from .planning.plans import Plan, PrefetchPlan
    from .reading.hints import prefetch_hint
    from .reading.requirements import Requirement

__all__ = [
    "AutoPrefetchMixin",
    "Finding",
    "Note",
    "Plan",
    "PrefetchPlan",
    "Requirement",
    "allow",
    "apply_plan",
    "autoprefetch_disabled",
    "optimize",
    "plan_for",
    "prefetch_hint",
    "watch",
]

_HOMES = {
    "AutoPrefetchMixin": ".mixins",
    "Finding": ".guarding.findings",
    "Note": ".notes",
    "Plan": ".planning.plans",
    "PrefetchPlan": ".planning.plans",
    "Requirement": ".reading.requirements",
    "allow": ".guarding.allowing",
    "apply_plan": ".loading.querysets",
    "autoprefetch_disabled": ".loading.switches",
    "optimize": ".loading.optimizing",
    "plan_for": ".loading.optimizing",
    "prefetch_hint": ".reading.hints",
    "watch": ".guarding.watching",
}

_CONTRIB = (".contrib.flex_fields", ".contrib.gis", ".contrib.restql")


def __getattr__(name: str) -> Any:
    """Import public names when they are first asked for: Django imports this package before its settings exist."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for module in _CONTRIB:
        import_module(module, __name__)
    return getattr(import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
