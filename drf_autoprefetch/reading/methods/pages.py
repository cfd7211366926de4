"""Paginators and their pages: where the rows of a view are cut, and kept until the response is made."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import FunctionType
from typing import Any

from django.core.paginator import Paginator

from ..hints import hint_of
from .escaping import escape
from .machine import Machine
from .names import is_framework, static
from .values import ANY, NEVER, PLAIN, Box, Call, Many, Method, Row, Self, Values, known

#: What those classes keep on themselves beside the page.
_FACTS = (
    *("request", "base_url", "count", "limit", "offset", "cursor", "has_next", "has_previous", "ordering"),
    *("next_position", "previous_position", "display_page_controls", "page_size"),
)


@cache
def _classes() -> tuple[type, ...]:
    """The base of paginators, and those that DRF has. Their module reads settings, which may not be there at import."""
    from rest_framework import pagination

    stock = (pagination.PageNumberPagination, pagination.LimitOffsetPagination, pagination.CursorPagination)
    return (pagination.BasePagination, *stock)


def is_pagination(cls: Any) -> bool:
    """Whether instances of ``cls`` cut lists into pages."""
    return isinstance(cls, type) and issubclass(cls, (_classes()[0], Paginator))


def page_of(m: Machine, rows: Values) -> Values:
    """Return a page of ``rows``: a list that knows whom it was cut by."""
    return m.filled_box("page", rows, "page", rows)


def paginator_of(m: Machine, queryset: Values, cls: type = Paginator) -> Values:
    """Return Django's paginator over ``queryset``, or one of the project's own, each of whose methods may run."""
    box = m.box("paginator", queryset, cls, cls=cls)
    m.put(box, ANY, page_of(m, m.elements(queryset)))
    m.put(box, ("slot", "object_list"), queryset)
    with m.perhaps():
        for name in _own_names(cls):
            m.call(m.attribute(frozenset([box]), name), _call(name))
    return frozenset([box])


def pagination(m: Machine) -> Values:
    """Return the paginator of the view at hand, as its view sees it."""
    box = m.box("pagination", "of the view")
    m.put(box, ("slot", "page"), page_of(m, frozenset([Row(m.root)])))
    return frozenset([box])


def page_attribute(m: Machine, box: Box, name: str) -> Values:
    """Return an attribute of a page or of a paginator. What code keeps on one has gone out of sight as it did so."""
    if box.kind == "pagination":
        return _of_pagination(m, box, name)
    if name == "object_list":
        return box.slots.get(("slot", name)) or m.filled_box("list", box.elements(), "object_list", box)
    if name == "paginator":
        # It knows the whole list, of which no row is another than those of a page.
        return paginator_of(m, m.filled_box("list", box.elements(), "object_list", box))
    member = static(box.cls, name)
    if isinstance(member, FunctionType) and not is_framework(member):
        return frozenset([Method(box, name, member)])
    function = getattr(member, "func", None) or getattr(member, "fget", None)
    if function is not None and not is_framework(function):
        return m.call(known(function), Call((frozenset([box]),), name=name, key=("get", name, box)))
    is_list = box.kind == "page" and static(list, name) is not None
    return frozenset([Method(box, name)]) if is_list or name in ("page", "get_page") else PLAIN


def _of_pagination(m: Machine, box: Box, name: str) -> Values:
    if name in ("page", "_page"):
        return box.slots[("slot", "page")]
    if name == "paginate_queryset":
        return frozenset([Method(box, name)])
    is_own = name not in _FACTS and all(static(cls, name) is None for cls in _classes()[1:])
    escape(m, frozenset([box]) if is_own else NEVER, f"reads {name} of the paginator, which knows {{it}}")
    return PLAIN


def call_pagination(m: Machine, box: Box, name: str, call: Call) -> Values:
    """Call a method that Django or DRF defines on a page or paginator: none but these hands out rows, or reads them."""
    if name in ("page", "get_page", "_get_page") and box.kind == "paginator":
        return box.at(None)
    if name != "paginate_queryset":
        return PLAIN
    queryset = call.arg(0, "queryset") | call.rest
    rows = m.elements(queryset)
    if box.kind == "object":
        paginator_of(m, queryset, _paginator_class(box.cls))
        m.put(box, ("slot", "page"), page_of(m, rows))
    return m.filled_box("list", rows, "paginated", call.key) | known(None)


def paginate(m: Machine, cls: type) -> Values:
    """Run what DRF runs of a paginator of the project's own: first the page is cut, then the response is made.

    Methods with a hint are left to it.
    """
    box = m.box("object", "pagination", cls=cls)
    here: Values = frozenset([box])
    rows: Values = frozenset([Many(m.root, m.root, None, manager=False)])
    view: Values = frozenset([Self(type(m.receiver))])
    given = {
        "queryset": rows,
        "instance": frozenset([Row(m.root)]),
        "view": view,
        "paginator": paginator_of(m, rows, _paginator_class(cls)),
    }
    names = [name for name in _own_names(cls) if hint_of(static(cls, name)) is None]
    cut = Call((rows, PLAIN, view), name="paginate_queryset", key="cut")
    if "paginate_queryset" in names:
        shown = m.call(m.attribute(here, "paginate_queryset"), cut)
    else:
        shown = call_pagination(m, box, "paginate_queryset", cut)
    for name in names:
        if name != "paginate_queryset":
            m.call(m.attribute(here, name), _call(name, *(given.get(each, PLAIN) for each in _parameters(cls, name))))
    return shown


def _paginator_class(cls: Any) -> Any:
    return static(cls, "django_paginator_class", Paginator)


def _call(name: str, *args: Values) -> Call:
    """A call with whatever a method may want beside ``args``."""
    return Call((*args, *(PLAIN for _ in range(8))), name=name, key=("paginator", name))


def _own_names(cls: Any) -> Iterator[str]:
    """The names of all methods that the project wrote, in the order of their classes."""
    seen: dict[str, None] = {}
    for base in reversed(cls.__mro__[:-1]):
        seen |= dict.fromkeys(name for name, value in vars(base).items() if callable(_function(value)))
    return (name for name in seen if not is_framework(_function(static(cls, name))) and not _is_class(cls, name))


def _is_class(cls: Any, name: str) -> bool:
    return isinstance(static(cls, name), type)


def _function(value: Any) -> Any:
    for inner in ("fget", "func", "__func__"):
        value = getattr(value, inner, value)
    return value


def _parameters(cls: Any, name: str) -> tuple[str, ...]:
    """The parameters under which DRF hands things to a method of this name; none where DRF does not call it."""
    stock = next((static(base, name) for base in _classes()[1:] if isinstance(static(base, name), FunctionType)), None)
    code = getattr(stock, "__code__", None)
    return () if code is None else code.co_varnames[1 : code.co_argcount]
