"""What every format prints of plans that are hard to show, and of the demo, kept in ``tests/golden``.

``UPDATE_GOLDEN=1 pytest tests/test_golden.py`` writes what is printed now.
"""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from drf_autoprefetch.auditing.rendering import FORMATS as AUDIT_FORMATS
from drf_autoprefetch.explaining.formats import FORMATS
from drf_autoprefetch.explaining.rendering import FORMAT_NAMES
from drf_autoprefetch.loading.finding import clear_caches
from tests import awkward
from tests.bookshop import CHECKOUT, Bookshop
from tests.goldens import FOLDER, agree, without_assets

pytestmark = pytest.mark.once

VIEWS = sorted(view.__name__.removesuffix("ViewSet") for _, view, _ in awkward.router.registry)
#: None joins a table twice: releases of Django quote the second name differently.
ENDPOINTS = {"catalogue": "/api/catalogue/", "press": "/api/press/", "author": "/api/authors/1/"}
ENDINGS = {"text": "txt", "github": "github.txt", "sarif": "sarif"}

PRINT = """
import json
from io import StringIO
from django.core.management import call_command

def printed(url, format):
    out = StringIO()
    call_command("explain_prefetch", *url, format=format, stdout=out)
    return out.getvalue()

print(json.dumps([printed(*each) for each in {asked!r}]))
"""


def steady(printed: str) -> str:
    """Leave out what is the same in every page, and what differs from run to run or between releases."""
    printed = re.sub(r"((?:planned|Planned) in )[\d.]+( ms)", r"\g<1>1.0\2", printed)
    printed = re.sub(r'("plan_milliseconds": )[\d.]+', r"\g<1>1.0", printed)
    return without_assets(printed)


def steady_sarif(printed: str) -> str:
    """Keep the rules that a result names, without where they are documented and in which version."""
    document: dict[str, Any] = json.loads(printed)
    (run,) = document["runs"]
    driver = run["tool"]["driver"]
    named = {result["ruleId"] for result in run["results"]}
    for result in run["results"]:
        assert driver["rules"][result.pop("ruleIndex")]["id"] == result["ruleId"]
    rules = [
        {name: rule[name] for name in rule if name != "helpUri"} for rule in driver["rules"] if rule["id"] in named
    ]
    run["tool"]["driver"] = {"name": driver["name"], "rules": rules}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def file_name(name: str, format: str) -> str:
    return f"{name}.{ENDINGS.get(format, format)}"


def explained(*asked: str, format: str) -> str:
    """Return what the command prints."""
    out = StringIO()
    call_command("explain_prefetch", *asked, format=format, stdout=out)
    return out.getvalue()


@pytest.fixture
def _urls(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.awkward"
    clear_caches()


@pytest.mark.usefixtures("_urls")
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("view", VIEWS)
def test_an_awkward_plan_is_shown_as_it_was(view: str, format: str) -> None:
    printed = explained(f"tests.awkward.{view}ViewSet:list", format=format)

    agree(f"awkward/{file_name(view, format)}", steady(printed))


@pytest.mark.usefixtures("_urls")
@pytest.mark.parametrize("format", [each for each in FORMAT_NAMES if each not in ("html", "sarif")])
def test_all_awkward_plans_together_are_shown_as_they_were(format: str) -> None:
    agree(f"awkward/{file_name('all', format)}", explained(format=format))


@pytest.mark.usefixtures("_urls")
def test_the_findings_of_awkward_plans_are_those_that_were_in_sarif() -> None:
    agree("awkward/all.sarif", steady_sarif(explained(format="sarif")))


def test_the_demo_is_shown_as_it_was(tmp_path: Path) -> None:
    wanted = [(name, format) for name in ENDPOINTS for format in FORMAT_NAMES]
    asked = [([ENDPOINTS[name]], format) for name, format in wanted]
    done = Bookshop(tmp_path / "no.sqlite3").script(PRINT.format(asked=asked))
    assert done.returncode == 0, done.stderr

    for (name, format), printed in zip(wanted, json.loads(done.stdout), strict=True):
        kept = steady_sarif(printed) if format == "sarif" else steady(printed)
        agree(f"demo/{file_name(name, format)}", kept)


def test_there_are_ten_awkward_views() -> None:
    assert len(VIEWS) == 10


def test_no_file_is_left_over() -> None:
    singles = {f"awkward/{file_name(view, format)}" for view in VIEWS for format in FORMATS}
    together = {f"awkward/{file_name('all', format)}" for format in FORMAT_NAMES if format != "html"}
    demo = {f"demo/{file_name(name, format)}" for name in ENDPOINTS for format in FORMAT_NAMES}

    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    audit = {f"audit/{file_name('project', format)}" for format in AUDIT_FORMATS}
    audit |= {"audit/baseline.json", "audit/demo.txt", "audit/probed.txt"}
    others = {f"analysis.{format}" for format in ("html", "json", "txt")} | {"explain.html", "guarding/scenarios.txt"}
    assert found == others | singles | together | demo | audit


def test_nothing_of_this_machine_is_in_a_golden_file() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.rglob("*") if path.is_file()}

    assert [name for name, text in texts.items() if "site-packages" in text or str(CHECKOUT) in text] == []
