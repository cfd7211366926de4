"""The pytest plugin, asked in suites of their own: off by default, failures that are read in one go."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from types import SimpleNamespace
from typing import Any

import pytest

from drf_autoprefetch.contrib import pytest_plugin
from drf_autoprefetch.guarding import allowing
from drf_autoprefetch.guarding.reads import sampling
from drf_autoprefetch.guarding.reads.storing import read_samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

PLUGIN = "drf_autoprefetch.contrib.pytest_plugin"
INSTALLED = PLUGIN in {point.value for point in entry_points(group="pytest11")}

#: The suite of a project. Its rows are those of the test around it.
SUITE = """
import pytest

from tests.examples import answer
from tests.guarding.test_testing import Lean, Naive, ask

def test_naive():
    answer(Naive)

def test_lean():
    answer(Lean)
"""
FOUND = '*×8 BookSerializer.author | Book.author | to-one | add .select_related("author") to the queryset'


@pytest.fixture
def run(pytester):
    """Run a suite beside this one, in this process, with the plugin and with no other."""

    def run_suite(suite: str, *options: str, ini: str = "") -> Any:
        pytester.makepyfile(suite)
        pytester.makeini(f"[pytest]\n{ini}")
        plugin = () if INSTALLED else ("-p", PLUGIN)
        others = [f"-pno:{name}" for name in ("django", "randomly", "hypothesispytest", "cacheprovider")]
        return pytester.runpytest_inprocess(*plugin, *others, *options)

    return run_suite


def test_it_is_off_by_default(run):
    run(SUITE).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("ini", "options"),
    [("drf_autoprefetch_unplanned = raise", ()), ("drf_autoprefetch_unplanned = off", ("--unplanned-queries=raise",))],
)
def test_a_suite_fails_for_what_its_views_load(run, ini, options):
    done = run(SUITE, *options, ini=ini)

    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(
        ["*_ test_naive _*", f"Naive.list: {FOUND[1:]}", "Rows are loaded one by one while they are shown.", "=*"],
        consecutive=True,
    )


def test_a_suite_is_warned(run):
    done = run(SUITE, ini="drf_autoprefetch_unplanned = warn\nfilterwarnings = default")

    done.assert_outcomes(passed=2, warnings=1)
    done.stdout.fnmatch_lines([f"*UnplannedQueryWarning: {FOUND[1:]}"])


def test_a_test_s_own_failure_comes_first(run):
    done = run(
        f"{SUITE}\ndef test_own():\n    answer(Naive)\n    assert 'own' == 'failure'\n", "--unplanned-queries=raise"
    )

    done.assert_outcomes(passed=1, failed=2)
    done.stdout.fnmatch_lines(["*'own' == 'failure'*"])


def test_a_mode_that_means_nothing_is_an_error(run):
    done = run(SUITE, ini="drf_autoprefetch_unplanned = heal")

    done.stderr.fnmatch_lines(["*drf_autoprefetch_unplanned must be one of raise, warn, off, not 'heal'."])


def test_a_marker_is_a_budget_for_the_whole_test(run):
    done = run(
        f"{SUITE}\n"
        "@pytest.mark.query_budget(1)\ndef test_kept():\n    answer(Lean)\n\n"
        "@pytest.mark.query_budget(queries=4)\ndef test_broken():\n    answer(Naive)\n",
        "--strict-markers",
    )

    done.assert_outcomes(passed=3, failed=1)
    done.stdout.fnmatch_lines(
        ["*_ test_broken _*", f"Naive.list: {FOUND[1:]}", "9 queries, and 4 are allowed."], consecutive=True
    )


def test_fixtures_fail_with_their_message_alone(run):
    done = run(
        f"{SUITE}\n"
        "def test_flat(assert_flat):\n    assert_flat(ask(Lean))\n\n"
        "def test_steep(assert_flat):\n    assert_flat(ask(Naive))\n\n"
        "def test_dear(query_budget):\n    with query_budget(4):\n        answer(Naive)\n\n"
        "def test_own(assert_flat):\n    assert_flat(lambda n: answer(Naive, 'own'))\n"
    )

    done.assert_outcomes(passed=3, failed=3)
    done.stdout.fnmatch_lines(
        [
            "*_ test_steep _*",
            "Naive.list: ×2 BookSerializer.author | *",
            "The number of queries grows with the rows: 2 for 1, 3 for 2.",
            "*_ test_dear _*",
            f"Naive.list: {FOUND[1:]}",
            "9 queries, and 4 are allowed.",
            "*_ test_own _*",
        ],
        consecutive=True,
    )


def test_entries_that_allow_for_nothing_are_told_at_the_end(run, settings):
    settings.DRF_AUTOPREFETCH = {"ALLOW_UNPLANNED": [{"path": "BookSerializer.gone", "reason": "small"}]}

    done = run(SUITE, ini="drf_autoprefetch_unplanned = warn")

    done.stdout.fnmatch_lines(
        ["*unplanned queries that are allowed for nothing*", "BookSerializer.gone | stale allowance | *"]
    )


ALLOWED = {"ALLOW_UNPLANNED": [{"path": "BookSerializer.gone", "reason": "small"}]}


@pytest.mark.parametrize(
    "options", [["-k", "lean"], ["-m", "not slow"], ["{file}"], ["-x"], ["--deselect", "{file}::x"]]
)
def test_where_tests_are_left_out_an_entry_may_be_needed_by_those(options, run, settings, pytester):
    settings.DRF_AUTOPREFETCH = ALLOWED
    suite = f"{SUITE}\n@pytest.mark.slow\ndef test_slow():\n    pass\n\ndef x():\n    pass\n"
    file = "test_where_tests_are_left_out_an_entry_may_be_needed_by_those.py"
    options = [option.format(file=file) for option in options]
    if "--deselect" in options:
        options[-1] = f"{file}::test_slow"

    done = run(suite, "--unplanned-queries=raise", *options, ini="markers = slow")

    done.stdout.no_fnmatch_line("*allowed for nothing*")


def test_workers_tell_which_entries_were_needed(settings, monkeypatch, pytestconfig):
    """pytest-xdist runs the tests in processes of their own; the one that reports has run none."""
    needed: set[str] = set()
    monkeypatch.setattr(allowing, "_needed", needed)
    told: dict[str, Any] = {}
    worker: Any = SimpleNamespace(workeroutput=told, stash={}, getoption=lambda name: "raise")
    session: Any = SimpleNamespace(config=worker, shouldstop=False, shouldfail=False)
    needed.add("BookSerializer.author")
    pytest_plugin.pytest_sessionfinish(session)
    needed.clear()

    pytest_plugin.pytest_testnodedown(SimpleNamespace(workeroutput=told))
    # One that has crashed tells nothing.
    pytest_plugin.pytest_testnodedown(SimpleNamespace())

    assert needed == {"BookSerializer.author"}


@pytest.mark.urls("tests.guarding.monitored")
def test_plans_are_kept_and_compared(run, pytester):
    suite = "def test_plans(plan_snapshot):\n    plan_snapshot('plans.json')\n"

    run(suite).assert_outcomes(failed=1)
    run(suite, "--write-plans").assert_outcomes(passed=1)
    run(suite).assert_outcomes(passed=1)
    file = pytester.path / "plans.json"
    file.write_text(file.read_text().replace('"BookSerializer"', '"OldSerializer"'))
    done = run(suite)

    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*_ test_plans _*", f"--- {file}", "+++ the plans now"], consecutive=True)
    done.stdout.fnmatch_lines(
        [f"Plans differ from {file}.", "To accept the plans of now: pytest --write-plans"], consecutive=True
    )


def test_loading_it_imports_nothing_of_django_or_rest_framework():
    code = (
        f"import sys, {PLUGIN}; print([name for name in sys.modules if name.startswith(('django', 'rest_framework'))])"
    )

    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout == "[]\n"


LEARNING = """
from tests.examples import answer
from tests.guarding.test_sampling import Books

def test_books():
    for _ in range(3):
        answer(Books)
"""


@pytest.mark.parametrize("how", ["option", "ini"])
def test_a_run_may_be_learned_from(run, how, tmp_path):
    file = str(tmp_path / "samples.jsonl")
    ini = f"drf_autoprefetch_learn = {file}" if how == "ini" else ""

    run(LEARNING, *([f"--learn-prefetch-hints={file}"] if how == "option" else []), ini=ini).assert_outcomes(passed=1)

    assert read_samples(file)["tests.guarding.test_sampling.Books", "list"].responses == 3
    sampling._stores.clear()


def test_nothing_is_learned_by_default(run):
    run(LEARNING).assert_outcomes(passed=1)

    assert not sampling._everything
