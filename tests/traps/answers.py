"""One view asked twice: as it is written, and with the mixin among its bases."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Manager, Model, QuerySet
from rest_framework.fields import Field
from rest_framework.permissions import SAFE_METHODS
from rest_framework.serializers import ModelSerializer
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from drf_autoprefetch import AutoPrefetchMixin
from tests import recording
from tests.recording import Recording
from tests.testapp.data import NOON

Rows = dict[str, list[dict[str, Any]]]

#: What a viewset does for a method, for the collection and for one row.
ACTIONS = {
    "get": ("list", "retrieve"),
    "head": ("list", "retrieve"),
    "post": ("create", "create"),
    "put": ("update", "update"),
    "patch": ("partial_update", "partial_update"),
    "delete": ("destroy", "destroy"),
    "options": ("metadata", "metadata"),
}


@dataclass(frozen=True)
class Answer:
    """What a view answered, what it took, and for writes the rows of the whole database afterwards."""

    status: int
    content: bytes
    headers: Mapping[str, str]
    record: Recording
    rows: Rows

    @property
    def json(self) -> Any:
        """The content, read."""
        return json.loads(self.content)

    @property
    def queries(self) -> list[str]:
        """The SQL, in order."""
        return self.record.queries

    @property
    def sql(self) -> str:
        """All queries, numbered."""
        return "\n".join(f"  {number}. {sql}" for number, sql in enumerate(self.queries, 1))

    def columns(self, model: type[Model]) -> set[str]:
        """Return the columns of the model's table that any query selected."""
        found = (each for sql in self.queries for each in recording.selected_columns(sql))
        return {name for _, table, name in found if table == model._meta.db_table}


@dataclass(frozen=True)
class Answers:
    """The answer of the plain view and that of the view with the mixin."""

    plain: Answer
    planned: Answer


def shows(model: type[Model], *names: str, **declared: Any) -> Any:
    """Return a new `ModelSerializer` class with these fields; what else is declared becomes its attributes."""
    fields = [*names, *(name for name, value in declared.items() if isinstance(value, Field) and name not in names)]
    meta = type("Meta", (), {"model": model, "fields": fields})
    return type(f"{model.__name__}Serializer", (ModelSerializer,), {"Meta": meta, **declared})


def viewset(
    serializer: Any, queryset: QuerySet[Any] | Manager[Any] | None = None, **attributes: Any
) -> type[ModelViewSet[Any]]:
    """Return a new `ModelViewSet` class of a serializer."""
    model = serializer.Meta.model
    rows = model._default_manager.all() if queryset is None else queryset
    known = {"queryset": rows, "serializer_class": serializer, **attributes}
    return type(f"{model.__name__}ViewSet", (ModelViewSet,), known)


@contextmanager
def mixed(view: Any) -> Iterator[None]:
    """Put the mixin before the bases of a view class until the block ends."""
    bases = view.__bases__
    view.__bases__ = (AutoPrefetchMixin, *bases)
    try:
        yield
    finally:
        view.__bases__ = bases


def compare(
    view: Any, method: str = "get", *, queries: int | None = None, unordered: bool = False, **asked: Any
) -> Answers:
    """Ask with and without the mixin; fail unless bytes and rows are the same, and queries are no more and as expected.

    `asked` goes to `ask`. `unordered` compares lists as multisets, where rows come without any ordering.
    """
    plain = ask(view, method, **asked)
    with mixed(view):
        planned = ask(view, method, **asked)
    order = multiset if unordered else bytes
    assert planned.status == plain.status, planned.content
    assert order(planned.content) == order(plain.content), planned.sql
    assert planned.headers == plain.headers
    assert planned.rows == plain.rows
    assert len(planned.record.reloads) <= len(plain.record.reloads), f"{planned.record.reloads}\n{planned.sql}"
    assert len(planned.queries) <= len(plain.queries), f"{planned.sql}\nplain:\n{plain.sql}"
    assert queries is None or len(planned.queries) == queries, f"not {queries} queries:\n{planned.sql}"
    return Answers(plain, planned)


def ask(
    view: Any,
    method: str = "get",
    action: str = "",
    *,
    params: Any = None,
    data: Any = None,
    user: Any = None,
    headers: Mapping[str, str] | None = None,
    **kwargs: Any,
) -> Answer:
    """Ask a view class as a router would; the database is afterwards what it was before."""
    _warm_content_types()
    factory = APIRequestFactory()
    if method in ("get", "head"):
        request = getattr(factory, method)("/", params or {}, headers=headers)
    else:
        request = getattr(factory, method)("/", data, format="json", headers=headers)
    if user is not None:
        force_authenticate(request, user)
    function = _function(view, method, action, kwargs)
    before = {} if method.upper() in SAFE_METHODS else _everything()
    with transaction.atomic(), mock.patch("django.utils.timezone.now", return_value=NOON):
        with recording.recording() as record:
            response = function(request, **kwargs)
            content = response.render().content
        rows = _renumbered(before, _everything()) if before else {}
        transaction.set_rollback(True)
    return Answer(response.status_code, content, dict(response.items()), record, rows)


def _function(view: Any, method: str, action: str, kwargs: Mapping[str, Any]) -> Any:
    if not issubclass(view, GenericViewSet):
        return view.as_view()
    action = action or ACTIONS[method][bool(kwargs)]
    handler = getattr(view, action, None)
    one, all_rows = {"get": "retrieve", "put": "update"}, {"get": "list", "post": "create"}
    actions = {method: action} if method != "options" else one if kwargs else all_rows
    return view.as_view(actions, **{"detail": bool(kwargs), **getattr(handler, "kwargs", {})})


def multiset(content: bytes) -> Any:
    """Forget the order of every list in a piece of JSON."""
    return _unordered(json.loads(content))


def _unordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unordered(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted((_unordered(each) for each in value), key=repr)
    return value


def _warm_content_types() -> None:
    """Load all content types: they are cached for the life of the process, so only the first to ask would pay."""
    for content_type in ContentType.objects.all():
        ContentType.objects.get_for_id(content_type.pk)


def _everything() -> Rows:
    rows: Rows = {}
    ours = [config for config in apps.get_app_configs() if config.name.startswith("tests.")]
    for config in ours:
        for model in config.get_models(include_auto_created=True):
            if not model._meta.proxy:
                rows[model._meta.label] = list(model._base_manager.order_by("pk").values())
    return rows


def _renumbered(before: Rows, after: Rows) -> Rows:
    """Call new rows by the order in which they came: a sequence does not go back with its transaction."""
    names: dict[str, dict[Any, str]] = defaultdict(dict)
    for label, rows in after.items():
        old = {_key(label, row) for row in before[label]}
        for row in rows:
            if (key := _key(label, row)) not in old:
                names[label][key] = f"new {len(names[label])}"
    return {label: [_renamed(label, row, names) for row in rows] for label, rows in after.items()}


def _key(label: str, row: dict[str, Any]) -> Any:
    return tuple(row[field.attname] for field in apps.get_model(label)._meta.pk_fields)


def _renamed(label: str, row: dict[str, Any], names: Mapping[str, Mapping[Any, str]]) -> dict[str, Any]:
    model = apps.get_model(label)
    renamed = dict(row)
    for field in model._meta.concrete_fields:
        target: Any = field.related_model if field.is_relation else model if field.primary_key else None
        if target is not None:
            known = names.get(target._meta.label, {})
            renamed[field.attname] = known.get((row[field.attname],), row[field.attname])
    return renamed


def numbered(*values: Any) -> list[Any]:
    """Return the values as parameters of a test, called by their number."""
    return [pytest.param(value, id=str(number)) for number, value in enumerate(values)]
