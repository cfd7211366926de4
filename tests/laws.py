"""The laws, measured: the same serializer behind a plain view and behind one with the mixin.

`check_laws` renders both, as a list and row by row, and raises `BrokenLawError` with the SQL or the columns that break
a law.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import ReadOnlyModelViewSet

from tests import recording
from tests.recording import Columns, Ends, Recording, Site


class BrokenLawError(AssertionError):
    """A law does not hold for a shape."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A serializer, the rows it is asked for, and what a hand-written expert would need for them."""

    name: str
    serializer: type[BaseSerializer[Any]]
    queryset: Callable[[], QuerySet[Any]]
    #: The expert's number of queries for a list.
    queries: int
    #: False where some level may have no rows at all: its query is then not run, and its columns are not read.
    exact: bool = True
    #: Tables and columns that would be read if every level had rows.
    reads: frozenset[tuple[str, str]] = frozenset()
    #: Models of which every column may be loaded, because what is read of them is in code nobody has read.
    unknown: frozenset[str] = frozenset()
    #: Columns ("Model.attribute") that are loaded though nothing reads them, because the developer's queryset says so.
    kept: frozenset[str] = frozenset()
    #: False where rows come without any ordering: nested lists are then compared as multisets.
    ordered: bool = True
    #: What else the view says.
    view: Mapping[str, Any] = field(default_factory=dict)
    #: The query string.
    params: Mapping[str, str] = field(default_factory=dict)
    #: For a plain view that would crash, because a hint is what puts an attribute on the rows.
    by_hand: Callable[[], QuerySet[Any]] | None = None


@dataclass(frozen=True)
class Response:
    """One response, and what it took."""

    content: bytes
    record: Recording

    @property
    def sql(self) -> str:
        """All queries, numbered."""
        return "\n".join(f"  {number}. {sql}" for number, sql in enumerate(self.record.queries, 1))


def default_mixin() -> type:
    """Return the mixin under test."""
    from drf_autoprefetch import AutoPrefetchMixin

    return AutoPrefetchMixin


def check_laws(
    shape: Shape,
    *,
    rows: tuple[int, int] = (4, 8),
    singles: int = 4,
    mixin: type | None = None,
    database: str = "default",
) -> None:
    """Raise `BrokenLawError` unless the response is the same, flat, lean, and never worse.

    Two lists are asked for, and `singles` rows alone: the first four have among them every kind of row that
    tests/testapp/data.py makes.
    """
    mixin = mixin or default_mixin()
    _warm_content_types(database)
    keys = _keys(shape, max(rows))
    pairs = [_Pair.of(shape, mixin, keys[:count]) for count in rows]
    few, many = (pair.planned for pair in pairs)
    pairs += [_Pair.of(shape, mixin, key) for key in keys[:singles]]
    needed = _needed(pairs)
    for pair in pairs:
        pair.check_same()
        pair.check_never_worse()
        pair.check_sql_is_lean(needed)
    for pair in pairs[:2]:
        pair.check_instances_are_lean()
    _check_flat(shape, rows, len(few.record.queries), many)


def check_never_other(shape: Shape) -> None:
    """Raise `BrokenLawError` unless the response is the same and not worse, whatever the queryset loads by itself."""
    _warm_content_types("default")
    mixin = default_mixin()
    keys = _keys(shape, 8)
    pairs = [_Pair.of(shape, mixin, what) for what in (keys, *keys[:2])]
    for pair in pairs:
        pair.check_same()
        pair.check_never_worse()


def check_optimize(shape: Shape, load: Callable[[QuerySet[Any], Any, Any], Any], *, exact: bool) -> None:
    """Raise `BrokenLawError` unless the laws hold for rows that `load` gets ready for a serializer, without a view.

    Where the rows were fetched before, not `exact`, all their columns are there, and joins have become queries.
    """
    _warm_content_types("default")
    keys = _keys(shape, 8)
    pairs = [_Pair.without_view(shape, load, keys[:count]) for count in (4, 8)]
    few, many = (pair.planned for pair in pairs)
    for pair in pairs:
        pair.check_same()
        pair.check_never_worse()
        if exact:
            pair.check_sql_is_lean(_needed(pairs))
            pair.check_instances_are_lean()
    expected = shape if exact else replace(shape, queries=len(many.record.queries))
    _check_flat(expected, (4, 8), len(few.record.queries), many)


def _check_flat(shape: Shape, rows: tuple[int, int], few: int, planned: Response) -> None:
    many = len(planned.record.queries)
    if shape.exact and few != many:
        numbers = f"{few} queries for {rows[0]} rows, {many} for {rows[1]}"
        raise BrokenLawError(f"{shape.name} is not flat: {numbers}.\n{planned.sql}")
    if many > shape.queries or (shape.exact and many < shape.queries):
        raise BrokenLawError(f"{shape.name} takes {many} queries, not {shape.queries}.\n{planned.sql}")


def _warm_content_types(database: str) -> None:
    """Load all content types: they are cached for the life of the process, so only the first to ask would pay."""
    known = ContentType.objects.db_manager(database)
    for content_type in known.all():
        known.get_for_id(content_type.pk)


@dataclass(frozen=True)
class _Pair:
    """The same request, answered by the plain view and by the one with the mixin."""

    shape: Shape
    what: str
    plain: Response
    planned: Response

    @classmethod
    def of(cls, shape: Shape, mixin: type, keys: Any) -> _Pair:
        """Answer with a list of the rows that have these keys, or with the one row that has this key."""
        plain = _respond(shape, shape.by_hand or shape.queryset, object, keys)
        planned = _respond(shape, shape.queryset, mixin, keys)
        what = f"list of {len(keys)}" if isinstance(keys, list) else f"row {keys}"
        return cls(shape, f"{shape.name}, {what}", plain, planned)

    @classmethod
    def without_view(cls, shape: Shape, load: Callable[[QuerySet[Any], Any, Any], Any], keys: list[Any]) -> _Pair:
        """Serialize rows, as they are and as `load` returns them."""
        plain = _serialize(shape, shape.by_hand or shape.queryset, lambda rows, serializer, context: rows, keys)
        planned = _serialize(shape, shape.queryset, load, keys)
        return cls(shape, f"{shape.name}, {len(keys)} rows without a view", plain, planned)

    def check_same(self) -> None:
        plain, planned = self.plain.content, self.planned.content
        if plain == planned:
            return
        if not self.shape.ordered and _multiset(json.loads(plain)) == _multiset(json.loads(planned)):
            return
        raise BrokenLawError(
            f"{self.what} is not the same.\nplain:   {plain.decode()}\nplanned: {planned.decode()}\n{self.planned.sql}"
        )

    def check_never_worse(self) -> None:
        plain, planned = self.plain.record, self.planned.record
        if len(planned.reloads) > len(plain.reloads):
            reloads = "; ".join(planned.reloads)
            raise BrokenLawError(f"{self.what} is worse: it reloads {reloads}.\n{self.planned.sql}")
        if len(planned.queries) > len(plain.queries):
            numbers = f"{len(planned.queries)} queries instead of {len(plain.queries)}"
            raise BrokenLawError(f"{self.what} is worse: {numbers}.\n{self.planned.sql}\nplain:\n{self.plain.sql}")

    def check_sql_is_lean(self, needed: Columns) -> None:
        """Look for columns, per table, that the plain view read of no row."""
        sites = self.planned.record.sites.values()
        unknown = [apps.get_model("testapp", name) for name in self.shape.unknown]
        ignored = {each._meta.db_table for model in unknown for each in (model, *model._meta.all_parents)}
        kept = self.shape.reads.union(*(self._kept_of(site) for site in sites))
        self._complain(
            (f"{alias} in query {number}", column)
            for number, sql in enumerate(self.planned.record.queries, 1)
            for alias, table, column in recording.selected_columns(sql)
            if table not in ignored and column not in needed[table] and (table, column) not in kept
        )

    def check_instances_are_lean(self) -> None:
        """Look for columns, per query and join, that were not read of the instances built from it."""
        sites = self.planned.record.sites.values()
        far = self.shape.reads.union(*(both.far for site in sites for both in _followed(site)))
        self._complain(
            (f"{site.model.__name__} instances of query {site.query + 1}", name)
            for site in sites
            if site.model.__name__ not in self.shape.unknown
            for needed in [far.union(self._kept_of(site), *(self._needed_at(each) for each in _kin(site, sites)))]
            for name in site.loaded
            if recording.column(site.model, name) not in needed
        )

    def _needed_at(self, site: Site) -> set[tuple[str, str]]:
        return set(_read_at(site)).union(*(both.near for both in _followed(site)))

    def _kept_of(self, site: Site) -> set[tuple[str, str]]:
        prefix = f"{site.model.__name__}."
        names = [name.removeprefix(prefix) for name in self.shape.kept if name.startswith(prefix)]
        return {recording.column(site.model, name) for name in names}

    def _complain(self, unread: Iterator[tuple[str, str]]) -> None:
        grouped: dict[str, list[str]] = {}
        for where, name in unread:
            grouped.setdefault(where, []).append(name)
        if grouped:
            lines = "\n".join(f"  {where}: {', '.join(names)}" for where, names in grouped.items())
            raise BrokenLawError(f"{self.what} is not lean, nothing reads\n{lines}\n{self.planned.sql}")


def _needed(pairs: Iterable[_Pair]) -> Columns:
    """Return the columns, per table, that the plain views read or that make relations work; and all keys."""
    needed = recording.by_table(
        pair
        for each in pairs
        for site in each.plain.record.sites.values()
        for columns in (_read_at(site), *((both.near | both.far) for both in _followed(site)))
        for pair in columns
    )
    for each in pairs:
        for site in each.planned.record.sites.values():
            for table, column in recording.key_columns(site.model):
                needed[table].add(column)
    return needed


def _keys(shape: Shape, count: int) -> list[Any]:
    queryset = (shape.by_hand or shape.queryset)()
    return [row.pk for row in _in_order(queryset)[:count]]


def _in_order(queryset: QuerySet[Any]) -> QuerySet[Any]:
    return queryset if queryset.ordered else queryset.order_by("pk")


def _respond(shape: Shape, queryset: Callable[[], QuerySet[Any]], mixin: type, keys: Any) -> Response:
    """Render a list of rows, or one row."""
    rows = _in_order(queryset())
    if isinstance(keys, list):
        rows = rows.filter(pk__in=keys)
    view_class = type(
        f"{shape.name}ViewSet",
        (ReadOnlyModelViewSet,) if mixin is object else (mixin, ReadOnlyModelViewSet),
        {
            "queryset": rows,
            "serializer_class": shape.serializer,
            "renderer_classes": [JSONRenderer],
            "authentication_classes": [],
            **shape.view,
        },
    )
    request = APIRequestFactory().get("/", shape.params)
    with recording.recording() as record:
        if isinstance(keys, list):
            response = view_class.as_view({"get": "list"})(request)  # type: ignore[attr-defined]
        else:
            response = view_class.as_view({"get": "retrieve"})(request, pk=keys)  # type: ignore[attr-defined]
        content = response.render().content
    if response.status_code != 200:
        raise BrokenLawError(f"{shape.name} answers {response.status_code}: {content.decode()}")
    return Response(content, record)


def _serialize(
    shape: Shape, queryset: Callable[[], QuerySet[Any]], load: Callable[[QuerySet[Any], Any, Any], Any], keys: list[Any]
) -> Response:
    """Render rows without a view."""
    rows = _in_order(queryset()).filter(pk__in=keys)
    context = {"request": Request(APIRequestFactory().get("/", shape.params))}
    with recording.recording() as record:
        loaded = load(rows, shape.serializer, context)
        content = JSONRenderer().render(shape.serializer(loaded, many=True, context=context).data)
    return Response(content, record)


def _multiset(value: Any) -> Any:
    """Forget the order of every list in a piece of JSON."""
    if isinstance(value, dict):
        return {key: _multiset(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted((_multiset(each) for each in value), key=repr)
    return value


def _kin(site: Site, sites: Iterable[Site]) -> list[Site]:
    """Return the sites of a query that share columns by multi-table inheritance, the site itself included."""
    return [
        each
        for each in sites
        if each.query == site.query
        and (each is site or issubclass(each.model, site.model) is not issubclass(site.model, each.model))
    ]


def _followed(site: Site) -> list[Ends]:
    return [recording.ends(site.model, name) for name in site.followed]


def _read_at(site: Site) -> list[tuple[str, str]]:
    """Return the columns read of the instances of a site, and their keys."""
    sizes = [size for name in site.read for size in recording.dimension_columns(site.model, name)]
    return [*(recording.column(site.model, name) for name in (*site.read, *sizes)), *recording.key_columns(site.model)]
