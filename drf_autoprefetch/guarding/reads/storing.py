"""Samples in a file: a line of JSON for what is new, appended by any number of processes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from .samples import VERSION, CodeSample, NodeSample, Sample, names_of

#: By view and action: ``("shop.views.BookViewSet", "list")``.
Samples = dict[tuple[str, str], Sample]

#: A file that has grown so large is written no further.
MOST_BYTES = 20_000_000


class Store:
    """Keeps samples in memory, and writes those with something new, or when their number has doubled."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._known: Samples | None = None
        self._waiting: Samples = {}
        self._lock = Lock()

    def add(self, key: tuple[str, str], sample: Sample) -> None:
        """Take in one response. Raises OSError where the file cannot be read or written."""
        with self._lock:
            if self._known is None:
                self._known = read_samples(self.file)
            known, waiting = self._known.setdefault(key, Sample()), self._waiting.setdefault(key, Sample())
            before = known.responses - waiting.responses
            new = known.merge(sample)
            waiting.merge(sample)
            if new or waiting.responses >= before:
                self._write([key])

    def flush(self) -> None:
        """Write what has not been written yet."""
        with self._lock:
            self._write(list(self._waiting))

    def _write(self, keys: Iterable[tuple[str, str]]) -> None:
        lines = [_line(key, self._waiting.pop(key)) for key in keys]
        if lines and not _is_full(self.file):
            append(self.file, "".join(lines))


def append(file: str, text: str) -> None:
    """Append ``text`` in one step, so that nobody else's comes in between."""
    data = text.encode()
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, data)
    finally:
        os.close(handle)


def _is_full(file: str) -> bool:
    with suppress(FileNotFoundError):
        return os.path.getsize(file) >= MOST_BYTES
    return False


def read_samples(file: str) -> Samples:
    """Return what a file of samples says, all lines together; none where it is not there.

    Lines that are broken, of another version or of somebody else are passed over.
    """
    found: Samples = {}
    try:
        text = Path(file).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return found
    for line in text.splitlines():
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            key, sample = _parsed(json.loads(line))
            found.setdefault(key, Sample()).merge(sample)
    return found


def _line(key: tuple[str, str], sample: Sample) -> str:
    data = {
        "version": VERSION,
        "view": key[0],
        "action": key[1],
        "responses": sample.responses,
        "nodes": list(_listed(sample.nodes)),
        "functions": list(_listed(sample.functions)),
        "fields": list(_listed(sample.fields)),
        "notes": sorted(map(list, sample.notes)),
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


def _listed(samples: Any) -> Iterator[list[Any]]:
    for key, each in sorted(samples.items()):
        yield [*key, each.rows, *(sorted(getattr(each, name)) for name in names_of(each))]


def _parsed(data: dict[str, Any]) -> tuple[tuple[str, str], Sample]:
    if data["version"] != VERSION:
        raise ValueError(data["version"])
    sample = Sample(
        responses=int(data["responses"]),
        nodes=dict(_keyed(data["nodes"], 2, NodeSample)),
        functions=dict(_keyed(data["functions"], 5, CodeSample)),
        fields=dict(_keyed(data["fields"], 3, CodeSample)),
        notes={(str(kind), str(path), str(file), int(line)) for kind, path, file, line in data["notes"]},
    )
    return (str(data["view"]), str(data["action"])), sample


def _keyed(entries: list[Any], length: int, kind: Any) -> Iterator[tuple[Any, Any]]:
    for entry in entries:
        rows, *names = entry[length:]
        yield tuple(entry[:length]), kind(int(rows), *(set(map(str, each)) for each in names))
