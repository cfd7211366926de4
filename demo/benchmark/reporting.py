"""Turn what was measured into tables, plain or Markdown, into JSON, and into a list of where the library is behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from math import prod
from typing import Any

from demo.benchmark.planning import PlanningCost
from demo.benchmark.rounds import Measured
from demo.benchmark.variants import EXPERT, LIBRARY

#: How much slower than the expert the library may be, and how much more a cached plan may cost than the expert's code.
TIME_LIMIT = 1.05
PLANNING_LIMIT = 2.0

Table = Callable[[list[str], list[list[str]]], str]
Cell = Callable[[Measured, Measured], str]


@dataclass(frozen=True, slots=True)
class Report:
    """All that one run of the benchmark found out."""

    versions: dict[str, str]
    skipped: dict[str, str]
    measured: list[list[Measured]]
    """Per endpoint and page size, the variants; the expert first."""
    planning: list[PlanningCost]

    def text(self, table: Table, heading: str = "") -> str:
        """Return every table under its title."""
        sections = [
            ("Versions", ", ".join(f"{name} {version}" for name, version in self.versions.items())),
            ("Left out", "\n".join(self._left_out()) or "Nothing."),
            *((title, self._by_variant(table, cell)) for title, cell in CELLS.items()),
            ("Planning, milliseconds", self._planning(table)),
            ("Where the library is behind the expert", "\n".join(self.behind()) or "Nowhere."),
        ]
        return "\n\n".join(f"{heading}{title}\n\n{body}" for title, body in sections)

    def _left_out(self) -> Iterator[str]:
        for name, reason in self.skipped.items():
            yield f"- {name}: {reason}."
        failures = {(one.variant, one.endpoint, one.failure) for variants in self.measured for one in variants}
        for variant, endpoint, failure in sorted(failures):
            if failure:
                yield f"- {variant} on {endpoint}: it raises {failure}."

    def _by_variant(self, table: Table, cell: Cell) -> str:
        variants = [measured.variant for measured in self.measured[0]]
        rows = [
            [f"{variants_[0].endpoint} · {variants_[0].rows}"]
            + [measured.failure or cell(measured, variants_[0]) for measured in variants_]
            for variants_ in self.measured
        ]
        if cell is _time:
            rows.append(["geometric mean", *map(self._mean_time, range(len(variants)))])
        return table(["endpoint · rows", *variants], rows)

    def _mean_time(self, column: int) -> str:
        pairs = [(variants[column], variants[0]) for variants in self.measured if not variants[column].failure]
        ratios = [measured.times(expert) for measured, expert in pairs]
        return f"{prod(ratios) ** (1 / len(ratios)):.2f}x" if ratios else ""

    def _planning(self, table: Table) -> str:
        head = ["endpoint", "expert's queryset", "cached plan", "x expert", "first plan"]
        return table(
            head,
            [
                [cost.endpoint, f"{cost.expert:.3f}", f"{cost.cached:.3f}", f"{cost.times:.2f}x", f"{cost.first:.2f}"]
                for cost in self.planning
            ],
        )

    def behind(self) -> Iterator[str]:
        """Yield a line for everything in which the library does not keep up with the expert."""
        for variants in self.measured:
            found = {measured.variant: measured for measured in variants}
            yield from _behind(found[LIBRARY], found[EXPERT])
        for cost in self.planning:
            if cost.times > PLANNING_LIMIT:
                yield f"{cost.endpoint}: a cached plan costs {cost.times:.2f} times the expert's queryset."

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        measured = [
            asdict(one)
            | ({} if one.failure else {"milliseconds": one.milliseconds, "times_expert": one.times(variants[0])})
            for variants in self.measured
            for one in variants
        ]
        return {
            "versions": self.versions,
            "skipped": self.skipped,
            "measured": measured,
            "planning": [asdict(cost) for cost in self.planning],
            "behind": list(self.behind()),
        }


def _behind(library: Measured, expert: Measured) -> Iterable[str]:
    where = f"{library.endpoint} · {library.rows}"
    for name in ("queries", "columns", "bytes"):
        ours, theirs = getattr(library.traffic, name), getattr(expert.traffic, name)
        if ours > theirs:
            yield f"{where}: {ours:,} {name}, the expert {theirs:,}."
    if (times := library.times(expert)) > TIME_LIMIT:
        yield f"{where}: {times:.2f} times the expert's time ({expert.milliseconds:.1f} ms)."


def _time(measured: Measured, expert: Measured) -> str:
    if measured is expert:
        return f"{expert.milliseconds:.1f} ms"
    return f"{measured.times(expert):.2f}x"


#: What each table shows of a measurement, given the expert's.
CELLS: dict[str, Cell] = {
    "Time, as a multiple of the expert's": _time,
    "Queries": lambda measured, expert: f"{measured.traffic.queries:,}",
    "Columns": lambda measured, expert: f"{measured.traffic.columns:,}",
    "Kilobytes from the database": lambda measured, expert: f"{measured.traffic.bytes / 1000:,.1f}",
    "Peak memory, kilobytes": lambda measured, expert: f"{measured.peak_bytes / 1000:,.0f}",
}
