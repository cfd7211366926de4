"""Characters that a report writes out or leaves out: unseen ones, and where objects lie in memory."""

from __future__ import annotations

import re
from typing import Any

#: Characters that a page cannot hold, that show nothing, that a terminal obeys, or that change the order of others.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)

_ADDRESS = re.compile(" at 0x[0-9a-fA-F]+")


def without_addresses(words: object) -> str:
    """Return words, those of an error for one, without where objects lie in memory, which differs from run to run."""
    return _ADDRESS.sub("", str(words))


def visible(value: Any) -> Any:
    r"""Return report data in which characters that nobody sees are written as ``\u202e``.

    A name with such a character in it could show one thing and be another.
    """
    if isinstance(value, dict):
        return {visible(name): visible(each) for name, each in value.items()}
    if isinstance(value, list):
        return [visible(each) for each in value]
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", value) if isinstance(value, str) else value
