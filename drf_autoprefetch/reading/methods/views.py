"""A view's own handlers: the rows that its framework methods give are the planned ones."""

from __future__ import annotations

from typing import Any

from ..code import own_code_of
from .machine import Machine
from .values import PLAIN, Call, Many, Row, Self, Serializer, Values, known

_LISTS = ("get_queryset", "filter_queryset", "queryset")
_ROWS = (
    *(*_LISTS, "paginate_queryset", "get_object", "paginator", "_paginator"),
    *("get_serializer", "get_serializer_class", "get_serializer_context", "check_object_permissions"),
)


def is_view(cls: Any) -> bool:
    """Whether instances of ``cls`` are views that have rows."""
    return hasattr(cls, "get_queryset") and not hasattr(cls, "to_representation")


def is_rows(receiver: Self, name: str) -> bool:
    """Whether ``self.name`` of a view leads to its rows.

    What a project makes of the methods of asynchronous views, those with an ``a`` before their names, is read with the
    handler that calls them.
    """
    return (name in _ROWS or own_code_of(receiver.cls, name) is None) and gives_rows(receiver, name)


def gives_rows(receiver: Self, name: str) -> bool:
    """Whether a framework's method ``name`` of a view leads to its rows."""
    return name.removeprefix("a") in _ROWS and is_view(receiver.cls)


def rows(m: Machine) -> Values:
    """Return the queryset of the view: whatever is made of it, its rows are those that were planned."""
    return frozenset([Many(m.root, m.root, None, manager=False)])


def call_view(m: Machine, receiver: Self, name: str, call: Call) -> Values:
    """Call one of the methods with which a view comes by its rows, or hands them on to what is planned elsewhere."""
    name = name.removeprefix("a")
    if name in _LISTS:
        return rows(m)
    if name == "paginate_queryset":
        return m.filled_box("list", frozenset([Row(m.root)]), "page") | known(None)
    if name == "get_object":
        return frozenset([Row(m.root)])
    if name == "get_serializer":
        return frozenset([Serializer((None, call.arg(0, "instance")))])
    if name == "get_serializer_class":
        return known(getattr(receiver.cls, "serializer_class", None))
    return PLAIN
