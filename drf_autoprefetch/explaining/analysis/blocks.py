"""Blocks whose writes are taken back, on every database that the project has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import DatabaseError, connections, transaction


@contextmanager
def rolled_back() -> Iterator[None]:
    """Roll back what this block writes, on all databases; transactions around it stay as they are.

    A database that cannot be opened has no block: whoever asks it in here gets a DatabaseError.
    """
    with ExitStack() as stack:
        for alias in connections:
            try:
                stack.enter_context(_rolled_back(alias))
            except Exception:
                stack.enter_context(connections[alias].execute_wrapper(_refuse))
        yield


@contextmanager
def _rolled_back(alias: str) -> Iterator[None]:
    with transaction.atomic(using=alias):
        try:
            yield
        finally:
            transaction.set_rollback(True, using=alias)


def _refuse(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    alias = context["connection"].alias
    raise DatabaseError(f"The database {alias!r} cannot be asked: no transaction could be begun that is rolled back.")
