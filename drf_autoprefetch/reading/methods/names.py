"""Looking things up on classes and objects without running any of their code."""

from __future__ import annotations

import dis
import functools
import inspect
import sys
from types import CellType, FunctionType, ModuleType
from typing import Any

from ..settling import is_settled
from .values import NEVER, PLAIN, Values, known

_MISSING = object()

#: Code that is not read: what it does with rows is known, or not worth the time.
_SEALED = ("django.db", "django.core", "django.dispatch", "django.template", "django.forms", "rest_framework")


def static(owner: Any, name: str, default: Any = None) -> Any:
    """Return what stands under ``name``, descriptors as they are."""
    return inspect.getattr_static(owner, name, default)


@functools.cache
def is_sealed_module(module: str) -> bool:
    """Whether a module belongs to the standard library or to the inside of a framework."""
    root = module.split(".")[0]
    return root in sys.stdlib_module_names or any(module == name or module.startswith(f"{name}.") for name in _SEALED)


def is_sealed(function: Any) -> bool:
    """Whether ``function`` belongs to the standard library or to the inside of a framework."""
    code = getattr(function, "__code__", None)
    return (
        not isinstance(function, FunctionType)
        or code is None
        or is_sealed_module(function.__globals__.get("__name__", ""))
    )


def is_framework(function: Any) -> bool:
    """Whether Django, DRF or adrf itself defines ``function``: what it reads is then known by its name."""
    module = getattr(function, "__module__", None) or ""
    return module.split(".")[0] in ("django", "rest_framework", "adrf") or is_settled(function)


def cells(function: FunctionType) -> dict[str, Values]:
    """Return what the free variables of a function hold."""
    pairs = zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
    return {name: _content(cell) for name, cell in pairs}


def _content(cell: CellType) -> Values:
    try:
        return known(cell.cell_contents)
    except ValueError:
        return NEVER


def defining_class(function: FunctionType) -> type | None:
    """Return the class in whose body a method that says ``super()`` was written."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        if name == "__class__" and isinstance(cell.cell_contents, type):
            return cell.cell_contents
    return None


def mangling(qualname: str) -> str:
    """Return the class name that private names are prefixed with inside a function."""
    parts = qualname.split(".")
    return parts[-2].lstrip("_") if len(parts) > 1 and parts[-2] != "<locals>" else ""


def mangled(name: str, cls: str) -> str:
    """Return the name under which a private attribute is found."""
    return f"_{cls}{name}" if cls and name.startswith("__") and not name.endswith("__") else name


def attribute(owner: ModuleType, name: str) -> Values:
    """Return an attribute of a module that exists before the body runs."""
    return known(vars(owner)[name]) if name in vars(owner) else PLAIN


def next_in_mro(cls: type, after: type, name: str) -> Any:
    """Return what ``super(after, self).name`` finds where ``self`` is a ``cls``."""
    mro = cls.__mro__
    rest = mro[mro.index(after) + 1 :] if after in mro else ()
    for base in rest:
        if name in vars(base):
            return vars(base)[name]
    return None


@functools.lru_cache(maxsize=512)
def assigned_names(cls: type, *, later: bool = False) -> frozenset[str]:
    """Return the attributes that methods of ``cls`` assign on some object, those of frameworks when they make it.

    With ``later``, those that the project's own methods assign after the object was made.
    """
    found: set[str] = set()
    for base in cls.__mro__:
        for name, function in vars(base).items():
            function = getattr(function, "__func__", function)
            made = name == "__init__"
            if isinstance(function, FunctionType) and (not is_sealed(function) or made) and not (later and made):
                found.update(
                    str(step.argval)
                    for step in dis.get_instructions(function)
                    if step.opname in ("STORE_ATTR", "DELETE_ATTR")
                )
    return frozenset(found)
