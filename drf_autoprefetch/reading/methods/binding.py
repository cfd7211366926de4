"""Binding: what a class attribute gives when it is read from an instance."""

from __future__ import annotations

import functools
from types import FunctionType, GetSetDescriptorType, MethodDescriptorType, WrapperDescriptorType
from typing import Any

from asgiref.sync import AsyncToSync, SyncToAsync
from django.utils.functional import cached_property

from .awaiting import later
from .machine import Machine
from .managers import classes
from .names import static
from .values import (
    PLAIN,
    Box,
    Call,
    Known,
    Many,
    Method,
    Query,
    Row,
    Self,
    Super,
    Values,
    known,
)  # fmt: skip


def bind(m: Machine, owner: Any, name: str, found: Any) -> Values:
    """Return what a class attribute gives when it is read from an instance: properties run, functions are bound."""
    here: Values = frozenset([owner])
    match found:
        case property(fget=getter):
            return m.call(known(getter), Call((here,), name=name, key=("get", name, owner)))
        case cached_property(func=getter) | functools.cached_property(func=getter):
            return m.call(known(getter), Call((here,), name=name, key=("get", name, owner)))
        case staticmethod(__func__=function):
            return known(function)
        case classmethod(__func__=function):
            return frozenset([Method(Known(class_of(owner)), name, function)])
        case SyncToAsync(func=function):
            return later(bind(m, owner, name, function))
        case AsyncToSync(awaitable=function):
            return bind(m, owner, name, function)
        case FunctionType() | functools.partialmethod() | functools._lru_cache_wrapper():
            return frozenset([Method(owner, name, found)])
        case GetSetDescriptorType() | WrapperDescriptorType() | MethodDescriptorType():
            return frozenset([Method(owner, name)])
    getter = static(type(found), "__get__")
    if getter is None:
        return known(found)
    return m.call(known(getter), Call((known(found), here, PLAIN), name=f"{name}.__get__", key=("get", name, owner)))


def class_of(owner: Any) -> Any:
    """Return the class whose methods a value has."""
    match owner:
        case Row(node=node):
            return node.model
        case Self(cls=cls) | Box(cls=cls) | Super(cls=cls):
            return cls
        case Known(object=found):
            return found if isinstance(found, type) else type(found)
        case Many(node=node, manager=manager):
            return classes(node.model, manager)[0]
        case Query(model=model) if model is not None:
            return classes(model, False)[0]
    return object
