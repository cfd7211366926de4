"""System checks of the allow list: entries that are none, that have had their time, or that name nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings as django_settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.urls import get_resolver

from ..conf import NAME, get_settings
from ..reading.shapes import is_static
from ..suggestions import did_you_mean
from .allowing import Allowance, read_allowed
from .checks import field_names, subclasses

WRONG_ALLOWANCE = "drf_autoprefetch.E004"
EXPIRED = "drf_autoprefetch.W011"
STALE = "drf_autoprefetch.W012"

_WHERE = f"{NAME}['ALLOW_UNPLANNED']"


def check_allowances() -> list[checks.CheckMessage]:
    """Return what is wrong with each entry of ``ALLOW_UNPLANNED``, as far as no request need tell."""
    entries = get_settings().ALLOW_UNPLANNED
    if entries and getattr(django_settings, "ROOT_URLCONF", None):
        # Serializers that only views import are there when the URLs are.
        get_resolver().url_patterns  # noqa: B018
    return [message for entry in entries for message in _check(entry)]


def _check(entry: Any) -> Iterator[checks.CheckMessage]:
    try:
        (allowance,) = read_allowed([entry])
    except ImproperlyConfigured as error:
        hint = 'Write {"path": "BookSerializer.stars", "reason": "…"}, and "until": date(…) if that shall end.'
        yield checks.Error(str(error), hint=hint, obj=repr(entry), id=WRONG_ALLOWANCE)
        return
    path = allowance.path
    if allowance.expired:
        message = f"{_WHERE} allowed {path!r} until {allowance.until}, and does no longer."
        yield checks.Warning(message, hint="Plan it, give it time, or take the entry out.", obj=path, id=EXPIRED)
    elif problem := _names_nothing(allowance):
        yield checks.Warning(f"{_WHERE} {problem}", hint="Correct the entry, or take it out.", obj=path, id=STALE)


def _names_nothing(allowance: Allowance) -> str:
    """Why no serializer can have such a field; an empty string where one has it, or may get it as it is made."""
    from rest_framework.serializers import BaseSerializer, Serializer

    name, field = allowance.path.split(".")[:2]
    classes: dict[str, list[Any]] = {}
    for cls in subclasses(BaseSerializer):
        classes.setdefault(cls.__name__, []).append(cls)
    if name not in classes:
        own = [known for known, (cls, *_) in classes.items() if not cls.__module__.startswith("rest_framework.")]
        return f"names {allowance.path!r}, but {name!r} is no serializer.{did_you_mean(name, own)}"
    if not all(issubclass(cls, Serializer) and is_static(cls) for cls in classes[name]):
        return ""
    fields = set[str]().union(*map(field_names, classes[name]))
    return "" if field in fields else f"names {allowance.path!r}, which is no field.{did_you_mean(field, fields)}"
