"""Calls: collecting the arguments, and what each kind of callee does with them."""

from __future__ import annotations

import ast
import functools
import operator
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from asgiref.sync import AsyncToSync, SyncToAsync
from django.core.paginator import Paginator
from django.db.models import Model
from django.db.models.manager import BaseManager
from django.db.models.query import QuerySet
from rest_framework.serializers import BaseSerializer

from . import containers, managers, objects, serializers
from .arguments import (
    RUNS_TEXT,
    SEES_NAMES,
    as_written,
    is_super,
    name_of,
    positional,
    show_names,
    super_value,
    unpacked,
)
from .awaiting import later
from .comparing import identify, look_up, render, tracked
from .escaping import escape
from .expressions import item
from .frames import Frame
from .functions import run_function, run_inner, unknown
from .knowledge import ANY_NUMBER, FUNCTIONS, by_module, text_method
from .machine import CALLS, EXPRESSIONS, Machine, rule
from .names import is_framework, static
from .pages import call_pagination, is_pagination, paginator_of
from .values import (
    NEVER,
    PLAIN,
    Box,
    Call,
    Func,
    Getter,
    Known,
    Many,
    Method,
    Partial,
    Query,
    Row,
    Self,
    Serializer,
    Values,
    known,
)  # fmt: skip


@rule(EXPRESSIONS, ast.Call)
def _call(m: Machine, frame: Frame, node: ast.Call) -> Values:
    if is_super(frame, node):
        return super_value(m, frame, node)
    callee = m.eval(frame, node.func)
    args, rest = positional(m, frame, node)
    kwargs: dict[str, Values] = {}
    for keyword in node.keywords:
        values = m.eval(frame, keyword.value)
        if keyword.arg is not None:
            kwargs[keyword.arg] = values
        else:
            rest = rest | unpacked(m, kwargs, values)
    m.place = frame.place(node)
    if (not node.args and callee & SEES_NAMES) or callee & RUNS_TEXT:
        show_names(m, frame)
    call = Call(tuple(args), kwargs, rest, name_of(node.func), (frame.key, node))
    return m.call(callee, as_written(frame, node, call) if _is_method(callee) else call)


def _is_method(callee: Values) -> bool:
    return any(isinstance(atom, Method) and isinstance(atom.owner, (Many, Known)) for atom in callee)


@rule(CALLS, object)
def _anything(m: Machine, atom: Any, call: Call) -> Values:
    """Something that is not known to be a function."""
    if isinstance(atom, Box) and static(atom.cls, "__call__") is not None and atom.kind == "object":
        return m.call(m.attribute(frozenset([atom]), "__call__"), call)
    if isinstance(atom, (Row, Box, Many)):
        escape(m, frozenset([atom]), "calls {it}")
    return unknown(m, call)


@rule(CALLS, Func)
def _inner(m: Machine, function: Func, call: Call) -> Values:
    return run_inner(m, function, call)


@rule(CALLS, Partial)
def _partial(m: Machine, partial: Partial, call: Call) -> Values:
    kwargs = dict(partial.kwargs) | call.kwargs
    return m.call(partial.callee, Call((*partial.args, *call.args), kwargs, call.rest, call.name, call.key))


@rule(CALLS, Getter)
def _getter(m: Machine, getter: Getter, call: Call) -> Values:
    found = [_get(m, call.arg(0) | call.rest, name, getter.items) for name in getter.names]
    if len(found) == 1:
        return found[0]
    box = m.box("tuple", "getter", call.key)
    for index, values in enumerate(found):
        m.put(box, ("slot", index), values)
    return frozenset([box])


def _get(m: Machine, values: Values, name: Any, items: bool) -> Values:
    if items:
        return item(m, values, known(name))
    for part in name.split("."):
        values = m.attribute(values, part)
    return values


@rule(CALLS, Known)
def _known(m: Machine, atom: Known, call: Call) -> Values:
    called = atom.object
    if called is None or type(called) in (str, int, float, bool, bytes, tuple):
        return NEVER  # a TypeError
    if _is_hashable(called) and (model := FUNCTIONS.get(called)):
        return unknown(m, call) if call.rest and called not in ANY_NUMBER else model(m, call)
    match called:
        case FunctionType():
            return by_module(m, called, call) or run_function(m, called, call)
        case MethodType(__func__=function, __self__=owner):
            return m.call(
                known(function), Call((known(owner), *call.args), call.kwargs, call.rest, call.name, call.key)
            )
        case SyncToAsync(func=function):
            return m.call(later(known(function)), call)
        case AsyncToSync(awaitable=function):
            return m.call(known(function), call)
        case functools.partial():
            args = tuple(known(value) for value in called.args)
            kwargs = tuple((name, known(value)) for name, value in called.keywords.items())
            return _partial(m, Partial(known(called.func), args, kwargs), call)
        case operator.attrgetter() | operator.itemgetter():
            names = called.__reduce__()[1]
            return _getter(m, Getter(tuple(names), isinstance(called, operator.itemgetter)), call)
        case type():
            return _made(m, called, call)
    return _callable_object(m, atom, call)


def _is_hashable(called: Any) -> bool:
    return type(called) in (FunctionType, BuiltinFunctionType) or type(called).__hash__ is type.__hash__  # type: ignore[comparison-overlap]


def _made(m: Machine, cls: type, call: Call) -> Values:
    """An object of a class: a serializer, a row that is new, an expression for a query, or anything else."""
    if issubclass(cls, BaseSerializer):
        return serializers.made(m, cls, call)
    if cls.__module__.startswith("django.db.models."):
        look_up(m, call.everything())
        return PLAIN
    if issubclass(cls, Paginator):
        return paginator_of(m, call.arg(0, "object_list") | call.rest, cls)
    if issubclass(cls, (Model, BaseException)):
        return unknown(m, call)
    if is_framework(cls) and not tracked(call.everything()):
        return PLAIN
    return objects.made(m, cls, call)


def _callable_object(m: Machine, atom: Known, call: Call) -> Values:
    """A callable that is no plain function: ``lru_cache``, an instance with ``__call__``, C code."""
    called = atom.object
    if isinstance(called, functools._lru_cache_wrapper):
        identify(m, call.everything())
        return m.call(known(called.__wrapped__), call)
    function = static(type(called), "__call__")
    if isinstance(function, FunctionType) and not is_framework(function):
        return run_function(
            m, function, Call((frozenset([atom]), *call.args), call.kwargs, call.rest, call.name, call.key)
        )
    if not tracked(call.everything()):
        return PLAIN
    return unknown(m, call)


@rule(CALLS, Method)
def _method(m: Machine, method: Method, call: Call) -> Values:
    owner = method.owner
    if isinstance(owner, Many):
        return managers.call_many(m, owner, method, call)
    if isinstance(owner, Query):
        return managers.call_query(m, method, call)
    if isinstance(owner, Serializer):
        return serializers.call_serializer(m, owner, method.name, call)
    if isinstance(owner, Self) and (method.function is None or is_framework(method.function)):
        return serializers.call_receiver(m, owner, method, call)
    if isinstance(owner, Box) and _is_stock_pagination(owner, method):
        return call_pagination(m, owner, method.name, call)
    if isinstance(method.function, (FunctionType, functools._lru_cache_wrapper)):
        bound = Call((frozenset([owner]), *call.args), call.kwargs, call.rest, method.name, call.key)
        if (
            isinstance(owner, Row)
            and is_framework(method.function)
            and method.function.__module__.startswith("django.db")
        ):
            return _stock(m, owner, method, call)
        return m.call(known(method.function), bound)
    if isinstance(owner, Box):
        return containers.call_box(m, owner, method.name, call)
    if isinstance(owner, Known):
        return _of_known(m, owner, method.name, call)
    escape(m, frozenset([owner]), f"calls {method.name}() of {{it}}")
    return unknown(m, call)


def _is_stock_pagination(box: Box, method: Method) -> bool:
    if box.kind == "object":
        return is_pagination(box.cls) and is_framework(method.function)
    return box.kind in ("paginator", "pagination") and (method.function is None or is_framework(method.function))


def _stock(m: Machine, row: Row, method: Method, call: Call) -> Values:
    """Django's own methods of a model."""
    if method.name == "__repr__":
        render(m, frozenset([row]))
    elif method.name in ("__str__", "__hash__", "__eq__"):
        row.node.identify(m.place)
        identify(m, call.everything())
    else:
        escape(m, frozenset([row]), f"calls {method.name}() of {{it}}")
        unknown(m, call)
    return PLAIN


def _of_known(m: Machine, owner: Known, name: str, call: Call) -> Values:
    """A method of a constant, of a manager, or of an object of somebody else's."""
    if isinstance(owner.object, (BaseManager, QuerySet)):
        return managers.call_own(m, owner, name, call)
    if isinstance(owner.object, str):
        return text_method(m, owner.object, name, call)
    if not tracked(call.everything()):
        return PLAIN
    found: Any = by_module(m, getattr(type(owner.object), name, None), call)
    return found or unknown(m, call)
