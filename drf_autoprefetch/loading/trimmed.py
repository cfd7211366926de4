"""Prefetches that fetch less than what code makes of the relation afterwards.

Django keeps one queryset for the rows that are fetched and for everything that is made of the relation later:
``order.lines.filter(...)`` on prefetched lines is a query of its own, and would come with the columns that the plan
needs of *its* rows. So the queryset that is fetched and the one that each instance keeps are two.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch


def trimmed(lookup: str, kept: Any, fetched: Any) -> Any:
    """Return a ``Prefetch`` that runs ``fetched`` and leaves each instance with the queryset ``kept``."""
    make: Any = _Trimmed  # The type checker's Django plugin fails on subclasses of Prefetch.
    return make(lookup, kept, fetched)


class _Trimmed(Prefetch):  # type: ignore[type-arg]
    def __init__(self, lookup: str, kept: Any, fetched: Any) -> None:
        super().__init__(lookup, kept)
        self.fetched = fetched

    def __getstate__(self) -> dict[str, Any]:
        """Neither queryset may be evaluated when lookups are copied or pickled."""
        return {**super().__getstate__(), "fetched": Prefetch("", self.fetched).__getstate__()["queryset"]}

    def get_current_querysets(self, level: int) -> Any:
        return super().get_current_querysets(level) and [self.fetched]
