"""Run the variants of one endpoint against each other.

Nothing is timed before every variant has given the same bytes. Then they take turns, each round starting with another
one, so that whatever else the machine does falls on all of them. Queries and memory are measured apart: the tools for
that slow down what they watch.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

from django.test import override_settings

from demo.answering import asker
from demo.benchmark.variants import EXPERT, LIBRARY, Variant
from demo.measuring import Traffic, traffic
from demo.shop.endpoints import Endpoint

LEAST_ROUNDS = 3

Ask = Callable[[], bytes]


class DifferentBytesError(Exception):
    """A variant answered something else than the expert: its figures would mean nothing."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure, and by which clock.

    So many rounds for the expert and the library; the others stop when they have used up their seconds, but not before
    their third round. ``clock`` is ``perf_counter`` or, steadier on a busy machine but blind to what a database server
    does, ``process_time``.
    """

    rounds: int = 15
    seconds: float = 3.0
    clock: Callable[[], float] = perf_counter


@dataclass(slots=True)
class Measured:
    """What one variant needed to answer one endpoint; ``failure`` says why it could not."""

    endpoint: str
    rows: int
    variant: str
    failure: str = ""
    traffic: Traffic = field(default_factory=Traffic)
    peak_bytes: int = 0
    seconds: dict[int, float] = field(default_factory=dict)
    """By number of round."""

    @property
    def milliseconds(self) -> float:
        """The median time of an answer."""
        return median(self.seconds.values()) * 1000

    def times(self, other: Measured) -> float:
        """Return how many times as long as the other it takes: the median over the rounds that both ran."""
        return median(
            spent / other.seconds[number] for number, spent in self.seconds.items() if number in other.seconds
        )


# With DEBUG on, Django keeps the text of every query, which costs most where there are most queries.
@override_settings(DEBUG=False)
def run(endpoint: Endpoint, rows: int, variants: Sequence[Variant], effort: Effort) -> list[Measured]:
    """Measure the variants on a page of so many rows, in the order in which they are given.

    Raises ``DifferentBytesError`` when they do not all give the same answer.
    """
    asks = {variant.name: asker(endpoint, variant.view(endpoint), rows) for variant in variants}
    results = {variant.name: Measured(endpoint.name, rows, variant.name) for variant in variants}
    _compare_answers(asks, results, may_fail={variant.name for variant in variants if variant.may_fail})
    working = {name: ask for name, ask in asks.items() if not results[name].failure}
    _take_turns(working, results, effort)
    for name, ask in working.items():
        results[name].peak_bytes = _peak_memory(ask)
    return list(results.values())


def _compare_answers(asks: dict[str, Ask], results: dict[str, Measured], may_fail: set[str]) -> None:
    expected = asks[EXPERT]()
    for name, ask in asks.items():
        try:
            ask()  # Plans, content types and imports are made the first time; what is counted is every other time.
            with traffic() as results[name].traffic:
                body = ask()
        except Exception as error:
            if name not in may_fail:
                raise
            results[name].failure = type(error).__name__
        else:
            if body != expected:
                msg = f"{results[name].endpoint}: {name} answered {len(body)} bytes that are not the expert's."
                raise DifferentBytesError(msg)


def _take_turns(asks: dict[str, Ask], results: dict[str, Measured], effort: Effort) -> None:
    names = list(asks)
    gc.collect()
    gc.freeze()  # What exists already need not be looked through again before every answer.
    for number in range(effort.rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            seconds = results[name].seconds
            enough = len(seconds) >= LEAST_ROUNDS and sum(seconds.values()) >= effort.seconds
            if name in (EXPERT, LIBRARY) or not enough:
                seconds[number] = time_once(asks[name], effort.clock)
    gc.unfreeze()


def time_once(ask: Callable[[], object], clock: Callable[[], float]) -> float:
    """Return the seconds of one answer. What others left to collect is no part of them."""
    gc.collect()
    gc.disable()
    try:
        start = clock()
        ask()
        return clock() - start
    finally:
        gc.enable()


def _peak_memory(ask: Ask) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        ask()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
