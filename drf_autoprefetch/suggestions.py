"""The nearest correct name, for error messages."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(wrong: str, names: Iterable[str]) -> str:
    """Return `` Did you mean 'title'?`` or, with no near name, a list of all of them; it starts with a space."""
    choices = sorted(names)
    near = get_close_matches(wrong, choices, n=1, cutoff=0.5)
    if near:
        return f" Did you mean {near[0]!r}?"
    return f" Choices are: {', '.join(choices)}." if choices else ""
