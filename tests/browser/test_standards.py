"""The page, as those read it who check pages: an accessibility checker and a validator, both from npm."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests import awkward
from tests.browser.conftest import NARROW, NODE_MODULES
from tests.markup import HOSTILE

AWKWARD = [f"awkward/{prefix}/" for prefix, _, _ in awkward.router.registry]
PATHS = ["everything/", "api/books/1/", *AWKWARD]
VALUES = ["1", "analyze"]


@cache
def axe() -> str:
    return (NODE_MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Any) -> list[str]:
    """Return what axe finds by all of its rules, those of good practice included."""
    page.evaluate(axe())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {rule['help']}: {node['html']}: {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("path", PATHS)
def test_everybody_can_read_a_page(visit, path):
    window = visit()
    window.go(path, explain_prefetch="1")

    assert violations(window.unfold()) == []


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize(
    "how", [{}, {"color_scheme": "dark"}, {"viewport": NARROW}, {"forced_colors": "active"}], ids=str
)
def test_everybody_can_read_a_page_however_it_is_shown(visit, how, value):
    window = visit(**how)
    window.go("everything/", explain_prefetch=value)

    assert violations(window.page) == []
    assert violations(window.unfold()) == []


def test_pages_are_valid(server, tmp_path):
    paths = [*PATHS, *(f"hostile/{number}/" for number in range(len(HOSTILE)))]
    for number, (path, value) in enumerate((path, value) for path in paths for value in VALUES):
        request = Request(f"{server}/{path}?explain_prefetch={value}", headers={"Accept": "text/html"})
        (tmp_path / f"{number}.html").write_bytes(urlopen(request, timeout=60).read())

    config = Path(__file__).parent / ".htmlvalidate.json"
    command = [NODE_MODULES / ".bin" / "html-validate", "--config", config, tmp_path]
    done = subprocess.run([*command], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")
