"""Explaining without a database: what a plan needs of it is said instead of asked."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NoReturn

from django.db import connections


class QueryRefused(BaseException):
    """A query was asked for where none is run.

    No ``Exception``: code that goes on without what it asked for would show a plan that no request has.
    """

    def __init__(self, sql: str) -> None:
        super().__init__(sql)
        self.sql = sql

    def __str__(self) -> str:
        """Say which query, without its columns."""
        short = re.sub(r"^SELECT .*? FROM ", "SELECT … FROM ", self.sql, flags=re.DOTALL)
        return textwrap.shorten(short, 120, placeholder=" …")


@contextmanager
def no_queries() -> Iterator[None]:
    """Raise QueryRefused for any query that is asked for inside this block, in this thread."""
    with ExitStack() as stack:
        for connection in connections.all():
            if connection.connection is None:
                # One that is opened here may have been refused what Django says to each new one.
                stack.callback(connection.close)
            stack.enter_context(connection.execute_wrapper(_refuse))
        yield


def _refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> NoReturn:
    raise QueryRefused(str(sql))
