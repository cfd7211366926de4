"""Notes as SARIF 2.1.0, which code scanning understands."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from ..notes import CATALOGUE
from .findings import Finding

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
DISTRIBUTION = "drf-autoprefetch"

_RULES = list(CATALOGUE)


def render_sarif(found: Iterable[Finding]) -> str:
    """Return one run of one tool, with a result for each finding and a rule for each note that there is."""
    run = {
        "tool": {"driver": _driver()},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one) for one in found],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _driver() -> dict[str, Any]:
    about = _about()
    home = about.pop("home", "")
    named = {"name": DISTRIBUTION, **about} | ({"informationUri": home} if home else {})
    return named | {"rules": [_rule(name, home) for name in _RULES]}


def _about() -> dict[str, str]:
    """The version, and where the repository is if the package says so; nothing for a checkout that is not installed."""
    try:
        known = metadata(DISTRIBUTION)
    except PackageNotFoundError:
        return {}
    urls = dict(url.split(", ", 1) for url in known.get_all("Project-URL") or ())
    home = next((url.rstrip("/") for label, url in urls.items() if label.lower() in ("repository", "source")), "")
    return {"version": known["Version"]} | ({"home": home} if home else {})


def _rule(name: str, home: str) -> dict[str, Any]:
    severity, meaning = CATALOGUE[name]
    rule = {
        "id": name,
        "name": "".join(map(str.capitalize, name.split("-"))),
        "shortDescription": {"text": meaning},
        "defaultConfiguration": {"level": severity.value},
    }
    return rule | ({"helpUri": f"{home}/blob/main/docs/notes.md#{name}"} if home else {})


def _result(one: Finding) -> dict[str, Any]:
    name = one.note["id"]
    location = _physical(one) | {"logicalLocations": [{"fullyQualifiedName": one.note["about"]}]}
    return {
        "ruleId": name,
        "ruleIndex": _RULES.index(name),
        "level": one.note["severity"],
        "message": {"text": one.text},
        "locations": [location],
        "properties": {"views": list(one.views)},
    }


def _physical(one: Finding) -> dict[str, Any]:
    if not one.file:
        return {}
    path = PurePath(one.file)
    within = {"uri": quote(one.file), "uriBaseId": "%SRCROOT%"}
    artifact = {"uri": path.as_uri()} if path.is_absolute() else within
    return {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": max(one.line, 1)}}}
