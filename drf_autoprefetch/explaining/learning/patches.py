"""A unified diff that ``git apply`` takes."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path

from .sources import Source

_NO_END = "\\ No newline at end of file\n"


def patch(source: Source, after: str) -> str:
    """Return the diff that makes ``after`` of ``source``, empty where nothing changes.

    Files are named from the root of the repository, as ``git apply`` wants them; outside one, from the working folder.
    """
    name, in_repository = _name(source.file)
    found = difflib.unified_diff(_lines(source.text), _lines(after), f"a/{name}", f"b/{name}")
    lines = list(_ended(found))
    if lines and in_repository:
        lines.insert(0, f"diff --git a/{name} b/{name}\n")
    return "".join(lines)


def _lines(text: str) -> list[str]:
    """For git a line ends with a line feed, whatever stands before it."""
    return [line + "\n" for line in text.split("\n")[:-1]] + [line for line in text.split("\n")[-1:] if line]


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n{_NO_END}"


def _name(file: str) -> tuple[str, bool]:
    path = Path(os.path.abspath(file))
    here = Path.cwd()
    root = next((above for above in (here, *here.parents) if (above / ".git").exists()), None)
    base = here if root is None else root
    try:
        return path.relative_to(base).as_posix(), root is not None
    except ValueError:
        return path.as_posix().lstrip("/"), False
