"""Budgets: how many queries the response of a view may take, by the name of its URL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings as django_settings
from django.core import checks
from django.urls import URLResolver, get_resolver

from ..conf import NAME, get_settings
from ..suggestions import did_you_mean

UNKNOWN_VIEW = "drf_autoprefetch.W010"

#: The budget of views that no other entry names.
ANY = "*"


def budget_of(view: str) -> int | None:
    """Return how many queries a response of the view of that name may take; None where nothing is said."""
    budgets = get_settings().BUDGETS
    return budgets.get(view, budgets.get(ANY))


def check_budgets() -> list[checks.CheckMessage]:
    """Return a warning for each name in ``BUDGETS`` that no URL has: its budget would never be looked at."""
    named = [name for name in get_settings().BUDGETS if name != ANY]
    if not named or not getattr(django_settings, "ROOT_URLCONF", None):
        return []
    known = set(_view_names(get_resolver().url_patterns))
    return [
        checks.Warning(
            f"{NAME}['BUDGETS'] names {name!r}, which is no name of a URL.{did_you_mean(name, known)}",
            hint="Write what request.resolver_match.view_name says, with the namespace, or take the entry out.",
            obj=name,
            id=UNKNOWN_VIEW,
        )
        for name in named
        if name not in known
    ]


def _view_names(patterns: Any, namespace: str = "") -> Iterator[str]:
    """Give what ``resolver_match.view_name`` may be; a URL without a name goes by its function."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _view_names(pattern.url_patterns, inner)
        else:
            yield namespace + (pattern.name or pattern.lookup_str)
