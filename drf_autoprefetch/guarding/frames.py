"""What the frames of the stack are, told by the identity of their code: nothing of Django or DRF is patched."""

from __future__ import annotations

import enum
import inspect
import os
import sys
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from types import CodeType, FrameType
from typing import Any

import django
from django.db.models import query
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor, ReverseOneToOneDescriptor
from django.db.models.query_utils import DeferredAttribute

from ..loading.peers import heal
from .streams import STEPS


class Role(enum.Enum):
    """What a frame tells about the query that is run below it."""

    NOTHING = enum.auto()
    #: Code of the project's own.
    PROJECT = enum.auto()
    #: A method of Django's querysets.
    QUERYSET = enum.auto()
    #: A relation or a column of one instance is loaded.
    DESCRIPTOR = enum.auto()
    #: The same for many instances at once, as Django 6.1 may.
    PEERS = enum.auto()
    #: The same where rows are healed.
    HEAL = enum.auto()
    #: Related rows are loaded for many instances because somebody asked for that.
    PREFETCH = enum.auto()
    #: A serializer shows a row, field by field.
    SERIALIZER = enum.auto()
    #: Any other field, or a serializer of the project's own, gets or shows a value.
    FIELD = enum.auto()
    #: A look-up that is kept for the life of the process.
    KEPT = enum.auto()
    #: Where a view begins, or goes on while its response streams.
    VIEW = enum.auto()


_PEERS = (ForwardManyToOneDescriptor, ReverseOneToOneDescriptor, DeferredAttribute)
_KEPT = ("get_for_id", "get_for_model", "get_for_models", "get_by_natural_key")
_OPTIONAL = (
    "django.contrib.contenttypes.fields",
    "django.contrib.contenttypes.models",
    "rest_framework.serializers",
    "rest_framework.views",
)
_SHOWS = frozenset({"get_attribute", "to_representation"})
_QUERYSETS: str = query.__file__
_LIMIT = 20_000

#: By the identity of the code: to compare code with code takes as long as to look at all of it.
_roles: dict[int, tuple[Role, CodeType]] = {}
#: Of code whose role is known, by its identity and instruction.
_points: dict[tuple[int, int], int] = {}


def role(code: CodeType) -> Role:
    """Return what a frame of ``code`` is."""
    # Whose code is kept here cannot give its identity to another.
    found = _roles.get(id(code))
    if found is None:
        if len(_roles) >= _LIMIT:
            _roles.clear()
            _points.clear()
        found = _roles[id(code)] = _role(code), code
    return found[0]


def point_of(frame: FrameType) -> int:
    """Return the same number whenever a frame of the same code is at the same expression.

    ``f_lasti`` alone does not tell: Python 3.12 sets it further on once it has specialised an instruction.
    """
    code = frame.f_code
    key = id(code), frame.f_lasti
    found = _points.get(key)
    if found is None:
        found = _points[key] = hash((id(code), _position(frame.f_lasti, code)))
    return found


def _position(instruction: int, code: CodeType) -> object:
    # Python 3.10 knows none, and specialises nothing.
    positions = getattr(code, "co_positions", None)
    return instruction if positions is None else next(islice(positions(), max(instruction, 0) // 2, None))


def _role(code: CodeType) -> Role:
    known = _known(*(name in sys.modules for name in _OPTIONAL)).get(id(code))
    if known is not None:
        return known[0]
    if code.co_name in _SHOWS and code.co_argcount >= 2:
        return Role.FIELD
    if code.co_filename == _QUERYSETS:
        return Role.QUERYSET
    return Role.PROJECT if is_project(code.co_filename) else Role.NOTHING


@lru_cache(maxsize=16)
def _known(*imported: bool) -> dict[int, tuple[Role, CodeType]]:
    """The code that is known by itself. What is not imported has no frame."""
    modules = [sys.modules[name] for name, there in zip(_OPTIONAL, imported, strict=True) if there]
    known = [(query.prefetch_related_objects, Role.PREFETCH), (heal, Role.HEAL)]
    # What comes above is the server, and middleware, taking the next step of what a view has begun.
    known += [(step, Role.VIEW) for step in STEPS]
    known += [*_loading(), *(each for module in modules for each in _in_module(module))]
    # Code that is equal may be another function's, and code that has run may not be equal to itself.
    return {id(code): (its_role, code) for code, its_role in ((_code(function), role) for function, role in known)}


def _loading() -> Iterator[tuple[Any, Role]]:
    for descriptor in _PEERS:
        yield descriptor.__get__, Role.DESCRIPTOR
        if hasattr(descriptor, "fetch_many"):
            yield descriptor.fetch_many, Role.PEERS


def _in_module(module: Any) -> Iterator[tuple[Any, Role]]:
    # Before Django 6.1 a generic foreign key is its own descriptor.
    generic = getattr(module, "GenericForeignKeyDescriptor", getattr(module, "GenericForeignKey", None))
    if generic is not None:
        yield generic.__get__, Role.DESCRIPTOR
        if hasattr(generic, "fetch_many"):
            yield generic.fetch_many, Role.PEERS
    elif hasattr(module, "ContentTypeManager"):
        yield from ((getattr(module.ContentTypeManager, name), Role.KEPT) for name in _KEPT)
    elif hasattr(module, "ListSerializer"):
        yield module.Serializer.to_representation, Role.SERIALIZER
    else:
        yield module.APIView.dispatch, Role.VIEW


def _code(function: Any) -> CodeType:
    code: CodeType = inspect.unwrap(function).__code__
    return code


@lru_cache(maxsize=4096)
def is_project(path: str) -> bool:
    """Return whether a file is the project's own: of no package that is installed, not of Python, not of ours."""
    if path.startswith("<") or "site-packages" in path or "dist-packages" in path:
        return False
    return not path.startswith(_foreign())


@lru_cache(maxsize=1)
def _foreign() -> tuple[str, ...]:
    from rest_framework import __file__ as framework

    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folders = [ours, os.path.dirname(str(django.__file__)), os.path.dirname(str(framework))]
    return tuple(folder + os.sep for folder in (*folders, sysconfig.get_path("stdlib")))
