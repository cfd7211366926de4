"""Who reads: the fields that are shown and the project's functions that have been handed a row, by the stack."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import django
from django.db.models import Model

from ..frames import Role, is_project, role
from .seen import Field, Function

#: What Django reads there keeps its relations working, and so does what this library reads.
_DJANGO = os.path.dirname(str(django.__file__)) + os.sep
_OURS = str(Path(__file__).parents[2]) + os.sep
_MACHINERY = (
    _OURS,
    *(
        os.path.join(_DJANGO, *part.split("/"))
        for part in (
            "contrib/contenttypes/fields",
            "contrib/contenttypes/prefetch",
            "db/models/fields/files",
            "db/models/fields/mixins",
            "db/models/fields/related",
            "db/models/query",
        )
    ),
)
#: Copies and pickles are read where nobody looks.
LEAVING = frozenset({"__reduce__", "__reduce_ex__", "__getstate__", "__copy__", "__deepcopy__"})


@dataclass(frozen=True, slots=True)
class Place:
    """A function and the row that it was handed, or a field and the row that it shows; the other is None."""

    row: Any
    function: Function | None = None
    field: Field | None = None


@lru_cache(maxsize=4096)
def is_machinery(path: str) -> bool:
    """Return whether a file is part of what loads rows, of Django's or ours."""
    return path.startswith(_MACHINERY)


@lru_cache(maxsize=4096)
def is_django(path: str) -> bool:
    """Return whether a file is Django's own, or ours: both look at all that stands on a row to find one thing."""
    return path.startswith((_DJANGO, _OURS))


def places(frame: FrameType | None) -> Iterator[Place]:
    """Yield where ``frame`` was called from, nearest first, up to the view."""
    while frame is not None:
        code = frame.f_code
        its_role = role(code)
        if its_role is Role.VIEW:
            return
        if its_role is Role.SERIALIZER:
            values = frame.f_locals
            if values.get("field") is not None:
                yield Place(values["instance"], field=Field(type(values["self"]), values["field"].field_name))
        elif its_role in (Role.PROJECT, Role.FIELD) and is_project(code.co_filename):
            row = _handed(code, frame)
            if row is not None:
                yield Place(row, function_of(code))
        frame = frame.f_back


def _handed(code: CodeType, frame: FrameType) -> Any:
    if code.co_name.startswith("<"):
        return None
    values = frame.f_locals
    handed = (values.get(name) for name in code.co_varnames[: code.co_argcount])
    # To ask what is loaded lazily for its class would load it.
    return next((value for value in handed if issubclass(type(value), Model)), None)


def function_of(code: CodeType) -> Function:
    """Return the function that ``code`` is of."""
    # Code is compared by all that is in it; its identity is as good while it is kept here.
    found = _functions.get(id(code))
    if found is None:
        lines = [line for *_, line in code.co_lines() if line]
        name = getattr(code, "co_qualname", code.co_name)
        function = Function(code.co_filename, code.co_firstlineno, max(lines, default=code.co_firstlineno), name)
        found = _functions[id(code)] = function, code
    return found[0]


_functions: dict[int, tuple[Function, CodeType]] = {}
