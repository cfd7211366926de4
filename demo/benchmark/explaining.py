"""``python -m demo.benchmark.explaining``: what it costs that a plan may be asked for, where nobody asks for one."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from importlib import import_module
from statistics import median
from time import process_time
from typing import Any

import django

#: The shortest answers, of which anything would be the largest part, and a long one.
ENDPOINTS = (("books", 20), ("books/1", 1), ("catalogue", 100))
CHECKS = 10_000


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=300, help="requests for each figure (default: 300)")
    parser.add_argument("--scale", type=float, default=1, help="size of the shop (default: 1)")
    options = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
    django.setup()
    from demo.answering import asker
    from demo.building import ensure_shop
    from demo.shop.endpoints import ENDPOINTS as KNOWN
    from demo.tables import plain_table

    ensure_shop(options.scale)
    known = {endpoint.name: endpoint for endpoint in KNOWN}
    lines = []
    for name, rows in ENDPOINTS:
        without, ratio = cost(asker(known[name], known[name].optimised, rows), options.repeats)
        lines.append([f"{name} · {rows}", f"{without:.2f} ms", f"{ratio:.3f}x"])
    print(plain_table(["endpoint · rows", "never explained", "explained when asked"], lines))
    print(f"\nTo see that nobody asks takes {check_alone():.1f} microseconds.")


def cost(ask: Callable[[], bytes], repeats: int) -> tuple[float, float]:
    """Return the milliseconds of an answer that cannot be explained, and how many times as long the others take.

    Both take turns in one process, each going first as often as the other; the ratio is the median over the rounds.
    """
    mixins: Any = import_module("drf_autoprefetch.mixins")
    looks = mixins.asked_to_explain
    ways: list[Any] = [lambda view, request: False, looks]
    spent: list[dict[Any, float]] = []
    ask()
    try:
        for number in range(repeats):
            times = {}
            for way in ways if number % 2 else reversed(ways):
                mixins.asked_to_explain = way
                start = process_time()
                ask()
                times[way] = process_time() - start
            spent.append(times)
    finally:
        mixins.asked_to_explain = looks
    never, asked = ways
    return median(each[never] for each in spent) * 1000, median(each[asked] / each[never] for each in spent)


def check_alone() -> float:
    """Return the microseconds of the look at a request that asks for no plan."""
    from rest_framework.request import Request
    from rest_framework.test import APIRequestFactory

    from drf_autoprefetch.explaining.endpoint import asked_to_explain

    request = Request(APIRequestFactory().get("/api/books/", {"page": "2"}, headers={"Accept": "application/json"}))
    start = process_time()
    for _ in range(CHECKS):
        asked_to_explain(None, request)
    return (process_time() - start) / CHECKS * 1_000_000


if __name__ == "__main__":
    main()
