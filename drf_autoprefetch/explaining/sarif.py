"""Findings as SARIF 2.1.0, which code scanning understands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from ..guarding.findings import Finding
from ..notes import CATALOGUE, Severity
from .findings import location

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
DISTRIBUTION = "drf-autoprefetch"


@dataclass(frozen=True, slots=True)
class SarifRule:
    """What findings of an id have in common; ``page`` is the document that has a section for it."""

    severity: Severity
    meaning: str
    page: str


NOTES = {name: SarifRule(severity, meaning, "notes.md") for name, (severity, meaning) in CATALOGUE.items()}


def render_sarif(found: Iterable[Finding], rules: Mapping[str, SarifRule] = NOTES) -> str:
    """Return one run of one tool, with a result for each finding and a rule for each id that there is."""
    run = {
        "tool": {"driver": _driver(rules)},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, list(rules)) for one in found],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _driver(rules: Mapping[str, SarifRule]) -> dict[str, Any]:
    about = _about()
    home = about.pop("home", "")
    named = {"name": DISTRIBUTION, **about} | ({"informationUri": home} if home else {})
    return named | {"rules": [_rule(name, rule, home) for name, rule in rules.items()]}


def _about() -> dict[str, str]:
    """The version, and where the repository is if the package says so; nothing for a checkout that is not installed."""
    try:
        known = metadata(DISTRIBUTION)
    except PackageNotFoundError:
        return {}
    urls = dict(url.split(", ", 1) for url in known.get_all("Project-URL") or ())
    home = next((url.rstrip("/") for label, url in urls.items() if label.lower() in ("repository", "source")), "")
    return {"version": known["Version"]} | ({"home": home} if home else {})


def _rule(name: str, rule: SarifRule, home: str) -> dict[str, Any]:
    described = {
        "id": name,
        "name": "".join(map(str.capitalize, name.split("-"))),
        "shortDescription": {"text": rule.meaning},
        "defaultConfiguration": {"level": rule.severity.value},
    }
    return described | ({"helpUri": f"{home}/blob/main/docs/{rule.page}#{name}"} if home else {})


def _result(one: Finding, rules: list[str]) -> dict[str, Any]:
    place = _physical(one) | {"logicalLocations": [{"fullyQualifiedName": one.field}]}
    return {
        "ruleId": one.id,
        "ruleIndex": rules.index(one.id),
        "level": one.severity.value,
        "message": {"text": one.text},
        "locations": [place],
        "properties": {"views": list(one.views)} | ({"healed": one.healed} if one.healed else {}),
    }


def _physical(one: Finding) -> dict[str, Any]:
    file, line = location(one)
    if not file:
        return {}
    path = PurePath(file)
    within = {"uri": quote(file), "uriBaseId": "%SRCROOT%"}
    artifact = {"uri": path.as_uri()} if path.is_absolute() else within
    return {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": max(line, 1)}}}
