"""Notes for programs that show them beside the code: GitHub's commands, and SARIF."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from drf_autoprefetch.explaining import sarif
from drf_autoprefetch.explaining.findings import as_finding, at_least, findings, location
from drf_autoprefetch.explaining.github import render_github
from drf_autoprefetch.explaining.sarif import render_sarif
from drf_autoprefetch.notes import CATALOGUE

pytestmark = pytest.mark.once


def note(name: str = "code-unread", place: str = "shop/serializers.py:41", **more: str) -> dict[str, Any]:
    """Return a note as a report has it."""
    severity = CATALOGUE[name][0].value
    words = {"path": "stars", "about": "BookSerializer.stars", "message": "It is unknown.", "remedy": "Write a hint."}
    return {"id": name, "severity": severity, "place": place, **words, **more}


def explained(name: str, *notes: dict[str, Any]) -> Any:
    """Return as much of an explained plan as its notes are."""
    return SimpleNamespace(name=name, data={"notes": list(notes)})


def test_a_note_of_several_plans_is_one_finding():
    found = findings(
        [
            explained("shop.BookViewSet:list", note(), note("view-code", about="BookViewSet.list")),
            explained("shop.BookViewSet:retrieve", note(path="book.stars"), note("planning-failed")),
            explained("shop.BookViewSet:retrieve", note()),
        ]
    )

    assert [(one.id, one.path, one.views) for one in found] == [
        ("planning-failed", "stars", ("shop.BookViewSet:retrieve",)),
        ("code-unread", "stars", ("shop.BookViewSet:list", "shop.BookViewSet:retrieve")),
        ("view-code", "stars", ("shop.BookViewSet:list",)),
    ]


def test_findings_come_by_severity_then_by_place():
    places = ["b.py:1", "a.py:20", "a.py:3", ""]
    found = findings([explained("x", *(note(place=place) for place in places), note("view-code", place="a.py:1"))])

    assert [location(one) for one in found] == [("", 0), ("a.py", 3), ("a.py", 20), ("b.py", 1), ("a.py", 1)]


@pytest.mark.parametrize(("severity", "ids"), [("note", 3), ("warning", 2), ("error", 1)])
def test_findings_are_counted_by_severity(severity, ids):
    found = findings([explained("x", note(), note("planning-failed"), note("view-code"))])

    assert len(at_least(found, severity)) == ids


def test_a_file_is_named_from_the_root_of_its_repository(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    (tmp_path / "back" / "end").mkdir(parents=True)
    one = as_finding(note())

    for folder, file in (("back/end", "back/end/shop/serializers.py"), (".", "shop/serializers.py")):
        monkeypatch.chdir(tmp_path / folder)
        assert location(one) == (file, 41)
    assert location(as_finding(note(place="/usr/lib/shop.py:7"))) == ("/usr/lib/shop.py", 7)


def test_a_project_in_no_repository_starts_where_it_is_run(monkeypatch):
    monkeypatch.chdir("/")
    monkeypatch.setattr(Path, "exists", lambda path: False)

    assert location(as_finding(note())) == ("shop/serializers.py", 41)


@pytest.mark.parametrize(
    ("written", "command"),
    [
        (
            note(),
            "::warning file=shop/serializers.py,line=41,title=drf_autoprefetch code-unread"
            "::BookSerializer.stars (stars): It is unknown. Write a hint.",
        ),
        (
            note("planning-failed", place="C:/a,b/100%.py:7", message="50%\r\nof it.", path=""),
            "::error file=C%3A/a%2Cb/100%25.py,line=7,title=drf_autoprefetch planning-failed"
            "::BookSerializer.stars: 50%25%0D%0Aof it. Write a hint.",
        ),
        (
            note("view-code", place=""),
            "::notice title=drf_autoprefetch view-code::BookSerializer.stars (stars): It is unknown. Write a hint.",
        ),
    ],
    ids=["plain", "escaped", "nowhere"],
)
def test_github_is_told_in_its_own_words(written, command):
    assert render_github([as_finding(written, "shop.BookViewSet:list")]) == f"{command}\n"


#: What SARIF 2.1.0 demands of the objects that are written here, word for word where it is a pattern or a choice.
TEXT = {"type": "string"}
URI = {"type": "string", "pattern": r"^[A-Za-z][A-Za-z0-9+.-]*:|^[^:\s\\]+$"}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
MESSAGE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}


def strict(required: list[str], **properties: Any) -> dict[str, Any]:
    """SARIF allows no property of one's own, but in ``properties``."""
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def unique(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "uniqueItems": True, "items": items}


RULE = strict(
    ["id"],
    id=TEXT,
    name=TEXT,
    shortDescription=MESSAGE,
    helpUri=URI,
    defaultConfiguration=strict([], level=LEVEL),
)
LOCATION = strict(
    [],
    physicalLocation=strict(
        ["artifactLocation"],
        artifactLocation=strict([], uri=URI, uriBaseId=TEXT),
        region=strict([], startLine={"type": "integer", "minimum": 1}),
    ),
    logicalLocations=unique(strict([], fullyQualifiedName=TEXT)),
)
RESULT = strict(
    ["message"],
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level=LEVEL,
    message=MESSAGE,
    locations={"type": "array", "items": LOCATION},
    properties={"type": "object"},
)
DRIVER = strict(["name"], name=TEXT, version=TEXT, informationUri=URI, rules=unique(RULE))
RUN = strict(
    ["tool"],
    tool=strict(["driver"], driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": RESULT},
)
SARIF = strict(
    ["version", "runs"], **{"$schema": URI}, version={"const": "2.1.0"}, runs={"type": "array", "items": RUN}
)


def as_sarif(*notes: dict[str, Any]) -> dict[str, Any]:
    """Return the one run of what is written, which is valid."""
    document = json.loads(render_sarif(findings([explained("shop.BookViewSet:list", *notes)])))
    Draft202012Validator(SARIF).validate(document)
    (run,) = document["runs"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    return dict(run)


def test_sarif_has_a_rule_for_every_note():
    rules = as_sarif()["tool"]["driver"]["rules"]

    assert [rule["id"] for rule in rules] == list(CATALOGUE)
    assert rules[0] == {
        "id": "code-unread",
        "name": "CodeUnread",
        "shortDescription": {"text": CATALOGUE["code-unread"][1]},
        "defaultConfiguration": {"level": "warning"},
    }


def test_sarif_has_a_result_for_every_finding():
    (result,) = as_sarif(note())["results"]

    assert result == {
        "ruleId": "code-unread",
        "ruleIndex": 0,
        "level": "warning",
        "message": {"text": "BookSerializer.stars (stars): It is unknown. Write a hint."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "shop/serializers.py", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 41},
                },
                "logicalLocations": [{"fullyQualifiedName": "BookSerializer.stars"}],
            }
        ],
        "properties": {"views": ["shop.BookViewSet:list"]},
    }


def test_sarif_writes_files_as_uris():
    run = as_sarif(note(place="my shop/ü.py:1"), note(place="/usr/lib/my shop.py:2"), note("view-code", place=""))
    places = [result["locations"][0].get("physicalLocation", {}).get("artifactLocation") for result in run["results"]]

    assert places == [
        {"uri": "file:///usr/lib/my%20shop.py"},
        {"uri": "my%20shop/%C3%BC.py", "uriBaseId": "%SRCROOT%"},
        None,
    ]


class Known(dict[str, Any]):
    """The metadata of a distribution."""

    def get_all(self, name: str) -> Any:
        return self.get(name)


@pytest.mark.parametrize("label", ["Repository", "source"])
def test_sarif_links_the_notes_of_a_package_that_says_where_it_lives(monkeypatch, label):
    urls = ["Changelog, https://x.example/changes", f"{label}, https://x.example/repository/"]
    monkeypatch.setattr(sarif, "metadata", lambda name: Known({"Version": "1.2", "Project-URL": urls}))

    driver = as_sarif()["tool"]["driver"]

    assert (driver["version"], driver["informationUri"]) == ("1.2", "https://x.example/repository")
    assert driver["rules"][0]["helpUri"] == "https://x.example/repository/blob/main/docs/notes.md#code-unread"


def test_sarif_of_a_checkout_that_is_not_installed_names_no_version(monkeypatch):
    def missing(name: str) -> Any:
        raise PackageNotFoundError

    monkeypatch.setattr(sarif, "metadata", missing)

    assert {*as_sarif()["tool"]["driver"]} == {"name", "rules"}


def test_sarif_of_a_package_that_says_nothing_has_no_links(monkeypatch):
    monkeypatch.setattr(sarif, "metadata", lambda name: Known({"Version": "1.2"}))

    assert {*as_sarif()["tool"]["driver"]} == {"name", "version", "rules"}
