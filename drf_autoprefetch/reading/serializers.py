"""Walking a live serializer: the requirement of its tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db.models import Model
from rest_framework.serializers import BaseSerializer, ListSerializer, Serializer

from ..conf import get_settings
from ..exceptions import OtherModelError, PlanningError
from ..notes import Note, Origin
from . import columns, fields
from .bodies import declared_hint, field_subject, read_code, read_field_code, representation
from .changing_fields import Change, field_changes
from .code import names_used, own_code
from .hints import as_hint, hint_requirement
from .methods import Subject
from .origins import class_origin, field_path
from .requirements import Requirement, everything, noted, nothing, perhaps, union
from .settling import readable_fields
from .sources import Rows, follow
from .to_attrs import Filled, to_attrs


def read_serializer(
    serializer: Any, model: type[Model] | None, hints: Iterable[Any], view: Origin, *, filled: Filled | None = None
) -> Requirement:
    """Return what ``serializer``, a live instance, reads from each instance of ``model`` it is given.

    ``model`` None: the one its ``Meta`` names. ``hints`` are a view's own, for the root, with the place they stand.
    ``filled`` are attributes that the queryset's own prefetches fill. Raises PlanningError where no model is known,
    OtherModelError where the serializer shows another one, HintError for a wrong hint. Runs no query.
    """
    child = getattr(serializer, "child", serializer)
    model = _model(child, model)
    declared = _declared(child, model, hints, view)
    own = {(owner.model, edge.name): edge for owner, edge in declared.walk() if edge.to_attr}
    token = to_attrs.set({**(filled or {}), **own})
    try:
        return declared | _root(serializer, model)
    finally:
        to_attrs.reset(token)


def _model(child: Any, model: type[Model] | None) -> type[Model]:
    shown: type[Model] | None = getattr(getattr(child, "Meta", None), "model", None)
    if model is None and shown is None:
        raise PlanningError(f"{type(child).__name__} names no model. Pass a queryset, or give it Meta.model.")
    if model is None or shown is None:
        return model or shown  # type: ignore[return-value]
    if not (issubclass(model, shown) or issubclass(shown, model) or columns.same_table(model, shown)):
        raise OtherModelError(
            f"{type(child).__name__} shows {shown.__name__}, and the queryset has rows of {model.__name__}"
        )
    return model


def _declared(child: Any, model: type[Model], hints: Iterable[Any], owner: Origin) -> Requirement:
    found = [hint_requirement(as_hint(hint), model, child.context, owner, by_code=False) for hint in hints]
    return union(model, found)


def _root(serializer: Any, model: type[Model]) -> Requirement:
    if isinstance(serializer, ListSerializer):
        return _list_code(serializer, model) | _tree(serializer.child, model)
    return _tree(serializer, model)


def _list_code(serializer: Any, model: type[Model]) -> Requirement:
    """A root list serializer with code of its own is handed every row."""
    own = own_code(serializer, "to_representation")
    if own is None:
        return nothing(model)
    return read_code(own, replace(_subject(serializer, model), declared=_children), many=True)


def _children(serializer: Any, model: type[Model]) -> Requirement:
    return _tree(serializer.child, model)


def _tree(serializer: Any, model: type[Model]) -> Requirement:
    """What one (nested) serializer reads from the instance it is handed."""
    if _repeats(serializer):
        return noted(model, _too_deep(serializer, model))
    own = own_code(serializer, "to_representation")
    if own is None:
        return _fields(serializer, model)
    if declared_hint(serializer) is not None:
        return _fields(serializer, model)
    extra = read_code(own, _subject(serializer, model))
    return extra | perhaps(_fields(serializer, model)) if _calls_super(own) else extra


def _subject(serializer: Any, model: type[Model]) -> Subject:
    origin = class_origin(type(serializer), "method body")
    return replace(field_subject(serializer, model), origin=origin, receiver=serializer, declared=_fields)


def _fields(serializer: Any, model: type[Model]) -> Requirement:
    if not isinstance(serializer, Serializer):
        return nothing(model)
    found = union(model, [fields.read_field(field, model) for field in readable_fields(serializer)])
    cls: Any = type(serializer)
    change = field_changes(cls)
    if change is Change.NONE:
        return found
    known = perhaps(found)
    return known | everything(model, class_origin(cls, "method body")) if change is Change.ADDS else known


def _calls_super(function: Any) -> bool:
    """Whether an overridden ``to_representation`` may still show the declared fields: it names the method again."""
    names = names_used(function)
    return names is None or not names.isdisjoint(("to_representation", "_readable_fields"))


def _repeats(serializer: Any) -> bool:
    same, parent = 0, serializer.parent
    while parent is not None:
        same += type(parent) is type(serializer)
        parent = parent.parent
    return same > get_settings().MAX_DEPTH


def _too_deep(serializer: Any, model: type[Model]) -> Note:
    return Note(
        "depth-limit",
        field_path(serializer),
        f"{type(serializer).__name__} stands inside itself; it was followed to MAX_DEPTH and what lies deeper is"
        f" loaded row by row.",
        'Raise DRF_AUTOPREFETCH["MAX_DEPTH"] if your rows nest deeper.',
        class_origin(type(serializer), "field"),
    )


@representation.register(BaseSerializer)
def _(field: Any, model: type[Model]) -> Requirement:
    return _tree(field, model)


@fields.requirement.register(BaseSerializer)
def _(field: Any, model: type[Model]) -> Requirement:
    if own := own_code(field, "get_attribute"):
        return read_field_code(field, own, model, receiver=field, returned=lambda target: _tree(field, target))
    return follow(field, model, field.source_attrs, lambda target: _tree(field, target))


@fields.requirement.register(ListSerializer)
def _(field: Any, model: type[Model]) -> Requirement:
    if own := own_code(field, "get_attribute"):
        return read_field_code(field, own, model, receiver=field, returned=lambda target: _tree(field.child, target))
    if own := own_code(field, "to_representation"):
        return _own_list(field, model, own)
    return follow(field, model, field.source_attrs, Rows(lambda target: _tree(field.child, target)))


def _own_list(field: Any, model: type[Model], own: Any) -> Requirement:
    """A list serializer with code of its own is handed the rows, and may not look at them."""

    def rows(target: type[Model]) -> Requirement:
        extra = read_field_code(field, own, target, receiver=field, declared=_children, many=True)
        return extra | _tree(field.child, target)

    return perhaps(follow(field, model, field.source_attrs, Rows(rows)))
