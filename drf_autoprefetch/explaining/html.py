"""The report as one page for a browser: no request to anywhere, and nothing lost without its script."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.utils.safestring import mark_safe

from .analysis.page import analysis_page
from .characters import visible
from .copying import to_copy
from .highlighting import sql_as_html

_FOLDER = Path(__file__).parent / "page"

#: Who asks for all columns by these knows that they are read; of other code nothing is known.
_ASKED = ("hint", "queryset")


def render_html(data: dict[str, Any], links: Sequence[tuple[str, str]] = ()) -> str:
    """Return the report data as a page; ``links`` are names and URLs of the same in other forms."""
    analysis = data.get("analysis")
    page = _shown(data, count(1), count(1)) | {
        "happened": analysis and analysis_page(visible(analysis)),
        "headline": visible((analysis or data)["headline"]),
        "why_not": visible(data["headline"]),
        "links": links,
        "style": mark_safe(_asset("page.css")),
        "script": mark_safe(_asset("page.js")),
    }
    return _rendered("page.html", page)


def render_panel(reports: Iterable[dict[str, Any]]) -> str:
    """Return many reports as a part of a page of someone else's, without style and script.

    Each is report data with two keys more: ``links``, and ``origin``, which says where the plan came from.
    """
    notes, queries = count(1), count(1)
    return _rendered("panel.html", {"reports": [_shown(data, notes, queries) for data in reports]})


def _shown(data: dict[str, Any], notes: Iterator[int], queries: Iterator[int]) -> dict[str, Any]:
    """Report data as templates show it. Numbers are unique where several stand on one page."""
    shown = visible(data)
    found: dict[str, Any] = shown | {
        "notes": [_note(note, next(notes)) for note in shown["notes"]],
        "plan": shown["plan"] and _node(shown["plan"], queries),
    }
    return found


def _rendered(template: str, context: dict[str, Any]) -> str:
    # The numbers of a report are not those of a language.
    return _engine().get_template(template).render(Context(context, use_l10n=False))


def page_headers() -> dict[str, str]:
    """Return the headers of a page: its own style and script are all that it may use, and it may use nothing else."""
    policy = {
        "default-src": "'none'",
        "style-src": _hash(_asset("page.css")),
        "script-src": _hash(_asset("page.js")),
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Referrer-Policy": "no-referrer",
    }


@cache
def _asset(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


@cache
def _engine() -> Engine:
    """An engine of our own: what ``TEMPLATES`` says is for the project's templates."""
    return Engine(dirs=[str(_FOLDER)])


def _note(note: dict[str, Any], number: int) -> dict[str, Any]:
    return note | {"copied": to_copy(note["remedy"], f"remedy-{number}", f"hint-{number}", f"note {number}")}


def _node(node: dict[str, Any], queries: Iterator[int]) -> dict[str, Any]:
    sql = node["sql"] and node["sql"] | {"number": next(queries), "html": sql_as_html(node["sql"]["text"])}
    return node | {
        "name": node["path"].rpartition(".")[2],
        "badges": _badges(node),
        "origins": node["origins"] if node["path"] else [],
        "loaded": _loaded(node),
        "columns": [{"name": name, "readers": node["reads"].get(name)} for name in node["columns"] or ()],
        "unread": _unread(node),
        "sql": sql,
        "related": [_node(child, queries) for child in node["related"]],
    }


def _badges(node: dict[str, Any]) -> list[tuple[str, str]]:
    badges = [(node["strategy"].replace(" ", "-"), node["strategy"])]
    if node["model"] is None or any(origin["kind"] not in _ASKED for origin in node["everything"]):
        badges.append(("unknown", "unknown"))
    if node["dropped"]:
        badges.append(("only", "only"))
    if node["annotations"]:
        badges.append(("annotate", "annotate"))
    return badges


def _loaded(node: dict[str, Any]) -> str:
    if node["columns"] is None:
        return "columns not planned"
    kept, total = len(node["columns"]), len(node["columns"]) + len(node["dropped"])
    if node["dropped"]:
        return f"{kept} of {total} columns"
    return "its one column" if total == 1 else f"all {total} columns"


def _unread(node: dict[str, Any]) -> str:
    """What to say of a column that no field is known to read."""
    if node["dropped"]:
        return "no field: a key, or what keeps the order of the rows"
    return "loaded with all others" if node["everything"] else "no field: a key, or loaded with all others"
