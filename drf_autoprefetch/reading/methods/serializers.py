"""Serializers called in a body, and what the receiver's own framework methods do with rows."""

from __future__ import annotations

from typing import Any

from rest_framework.fields import ModelField

from .comparing import rows_in
from .escaping import escape
from .functions import unknown
from .machine import ATTRIBUTES, Machine, rule
from .values import NEVER, PLAIN, Call, Method, Self, Serializer, Values
from .views import call_view, gives_rows, is_view

_HARMLESS = ("many", "read_only", "required", "allow_null", "partial", "source", "data", "label")


def made(m: Machine, cls: type, call: Call) -> Values:
    """Make a serializer: it reads its fields from every row that it is given."""
    rows = call.arg(0, "instance")
    represent(m, "class", cls, rows)
    for name, values in call.kwargs.items():
        if name != "instance" and name not in _HARMLESS:
            escape(m, values, f"passes {{it}} to {cls.__name__} as {name}")
    escape(m, NEVER.union(*call.args[1:], call.rest), f"passes {{it}} to {cls.__name__}")
    return frozenset([Serializer((cls, rows))])


def represent(m: Machine, kind: str, cls: Any, values: Values) -> None:
    """Write down that a serializer shows every row among ``values``."""
    for atom in values:
        if getattr(atom, "manager", False):
            m.elements(frozenset([atom]))
    rows = rows_in(m, values | m.elements(frozenset(atom for atom in values if getattr(atom, "manager", False))))
    for row in rows:
        if not row.node.detached:
            row.node.represented[(kind, id(cls))] = (kind, cls, m.place)
            row.node.settle((kind, id(cls)), always=m.runs_for(row.node))


@rule(ATTRIBUTES, Serializer)
def _attribute(m: Machine, serializer: Serializer, name: str) -> Values:
    if name == "instance":
        return serializer.cls[1]  # type: ignore[no-any-return]
    return frozenset([Method(serializer, name)]) if name in ("to_representation", "__call__") else PLAIN


def call_serializer(m: Machine, serializer: Serializer, name: str, call: Call) -> Values:
    """Call ``to_representation`` of a serializer made in the body, or of the receiver's child."""
    cls = serializer.cls[0]
    if cls is None and is_view(m.receiver if isinstance(m.receiver, type) else type(m.receiver)):
        others = frozenset(row for row in rows_in(m, call.arg(0)) if row.node is not m.root)
        escape(m, others, f"passes {{it}} to {name}()")
        return PLAIN
    represent(m, "child" if cls is None else "class", cls, call.arg(0))
    return PLAIN


def call_receiver(m: Machine, receiver: Self, method: Method, call: Call) -> Values:
    """Call a method that DRF defines on the receiver."""
    if gives_rows(receiver, method.name):
        return call_view(m, receiver, method.name, call)
    if method.name == "to_representation":
        represent(m, "declared", None, call.arg(0, "instance"))
        return PLAIN
    if method.name == "get_attribute":
        return _follow_source(m, call)
    return unknown(m, call)


def _follow_source(m: Machine, call: Call) -> Values:
    """``super().get_attribute(instance)`` of a field: its source, attribute by attribute."""
    names = getattr(m.receiver, "source_attrs", None)
    if names is None:
        return unknown(m, call)
    values = call.arg(0, "instance")
    if isinstance(m.receiver, ModelField):  # hands on the whole row
        return values
    for name in names:
        values = m.attribute(values, name)
        methods = frozenset(atom for atom in values if isinstance(atom, Method))
        if methods:
            values = (values - methods) | m.call(methods, Call(name=name, key=("source", name, call.key)))
    return values
