"""The command that takes the reader's rules away finds what goes red, and says where nothing does."""

from __future__ import annotations

import sys

import pytest

from tests import mutating

pytestmark = pytest.mark.once


def test_rules_are_taken_away_in_turn(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["mutating", "EXPRESSIONS Await", "containers._ADD append"])

    assert mutating.main() == 0
    assert capsys.readouterr().out.splitlines() == [
        "EXPRESSIONS Await | awaited",
        "containers._ADD append | containers._ADD append",
        "containers._ADD appendleft | containers._ADD appendleft",
        "Every rule is guarded.",
    ]


def test_a_rule_that_nothing_guards_fails(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["mutating"])
    monkeypatch.setattr(mutating, "entries", lambda: [mutating.Rule("idle", lambda: None)])
    monkeypatch.setattr(mutating, "names", list)
    monkeypatch.setattr(mutating, "first_red", lambda rule: "")

    assert mutating.main() == 1
    assert capsys.readouterr().out.splitlines() == ["idle | NOTHING GOES RED", "1 rules that nothing guards"]
