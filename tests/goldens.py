"""Files that hold what was printed once, and must be printed still.

``UPDATE_GOLDEN=1 pytest`` with the tests that compare writes them anew, for a person to read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

from drf_autoprefetch.explaining import html

FOLDER = Path(__file__).parent / "golden"


#: What every page has in it: its tests are its own.
STYLE, SCRIPT = ((Path(html.__file__).parent / "page" / name).read_text() for name in ("page.css", "page.js"))


def without_assets(page: str) -> str:
    """Return a page with its style and its script cut out."""
    return page.replace(STYLE, "…").replace(SCRIPT, "…")


def agree(name: str, printed: str) -> None:
    """Assert that ``printed`` is what the file of that name holds."""
    path = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(printed, encoding="utf-8")

    assert printed == path.read_text(encoding="utf-8")
