"""What reading an attribute of each kind of value gives."""

from __future__ import annotations

from types import FunctionType, MemberDescriptorType, ModuleType
from typing import Any

from django.db.models import Manager, Model
from django.db.models.fields.files import FieldFile, FileDescriptor, ImageFieldFile
from django.db.models.manager import ManagerDescriptor

from ..attributes import Code, Column, get_attribute, get_column
from ..hints import hint_of
from ..relations import Relation
from ..told import told
from .binding import bind, class_of
from .escaping import escape, look
from .following import follow
from .machine import ATTRIBUTES, Machine, rule
from .names import assigned_names, attribute, next_in_mro, static
from .pages import page_attribute, pagination
from .probing import ANY_RELATION, probe
from .trails import Node
from .values import (
    NEVER,
    OTHER,
    PLAIN,
    Above,
    Box,
    File,
    Known,
    Method,
    Query,
    Row,
    Self,
    Serializer,
    Super,
    Values,
    known,
)  # fmt: skip
from .views import is_rows, rows

_FILE = ("name", "field", "storage")


@rule(ATTRIBUTES, Row)
def _row(m: Machine, row: Row, name: str) -> Values:
    node, model = row.node, row.node.model
    if name == "__class__":
        return known(model)
    if name == "_state":
        return frozenset([Method(row, name)])
    if name in ("__dict__", "_prefetched_objects_cache"):
        return _private(m, row, name)
    match get_attribute(model, name):
        case Column(names=names):
            node.read(names, m.place)
            return _column(node, name)
        case Relation() as relation:
            return follow(m, node, relation)
        case Code(function=function):
            return _code(m, row, name, function)
        case _:
            return _inert(m, node, name)


def _private(m: Machine, row: Row, name: str) -> Values:
    """What Django keeps beside the columns tells which relations are loaded."""
    look(m, frozenset([row]), f"reads {name} of {{it}}")
    if name != "__dict__":
        probe(m, frozenset([row]), [ANY_RELATION])
    return PLAIN


def _column(node: Node, name: str) -> Values:
    descriptor = static(node.model, name)
    if not isinstance(descriptor, FileDescriptor):
        return PLAIN
    return frozenset([File(node)])


def _code(m: Machine, row: Row, name: str, function: Any) -> Values:
    """A property or method: its hint, else its body."""
    column = get_column(row.node.model, name)
    if column is not None:
        row.node.read(column.names, m.place)
    if hint_of(function) is not None:
        row.node.hinted[id(function)] = (function, m.place)
        row.node.settle(id(function), always=m.runs_for(row.node))
        return PLAIN
    return bind(m, row, name, function)


def _inert(m: Machine, node: Node, name: str) -> Values:
    """A constant of the model's class, or something that was set on the instance from outside."""
    edge = m.filled.get((node.model, name))
    if edge is not None and not node.detached:
        return _filled(m, node, edge)
    found = static(node.model, name)
    if isinstance(found, (staticmethod, classmethod)):
        return bind(m, Row(node), name, found)
    return known(found) if isinstance(found, (type, str, int, tuple)) else PLAIN


def _filled(m: Machine, node: Node, edge: Any) -> Values:
    """The list that a declared ``Prefetch(to_attr=…)`` fills."""
    found = NEVER
    for model in edge.targets:
        child = node.child(edge.relation, model, edge)
        m.touch(child)
        found = found | {Row(child)}
    return m.filled_box("list", found, "filled", node, edge.name)


@rule(ATTRIBUTES, File)
def _file(m: Machine, file: File, name: str) -> Values:
    """Django's own file values answer by themselves; those of a project may look at their row."""
    if name == "instance":
        return frozenset([Row(file.node)])
    if name not in _FILE and static(FieldFile, name) is None and static(ImageFieldFile, name) is None:
        escape(m, frozenset([file]), f"reads {name} of a file of {{it}}")
    return PLAIN


@rule(ATTRIBUTES, Known)
def _known(m: Machine, found: Known, name: str) -> Values:
    owner = found.object
    if isinstance(owner, type):
        return _class_attribute(m, owner, name)
    if type(owner).__module__ == "builtins" or isinstance(owner, Manager):
        return attribute(owner, name) if isinstance(owner, ModuleType) else frozenset([Method(found, name)])
    member = static(type(owner), name) if name not in getattr(owner, "__dict__", ()) else None
    if isinstance(member, (FunctionType, property, staticmethod, classmethod)):
        return bind(m, found, name, member)
    return frozenset([Method(found, name)])


def _class_attribute(m: Machine, cls: type, name: str) -> Values:
    member = static(cls, name)
    match member:
        case ManagerDescriptor():
            return known(vars(member)["manager"])
        case staticmethod(__func__=function):
            return known(function)
        case classmethod(__func__=function):
            return frozenset([Method(Known(cls), name, function)])
        case FunctionType() | type() | str() | int() | tuple():
            return known(member)
    if issubclass(cls, Model) or member is None:
        return PLAIN
    if cls.__module__ in ("builtins", "itertools"):
        return known(getattr(cls, name))
    return known(member) if callable(member) else PLAIN


@rule(ATTRIBUTES, Self)
def _self(m: Machine, receiver: Self, name: str) -> Values:
    if is_rows(receiver, name):
        return _rows_of_view(m, receiver, name)
    if name in ("parent", "root"):
        return frozenset([Above()])
    if name == "instance":
        return frozenset([Row(m.root), OTHER])
    if name == "__class__":
        return known(receiver.cls)
    if name == "child" and hasattr(receiver.cls, "to_representation"):
        return frozenset([Serializer((None, NEVER))])
    kept = told(m.receiver).get(name) if receiver.cls is type(m.receiver) else None
    if kept is not None and name not in assigned_names(receiver.cls, later=True):
        return known(kept)
    member = static(receiver.cls, name)
    module = getattr(getattr(member, "fget", getattr(member, "func", member)), "__module__", "") or ""
    if member is None or (module.startswith("rest_framework") and not isinstance(member, FunctionType)):
        return PLAIN
    if isinstance(member, (FunctionType, staticmethod, classmethod, type)) or hasattr(type(member), "__get__"):
        return bind(m, receiver, name, member)
    return (
        known(member) if name not in assigned_names(receiver.cls) and isinstance(member, (str, int, tuple)) else PLAIN
    )


def _rows_of_view(m: Machine, receiver: Self, name: str) -> Values:
    if name in ("paginator", "_paginator"):
        return pagination(m)
    return rows(m) if name == "queryset" else frozenset([Method(receiver, name)])


@rule(ATTRIBUTES, Above)
def _above(m: Machine, above: Above, name: str) -> Values:
    """Only the context is free of rows up there."""
    if name in ("context", "_context"):
        return PLAIN
    if name in ("parent", "root"):
        return frozenset([above])
    escape(m, frozenset([above]), f"reads {name} of {{it}}")
    return PLAIN


@rule(ATTRIBUTES, Super)
def _super(m: Machine, found: Super, name: str) -> Values:
    if name == "__class__":
        return known(class_of(found.owner))
    member = next_in_mro(class_of(found.owner), found.cls, name)
    if member is None:
        return frozenset([Method(found.owner, name)])
    if member is object.__init__:
        return known(member)
    return bind(m, found.owner, name, member)


@rule(ATTRIBUTES, Query)
def _by_name(m: Machine, owner: Any, name: str) -> Values:
    return frozenset([Method(owner, name)])


@rule(ATTRIBUTES, Method)
def _method(m: Machine, method: Method, name: str) -> Values:
    """An attribute of something that is known by name only."""
    if isinstance(method.owner, Known):
        return frozenset([Method(method.owner, name)])
    if isinstance(method.owner, Row) and method.name == "_state":
        return PLAIN if name in ("adding", "db") else _private(m, method.owner, f"_state.{name}")
    if name not in ("__name__", "__qualname__", "__doc__"):
        escape(m, frozenset([method]), f"reads {name} of a method of {{it}}")
    return PLAIN


@rule(ATTRIBUTES, Box)
def _box(m: Machine, box: Box, name: str) -> Values:
    if box.kind in ("page", "paginator", "pagination"):
        return page_attribute(m, box, name)
    if box.kind != "object":
        return frozenset([Method(box, name)])
    found = box.slots.get(("slot", name), NEVER)
    member = static(box.cls, name)
    if member is None or isinstance(member, MemberDescriptorType):
        return found or PLAIN
    return found | bind(m, box, name, member)
