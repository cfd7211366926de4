"""What a probe has found: fields that load row by row, and queries that grow with the rows for no such reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from ..guarding.allowing import not_allowed
from ..guarding.findings import Finding, Kind
from .declared import place_of
from .probing import Probe
from .rules import GROWING, RULES


def growing(probe: Probe, mixin: type) -> list[Finding]:
    """Return what should be mended; what the settings allow is left out.

    A view without ``mixin`` is told to inherit it, whatever its fields load. What is left then is found then.
    """
    culprits = not_allowed(list(probe.findings))
    if culprits and not issubclass(probe.registered.view, mixin):
        return [_without_mixin(culprits, probe, mixin)]
    if not probe.findings and _grows(probe):
        return [_unexplained(probe)]
    return [_told(one, probe) for one in culprits]


def _grows(probe: Probe) -> bool:
    """Whether every row more takes a query more.

    Less may be the rows themselves: where the first have no children, there is nothing to load for those.
    """
    steps = zip(pairwise(probe.rows), pairwise(probe.queries), strict=True)
    return bool(probe.rows) and all(after - before >= more - less for (less, more), (before, after) in steps)


def _told(one: Finding, probe: Probe) -> Finding:
    return replace(
        one,
        field=one.field or one.path,
        id=GROWING,
        severity=RULES[GROWING].severity,
        message=f"{one.relation or 'something'} is loaded row by row ({one.kind.value}): {_counted(one, probe)}.",
        remedy=_sentence(one.remedy),
        views=(probe.registered.name,),
    )


def _without_mixin(culprits: list[Finding], probe: Probe, mixin: type) -> Finding:
    fields = list(dict.fromkeys(one.field or one.path for one in culprits))
    load = f"and {len(fields) - 1} more load" if len(fields) > 1 else "loads"
    all_of_them = replace(culprits[0], count=sum(one.count for one in culprits))
    message = f"{fields[0]} {load} row by row, and it has no {mixin.__name__}: {_counted(all_of_them, probe)}."
    return _of_view(probe, message, f"Inherit {mixin.__name__} before the view class.")


def _unexplained(probe: Probe) -> Finding:
    message = f"each row more takes {probe.slope:g} more: {_counts(probe)}."
    return _of_view(probe, message, "Look for what its own code asks for each row, beside what serializers show.")


def _of_view(probe: Probe, message: str, remedy: str) -> Finding:
    return Finding(
        "",
        "",
        Kind.QUERY,
        place_of(probe.registered.view),
        remedy=remedy,
        field=probe.registered.name,
        id=GROWING,
        severity=RULES[GROWING].severity,
        message=message,
        views=(probe.registered.name,),
    )


def _counted(one: Finding, probe: Probe) -> str:
    counts = _counts(probe) if probe.rows else f"{one.count} queries for one object, as at {probe.registered.path}"
    return f"{counts}, and {one.healed} healed" if one.healed else counts


def _counts(probe: Probe) -> str:
    return f"{_listed(probe.queries)} queries for {_listed(probe.rows)} rows of {probe.registered.path}"


def _listed(numbers: Iterable[int]) -> str:
    *most, last = map(str, numbers)
    return f"{', '.join(most)} and {last}"


def _sentence(remedy: str) -> str:
    return f"{remedy[:1].upper()}{remedy[1:]}{'' if remedy.endswith('.') or not remedy else '.'}"


def probed(probes: Iterable[Probe]) -> Iterator[str]:
    """Yield the names of the actions that were run."""
    return (each.registered.name for each in probes if not each.problem)
