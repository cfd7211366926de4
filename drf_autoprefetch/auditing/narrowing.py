"""A view whose ``filter_queryset()`` leaves no more than so many rows."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldError
from django.db import NotSupportedError
from django.db.models import QuerySet

from ..guarding.watching import unwatched

#: A row may come so many times, where the queryset joins a list, before another one is missed.
_TIMES = 25


class Narrowed:
    """Stands in front of the ``filter_queryset()`` of one view.

    ``rows`` is how many there would be, up to ``most``; None as long as nobody has asked for them.
    """

    def __init__(self, view: Any, number: int, most: int) -> None:
        self.rows: int | None = None
        self._filter, self._number, self._most = view.filter_queryset, number, most
        view.filter_queryset = self

    def __call__(self, queryset: Any) -> Any:
        """Return what the view filters, narrowed to its first rows. What that asks is not watched."""
        filtered = self._filter(queryset)
        if not isinstance(filtered, QuerySet):
            return filtered
        with unwatched():
            keys = list(dict.fromkeys(filtered.values_list("pk", flat=True)[: self._most * _TIMES]))[: self._most]
        self.rows = len(keys)
        try:
            return filtered.filter(pk__in=keys[: self._number])
        except (TypeError, NotSupportedError, FieldError):
            # Sliced, or a union: nothing can be filtered any more, and cutting keeps the order.
            return filtered[: self._number]
