"""``read_body``: the way in. A body is read once; what was found is told again for each field that uses it."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Hashable
from types import FunctionType, MethodType
from typing import Any

from django.utils.functional import cached_property

from ...exceptions import HintError
from ..hints import function_of
from ..locks import Lock
from ..requirements import Requirement
from ..told import told
from . import (
    attributes,
    builtin_functions,
    calling,
    comprehensions,
    containers,
    flow,
    library_functions,
    operators,
    statements,
)
from .binding import bind
from .escaping import escape, lose_late
from .machine import Machine, TooLong
from .names import static
from .pages import is_pagination, paginate
from .results import Reading, Subject, requirement_of, unread
from .trails import RETURNED, Node
from .values import NEVER, PLAIN, Box, Call, File, Func, Known, Many, Method, Row, Self, Values, known

#: The modules whose rules make up the language. Importing them registers the rules.
RULES = (
    attributes,
    builtin_functions,
    calling,
    comprehensions,
    containers,
    flow,
    library_functions,
    operators,
    statements,
)

_MAX_READINGS = 4096
_readings: OrderedDict[Hashable, tuple[Any, Reading]] = OrderedDict()
_lock = Lock()


def clear() -> None:
    """Forget every body that was read."""
    with _lock:
        _readings.clear()


def read_body(function: object, subject: Subject, *, argument: int | None = 0, many: bool = False) -> Requirement:
    """Return what ``function`` reads from its argument number ``argument``, not counting a bound ``self``.

    With ``many``, that argument is a list or queryset of rows; None stands for the handler of a view, which comes by
    its rows by itself. ``function`` may be a function, method, property,
    cached property, static or class method, partial, or anything else that is callable. Runs no query and none of
    the project's code, and raises nothing: what cannot be read is everything, with a note. Of the class of a
    paginator, all methods are read that DRF runs, and those that they call.
    """
    name = getattr(function_of(function), "__name__", type(function).__name__)
    try:
        return requirement_of(_reading(function, name, subject, (argument, many)), subject)
    except HintError:
        raise
    except Exception as error:  # a body that breaks the reader costs its model all columns, and no more
        return unread(subject, name, f"reading it failed with {type(error).__name__}: {error}")


def _reading(function: Any, name: str, subject: Subject, how: tuple[int | None, bool]) -> Reading:
    """Look the body up, or read it."""
    key, kept = _key(function, subject, how)
    with _lock:
        found = _readings.get(key)
        if found is not None:
            _readings.move_to_end(key)
            return found[1]
    reading = _read(function, name, subject, how)
    with _lock:
        _readings[key] = (kept, reading)
        while len(_readings) > _MAX_READINGS:
            _readings.popitem(last=False)
    return reading


def _key(function: Any, subject: Subject, how: tuple[int | None, bool]) -> tuple[Hashable, Any]:
    """What a reading depends on, and the objects that must live as long as their ids are used."""
    inner = function_of(function)
    receiver = subject.receiver
    cls = receiver if isinstance(receiver, type) else type(receiver)
    source = (tuple(getattr(receiver, "source_attrs", None) or ()), frozenset(told(receiver).items()))
    bound = getattr(function, "__self__", None)
    if isinstance(function, MethodType):  # of an instance, only the class is asked
        function, bound = function.__func__, bound if isinstance(bound, type) else type(bound)
    parts = (id(getattr(inner, "__code__", inner)), *map(id, _contents(inner)))
    key = (parts, type(function), id(bound), subject.model, cls, source, how, frozenset(subject.filled))
    return key, (function, inner, bound)


def _contents(function: Any) -> list[Any]:
    cells = getattr(function, "__closure__", None) or ()
    return [cell.cell_contents for cell in cells if _is_full(cell)]


def _is_full(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _read(function: Any, name: str, subject: Subject, how: tuple[int | None, bool]) -> Reading:
    """Read a body from its first line to its last."""
    root = Node(subject.model)
    argument, many = how
    m = Machine(root, subject.receiver, subject.filled)
    row: Values = frozenset([Row(root)])
    given: Values = frozenset([Many(root, root, None, manager=False)]) if many else row
    code = getattr(function_of(function), "__code__", None)
    m.place = (code.co_filename, code.co_firstlineno) if code is not None else ("", 0)
    args = _others(function) if argument is None else (*(PLAIN for _ in range(argument)), given, *_others(function))
    callee = _callee(m, function, subject)
    place = m.place
    m.stale = True
    try:
        while m.stale:
            m.stale, m.place = False, place
            m.known.clear()
            call = Call(args, name=name, key="root")
            if is_pagination(function):
                _returned(m, paginate(m, function))
            else:
                _returned(m, bind(m, Row(root), name, function) if callee is None else m.call(callee, call))
            lose_late(m)
    except (TooLong, RecursionError):
        return Reading(root, name, left=m.place)
    return Reading(root, name)


def _callee(m: Machine, function: Any, subject: Subject) -> Values | None:
    """The function with its ``self``; None for a property or the like of the model itself."""
    receiver = subject.receiver
    if isinstance(function, (property, cached_property, functools.cached_property)):
        return None
    if isinstance(function, MethodType):
        receiver, function = receiver or function.__self__, function.__func__
    if isinstance(function, staticmethod):
        return known(function.__func__)
    cls = receiver if isinstance(receiver, type) else type(receiver)
    if isinstance(function, classmethod):
        owner = subject.model if receiver is None else cls
        return frozenset([Method(Known(owner), function.__func__.__name__, function.__func__)])
    if receiver is None or not isinstance(function, FunctionType) or _is_static(cls, function):
        return known(function)
    if cls is not type(receiver) and isinstance(static(cls, function.__name__), classmethod):
        return frozenset([Method(Known(cls), function.__name__, function)])
    return frozenset([Method(Self(cls), function.__name__, function)])


def _is_static(cls: type, function: FunctionType) -> bool:
    found = static(cls, function.__name__)
    return isinstance(found, staticmethod) and found.__func__ is function


def _others(function: Any) -> tuple[Values, ...]:
    """Values for the parameters after the instance: the caller may pass anything."""
    code = getattr(function_of(function), "__code__", None)
    return tuple(PLAIN for _ in range(code.co_argcount)) if code is not None else ()


def _returned(m: Machine, values: Values, *, picked: bool = False) -> None:
    """Rows that the body gives back are read by whoever called it."""
    always = not picked and len(values) == 1 and values.isdisjoint(m.unsure)
    for atom in values:
        match atom:
            case Row(node=node) | Many(node=node):
                node.settle(RETURNED, always=always)
                node.returned.add(m.place)
                if isinstance(atom, Many):
                    node.touch(m.place, always=always)
            case Box() if not m.escaped.get((atom, "returned")):
                m.escaped[(atom, "returned")] = 1
                _returned(m, atom.everything(), picked=True)
            case File() | Func() | Method():
                escape(m, NEVER if isinstance(atom, File) else frozenset([atom]), "returns {it}")
