"""Where in the user's code a serializer, a field or a function stands."""

from __future__ import annotations

import functools
import inspect
import os
from itertools import takewhile
from typing import Any

from rest_framework.relations import ManyRelatedField
from rest_framework.serializers import ListSerializer

from ..notes import Origin
from .parsing import find_class


def field_origin(field: Any, kind: str = "field") -> Origin:
    """Return the origin of a bound DRF field: its serializer class, its name, and the line that declares it."""
    owner = enclosing_serializer(field)
    if owner is None:
        return class_origin(type(field), kind)
    name = field_name(field)
    cls: Any = type(owner)
    return Origin(cls.__name__, name, *_declaration(cls, name), kind)


def class_origin(cls: Any, kind: str) -> Origin:
    """Return the origin of a class as a whole."""
    file, line = class_place(cls)
    return Origin(cls.__name__, "", file, line, kind)


def function_place(function: Any) -> tuple[str, int]:
    """Return (file, line) of a function, ("", 0) where it has none."""
    code = getattr(inspect.unwrap(function) if callable(function) else function, "__code__", None)
    return (shorten(code.co_filename), code.co_firstlineno) if code else ("", 0)


def enclosing_serializer(field: Any) -> Any:
    """Return the serializer that holds ``field``, past list serializers and many-related fields, or None."""
    parent = field.parent
    while isinstance(parent, (ListSerializer, ManyRelatedField)):
        parent = parent.parent
    return parent


def field_name(field: Any) -> str:
    """Return the key of ``field`` in the response, also for the child of a list."""
    while isinstance(field.parent, (ListSerializer, ManyRelatedField)) and not field.field_name:
        field = field.parent
    return field.field_name or ""


def field_path(field: Any) -> str:
    """Return the dotted path of ``field`` in the response."""
    names: list[str] = []
    while field is not None:
        if field.field_name:
            names.append(field.field_name)
        field = field.parent
    return ".".join(reversed(names))


@functools.lru_cache(maxsize=4096)
def class_place(cls: Any) -> tuple[str, int]:
    """Return (file, line) of a class, ("", 0) where Python has no source for it."""
    found = find_class(cls)
    return (shorten(found[0]), found[1].line) if found else ("", 0)


@functools.lru_cache(maxsize=512)
def shorten(path: str) -> str:
    """Return ``path`` relative to the working directory where it lies below it."""
    base = os.getcwd() + os.sep
    return path[len(base) :] if path.startswith(base) else path


def is_installed(path: str) -> bool:
    """Return whether a file belongs to an installed package rather than to the project."""
    return "site-packages" in path or "dist-packages" in path


@functools.lru_cache(maxsize=4096)
def _declaration(serializer: Any, name: str) -> tuple[str, int]:
    """The line in which the nearest class of the MRO assigns ``name``, else that of the class."""
    own = takewhile(lambda cls: cls.__module__.split(".")[0] != "rest_framework", serializer.__mro__)
    for file, place in filter(None, map(find_class, own)):
        if name in place.assignments:
            return shorten(file), place.assignments[name]
    return class_place(serializer)
