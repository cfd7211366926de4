"""Functions whose meaning is known: Python's own, and a few of Django's that are given rows all the time."""

from __future__ import annotations

import asyncio
import itertools
import string
from collections.abc import Callable
from typing import Any

from .comparing import render
from .escaping import escape, look
from .machine import Machine
from .values import NEVER, PLAIN, Box, Call, Values, known

Model = Callable[[Machine, Call], Values]

#: What each known function does. The modules beside this one fill it.
FUNCTIONS: dict[Any, Model] = {}

#: Those that take any number of arguments, all alike. Others are not known where ``*args`` or ``**kwargs`` hide which
#: argument is which: one of them may be a function that is given every row.
ANY_NUMBER = (zip, print, itertools.chain, asyncio.gather)


def means(*functions: Any) -> Callable[[Model], Model]:
    """Register what ``functions`` do."""

    def register(model: Model) -> Model:
        for function in functions:
            FUNCTIONS[function] = model
        return model

    return register


def by_module(m: Machine, function: Any, call: Call) -> Values:
    """Do what a library function does that is known by its module and name; nothing at all where it is not known."""
    module, name = getattr(function, "__module__", None) or "", getattr(function, "__name__", "")
    if module.startswith("django.utils.translation"):
        return call.arg(0) if name.startswith("gettext") or name == "_trans" else PLAIN
    if module == "logging" or (module, name) in _SHOWS:
        render(m, call.everything())
        return PLAIN
    if module == "copy" and name in ("copy", "deepcopy"):
        return _copied(m, call)
    if (module, name.removeprefix("a")) in _QUERIES:
        return _queried(m, name.removeprefix("a"), call)
    return NEVER


_SHOWS = {
    ("django.utils.html", "escape"),
    ("django.utils.encoding", "force_str"),
    ("django.utils.encoding", "smart_str"),
    ("django.utils.text", "slugify"),
    ("django.urls.base", "reverse"),
    ("rest_framework.reverse", "reverse"),
}
_QUERIES = {
    ("django.shortcuts", "get_object_or_404"),
    ("django.shortcuts", "get_list_or_404"),
    ("rest_framework.generics", "get_object_or_404"),
}


def _copied(m: Machine, call: Call) -> Values:
    """A copy of a list holds the same rows; a copy of a row knows all that the row knows."""
    values = call.arg(0)
    boxes = frozenset(atom for atom in values if isinstance(atom, Box))
    escape(m, values - boxes, "copies {it}")
    return boxes | (PLAIN if values != boxes else NEVER)


def _queried(m: Machine, name: str, call: Call) -> Values:
    method = "get" if name == "get_object_or_404" else "filter"
    rest = Call(call.args[1:], call.kwargs, call.rest, method, call.key, call.text, call.constant, call.local)
    return m.call(m.attribute(call.arg(0, "klass"), method), rest)


def text_method(m: Machine, text: str, name: str, call: Call) -> Values:
    """Call a method of a text that is known."""
    if name == "format":
        _formatted(m, text, call)
    elif name == "join":
        m.elements(call.arg(0))
    else:
        escape(m, call.everything(), f"passes {{it}} to {name}()")
    return PLAIN


def _formatted(m: Machine, text: str, call: Call) -> None:
    """``"{0.title} of {person.name}".format(book, person=author)`` reads attributes by their names."""
    fields = [(field, spec) for _, field, spec, _ in string.Formatter().parse(text) if field is not None]
    automatic = itertools.count()
    for field, spec in fields:
        first, *names = field.split(".")
        found = (
            call.arg(int(first or next(automatic))) if first.isdecimal() or not first else call.kwargs.get(first, NEVER)
        )
        if "[" in field or "{" in (spec or "") or call.rest:
            look(m, call.everything(), "formats {it} by attribute")
            names = []
        for name in names:
            found = m.attribute(found, name)
        render(m, found)


def each(m: Machine, call: Call, index: int = 0) -> Values:
    """Return the elements of one argument."""
    return m.elements(call.arg(index) | call.rest)


def called(m: Machine, function: Values, call: Call, *args: Values) -> Values:
    """Call a function that was passed as an argument; None stands for no function."""
    functions = function - known(None)
    with m.perhaps():
        return m.call(functions, Call(args, name="key", key=(call.key, "called"))) if functions else NEVER


def called_late(m: Machine, function: Values, call: Call, *args: Values) -> Values:
    """Call such a function whenever somebody asks for the next value: names may have changed by then."""
    m.lazy += 1
    found = called(m, function, call, *args)
    m.lazy -= 1
    return found
