"""Cursors that count the rows they hand out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol


class Counts(Protocol):
    """What the rows of a query are counted in; ``rows`` is None for a statement that has none."""

    rows: int | None


def count_rows(cursor: Any, counts: Counts) -> None:
    """Have the rows that are fetched from Django's ``cursor``, which has just run a query, counted in ``counts``."""
    if cursor.description is not None:
        counts.rows = 0
        own = cursor.cursor
        cursor.cursor = _Counting(own.cursor if isinstance(own, _Counting) else own, counts)


class _Counting:
    """Stands where Django's wrapper keeps the cursor of the database."""

    def __init__(self, cursor: Any, counts: Counts) -> None:
        self.cursor = cursor
        self._counts = counts

    def _count(self, rows: int) -> None:
        self._counts.rows = (self._counts.rows or 0) + rows

    def fetchone(self) -> Any:
        row = self.cursor.fetchone()
        self._count(row is not None)
        return row

    def fetchmany(self, *size: Any, **options: Any) -> Any:
        rows = self.cursor.fetchmany(*size, **options)
        self._count(len(rows))
        return rows

    def fetchall(self) -> Any:
        rows = self.cursor.fetchall()
        self._count(len(rows))
        return rows

    def __iter__(self) -> Iterator[Any]:
        for row in self.cursor:
            self._count(1)
            yield row

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)
