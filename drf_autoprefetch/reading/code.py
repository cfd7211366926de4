"""Code of a project's own: what there is, by whom it is written, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from types import CodeType
from typing import Any

from ..notes import Origin
from .hints import function_of
from .origins import function_place
from .settling import is_settled

#: adrf shows what DRF shows, and awaits it.
_FRAMEWORKS = ("django", "rest_framework", "adrf", "drf_autoprefetch")


def at(origin: Origin, code: Any, kind: str) -> Origin:
    """Return ``origin`` moved to where ``code`` is written."""
    file, line = function_place(function_of(code))
    return replace(origin, file=file or origin.file, line=line or origin.line, kind=kind)


def is_stock(function: Any) -> bool:
    """Return whether Django or DRF itself defines ``function``, which is then known to read no more than it says."""
    module = getattr(function_of(function), "__module__", None) or ""
    return module.split(".")[0] in _FRAMEWORKS or is_settled(function_of(function))


def own_code(instance: Any, name: str) -> Any:
    """Return the function behind ``instance.name`` where it is a project's own, None where Django or DRF define it."""
    cls: Any = type(instance)
    return own_code_of(cls, name)


@lru_cache(maxsize=8192)
def own_code_of(cls: Any, name: str) -> Any:
    """Return what ``own_code()`` returns for instances of ``cls``."""
    function = find(cls, name)
    return None if function is None or is_stock(function) else function


def find(cls: type, name: str) -> Any:
    """Return the function that instances of ``cls`` run under ``name``, as if this library were not among its bases."""
    for base in cls.__mro__[:-1]:
        if name in base.__dict__ and base.__module__.split(".")[0] != "drf_autoprefetch":
            return function_of(base.__dict__[name])
    return None


def names_used(function: Any) -> frozenset[str] | None:
    """Return every name that the code of ``function`` uses, in functions inside it too; None where it has no code."""
    code = getattr(function, "__code__", None)
    return None if code is None else _names_in(code)


@lru_cache(maxsize=4096)
def _names_in(code: CodeType) -> frozenset[str]:
    return frozenset(name for each in codes_in(code) for name in each.co_names)


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """Yield ``code``, and the code of the lambdas, comprehensions and functions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes_in(constant)
