"""Findings as workflow commands, which GitHub shows beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from ..guarding.findings import Finding
from .findings import location

_LEVELS = {"note": "notice", "warning": "warning", "error": "error"}


def render_github(found: Iterable[Finding]) -> str:
    """Return a workflow command for each finding, in a line."""
    return "".join(f"{_command(one)}\n" for one in found)


def _command(one: Finding) -> str:
    file, line = location(one)
    place = {"file": file, "line": str(line)} if file else {}
    properties = place | {"title": f"drf_autoprefetch {one.id}"}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_LEVELS[one.severity.value]} {listed}::{_data(one.text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
