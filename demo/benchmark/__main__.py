"""``python -m demo.benchmark``: the library against a hand-written expert, and against what else there is."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from demo.benchmark.reporting import Report
    from demo.shop.endpoints import Endpoint

PACKAGES = ("Django", "djangorestframework", "drf-autoprefetch", "django-auto-prefetching")


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark and return its exit code."""
    options = _options(arguments)
    if options.database:
        os.environ["DATABASE_URL"] = options.database
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
    django.setup()
    from demo.tables import markdown_table, plain_table

    report = measure(options)
    print(report.text(markdown_table, "## ") if options.markdown else report.text(plain_table))
    if options.json:
        options.json.write_text(json.dumps(report.as_json(), indent=1) + "\n")
    return 0


def measure(options: argparse.Namespace) -> Report:
    """Build the shop and measure every endpoint on every size of page."""
    from demo.benchmark.planning import planning_cost
    from demo.benchmark.reporting import Report
    from demo.benchmark.rounds import Effort, run
    from demo.benchmark.variants import VARIANTS
    from demo.building import ensure_shop
    from demo.progress import Progress
    from demo.shop.endpoints import ENDPOINTS

    ensure_shop(options.scale)
    chosen = [endpoint for endpoint in ENDPOINTS if not options.endpoints or endpoint.name in options.endpoints]
    effort = Effort(options.rounds, options.seconds, process_time if options.cpu else perf_counter)
    variants = [variant for variant in VARIANTS if not variant.unavailable]
    cells = [(endpoint, rows) for endpoint in chosen for rows in _page_sizes(endpoint, options.pages)]
    progress, measured = Progress(), []
    for number, (endpoint, rows) in enumerate(cells, 1):
        measured.append(run(endpoint, rows, variants, effort))
        progress("measuring", number, len(cells))
    return Report(
        versions=_versions(),
        skipped={variant.name: variant.unavailable for variant in VARIANTS if variant.unavailable},
        measured=measured,
        planning=[planning_cost(endpoint, options.repeats) for endpoint in chosen],
    )


def _page_sizes(endpoint: Endpoint, pages: list[int]) -> list[int]:
    """Return the sizes that give different pages: a list that is shorter than a page is measured once."""
    there = endpoint.naive().get_queryset().count() if endpoint.action == "list" else 1
    return sorted({min(rows, there) for rows in pages})


def _versions() -> dict[str, str]:
    from django.db import connection

    found = {"Python": sys.version.split()[0]}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if connection.vendor == "sqlite" else "SELECT version()")
        found[connection.display_name] = re.findall(r"[0-9][0-9.]*", cursor.fetchone()[0])[0]
    return found


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo.benchmark", description=__doc__)
    parser.add_argument("--pages", type=int, nargs="+", default=[20, 100, 500], help="rows on a page")
    parser.add_argument("--rounds", type=int, default=15, help="answers of the expert and the library (default: 15)")
    parser.add_argument(
        "--seconds", type=float, default=3, help="time after which one of the others stops (default: 3)"
    )
    parser.add_argument("--cpu", action="store_true", help="count this process's time only, not the clock on the wall")
    parser.add_argument("--repeats", type=int, default=400, help="times that planning is timed (default: 400)")
    parser.add_argument("--scale", type=float, default=1, help="size of the shop (default: 1)")
    parser.add_argument("--endpoints", nargs="+", default=[], help="only these")
    parser.add_argument("--database", help="where the shop is: a URL as in DATABASE_URL")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write everything to this file too")
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.add_argument("--quick", action="store_true", help="a small shop and few rounds: to see that it works")
    options = parser.parse_args(arguments)
    if options.quick:
        options.pages, options.rounds, options.repeats, options.scale = [5], 2, 10, 0.03
    return options


if __name__ == "__main__":
    sys.exit(main())
