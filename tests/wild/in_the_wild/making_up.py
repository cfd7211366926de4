"""Rows for every model of an application, made up from its fields: written as they are, no code of the models runs."""

from __future__ import annotations

import datetime
import decimal
import random
import uuid
import zlib
from collections import defaultdict
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models, transaction

_LEFT_ALONE = {"contenttypes.ContentType", "auth.Permission", "sessions.Session", "admin.LogEntry"}
_LOOKED_UP = {"slug", "code"}
_NOON = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.timezone.utc)
_draw = random.Random(1)
#: The keys of the rows that are there, by model.
keys: dict[Any, list[Any]] = defaultdict(list)


class ImpossibleError(Exception):
    """There is no row that a foreign key could lead to."""


def make_rows(first: int, last: int) -> None:
    """Write rows number ``first`` to ``last`` of each model, twice as many where two models are joined by it."""
    keys[ContentType] = list(ContentType.objects.values_list("pk", flat=True))
    for model in _in_order():
        times = 2 if model._meta.auto_created else 1
        for number in range(first * times, last * times):
            _make(model, number)


def _make(model: Any, number: int) -> None:
    """Try thrice: two columns may be unique together, and a database checks more than fields tell."""
    for _ in range(3):
        try:
            row, fields = _row(model, number)
            with transaction.atomic():
                models.QuerySet(model)._insert([row], fields=fields, using="default", raw=True)  # type: ignore[attr-defined]
        except Exception:
            continue
        key = getattr(row, model._meta.pk.attname, None)
        keys[model].extend([] if key is None else [key])
        return


def _in_order() -> Iterator[Any]:
    """Yield models, those first that others point at."""
    everything = apps.get_models(include_auto_created=True)
    todo = [model for model in everything if model._meta.managed and not model._meta.proxy]
    todo = [model for model in todo if model._meta.label not in _LEFT_ALONE]
    while todo:
        ready = [model for model in todo if not _targets(model, null=True) & {*todo} - {model}]
        ready = (
            ready or [model for model in todo if not _targets(model, null=False) & {*todo} - {model}][:1] or todo[:1]
        )
        yield from ready
        todo = [model for model in todo if model not in ready]


def _targets(model: Any, *, null: bool) -> set[Any]:
    fields = [field for field in model._meta.local_concrete_fields if field.remote_field and (null or not field.null)]
    return {field.remote_field.model._meta.concrete_model for field in fields}


def _row(model: Any, number: int) -> tuple[Any, list[Any]]:
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    row = SimpleNamespace(pk=None, **{field.attname: _value(field, number) for field in fields})
    for field in model._meta.private_fields:
        if hasattr(field, "fk_field"):
            _point_anywhere(row, model, field)
    return row, fields


def _point_anywhere(row: Any, model: Any, generic: Any) -> None:
    """Have a generic foreign key lead to a row of some model whose keys it can hold."""
    kind = uuid.UUID if "UUID" in model._meta.get_field(generic.fk_field).get_internal_type() else int
    fitting = [
        target for target, found in keys.items() if target is not ContentType and found and isinstance(found[0], kind)
    ]
    if fitting:
        target = _draw.choice(fitting)
        content_type = ContentType.objects.get_for_model(target, for_concrete_model=False)
        setattr(row, model._meta.get_field(generic.ct_field).attname, content_type.pk)
        setattr(row, generic.fk_field, _draw.choice(keys[target]))


def _value(field: Any, number: int) -> Any:
    if field.remote_field:
        return _key(field, number)
    choices = [value for value, _ in field.flatchoices if value not in (None, "")]
    if choices and not field.unique:
        return choices[number % len(choices)]
    kind = field.get_internal_type()
    if kind in _MAKERS:
        return _MAKERS[kind](field, number)
    if "Integer" in kind or kind.endswith("AutoField"):
        return number + 1
    return field.get_default() if field.has_default() or field.null else _text(field, number)


def _key(field: Any, number: int) -> Any:
    """A target for each row where it may have but one, else half of them the first, of which much is shown then, and
    the others any; every fourth has none where it may be null."""
    found = keys[field.remote_field.model._meta.concrete_model]
    if field.unique and number < len(found):
        return found[number]
    if found and not field.unique and not (field.null and number % 4 == 3):
        return _draw.choice([found[0], _draw.choice(found)])
    if field.null:
        return None
    raise ImpossibleError(field)


def _text(field: Any, number: int) -> str:
    """What a URL looks rows up by is short: ``/1/`` is the first of them, as it is with keys."""
    if field.name in _LOOKED_UP:
        return str(number + 1)
    return f"{field.name} {number}"[-(field.max_length or 99) :]


def _moment(field: Any, number: int) -> Any:
    moment = _NOON + datetime.timedelta(hours=number)
    return moment if connection.timezone else moment.replace(tzinfo=None)


_MAKERS: dict[str, Any] = {
    "BooleanField": lambda field, number: bool(number % 2),
    "CharField": _text,
    "DateField": lambda field, number: (_NOON + datetime.timedelta(days=number)).date(),
    "DateTimeField": _moment,
    "DecimalField": lambda field, number: decimal.Decimal(number % 9),
    "DurationField": lambda field, number: datetime.timedelta(minutes=number),
    "FileField": lambda field, number: f"files/{number}.png",
    "FloatField": lambda field, number: float(number % 50),
    "GenericIPAddressField": lambda field, number: f"10.0.0.{number % 250}",
    "JSONField": lambda field, number: field.get_default() if field.has_default() else {},
    "SlugField": lambda field, number: _text(field, number).replace(" ", "-"),
    "TextField": _text,
    "TimeField": lambda field, number: datetime.time(1, number % 60),
    "UUIDField": lambda field, number: uuid.UUID(int=zlib.crc32(str(field).encode()) * 1000 + number),
}
