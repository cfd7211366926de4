"""Views whose plans foresee nothing: their methods have no source that could be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework import serializers

from drf_autoprefetch import Finding, watch
from tests.examples import answer, shows
from tests.guarding.scenarios import Planned
from tests.testapp.models import Book

NAME = "get_shown"


def unreadable(body: str, **known: Any) -> Callable[..., Any]:
    """Return a method of a serializer whose body nobody can read; `row` is what it shows."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    exec(f"def {NAME}(self, row):\n{lines}", known)
    made: Callable[..., Any] = known[NAME]
    return made


def unforeseen(body: str, model: Any = Book, **attributes: Any) -> Any:
    """Return a view of rows that have all columns and nothing else, as far as its plan goes."""
    known = attributes.pop("known", {})
    names = attributes.pop("names", ("id",))
    shown = shows(model, *names, shown=serializers.SerializerMethodField(), get_shown=unreadable(body, **known))
    queryset = attributes.pop("queryset", None)
    rows = model._default_manager.all() if queryset is None else queryset
    return type(f"{model.__name__}s", (Planned,), {"queryset": rows, "serializer_class": shown, **attributes})


class Asked:
    """What a view answered, what that took, and what was found."""

    def __init__(self, view: Any, mode: str, action: str = "list", **how: Any) -> None:
        mixed: Any = type(view.__name__, (view,), {"auto_prefetch_unplanned": mode})
        with CaptureQueriesContext(connection) as queries, watch() as seen:
            response = answer(mixed, action, **how)
        self.content: bytes = response.content
        self.status = response.status_code
        # On PostgreSQL iterators have a name, another one each time.
        self.sql = [re.sub(r"_django_curs_\w+", "cursor", query["sql"]) for query in queries]
        self.findings: list[Finding] = seen.findings

    @property
    def count(self) -> int:
        """The number of queries."""
        return len(self.sql)


def healed(view: Any, action: str = "list", **how: Any) -> Asked:
    """Ask with and without healing; fail unless it is the same and takes no more queries, and every heal is told."""
    for mode in ("off", "heal"):
        # What is remembered of the view, and of content types, is no query of either.
        Asked(view, mode, action, **how)
    plain, found = Asked(view, "off", action, **how), Asked(view, "heal", action, **how)

    assert (found.content, found.status) == (plain.content, plain.status)
    assert found.count <= plain.count, "\n".join(found.sql)
    assert found.count == plain.count or any(finding.healed for finding in found.findings)
    return found
