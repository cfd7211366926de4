"""``python -m demo.benchmark.guards``: what watching costs, planned endpoints and naive ones, as ratios in one run."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Callable
from statistics import median
from time import process_time
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from demo.shop.endpoints import Endpoint

MODES = ("off", "count", "log")
LISTS = ("catalogue", "orders", "authors")


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100, help="rows of a page (default: 100)")
    parser.add_argument("--repeats", type=int, default=60, help="requests for each figure (default: 60)")
    options = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
    django.setup()
    from demo.building import ensure_shop
    from demo.shop.endpoints import ENDPOINTS
    from demo.tables import plain_table

    ensure_shop(1)
    # What a log costs depends on where it goes: here, nowhere.
    unplanned = logging.getLogger("drf_autoprefetch.unplanned")
    unplanned.addHandler(logging.NullHandler())
    unplanned.propagate = False
    lines = []
    for endpoint in (each for each in ENDPOINTS if each.name in LISTS):
        for planned in (True, False):
            off, *others = costs(_askers(endpoint, options.rows, planned=planned), options.repeats)
            ratios = [f"×{other / off:.3f}" for other in others]
            lines.append([endpoint.name, "planned" if planned else "naive", f"{off:.1f} ms", *ratios])
    print(plain_table(["endpoint", "loading", *MODES], lines))


def _askers(endpoint: Endpoint, rows: int, *, planned: bool) -> list[Callable[[], bytes]]:
    """Return a function for each mode; naive is the same view with the plan switched off."""
    from demo.answering import asker

    return [asker(endpoint, _view(endpoint, mode, planned=planned), rows) for mode in MODES]


def _view(endpoint: Endpoint, mode: str, *, planned: bool) -> type:
    switches = {"auto_prefetch": planned, "auto_prefetch_unplanned": mode}
    return type(endpoint.optimised.__name__, (endpoint.optimised,), switches)


def costs(askers: list[Callable[[], bytes]], repeats: int) -> list[float]:
    """Return the median of each in milliseconds of processor time; they take turns, and the log never falls silent."""
    from drf_autoprefetch.guarding.requests import forget_logged

    spent: list[list[float]] = [[] for _ in askers]
    for number in range(repeats + 1):
        for ask, times in zip(askers, spent, strict=True):
            forget_logged()
            start = process_time()
            ask()
            # The first request fills the caches.
            if number:
                times.append((process_time() - start) * 1000)
    return [median(times) for times in spent]


if __name__ == "__main__":
    main()
