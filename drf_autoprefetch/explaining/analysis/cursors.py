"""Cursors that count the rows they hand out, and what those weigh."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import Any, Protocol


class Counts(Protocol):
    """What the rows of a query are counted in; ``rows`` is None for a statement that has none."""

    rows: int | None
    bytes: int


def count_rows(cursor: Any, counts: Counts, took: Callable[[float], None]) -> None:
    """Have the rows that are fetched from Django's ``cursor``, which has just run a query, counted in ``counts``.

    ``took`` is told the seconds that counting took.
    """
    if cursor.description is not None:
        counts.rows = 0
        own = cursor.cursor
        cursor.cursor = _Counting(own.cursor if isinstance(own, _Counting) else own, counts, took)


class _Counting:
    """Stands where Django's wrapper keeps the cursor of the database."""

    def __init__(self, cursor: Any, counts: Counts, took: Callable[[float], None]) -> None:
        self.cursor = cursor
        self._counts, self._took = counts, took

    def _count(self, rows: Iterable[Any]) -> None:
        since = perf_counter()
        for row in rows:
            self._counts.rows = (self._counts.rows or 0) + 1
            self._counts.bytes += sum(map(_size, row))
        self._took(perf_counter() - since)

    def fetchone(self) -> Any:
        row = self.cursor.fetchone()
        self._count(() if row is None else (row,))
        return row

    def fetchmany(self, *size: Any, **options: Any) -> Any:
        rows = self.cursor.fetchmany(*size, **options)
        self._count(rows)
        return rows

    def fetchall(self) -> Any:
        rows = self.cursor.fetchall()
        self._count(rows)
        return rows

    def __iter__(self) -> Iterator[Any]:
        for row in self.cursor:
            self._count((row,))
            yield row

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)


def _size(value: Any) -> int:
    """Text in UTF-8, binary as it is, NULL as nothing, anything else as Python writes it: no packets around them."""
    if value is None:
        return 0
    return len(value) if isinstance(value, (bytes, bytearray, memoryview)) else len(str(value).encode())
