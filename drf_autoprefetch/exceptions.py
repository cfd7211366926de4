"""The errors this library raises.

::

    AutoPrefetchError
    ├── HintError        a declared hint names something that does not exist, or contradicts another
    ├── PlanningError    a plan could not be made or applied
    │   └── NotAskedError    there is no way to know beforehand what will be shown; the queryset is left as it was
    │       └── OtherModelError   the serializer shows another model than the queryset has
    ├── QueryBudgetError      a response took more queries than its budget, and the project asked to be told so
    └── UnplannedQueryError   rows were loaded one by one while they were shown, and the project asked to be told so

    UserWarning
    └── UnplannedQueryWarning   the same, as a warning

Inside a request neither of the first two reaches the client: it is logged and the queryset is left as it was, unless
``DRF_AUTOPREFETCH["STRICT"]`` is true. ``optimize()``, ``plan_for()`` and ``manage.py check`` always report them.
The last two are raised where ``DRF_AUTOPREFETCH["UNPLANNED"]`` is ``raise`` or ``warn``, and ``QueryBudgetError`` where
``DRF_AUTOPREFETCH["OVER_BUDGET"]`` has ``raise``, by the middleware.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .guarding.findings import Finding


class AutoPrefetchError(Exception):
    """Base class of every error raised by drf_autoprefetch."""


class HintError(AutoPrefetchError):
    """A hint that cannot be followed: no such path, a clash of names, two querysets for one relation."""


class PlanningError(AutoPrefetchError):
    """A plan that cannot be made or applied: no model, a serializer without an instance, and the like."""


class NotAskedError(PlanningError):
    """What will be shown cannot be known before the rows are fetched; the queryset is left as it was."""


class OtherModelError(NotAskedError):
    """The serializer shows another model than the queryset has."""


class QueryBudgetError(AutoPrefetchError):
    """A response took more queries than its budget; the message leads with what was loaded row by row."""


class UnplannedQueryError(AutoPrefetchError):
    """Rows were loaded one by one while they were shown; ``findings`` has what, where and what to write."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(findings)
        self.findings = list(findings)

    def __str__(self) -> str:
        lines = "\n".join(f"  {finding}" for finding in self.findings)
        return f"Rows are loaded one by one while they are shown:\n{lines}"


class UnplannedQueryWarning(UserWarning):
    """Rows were loaded one by one while they were shown."""
