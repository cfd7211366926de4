"""``python -m demo``: build the bookshop, show what the mixin does to each endpoint, and serve both."""

from __future__ import annotations

import argparse
import os
import sys

import django
from django.core.management import call_command

URLS = """\
Try, at http://{address}:

  /naive/catalogue/                          as plain DRF does it
  /api/catalogue/                            the same bytes, with the mixin
  /api/catalogue/?explain_prefetch=text      what it decided, and why
  /api/books/1/?explain_prefetch=1           the plan of one book, four levels deep
  /api/books/?search=garden&ordering=-price  the list of a wide table
  /api/feed/   /api/orders/   /api/press/    and all the others: /api/
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the demo and return its exit code."""
    options = _options(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
    django.setup()
    passes = show(options)
    if options.check:
        return 0 if passes else 1
    print(URLS.format(address=options.address), flush=True)
    # Without the reloader, which would build and compare all over again in its second process.
    call_command("runserver", options.address, use_reloader=False)
    return 0


def show(options: argparse.Namespace) -> bool:
    """Build the shop and print the table; return whether every endpoint passes."""
    from demo.building import ensure_shop
    from demo.comparing import compare_all, comparison_table
    from demo.progress import Progress

    ensure_shop(options.scale, fresh=options.fresh)
    comparisons = compare_all(options.rows, Progress())
    print(f"\nPages of {options.rows} rows; without the mixin → with it:\n")
    print(comparison_table(comparisons), end="\n\n")
    return all(comparison.passes for comparison in comparisons)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--check", action="store_true", help="stop after the table; exit 1 if any endpoint fails")
    parser.add_argument("--fresh", action="store_true", help="build the shop anew")
    parser.add_argument("--scale", type=float, default=1, help="size of the shop (default: 1, about 40,000 rows)")
    parser.add_argument("--rows", type=int, default=100, help="rows on a page (default: 100)")
    parser.add_argument("--address", default="127.0.0.1:8000", help="where to serve (default: 127.0.0.1:8000)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
