"""Plans in a file: what is kept, and how a difference is shown."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from drf_autoprefetch.explaining.snapshots import SnapshotError, difference, normal, snapshot

pytestmark = pytest.mark.once


def node(path: str, *columns: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "model": "shop.Book", "strategy": "join", "columns": list(columns), "related": [], **more}


def explained(name: str, *columns: str, **more: Any) -> Any:
    """Return an explained plan with nothing of interest but some columns."""
    notes = [{"id": "view-code", "path": ""}, {"id": "code-unread", "path": "stars"}, {"id": "view-code", "path": ""}]
    plain = {"serializer": "BookSerializer", "queries": 1, "plan": node("", *columns), "notes": notes}
    return SimpleNamespace(name=name, data=plain | more)


SNAPSHOT = """\
{
  "version": 1,
  "views": {
    "shop.A:list": {
      "serializer": "BookSerializer",
      "queries": 1,
      "plan": [
        {"path": "", "model": "shop.Book", "strategy": "join", "columns": ["id", "title"]},
        {"path": "author", "model": "shop.Book", "strategy": "join", "columns": ["name"]}
      ],
      "notes": [
        "code-unread stars",
        "view-code"
      ]
    },
    "shop.B:list": {
      "serializer": "BookSerializer",
      "queries": null,
      "plan": [],
      "notes": []
    }
  }
}
"""


def test_plans_are_kept_with_a_line_for_each_node():
    one = explained("shop.A:list", plan=node("", "id", "title", related=[node("author", "name")]))
    other = explained("shop.B:list", plan=None, queries=None, notes=[])

    assert snapshot([other, one]) == snapshot([one, other]) == SNAPSHOT


def test_no_plans_are_kept_as_well():
    assert json.loads(snapshot([])) == {"version": 1, "views": {}}
    assert normal(snapshot([])) == snapshot([])


def test_another_layout_says_the_same():
    assert normal(json.dumps(json.loads(SNAPSHOT), indent=8)) == SNAPSHOT


@pytest.mark.parametrize("text", ["", "[]", '{"version": 1}', '{"version": 2}', '{"version": 1, "views": {"a": []}}'])
def test_a_text_that_is_no_snapshot_is_refused(text):
    with pytest.raises(SnapshotError, match=r"^it is (no file of plans|of version 2)"):
        normal(text)


def test_plans_that_are_the_same_have_no_difference():
    assert difference(SNAPSHOT, SNAPSHOT, "plans.json") == []


def test_every_hunk_names_its_view():
    names = [f"shop.{letter}:list" for letter in "ABC"]
    before = snapshot([explained(name, "id", "title", notes=[]) for name in names])
    after = snapshot([explained(name, "id", *(["title"] if name != "shop.C:list" else []), notes=[]) for name in names])

    lines = difference(before, after, "plans.json")

    assert lines[:3] == ["--- plans.json", "+++ the plans now", '@@ -21,7 +21,7 @@ "shop.C:list"']
    assert [line for line in lines[3:] if line[0] in "+-"] == [
        '-        {"path": "", "model": "shop.Book", "strategy": "join", "columns": ["id", "title"]}',
        '+        {"path": "", "model": "shop.Book", "strategy": "join", "columns": ["id"]}',
    ]


def test_a_hunk_above_all_views_names_none():
    (hunk,) = (line for line in difference(snapshot([]), SNAPSHOT, "plans.json") if line.startswith("@@"))

    assert hunk == "@@ -1,4 +1,23 @@"
