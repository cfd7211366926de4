"""``python -m demo.benchmark.guards``: what watching costs, planned endpoints and naive ones, as ratios in one run."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from multiprocessing import get_context
from random import Random
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    from demo.shop.endpoints import Endpoint

OFF, HEAL, ZEAL = "off", "heal", "django-zeal"
MODES = (OFF, "count", "log", HEAL)
LISTS = ("catalogue", "orders", "authors")

#: Answers one request, and returns the milliseconds of processor time that it took.
Timed = Callable[[], float]


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100, help="rows of a page (default: 100)")
    parser.add_argument("--repeats", type=int, default=40, help="requests for each figure (default: 40)")
    parser.add_argument("--scale", type=float, default=1, help="size of the shop (default: 1)")
    options = parser.parse_args(arguments)
    _set_up()
    from demo.building import ensure_shop
    from demo.shop.endpoints import ENDPOINTS
    from demo.tables import plain_table

    ensure_shop(options.scale)
    # What a log costs depends on where it goes: here, nowhere.
    unplanned = logging.getLogger("drf_autoprefetch.unplanned")
    unplanned.addHandler(logging.NullHandler())
    unplanned.propagate = False
    lines = []
    with Zeal() as zeal:
        for endpoint in (each for each in ENDPOINTS if each.name in LISTS):
            for planned in (True, False):
                ways = _ways(endpoint, options.rows, planned=planned)
                if zeal.there:
                    ways[ZEAL] = zeal.asker(endpoint.name, options.rows, planned=planned)
                lines.append([endpoint.name, "planned" if planned else "naive", *_line(costs(ways, options.repeats))])
    print(plain_table(["endpoint", "loading", *MODES, ZEAL], lines))


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
    django.setup()


def _line(spent: dict[str, float]) -> list[str]:
    others = (f"{spent[name]:.3f}x" if name in spent else "" for name in (*MODES[1:], ZEAL))
    return [f"{spent[OFF]:.1f} ms", *others]


def _ways(endpoint: Endpoint, rows: int, *, planned: bool) -> dict[str, Timed]:
    """Return what to ask, by mode. Naive is the same view with the plan switched off, and then nothing heals."""
    from demo.answering import asker

    modes = [mode for mode in MODES if planned or mode != HEAL]
    return {mode: timed(asker(endpoint, _view(endpoint, mode, planned=planned), rows)) for mode in modes}


def _view(endpoint: Endpoint, mode: str, *, planned: bool) -> type:
    switches = {"auto_prefetch": planned, "auto_prefetch_unplanned": mode}
    return type(endpoint.optimised.__name__, (endpoint.optimised,), switches)


def timed(ask: Callable[[], Any]) -> Timed:
    """Have ``ask`` timed; the log never falls silent."""
    from demo.benchmark.rounds import time_once
    from drf_autoprefetch.guarding.requests import forget_logged

    def run() -> float:
        forget_logged()
        return time_once(ask, process_time) * 1000

    return run


def costs(ways: dict[str, Timed], repeats: int) -> dict[str, float]:
    """Return the milliseconds of an answer with ``off``, and how many times as long the others take.

    They take turns, each round in another order; what the machine does beside falls on all of a round, so the ratio is
    the median over the rounds.
    """
    for run in ways.values():
        # The first request fills the caches.
        run()
    gc.collect()
    gc.freeze()
    chance = Random(0)
    rounds = [{name: ways[name]() for name in chance.sample(list(ways), len(ways))} for _ in range(repeats)]
    gc.unfreeze()
    ratios = {name: median(each[name] / each[OFF] for each in rounds) for name in ways}
    return ratios | {OFF: median(each[OFF] for each in rounds)}


class Zeal:
    """A process of its own that asks the same under django-zeal: it patches Django for all that run beside it."""

    there = find_spec("zeal") is not None

    def __enter__(self) -> Zeal:
        if self.there:
            context = get_context("spawn")
            self._end, other = context.Pipe()
            self._process = context.Process(target=_serve, args=(other,), daemon=True)
            self._process.start()
        return self

    def __exit__(self, *about: object) -> None:
        if self.there:
            self._end.send(None)
            self._process.join()

    def asker(self, name: str, rows: int, *, planned: bool) -> Timed:
        """Return how to time a request to the endpoint of that name, there."""

        def run() -> float:
            self._end.send((name, rows, planned))
            took: float = self._end.recv()
            return took

        return run


def _serve(end: Any) -> None:
    """Time what is asked for at the other end of the pipe, until there is nothing more."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
    from django.conf import settings

    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "zeal"]
    settings.ZEAL_RAISE = False
    warnings.simplefilter("ignore")
    _set_up()
    from zeal import zeal_context

    from demo.answering import asker
    from demo.shop.endpoints import ENDPOINTS

    endpoints = {endpoint.name: endpoint for endpoint in ENDPOINTS}
    for name, rows, planned in iter(end.recv, None):
        ask = asker(endpoints[name], _view(endpoints[name], OFF, planned=planned), rows)
        gc.collect()
        gc.freeze()
        with zeal_context():
            end.send(timed(ask)())


if __name__ == "__main__":
    main()
