"""A server with pages, and a browser that looks at them. What is missing is an error: ``nox -s browser`` has it all."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent.parent

#: Where the packages of ``package.json`` are installed.
NODE_MODULES = Path(os.environ["BROWSER_NODE_MODULES"])

#: Where pictures of what was seen are kept; git ignores it.
PICTURES = ROOT / ".screenshots"

#: It runs as any user in any container, asks nobody for anything, and draws without a graphics card.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

#: How wide a telephone is.
NARROW = {"width": 360, "height": 740}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the pages of ``urls.py``; the value is where."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"BROWSER_DATABASE": str(folder / "rows.sqlite3")}
    command = [sys.executable, "-m", "tests.browser.server", str(port)]
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            _wait(f"http://localhost:{port}/everything/", process, folder / "log")
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait(url: str, process: subprocess.Popen[Any], log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            urlopen(url, timeout=30).close()
        except URLError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"Nothing is served at {url}: {log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=os.environ["BROWSER_CHROMIUM"], args=FLAGS)


@dataclass
class Visit:
    """A page that is looked at, and whatever it did that no page should do."""

    page: Page
    server: str
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def go(self, path: str, **parameters: str) -> Page:
        """Open a page of the server."""
        query = "&".join(f"{name}={value}" for name, value in ({"explain_prefetch": "1"} | parameters).items())
        self.page.goto(f"{self.server}/{path}?{query}")
        return self.page

    def unfold(self) -> Page:
        """Open all that is folded."""
        self.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        return self.page

    def picture(self, name: str) -> None:
        """Keep a picture of the whole page."""
        PICTURES.mkdir(exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Callable[..., Visit]]:
    """Open a window, as Playwright's ``new_context()`` is told; at the end nothing must have gone wrong in any."""
    visits: list[Visit] = []

    def open_window(**how: Any) -> Visit:
        context = browser.new_context(viewport=how.pop("viewport", {"width": 1100, "height": 900}), **how)
        found = Visit(context.new_page(), server)
        context.on("request", lambda request: found.asked.append(request.url))
        found.page.on("console", lambda said: found.wrong.append(f"{said.type}: {said.text}"))
        found.page.on("pageerror", lambda error: found.wrong.append(str(error)))
        found.page.on("dialog", lambda dialog: found.wrong.append(dialog.message))
        visits.append(found)
        return found

    yield open_window
    for each in visits:
        each.page.context.close()
        assert each.wrong == []
        assert [url for url in each.asked if not url.startswith(f"{server}/")] == []


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say where the pictures are."""
    terminalreporter.write_line(f"{len(list(PICTURES.glob('*.*')))} pictures of the page are in {PICTURES}")
