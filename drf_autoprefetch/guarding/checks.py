"""System checks: every declared hint is followed, and the mixin comes first, without a database or a request."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core import checks
from django.db.models import Model

from ..exceptions import AutoPrefetchError
from ..notes import Origin
from ..reading.attributes import attribute_names
from ..reading.code import is_stock
from ..reading.columns import is_abstract
from ..reading.hints import Hint, as_hint, function_of, hint_of, hint_requirement
from ..reading.origins import class_origin, function_place
from ..suggestions import did_you_mean

WRONG_HINT = "drf_autoprefetch.E001"
UNKNOWN_FIELD = "drf_autoprefetch.E002"
BYPASSED = "drf_autoprefetch.E003"


def check_hints(view_base: type) -> list[checks.CheckMessage]:
    """Return an error for each hint on a model, serializer or subclass of ``view_base`` that cannot be followed.

    Callables of the serializer context are left out: there is no context before there is a request.
    """
    from rest_framework.serializers import Serializer

    found = [error for model in apps.get_models() for error in check_model(model)]
    found += [error for serializer in subclasses(Serializer) for error in check_serializer(serializer)]
    found += [error for view in subclasses(view_base) for error in check_view(view)]
    return [error for number, error in enumerate(found) if error not in found[:number]]


def check_model(model: type[Model]) -> Iterator[checks.CheckMessage]:
    """Yield an error for each wrong hint on the methods and properties of a model."""
    for name, hint in _hints_on(model):
        yield from _follow(hint, model, _origin(model, name), model)


def check_serializer(serializer: Any) -> Iterator[checks.CheckMessage]:
    """Yield an error for each wrong hint on the methods of a serializer class, and in its Meta."""
    meta = getattr(serializer, "Meta", None)
    model = getattr(meta, "model", None)
    if not (inspect.isclass(model) and issubclass(model, Model)) or is_abstract(model):
        return
    for name, hint in _hints_on(serializer):
        yield from _follow(hint, model, _origin(serializer, name), serializer)
    yield from _meta_hints(serializer, model, getattr(meta, "prefetch_hints", {}))


def check_view(view: Any) -> Iterator[checks.CheckMessage]:
    """Yield an error for each wrong entry of a view's ``prefetch_hints``."""
    model: Any = getattr(getattr(view, "queryset", None), "model", None)
    for declared in () if model is None else view.prefetch_hints:
        yield from _follow(declared, model, _origin(view, "prefetch_hints"), view)


def check_order(view_base: type) -> list[checks.CheckMessage]:
    """Return an error for each class that inherits ``view_base`` too late for any of its methods to be called."""
    wrong = {cls: None for view in subclasses(view_base) if (cls := bypassed(view, view_base)) is not None}
    return [wrong_order(cls, view_base) for cls in wrong]


def bypassed(view: Any, view_base: type) -> Any:
    """Return the class among the bases of ``view``, or itself, in which a view class comes before ``view_base``.

    None where the mixin comes first, or is no base at all.
    """
    if not _is_bypassed(view, view_base):
        return None
    return next((found for base in view.__bases__ if (found := bypassed(base, view_base)) is not None), view)


def _is_bypassed(view: Any, view_base: type) -> bool:
    from rest_framework.views import APIView

    mro = view.__mro__
    return view_base in mro and APIView in mro[: mro.index(view_base)]


def wrong_order(cls: Any, view_base: type) -> checks.CheckMessage:
    """Return the error for a class that inherits ``view_base`` too late."""
    from rest_framework.views import APIView

    first, mixin = next(base for base in cls.__mro__[1:] if issubclass(base, APIView)), view_base.__name__
    message = f"{cls.__name__} inherits {first.__name__} before {mixin}, which is never asked: nothing is planned."
    hint = f"Write {mixin} first: class {cls.__name__}({mixin}, {first.__name__})."
    return checks.Error(message, hint=hint, obj=cls, id=BYPASSED)


def _meta_hints(serializer: Any, model: type[Model], hints: dict[str, Any]) -> Iterator[checks.CheckMessage]:
    for field, declared in hints.items():
        yield from _follow(declared, model, _origin(serializer, f"Meta.prefetch_hints[{field!r}]"), serializer)
    if unknown := sorted(set(hints) - field_names(serializer)):
        near = did_you_mean(unknown[0], field_names(serializer))
        message = f"{serializer.__name__}.Meta.prefetch_hints names {unknown[0]!r}, which is no field of it.{near}"
        yield checks.Error(message, hint="Name a field of the serializer.", obj=serializer, id=UNKNOWN_FIELD)


def field_names(serializer: Any) -> set[str]:
    """Return the fields a serializer may have: declared, named by its Meta, or columns and relations of its model."""
    meta = getattr(serializer, "Meta", None)
    named, model = getattr(meta, "fields", None), getattr(meta, "model", None)
    names = set(serializer._declared_fields)
    if isinstance(named, (list, tuple)):
        return names | set(named)
    return names if model is None else names | set(attribute_names(model))


def _hints_on(cls: type) -> Iterator[tuple[str, Hint]]:
    own = [base for base in cls.__mro__ if not is_stock(base)]
    for name in sorted({name for base in own for name in vars(base)}):
        hint = hint_of(inspect.getattr_static(cls, name))
        if hint is not None:
            yield name, hint


def _follow(declared: Any, model: type[Model], origin: Origin, obj: Any) -> Iterator[checks.CheckMessage]:
    try:
        hint = as_hint(declared)
        known = tuple(entry for entry in hint.entries if not callable(entry))
        annotate = {} if callable(hint.annotate) else hint.annotate
        hint_requirement(Hint(known, annotate), model, {}, origin)
    except AutoPrefetchError as error:
        yield checks.Error(str(error), hint="Correct the hint.", obj=obj, id=WRONG_HINT)


def _origin(cls: Any, name: str) -> Origin:
    file, line = function_place(function_of(inspect.getattr_static(cls, name, None)))
    whole = class_origin(cls, "hint")
    return Origin(cls.__name__, name, file or whole.file, line or whole.line, "hint")


def subclasses(cls: Any) -> Iterator[Any]:
    """Yield every class below ``cls``, as far as its module is imported."""
    for subclass in cls.__subclasses__():
        yield subclass
        yield from subclasses(subclass)
