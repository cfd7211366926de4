"""The benchmark, run small: its figures mean nothing then, but what it counts does."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.bookshop import Bookshop

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def bookshop(tmp_path_factory: pytest.TempPathFactory) -> Bookshop:
    return Bookshop(tmp_path_factory.mktemp("benchmark") / "shop.sqlite3")


@pytest.fixture(scope="module")
def report(bookshop: Bookshop) -> dict[str, Any]:
    out = bookshop.file.with_name("report.json")
    result = bookshop.run("-m", "demo.benchmark", "--quick", "--json", str(out))
    assert result.returncode == 0, result.stdout + result.stderr
    found: dict[str, Any] = json.loads(out.read_text())
    return found | {"text": result.stdout}


def by_endpoint(report: dict[str, Any], variant: str) -> dict[str, dict[str, Any]]:
    return {one["endpoint"]: one for one in report["measured"] if one["variant"] == variant}


def test_library_runs_as_many_queries_as_the_expert(report: dict[str, Any]) -> None:
    library, expert = by_endpoint(report, "drf_autoprefetch"), by_endpoint(report, "expert")

    assert len(expert) == 13
    assert {name: one["traffic"]["queries"] for name, one in library.items()} == {
        name: one["traffic"]["queries"] for name, one in expert.items()
    }


@pytest.mark.parametrize("measure", ["columns", "bytes"])
def test_library_fetches_no_more_than_the_expert(report: dict[str, Any], measure: str) -> None:
    library, expert = by_endpoint(report, "drf_autoprefetch"), by_endpoint(report, "expert")

    assert {
        name: (one["traffic"][measure], expert[name]["traffic"][measure])
        for name, one in library.items()
        if one["traffic"][measure] > expert[name]["traffic"][measure]
    } == {}


def test_every_variant_is_measured_or_said_to_be_left_out(report: dict[str, Any]) -> None:
    measured = {one["variant"] for one in report["measured"]}
    variants = {"expert", "drf_autoprefetch", "naive", "django-auto-prefetching", "FETCH_PEERS"}

    assert measured | set(report["skipped"]) == variants
    assert all(f"- {name}: {reason}." in report["text"] for name, reason in report["skipped"].items())
    assert {"expert", "drf_autoprefetch", "naive"} <= measured


def test_planning_is_shown_apart(report: dict[str, Any]) -> None:
    assert [cost["endpoint"] for cost in report["planning"]] == list(by_endpoint(report, "expert"))
    assert all(0 < cost["cached"] < cost["first"] for cost in report["planning"])


def test_tables_can_be_markdown(bookshop: Bookshop) -> None:
    result = bookshop.run("-m", "demo.benchmark", "--quick", "--markdown", "--endpoints", "books", "feed")

    assert "## Queries\n\n| endpoint · rows | expert | drf_autoprefetch | naive |" in result.stdout
    assert "| feed · 5 | 1 |" in result.stdout
    assert "| tags · 5 |" not in result.stdout


def run_with(bookshop: Bookshop, change: str) -> str:
    """Run the benchmark of the flat list after a change to it, and return what it says on its standard error."""
    code = f"{change}\nfrom demo.benchmark.__main__ import main\nmain(['--quick', '--endpoints', 'books'])"
    return bookshop.script(code).stderr


def test_nothing_is_timed_when_the_bytes_differ(bookshop: Bookshop) -> None:
    change = (
        "from demo.benchmark import experts, rounds\n"
        "experts.EXPERTS['books'] = lambda: experts.books().order_by('-price', 'id')\n"
        "rounds._take_turns = None"
    )

    assert "DifferentBytesError: books: drf_autoprefetch answered" in run_with(bookshop, change)


def test_failure_of_the_library_ends_the_benchmark(bookshop: Bookshop) -> None:
    change = "from demo.shop import views\nviews.BookViewSet.get_queryset = lambda self: 1 / 0"

    assert "ZeroDivisionError" in run_with(bookshop, change)


def test_what_explaining_costs_unasked_is_measured(bookshop: Bookshop) -> None:
    result = bookshop.run("-m", "demo.benchmark.explaining", "--repeats", "2", "--scale", "0.03")

    assert result.returncode == 0, result.stderr
    assert len(re.findall(r"\d ms +\d\.\d{3}x\n", result.stdout)) == 3
    assert re.search(r"nobody asks takes \d+\.\d microseconds", result.stdout)


def test_watching_is_measured_for_planned_and_naive_lists(bookshop: Bookshop) -> None:
    result = bookshop.run("-m", "demo.benchmark.guards", "--rows", "5", "--repeats", "1", "--scale", "0.03")

    assert result.returncode == 0, result.stderr
    assert result.stdout.count("planned") == result.stdout.count("naive") == 3
