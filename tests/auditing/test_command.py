"""``manage.py audit_prefetch``: what it shows in each format, and what a job in CI may rely on.

``UPDATE_GOLDEN=1 pytest tests/auditing`` writes what is printed now into ``tests/golden/audit``.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.urls import path
from jsonschema import Draft202012Validator
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated

from drf_autoprefetch.auditing.rendering import FORMATS
from drf_autoprefetch.auditing.rules import RULES
from drf_autoprefetch.loading.finding import clear_caches
from drf_autoprefetch.management.commands import audit_prefetch
from tests import commands, registered
from tests.auditing import projects
from tests.bookshop import CHECKOUT, Bookshop
from tests.commands import Terminal
from tests.examples import shows
from tests.goldens import agree
from tests.test_findings import SARIF
from tests.test_golden import file_name, steady_sarif
from tests.testapp.models import Book

pytestmark = pytest.mark.once

PROJECT = "tests.auditing.projects"


@pytest.fixture(autouse=True)
def _project(settings, monkeypatch):
    """What other tests have made is declared as well, and no finding of this project."""
    settings.ROOT_URLCONF = PROJECT
    monkeypatch.setattr(audit_prefetch, "declared_findings", lambda mixin: [])
    clear_caches()


run, refused = partial(commands.run, "audit_prefetch"), partial(commands.refused, "audit_prefetch")


def ids(shown: str) -> list[str]:
    """Return the ids of findings in text."""
    return re.findall(r"^(?:error|warning|note) ([a-z-]+): ", shown, re.MULTILINE)


# ---- What is shown

PRINT = """
import json
from io import StringIO
from django.core.management import call_command

def printed(format, **how):
    out = StringIO()
    call_command("audit_prefetch", format=format, stdout=out, **how)
    return out.getvalue()

print(json.dumps([printed(*each) for each in {asked!r}]))
"""
PROJECT_ALONE = """
import datetime, os, django
from django.test import override_settings
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()
entries = [
    {"path": "UnreadSerializer.shown", "reason": "x", "until": datetime.date(2020, 1, 1)},
    {"path": "GoneSerializer.shown", "reason": "x"},
]
override_settings(
    ROOT_URLCONF="tests.auditing.projects",
    DRF_AUTOPREFETCH={"ALLOW_UNPLANNED": entries, "BUDGETS": {"book-lists": 3}},
).enable()
"""


def printed_alone(code: str) -> list[str]:
    """Return what a process of its own prints, in which nobody has made other serializers."""
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


def test_a_project_is_shown_as_it_was() -> None:
    asked = [(format,) for format in FORMATS]

    for (format,), shown in zip(asked, printed_alone(PROJECT_ALONE + PRINT.format(asked=asked)), strict=True):
        if format == "sarif":
            Draft202012Validator(SARIF).validate(json.loads(shown))
        agree(f"audit/{file_name('project', format)}", steady_sarif(shown) if format == "sarif" else shown)


def test_the_demo_is_shown_as_it_was(tmp_path: Path) -> None:
    """Its planned views have nothing wrong, but that a tree has no end; those without the mixin are told to have it."""
    done = Bookshop(tmp_path / "no.sqlite3").script(PRINT.format(asked=[("text",)]))
    assert done.returncode == 0, done.stderr

    (shown,) = json.loads(done.stdout)
    agree("audit/demo.txt", shown)
    assert {line.split()[1] for line in shown.splitlines() if "demo/shop/views" in line} == set()


def test_nothing_wrong_is_said_in_one_line(settings):
    settings.ROOT_URLCONF = registered.urls(path("planned/", projects.Planned.as_view()))

    assert run() == "1 action of 1 view: nothing found.\n"
    assert run("--format", "github") == ""
    assert json.loads(run("--format", "json")) == {
        "version": 1,
        "actions": [f"{PROJECT}.Planned:get"],
        "findings": [],
        "known": 0,
        "probes": [],
    }


def test_every_id_of_a_sarif_report_is_a_rule_of_the_audit():
    driver = json.loads(run("UnreadView", "--format", "sarif"))["runs"][0]["tool"]["driver"]

    assert {rule["id"] for rule in driver["rules"]} == {*RULES}


def test_no_database_is_even_connected_to(monkeypatch):
    monkeypatch.setattr(type(connections["default"]), "ensure_connection", lambda self: pytest.fail("connected"))

    assert [ids(run(view)) for view in ("Planned", "Plain", "UnreadView", "WholeView", "Backwards")] == [
        [],
        ["no-mixin"],
        ["code-unread"],
        ["whole-model", "whole-model"],
        ["bypassed-mixin"],
    ]


def test_a_view_or_a_url_is_audited_alone():
    assert "1 action of 1 view: 1 warning." in run("UnreadView:list")
    assert ids(run("/unread/books/")) == ["code-unread"]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("/no-generic/", "is answered by .*NoGenericView, which is no generic view of Django REST Framework. Only .*"),
        ("/function/", "is answered by tests.registered.WrappedAPIView, which is no generic view of .*"),
        ("/nowhere/", "No URL of this project is '/nowhere/'. .*"),
        ("Plian", "No generic view that a URL leads to, with something to read, is 'Plian'. Did you mean '.*Plain'.*"),
    ],
)
def test_what_is_not_audited_is_answered_with_what_there_is(argument, message):
    code, said = refused(argument)

    assert code == 2
    assert re.search(message, said)


def test_a_project_without_views_says_so(settings):
    settings.ROOT_URLCONF = registered.urls(path("function/", registered.function))

    assert run() == "0 actions of 0 views: nothing found.\n"
    assert refused("Plain")[1].endswith("No URL of this project leads to a generic view.")


def test_on_a_terminal_lines_stay_inside_it_and_have_colours(monkeypatch, db):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("DJANGO_COLORS", "dark")

    shown = run(stdout=Terminal(), stderr=StringIO(), force_color=True)

    plain = re.sub(r"\x1b\[[\d;]*m", "", shown).splitlines()
    assert max(map(len, plain)) <= 100
    red, yellow = (next(line for line in shown.splitlines() if name in line) for name in ("Backwards", "code-unread"))
    assert (red[:7], yellow[:7]) == ("\x1b[31;1m", "\x1b[33;1m")


def test_progress_is_shown_on_a_terminal_beside_what_is_asked_for(db):
    err, quiet = Terminal(), Terminal()

    run("--format", "json", stderr=err)
    run("--format", "json", stderr=quiet, verbosity=0)

    assert f"1/19 {PROJECT}.Abstract:list" in err.getvalue()
    assert quiet.getvalue() == ""


def test_a_file_is_written_instead(tmp_path):
    file = tmp_path / "audit.txt"

    assert run("UnreadView", "--output", str(file)) == ""
    assert file.read_text(encoding="utf-8").startswith("warning code-unread: ")


# ---- Probing


def praise(serializer: Any, book: Any) -> Any:
    return [review.rating for review in book.reviews.filter(rating__gte=2)]


class Praised(projects.Planned):
    queryset = Book.objects.order_by("pk")
    serializer_class = shows(Book, praise=serializers.SerializerMethodField(), get_praise=praise)


class Closed(Praised):
    permission_classes = [IsAuthenticated]


PROBED = registered.urls(
    path("planned/", projects.Planned.as_view()),
    path("praised/", Praised.as_view()),
    path("closed/", Closed.as_view()),
    path("books/", registered.routed("books", projects.UnreadView)),
)


def without_places(shown: str) -> str:
    return re.sub(r" +$", "", re.sub(r" \[[^\]]+:\d+\]", "", shown), flags=re.MULTILINE)


@pytest.mark.django_db(databases=["default", "other"])
@pytest.mark.usefixtures("library")
def test_a_probe_is_shown_as_a_table_and_with_what_grows(settings):
    settings.ROOT_URLCONF = PROBED

    shown = without_places(run("--probe"))

    agree("audit/probed.txt", shown.replace(__name__, "views"))
    assert ids(shown) == ["code-unread", "not-planned", "queries-per-row"]


@pytest.mark.django_db(databases=["default", "other"])
@pytest.mark.usefixtures("library")
def test_a_probe_as_data_and_as_a_user(settings):
    User.objects.create_user("ada")
    settings.ROOT_URLCONF = PROBED

    data = json.loads(run("--probe", "--rows", "2,1", "--user", "ada", "--format", "json"))

    assert {probe["view"].rpartition(".")[2]: probe for probe in data["probes"]}["Closed:get"] == {
        "view": f"{__name__}.Closed:get",
        "url": "/closed/",
        "rows": [1, 2],
        "queries": [2, 3],
        "queries_per_row": 1.0,
        "not_probed": "",
    }


@pytest.mark.parametrize("rows", ["1", "a,b", "0,1", "", "2,2"])
def test_rows_are_two_numbers_or_more(rows):
    assert refused("--probe", "--rows", rows) == (2, f"--rows {rows}: write two or more numbers, as 1,2,4.")


# ---- What a job in CI relies on


@pytest.mark.parametrize(
    ("severity", "view", "message"),
    [
        ("error", "UnreadView", None),
        ("warning", "UnreadView", "--fail-on warning: 1 finding is that severe."),
        ("note", "WholeView", "--fail-on note: 2 findings are that severe."),
        ("note", "Planned", None),
    ],
)
def test_a_finding_may_fail_a_job(severity, view, message):
    if message is None:
        assert run(view, "--fail-on", severity)
    else:
        assert refused(view, "--fail-on", severity) == (1, message)


@pytest.fixture
def baseline(db, tmp_path):
    """A file with the findings of the project."""
    file: Path = tmp_path / "baseline.json"
    assert run("--write-baseline", str(file)) == f"Wrote 13 findings to {file}.\n"
    return file


def test_findings_are_kept_without_what_changes_by_itself(baseline):
    kept = baseline.read_text(encoding="utf-8")

    agree("audit/baseline.json", kept)
    for changing in (".py", "columns", str(Path.cwd())):
        assert changing not in kept


def test_known_findings_are_fine_and_are_not_shown(baseline):
    shown = run("--baseline", str(baseline), "--fail-on", "note")

    assert shown == "19 actions of 15 views: 13 more known.\n"
    assert run("--baseline", str(baseline), "--format", "github") == ""


def test_a_new_finding_fails_and_is_shown(baseline, monkeypatch):
    monkeypatch.setattr(projects.Planned, "serializer_class", projects.UnreadSerializer)
    monkeypatch.setattr(projects.WholeView, "auto_prefetch", False)
    clear_caches()
    out, err = StringIO(), StringIO()

    code, message = refused("--baseline", str(baseline), "--signed-in", stdout=out, stderr=err)

    assert (code, message) == (
        1,
        f"Findings differ from {baseline}: 1 new, 2 gone."
        f" To accept them: manage.py audit_prefetch --signed-in --write-baseline {baseline}",
    )
    assert ids(out.getvalue()) == ["left-alone"]
    assert err.getvalue().splitlines() == [
        '+ {"id": "left-alone", "about": "WholeView.get"}',
        '- {"id": "whole-model", "about": "WholeSerializer.best"}',
        '- {"id": "whole-model", "about": "WholeSerializer.by"}',
    ]


def test_a_finding_that_is_gone_fails(baseline, monkeypatch):
    monkeypatch.setattr(projects.WholeView, "serializer_class", projects.TITLE)
    clear_caches()

    code, message = refused("--baseline", str(baseline), stderr=StringIO())

    assert code == 1
    assert f"Findings differ from {baseline}: 0 new, 2 gone." in message


def test_how_to_accept_says_how_it_was_asked(tmp_path):
    file = tmp_path / "none.json"

    assert refused("--baseline", str(file), "--probe", "--rows", "1,3") == (
        2,
        f"--baseline {file}: there is no such file. Make it:"
        f" manage.py audit_prefetch --probe --rows 1,3 --write-baseline {file}",
    )
    file.write_text("[]")
    assert refused("--baseline", str(file))[1].startswith(f"--baseline {file}: it is no baseline (TypeError")


def test_a_baseline_is_that_of_all_views(tmp_path):
    for option in ("--baseline", "--write-baseline"):
        assert refused("Plain", option, str(tmp_path / "x")) == (
            2,
            "A baseline has the findings of all views: name none beside it.",
        )


def test_a_baseline_is_written_beside_a_format(db, tmp_path):
    file, err = tmp_path / "baseline.json", StringIO()

    assert json.loads(run("--write-baseline", str(file), "--format", "json", stderr=err))["version"] == 1
    assert err.getvalue() == f"Wrote 13 findings to {file}.\n"
