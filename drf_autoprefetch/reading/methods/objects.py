"""Objects of a project's own classes that a body makes: presenters, calculators, dataclasses."""

from __future__ import annotations

import dataclasses
import functools
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import Any

from .functions import unknown
from .machine import Machine
from .names import is_sealed, is_sealed_module, static
from .values import Call, Method, Values, known

_FOLLOWED = ("__init__", "__post_init__", "__call__", "__init_subclass__", "__class_getitem__", "__replace__")
_HOOKS = ("__getattr__", "__getattribute__", "__setattr__", "__new__", "__delattr__")


def made(m: Machine, cls: type, call: Call) -> Values:
    """Make an object of ``cls``, whose attributes are known where its class is an ordinary one."""
    if not _is_ordinary(cls):
        return unknown(m, call)
    box = m.box("object", cls, call.key, cls=cls)
    start = static(cls, "__init__")
    if isinstance(start, FunctionType) and not is_sealed(start) and not dataclasses.is_dataclass(cls):
        m.call(frozenset([Method(box, cls.__name__, start)]), call)
    elif dataclasses.is_dataclass(cls):
        _fill(m, box, cls, call)
    elif start is not object.__init__:
        return unknown(m, call)
    return frozenset([box])


@functools.lru_cache(maxsize=512)
def _is_ordinary(cls: Any) -> bool:
    """Whether it is a class of the project, and nothing stands between an attribute and its value."""
    if is_sealed_module(cls.__module__) or static(type(cls), "__call__") is not static(type, "__call__"):
        return False
    if any(base.__module__ == "builtins" for base in cls.__mro__[:-1]):
        return False
    if any(static(cls, name) is not static(object, name) for name in _HOOKS):
        return False
    own = {name: value for base in cls.__mro__[:-1] for name, value in vars(base).items()}
    return not any(_runs_unseen(name, value, dataclasses.is_dataclass(cls)) for name, value in own.items())


def _runs_unseen(name: str, value: Any, is_dataclass: bool) -> bool:
    """Whether Python runs ``value`` where no call is written: an operator, a loop, a test of truth, an assignment."""
    if not name.startswith("__"):
        return hasattr(type(value), "__set__") and not isinstance(
            value, (property, GetSetDescriptorType, MemberDescriptorType)
        )
    generated = is_dataclass and name in ("__eq__", "__repr__", "__hash__")
    return isinstance(value, FunctionType) and name not in _FOLLOWED and not generated


def _default(m: Machine, field: Any, box: Any) -> Values:
    if field.default_factory is not dataclasses.MISSING:
        return m.call(known(field.default_factory), Call(name=field.name, key=("default", field.name, box)))
    return known(field.default)


def _fill(m: Machine, box: Any, cls: Any, call: Call) -> None:
    """The ``__init__`` of a dataclass stores each argument under its name."""
    fields = [field for field in dataclasses.fields(cls) if field.init]
    for index, field in enumerate(fields):
        values = call.arg(index, field.name) | call.rest
        m.put(box, ("slot", field.name), values or _default(m, field, box))
    after = static(cls, "__post_init__")
    if after is not None:
        m.call(frozenset([Method(box, "__post_init__", after)]), Call(name="__post_init__", key=("post", box)))
