"""Compare each endpoint without and with the mixin."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from time import perf_counter

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.test import override_settings

from demo.answering import asker
from demo.measuring import Traffic, traffic
from demo.progress import Report
from demo.shop.endpoints import ENDPOINTS, Endpoint
from demo.tables import plain_table

ROUNDS = 5
SECONDS = 0.5  # spent on timing one endpoint; the slowest get one round

HEAD = ("endpoint", "queries", "columns", "bytes from database", "milliseconds", "same bytes")


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two views needed for its answer."""

    body: bytes
    traffic: Traffic
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """An endpoint, without and with the mixin."""

    endpoint: Endpoint
    naive: Side
    optimised: Side

    @property
    def same_bytes(self) -> bool:
        """Whether both gave the same answer."""
        return self.naive.body == self.optimised.body

    @property
    def passes(self) -> bool:
        """Whether the mixin kept its word: the same bytes, and never more queries."""
        return self.same_bytes and self.optimised.traffic.queries <= self.naive.traffic.queries

    def cells(self) -> tuple[str, ...]:
        """Return the comparison as a row under ``HEAD``."""
        before, after = self.naive, self.optimised
        more = " MORE" if after.traffic.queries > before.traffic.queries else ""
        return (
            self.endpoint.name,
            f"{before.traffic.queries:,} → {after.traffic.queries:,}{more}",
            f"{before.traffic.columns:,} → {after.traffic.columns:,}",
            f"{before.traffic.bytes:,} → {after.traffic.bytes:,}",
            f"{before.milliseconds:,.1f} → {after.milliseconds:,.1f}",
            "yes" if self.same_bytes else "NO",
        )


def compare_all(rows: int, report: Report) -> list[Comparison]:
    """Compare every endpoint on pages of so many rows."""
    # Django asks for each content type once per process, which must not be counted against whoever comes first.
    ContentType.objects.get_for_models(*apps.get_models())
    comparisons = []
    for number, endpoint in enumerate(ENDPOINTS, 1):
        comparisons.append(compare(endpoint, rows))
        report("comparing", number, len(ENDPOINTS))
    return comparisons


# With DEBUG on, Django keeps the text of every query, which would slow the naive side down more than the other.
@override_settings(DEBUG=False)
def compare(endpoint: Endpoint, rows: int) -> Comparison:
    """Ask both views in turn, several times: the first time is counted, the median of the others is the time."""
    askers = [asker(endpoint, view, rows) for view in (endpoint.naive, endpoint.optimised)]
    counted = []
    for ask in askers:
        with traffic() as seen:
            counted.append((ask(), seen))
    times: list[list[float]] = [[], []]
    end = perf_counter() + SECONDS
    while not times[0] or (len(times[0]) < ROUNDS and perf_counter() < end):
        for ask, spent in zip(askers, times, strict=True):
            start = perf_counter()
            ask()
            spent.append((perf_counter() - start) * 1000)
    naive, optimised = (Side(body, seen, median(spent)) for (body, seen), spent in zip(counted, times, strict=True))
    return Comparison(endpoint, naive, optimised)


def comparison_table(comparisons: list[Comparison]) -> str:
    """Return the table that the demo prints."""
    return plain_table(HEAD, [comparison.cells() for comparison in comparisons])
