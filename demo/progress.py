"""Say how far something long has come, on a terminal and in a log file alike."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TextIO

#: Called as ``report(label, done, total)``.
Report = Callable[[str, int, int], None]


class Progress:
    """Print ``label: done/total`` in place on a terminal; elsewhere, one line when each label is complete."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._in_place = self._stream.isatty()

    def __call__(self, label: str, done: int, total: int) -> None:
        complete = done >= total
        if not self._in_place and not complete:
            return
        start, end = ("\r", "\n" if complete else "") if self._in_place else ("", "\n")
        self._stream.write(f"{start}  {label:<16} {done:>6}/{total}{end}")
        self._stream.flush()
