"""Assertions for test suites, of pytest and of unittest: no query per row, no queries and plans but those foreseen.

Nothing here needs pytest: failures are assertion errors.
"""

from __future__ import annotations

import unittest
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from .guarding.findings import Finding
from .guarding.watching import watch
from .signals import unplanned_queries


class QueryAssertionError(AssertionError):
    """Other queries than a test foresees; the message tells the culprits first, with what to write."""


def assert_flat(
    ask: Callable[[int], Any], *, rows: Sequence[int] = (1, 2, 4), grow: Callable[[int], Any] | None = None
) -> None:
    """Fail where ``ask(n)`` runs more queries for more rows.

    ``grow(n)``, if it is given, is called before each and sees to it that there are ``n`` rows, with as many children
    each as the test is about; its queries do not count. Fewer queries than before are right: caches are warm by then.
    """
    counts: list[int] = []
    for number in rows:
        if grow is not None:
            grow(number)
        with watch() as seen:
            ask(number)
        counts.append(seen.queries)
        if len(counts) > 1 and counts[-1] > counts[-2]:
            told = ", ".join(f"{count} for {row}" for count, row in zip(counts, rows, strict=False))
            raise QueryAssertionError(_explained(seen.findings, f"The number of queries grows with the rows: {told}."))


@contextmanager
def query_budget(queries: int) -> Iterator[None]:
    """Fail where the block runs more than so many ``queries``."""
    with watch() as seen:
        yield
    if seen.queries > queries:
        raise QueryAssertionError(_explained(seen.findings, f"{seen.queries} queries, and {queries} are allowed."))


def assert_plans_unchanged(file: str | PathLike[str], *, signed_in: bool = False, write: bool = False) -> None:
    """Fail where the plans of the project's views differ from those in ``file``, as ``explain_prefetch --check`` does.

    ``signed_in`` asks as a user who is made up, ``write`` keeps the plans in the file instead. No query is run.
    """
    # Most suites do without, and views are imported with it.
    from .explaining.choosing import choose, with_mixin
    from .explaining.placeholders import made_up_user
    from .explaining.snapshots import difference, snapshot
    from .explaining.unasked import Asking, explain_unasked
    from .mixins import AutoPrefetchMixin

    asking = Asking(made_up_user() if signed_in else None)
    now = snapshot(explain_unasked(registered, asking) for registered in choose("", with_mixin(AutoPrefetchMixin)))
    if write:
        Path(file).write_text(now, encoding="utf-8", newline="\n")
        return
    lines = difference(_kept(Path(file)), now, str(file))
    if lines:
        raise QueryAssertionError("\n".join([*lines, f"Plans differ from {file}."]))


def _kept(file: Path) -> str:
    from .explaining.snapshots import SnapshotError, normal

    try:
        return normal(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = "there is no such file"
    except (UnicodeDecodeError, SnapshotError) as error:
        problem = str(error)
    raise QueryAssertionError(f"{file}: {problem}. Make it: manage.py explain_prefetch --write {file}") from None


@contextmanager
def no_unplanned_queries() -> Iterator[None]:
    """Fail where a view with the mixin loads row by row in this block, in whatever thread it runs."""
    with unplanned_findings() as findings:
        yield
    fail_for(findings)


def fail_for(findings: Sequence[Finding]) -> None:
    """Raise QueryAssertionError that tells ``findings``, if there are any."""
    if findings:
        raise QueryAssertionError(_explained(findings, "Rows are loaded one by one while they are shown."))


@contextmanager
def unplanned_findings() -> Iterator[list[Finding]]:
    """Collect what views with the mixin load row by row in this block, in whatever thread they run."""
    found: list[Finding] = []

    def collect(findings: list[Finding], **kwargs: Any) -> None:
        found.extend(finding for finding in findings if finding not in found)

    unplanned_queries.connect(collect, weak=False)
    try:
        yield found
    finally:
        unplanned_queries.disconnect(collect)


class NoUnplannedQueriesMixin(unittest.TestCase):
    """Inherit it before a ``TestCase``: each of its tests fails where a view with the mixin loads row by row."""

    def run(self, result: Any = None) -> Any:
        """Run the test; what its views loaded is told when it is over."""
        with unplanned_findings() as findings:
            # Cleanups belong to the test, so that it is the test that fails.
            self.addCleanup(fail_for, findings)
            return super().run(result)


def _explained(findings: Sequence[Finding], message: str) -> str:
    """The culprits first, with what to write; then what was asserted."""
    culprits = (f"{finding.view}.{finding.action}: {finding}" if finding.view else str(finding) for finding in findings)
    return "\n".join((*culprits, message))
