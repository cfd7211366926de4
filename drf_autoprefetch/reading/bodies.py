"""What Python code reads from a model instance: its hint, else what its body shows, else everything."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from functools import singledispatch
from typing import Any

from django.db.models import Model

from ..notes import Note, Origin
from .code import at, is_stock
from .hints import function_of, hint_of, hint_requirement
from .methods import Subject, read_body
from .origins import enclosing_serializer, field_name, field_origin, field_path
from .requirements import Requirement, handed_on, nothing
from .to_attrs import to_attrs

Leaf = Callable[[type[Model]], Requirement]


@singledispatch
def representation(field: Any, model: type[Model]) -> Requirement:
    """Return what ``field.to_representation(value)`` reads where the value is an instance of ``model``."""
    return read_representation(field, model)


def read_code(code: Any, subject: Subject, *, argument: int | None = 0, many: bool = False) -> Requirement:
    """Return what ``code``, a function, method, property or other descriptor, reads from its instance argument.

    ``subject`` says what is known of it; its own hint is the developer's word and replaces reading the body.
    """
    hint = hint_of(code)
    if hint is not None:
        return hint_requirement(hint, subject.model, subject.context, at(subject.origin, code, "hint"))
    subject = replace(subject, origin=at(subject.origin, code, "method body"), filled=to_attrs.get())
    return read_body(code, subject, argument=argument, many=many)


def read_field_code(
    field: Any,
    code: Any,
    model: type[Model],
    *,
    receiver: Any = None,
    returned: Leaf | None = None,
    declared: Callable[[Any, type[Model]], Requirement] | None = None,
    many: bool = False,
) -> Requirement:
    """Return what ``code``, run to serialize ``field``, reads: what ``Meta.prefetch_hints`` says of the field wins."""
    if declared_hint(field) is not None:
        return nothing(model)
    subject = replace(field_subject(field, model), receiver=receiver, returned=returned, declared=declared)
    return read_code(code, subject, many=many)


def field_subject(field: Any, model: type[Model]) -> Subject:
    """Return what is known of code that serializes ``field``: its place, and what serializers in its body show."""

    def child(serializer: Any, target: type[Model]) -> Requirement:
        return representation(_placed(serializer, field), target)

    return Subject(model, field_origin(field), field_path(field), child=child, context=field.context)


def _placed(serializer: Any, field: Any) -> Any:
    """A serializer that a body makes stands where the field is, so that one that makes itself is cut off in time."""
    if not isinstance(serializer, type):
        return serializer
    made: Any = serializer()
    made.parent, made.field_name = field, ""
    return made


def declared_hint(field: Any) -> Any:
    """Return what ``Meta.prefetch_hints`` of the enclosing serializer says for ``field``, or None."""
    meta = getattr(enclosing_serializer(field), "Meta", None)
    return getattr(meta, "prefetch_hints", {}).get(field_name(field))


def read_str(field: Any, model: type[Model]) -> Requirement:
    """Return what ``str(instance)`` reads where ``field`` shows it. That of every model shows the primary key."""
    function = inspect.getattr_static(model, "__str__")
    return nothing(model) if function is Model.__str__ else read_code(function, field_subject(field, model))


def read_representation(field: Any, model: type[Model]) -> Requirement:
    """Return what a ``to_representation`` that this library does not know reads from the instance it is handed."""
    code = getattr(type(field), "to_representation", None)
    if code is None or is_stock(code):
        return _unknown_class(field, model)
    return read_field_code(field, code, model, receiver=field)


def _unknown_class(field: Any, model: type[Model]) -> Requirement:
    """A field class of DRF's that is handed an instance, which it was not made for."""
    if declared_hint(field) is not None:
        return nothing(model)
    name = type(function_of(field)).__name__
    note = Note(
        "custom-field",
        field_path(field),
        f"what {name} reads from an instance of {model.__name__} is not known, so all columns are loaded.",
        f'Write Meta.prefetch_hints = {{"{field_name(field)}": ["…"]}} with the columns and relations that it reads.',
        field_origin(field),
    )
    return handed_on(model, field_origin(field), note)


def view_subject(model: type[Model], origin: Origin, view: Any, receiver: Any) -> Subject:
    """Return what is known of code beside a serializer that sees the rows of ``view``.

    Rows that it gives back are shown by the view's serializer, which is read by itself.
    """
    context = {"view": view, "request": getattr(view, "request", None)}

    def child(serializer: Any, target: type[Model]) -> Requirement:
        made = serializer(context=context) if isinstance(serializer, type) else serializer
        return representation(made, target)

    return Subject(model, origin, "", receiver=receiver, context=context, child=child, returned=nothing)
