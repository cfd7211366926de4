"""Watch what a piece of code really asks of the database and of its model instances.

Nothing here knows the library: reads are seen at attribute access, loads where Django builds instances, and queries
at the cursor.
"""

from __future__ import annotations

import functools
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from django.db import connections, models
from django.db.models.query_utils import DeferredAttribute

Columns = dict[str, set[str]]  # per table


@dataclass
class Site:
    """The instances that one query, or one join of it, built: all of them have the same columns."""

    model: type[models.Model]
    query: int
    loaded: list[str]
    read: set[str] = field(default_factory=set)
    followed: set[str] = field(default_factory=set)


@dataclass
class Recording:
    """What happened: queries in order, sites by the identity of their column lists, and deferred reloads."""

    queries: list[str] = field(default_factory=list)
    sites: dict[int, Site] = field(default_factory=dict)
    reloads: list[str] = field(default_factory=list)

    _site_of: dict[int, Site] = field(default_factory=dict)
    _kept: list[models.Model] = field(default_factory=list)  # an id is only good while its object lives
    _building: list[Site] = field(default_factory=list)

    def built(self, instance: models.Model, site: Site) -> None:
        """Remember which site an instance is of."""
        self._site_of[id(instance)] = site
        self._kept.append(instance)

    def read(self, instance: models.Model, name: str) -> None:
        """Note that a column was read, or a relation followed."""
        model = type(instance)
        if name not in column_names(model) and name not in relations(model):
            return
        site = self._site_of.get(id(instance)) or (self._building[-1] if self._building else None)
        if site is None or _by_image_field():
            return
        (site.read if name in column_names(model) else site.followed).add(name)


def _by_image_field() -> bool:
    """Tell whether it is Django's ``post_init`` receiver that asks: for the dimensions, not for the image."""
    return sys._getframe(3).f_code.co_filename.endswith("fields/files.py")


@functools.cache
def column_names(model: type[models.Model]) -> frozenset[str]:
    """Return the attributes that hold columns."""
    return frozenset(column.attname for column in model._meta.concrete_fields)


@functools.cache
def relations(model: type[models.Model]) -> dict[str, Any]:
    """Return the relations of a model by the attribute that follows them."""
    found: dict[str, Any] = {}
    every: list[Any] = model._meta.get_fields(include_hidden=True)
    for relation in every:
        if relation.is_relation:
            name = relation.get_accessor_name() if relation.auto_created and not relation.concrete else relation.name
            if name and hasattr(model, name):  # not so for the way back of related_name="+"
                found[name] = relation
    return found


def column(model: type[models.Model], attname: str) -> tuple[str, str]:
    """Return the table and the column of an attribute; the table of an inherited one is a parent's."""
    return _column(next(each for each in model._meta.concrete_fields if each.attname == attname))


@dataclass(frozen=True)
class Ends:
    """The columns that a relation needs on this side, and on the other (a table in between belongs to that)."""

    near: frozenset[tuple[str, str]]
    far: frozenset[tuple[str, str]]


@functools.cache
def ends(model: type[models.Model], name: str) -> Ends:
    """Return what makes a relation work."""
    relation = relations(model)[name]
    if hasattr(relation, "ct_field"):  # a generic foreign key
        return Ends(_columns(model, relation.ct_field, relation.fk_field), frozenset())
    if hasattr(relation, "object_id_field_name"):  # a generic relation
        names = (relation.content_type_field_name, relation.object_id_field_name)
        return Ends(frozenset(), _columns(relation.related_model, *names))
    reverse = relation.auto_created and not relation.concrete
    forward = relation.field if reverse else relation
    if forward.many_to_many:
        links = [each for each in forward.remote_field.through._meta.fields if each.is_relation]
        columns = frozenset(_column(end) for link in links for pair in link.related_fields for end in pair)
        return Ends(columns, columns)
    here, there = (frozenset(map(_column, side)) for side in zip(*forward.related_fields, strict=True))
    return Ends(there, here) if reverse else Ends(here, there)


def _column(field: Any) -> tuple[str, str]:
    return field.model._meta.db_table, field.column


def _columns(model: type[models.Model], *names: str) -> frozenset[tuple[str, str]]:
    return frozenset(_column(model._meta.get_field(name)) for name in names)


def key_columns(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    """Yield the primary key, and those of the parents: every instance has them."""
    for each in (model, *model._meta.all_parents):
        for key in each._meta.pk_fields:
            yield _column(key)


def dimension_columns(model: type[models.Model], attname: str) -> Iterator[str]:
    """Yield where an image keeps its size: its ``post_init`` receiver reads them with the image."""
    found = next(each for each in model._meta.concrete_fields if each.attname == attname)
    for name in (getattr(found, "width_field", None), getattr(found, "height_field", None)):
        if name:
            yield name


_TABLE = re.compile(r"""(?:FROM|JOIN) ["`](\w+)["`](?: ["`]?([T-Z]\d+)["`]?)?""")
_COLUMN = re.compile(r"""["`]?(\w+)["`]?\.["`](\w+)["`]""")  # Django quotes tables, and not its own aliases


def selected_columns(sql: str) -> list[tuple[str, str, str]]:
    """Return alias, table and column of every plain column that a SELECT asks for.

    What is inside parentheses (functions, subqueries) is computed by the database and costs no width.
    """
    flat, changed = sql, 1
    while changed:
        flat, changed = re.subn(r"\([^()]*\)", "", flat)
    head, _, tail = flat.partition(" FROM ")
    tables = {alias or table: table for table, alias in _TABLE.findall(f"FROM {tail}")}
    return [(alias, tables[alias], name) for alias, name in _COLUMN.findall(head) if alias in tables]


@contextmanager
def recording() -> Iterator[Recording]:
    """Record queries on all databases, instances built and attributes read until the block ends."""
    record = Recording()

    def count(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        record.queries.append(sql)
        return execute(sql, *args)

    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(count))
        stack.enter_context(mock.patch.object(models.Model, "from_db", classmethod(_from_db(record))))
        stack.enter_context(mock.patch.object(models.Model, "refresh_from_db", _refresh_from_db(record)))
        if hasattr(DeferredAttribute, "fetch_many"):  # Django 6.1
            stack.enter_context(mock.patch.object(DeferredAttribute, "fetch_many", _fetch_many(record)))
        models.Model.__getattribute__ = _getattribute(record)  # type: ignore[method-assign, assignment]
        stack.callback(delattr, models.Model, "__getattribute__")
        yield record


def _from_db(record: Recording) -> Callable[..., models.Model]:
    original = models.Model.from_db.__func__  # type: ignore[attr-defined]

    def from_db(cls: type[models.Model], db: str, field_names: list[str], values: Any, **kwargs: Any) -> models.Model:
        # Django makes one list of names for each query and each of its joins: its identity is the site.
        site = record.sites.setdefault(id(field_names), Site(cls, len(record.queries) - 1, field_names))
        record._building.append(site)
        try:
            instance: models.Model = original(cls, db, field_names, values, **kwargs)
        finally:
            record._building.pop()
        record.built(instance, site)
        return instance

    return from_db


def _getattribute(record: Recording) -> Callable[[models.Model, str], Any]:
    def getattribute(self: models.Model, name: str) -> Any:
        record.read(self, name)
        return object.__getattribute__(self, name)

    return getattribute


def _refresh_from_db(record: Recording) -> Callable[..., None]:
    original = models.Model.refresh_from_db

    def refresh_from_db(self: models.Model, using: Any = None, fields: Any = None, *args: Any, **kwargs: Any) -> None:
        record.reloads.append(f"{type(self).__name__}.{', '.join(fields or ['*'])}")
        original(self, using, fields, *args, **kwargs)

    return refresh_from_db


def _fetch_many(record: Recording) -> Callable[..., None]:
    original = DeferredAttribute.fetch_many

    @functools.wraps(original)
    def fetch_many(self: Any, instances: list[models.Model]) -> None:
        record.reloads.append(f"{type(instances[0]).__name__}.{self.field.attname}, for {len(instances)} peers")
        original(self, instances)

    return fetch_many


def by_table(columns: Iterable[tuple[str, str]]) -> Columns:
    """Group columns by their table."""
    grouped: Columns = defaultdict(set)
    for table, name in columns:
        grouped[table].add(name)
    return grouped
