"""Characters that a report writes out, because nobody would see them or what they do to others."""

from __future__ import annotations

import re
from typing import Any

#: Characters that a page cannot hold, that show nothing, that a terminal obeys, or that change the order of others.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def visible(value: Any) -> Any:
    r"""Return report data in which characters that nobody sees are written as ``\u202e``.

    A name with such a character in it could show one thing and be another.
    """
    if isinstance(value, dict):
        return {visible(name): visible(each) for name, each in value.items()}
    if isinstance(value, list):
        return [visible(each) for each in value]
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", value) if isinstance(value, str) else value
