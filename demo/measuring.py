"""Measure what answering one request asks of the database.

- *queries*: every statement that Django sends, the paginator's ``COUNT`` included.
- *columns*: the number of columns in the result of each query, summed; not multiplied by rows.
- *bytes*: the size of every value that Django fetches, as the driver hands it over and before Django converts it. Text
  counts in UTF-8, binary as it is, ``NULL`` as nothing, everything else (numbers, dates, UUIDs) as the text that Python
  prints for it. That is what the rows weigh, whichever protocol carries them; packet headers are not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(slots=True)
class Traffic:
    """What went over a database connection."""

    queries: int = 0
    columns: int = 0
    bytes: int = 0

    def add_row(self, row: Iterable[object]) -> None:
        """Count the values of a row."""
        self.bytes += sum(map(_size, row))


def _size(value: object) -> int:
    if value is None:
        return 0
    return len(value) if isinstance(value, (bytes, bytearray, memoryview)) else len(str(value).encode())


@contextmanager
def traffic() -> Iterator[Traffic]:
    """Count everything that is asked of the default database inside the ``with`` block."""
    counted = Traffic()

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        cursor = context["cursor"]
        counted.queries += 1
        counted.columns += len(cursor.description or ())
        # Django's wrapper hands every fetch on to the driver's cursor, and that is where rows can be seen passing.
        cursor.cursor = _CountingCursor(cursor.cursor, counted)
        return result

    with connection.execute_wrapper(watch):
        yield counted


class _CountingCursor:
    """The driver's cursor, adding up the rows that are fetched from it."""

    def __init__(self, cursor: Any, counted: Traffic) -> None:
        self._cursor = cursor
        self._counted = counted

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __iter__(self) -> Iterator[Any]:
        for row in self._cursor:
            self._counted.add_row(row)
            yield row

    def fetchone(self) -> Any:
        row = self._cursor.fetchone()
        self._counted.add_row(row or ())
        return row

    def fetchmany(self, *args: Any, **kwargs: Any) -> list[Any]:
        return self._seen(self._cursor.fetchmany(*args, **kwargs))

    def fetchall(self) -> list[Any]:
        return self._seen(self._cursor.fetchall())

    def _seen(self, rows: list[Any]) -> list[Any]:
        for row in rows:
            self._counted.add_row(row)
        return rows
