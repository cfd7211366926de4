"""Remedies as a page offers them to be copied: whole, and the hint in them alone, which is what a person pastes."""

from __future__ import annotations

import re
from typing import Any

_HINT = re.compile(r"@prefetch_hint\(|Meta\.prefetch_hints = \{")
_BRACKET = re.compile(r"""[()\[\]{}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")


def to_copy(remedy: str, whole: str, part: str, about: str) -> dict[str, Any]:
    """Return what the template of a remedy shows; the identities ``whole`` and ``part`` are those of what is copied.

    ``about`` tells one button from another where they are read aloud.
    """
    before, code, after = _with_code(remedy)
    return {"before": before, "code": code, "after": after, "whole": whole, "part": part, "about": about}


def _with_code(remedy: str) -> tuple[str, str, str]:
    """A remedy as the hint in it, and what stands before and after that."""
    hint = _HINT.search(remedy)
    if hint is None:
        return remedy, "", ""
    end = _closed(remedy, hint.end())
    return remedy[: hint.start()], remedy[hint.start() : end], remedy[end:]


def _closed(text: str, start: int) -> int:
    """The end of the brackets that are open at ``start``; the end of ``text`` where they stay open."""
    depth = 1
    for match in _BRACKET.finditer(text, start):
        depth += (match[0] in "([{") - (match[0] in ")]}")
        if depth == 0:
            return match.end()
    return len(text)
