"""Prefetching a generic foreign key, with a queryset for each model that its rows turn out to lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import Model

from ..reading.columns import natural_key

#: Kept with the content types that Django remembers, so that both are forgotten together: models without one are none.
_ALL_KNOWN = "drf_autoprefetch: all known"

Build = Callable[[type[Model]], Any]


def generic_prefetch(lookup: str, models: list[type[Model]], build: Build, root: Any) -> Any:
    """Return a ``GenericPrefetch`` whose queryset for each of ``models`` is built if rows lead there.

    ``build`` makes the queryset for a model; it is used in the database of ``root``. Django asks for the content type
    of each queryset, with a query (or an insert) for each that it has not met yet in this process. Here they are
    asked for together, when there are rows to prefetch for, and none is ever created.
    """
    make: Any = _GenericPrefetch  # The type checker's Django plugin fails on subclasses of Prefetch.
    database = None if root is None else root.db
    return make(lookup, [_Target(model, build, database) for model in models])


class _Target:
    """Stands for the queryset of one model: what ``GenericForeignKey`` asks of a queryset, and no more."""

    __slots__ = ("_build", "_database", "query")

    def __init__(self, model: type[Model], build: Build, database: str | None) -> None:
        self.query = SimpleNamespace(model=model)
        self._build = build
        self._database = database

    @property
    def db(self) -> str:
        """The database in which the rows are looked for."""
        return self._database or str(self._queryset().db)

    def filter(self, **conditions: Any) -> Any:
        """Return the real queryset, narrowed to the keys that the rows hold."""
        return self._queryset().filter(**conditions)

    def _queryset(self) -> Any:
        queryset = self._build(self.query.model)
        return queryset if queryset._db or not self._database else queryset.using(self._database)


class _GenericPrefetch(GenericPrefetch):  # type: ignore[type-arg]
    def __init__(self, lookup: str, targets: list[_Target]) -> None:
        super().__init__(lookup, [])
        self.querysets = targets

    def __getstate__(self) -> dict[str, Any]:
        """Django copies nested lookups; what it does to querysets there, targets do not need."""
        return self.__dict__.copy()

    def get_current_querysets(self, level: int) -> list[Any] | None:
        from django.contrib.contenttypes.models import ContentType

        found = super().get_current_querysets(level)
        return found and list(_with_content_type(found, ContentType.objects))


def _with_content_type(targets: list[Any], manager: Any) -> Iterator[Any]:
    database = targets[0].db
    known = manager._cache.setdefault(database, {})
    keys = {natural_key(target.query.model) for target in targets}
    if _ALL_KNOWN not in known and not keys.issubset(known):
        for content_type in manager.using(database):
            manager._add_to_cache(database, content_type)
        known[_ALL_KNOWN] = True
    for target in targets:
        if natural_key(target.query.model) in known:
            yield target
