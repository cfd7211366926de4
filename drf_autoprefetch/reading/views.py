"""What a view reads from its rows beside the serializer: permissions, paginators, handlers of its own."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.db.models import Model

from ..notes import Note, Origin
from . import attributes
from .bodies import read_code, view_subject
from .code import names_used, own_code, own_code_of
from .hints import hint_of
from .origins import class_origin, function_place
from .requirements import Requirement, handed_on, nothing, perhaps, reads
from .showing import may_show

#: Methods of DRF's generic views that hand rows on and read nothing of them, unless overridden: for lists, for objects.
_LIST_STEPS = ("paginate_queryset", "get_paginated_response")
_DETAIL_STEPS = ("get_object",)
#: By these, code that sees the response comes by the rows that it was made of.
_PAGE = frozenset(("paginator", "page", "object_list", "serializer"))
#: ``response.data`` knows its serializer, and that its rows.
_SHOWN_ROWS = frozenset(("serializer", "instance"))


def handler_name(view: Any) -> str:
    """Return the name of the method that answers the request: the action of a viewset, else the HTTP method."""
    name = getattr(view, "action", None) or view.request.method.lower()
    return "get" if name == "head" else str(name)


#: Names by which the making of a serializer may ask for rows itself.
_ASKING_ROWS = frozenset({"get_object", "get_queryset", "filter_queryset", "queryset", "objects", "_default_manager"})


@lru_cache(maxsize=8192)
def asks_for_rows(view_class: Any, name: str) -> bool:
    """Return whether a view's own method ``name`` asks the database, as far as its names tell."""
    own = own_code_of(view_class, name)
    if own is None:
        return False
    names = names_used(own)
    return names is None or not _ASKING_ROWS.isdisjoint(names)


def is_detail(view: Any) -> bool:
    """Return whether the handler answers one object rather than a list of them."""
    return handling(view).detail


@dataclass(frozen=True, slots=True)
class Handling:
    """How requests of one kind are answered, as far as the view's class tells.

    ``detail`` says that one object is answered rather than a list. ``unknown_steps`` are the methods between fetching
    the rows and showing them that are the view's own, and have no hint. ``asks`` is the method by which the view asks
    for rows to choose or build its serializer. ``builds`` says that the view builds its serializer by itself, and
    ``may_check_objects`` that permissions may be asked about one row. ``shows`` says that the view's serializer may be
    what is answered.
    """

    name: str
    detail: bool
    unknown_steps: tuple[str, ...]
    asks: str
    builds: bool
    may_check_objects: bool
    shows: bool


def handling(view: Any) -> Handling:
    """Return how the view answers the request at hand."""
    name = handler_name(view)
    detail = getattr(view, "detail", None)
    if detail is None:
        detail = getattr(getattr(view, name, None), "detail", None)
    if detail is None and name not in ("list", "retrieve"):
        detail = _answers_one(view)
    cls: Any = type(view)
    return _handling(cls, name, name == "retrieve" if detail is None else bool(detail))


def _answers_one(view: Any) -> bool:
    """A view that can only list answers lists, whatever its URL names: ``/authors/<pk>/books/``."""
    lists, retrieves = hasattr(view, "list"), hasattr(view, "retrieve")
    if lists != retrieves:
        return retrieves
    return (view.lookup_url_kwarg or view.lookup_field) in (getattr(view, "kwargs", None) or {})


@lru_cache(maxsize=4096)
def _handling(cls: Any, name: str, detail: bool) -> Handling:
    unknown = tuple(step for step in _steps(name, detail) if _is_unknown(own_code_of(cls, step)))
    asks = next((each for each in ("get_serializer_class", "get_serializer") if asks_for_rows(cls, each)), "")
    builds = own_code_of(cls, "get_serializer") is not None
    own = [step for step in unknown if step not in (*_LIST_STEPS, *_DETAIL_STEPS)]
    shows = not own or any(may_show(cls, handler) for handler in own)
    return Handling(name, detail, unknown, asks, builds, detail or bool(unknown), shows)


def view_key(view: Any, queryset: Any, handled: Handling) -> Hashable:
    """Return a value that differs wherever ``read_view()`` may."""
    permissions = tuple(map(type, _all_permissions(view))) if handled.may_check_objects else ()
    if handled.detail:
        return (type(view), handled.name, True, permissions)
    paginator = getattr(view, "paginator", None)
    cursor = _cursor_columns(view, paginator, queryset)
    return (type(view), handled.name, False, permissions, type(paginator), cursor)


def read_view(view: Any, model: type[Model], queryset: Any) -> Requirement:
    """Return what the view's own code reads from each row, beside what the serializer shows."""
    total = nothing(model)
    found_by = (_handlers, _paginator, _permissions)
    for found in (*(find(view, model) for find in found_by), _cursor(view, model, queryset)):
        for requirement in found:
            total = total | requirement
    return total


def _steps(handler: str, detail: bool) -> list[str]:
    called = () if handler != "get" else ("retrieve",) if detail else ("list",)
    return [handler, *called, *(_DETAIL_STEPS if detail else _LIST_STEPS)]


def _is_unknown(own: Any) -> bool:
    return own is not None and hint_of(own) is None


def _handlers(view: Any, model: type[Model]) -> Iterator[Requirement]:
    handled = handling(view)
    for name in _steps(handled.name, handled.detail):
        own = own_code(view, name)
        if own is not None:
            yield _handler(own, model, _origin(type(view), name, own), view)
    last = own_code(view, "finalize_response")
    if last is not None and not _PAGE.isdisjoint(names_used(last) or ()):
        yield _handler(last, model, _origin(type(view), "finalize_response", last), view)


def _handler(own: Any, model: type[Model], origin: Origin, view: Any) -> Requirement:
    """What a handler of the view's own reads. Where not all of it could be followed, it may go anywhere."""
    subject = view_subject(model, origin, view, view)
    if hint_of(own):
        return read_code(own, subject)
    rows = origin.field == "paginate_queryset"
    if _sees_shown(own):
        return _goes_anywhere(model, origin)
    read = read_code(own, subject, argument=0 if rows else None, many=rows)
    return read | _goes_anywhere(model, origin) if read.everything else replace(perhaps(read), notes=frozenset())


def _sees_shown(own: Any) -> bool:
    return (names_used(own) or frozenset()) >= _SHOWN_ROWS


def _paginator(view: Any, model: type[Model]) -> Iterator[Requirement]:
    """A paginator of the project's own fetches the page, and may look at it."""
    paginator = getattr(view, "paginator", None)
    if paginator is None or is_detail(view):
        return
    names = [name for name in dir(type(paginator)) if not name.startswith("__")]
    own = {name: code for name in names if callable(code := own_code(paginator, name))}
    if not own:
        return
    origins = {name: _origin(type(paginator), name, code) for name, code in own.items()}
    for name, code in own.items():
        if hint_of(code):
            yield read_code(code, view_subject(model, origins[name], view, view))
    first = origins.get("paginate_queryset") or next(iter(origins.values()))
    read = read_code(type(paginator), view_subject(model, first, view, view))
    lost = bool(read.everything) or any(map(_sees_shown, own.values()))
    yield read | _goes_anywhere(model, first) if lost else replace(read, notes=frozenset())


def fetches_pages(view: Any) -> bool:
    """Return whether a paginator of the project's own fetches the rows, and perhaps others before."""
    paginator = getattr(view, "paginator", None)
    return paginator is not None and _is_unknown(own_code(paginator, "paginate_queryset"))


#: Where the mixin keeps the permissions that were checked: ``get_permissions()`` may run queries, or differ each time.
ASKED_PERMISSIONS = "_autoprefetch_permissions"


def _all_permissions(view: Any) -> list[Any]:
    """The permissions of the view, those that ``&``, ``|`` and ``~`` are made of among them."""
    kept = vars(view).get(ASKED_PERMISSIONS)
    found = list(view.get_permissions() if kept is None else kept)
    for permission in found:
        found += [getattr(permission, name) for name in ("op1", "op2") if name in getattr(permission, "__dict__", ())]
    return found


def may_refuse(view: Any, model: type[Model]) -> bool:
    """Return whether a permission of the project's own may refuse one row, without looking at lists of it."""
    asked = list(_permissions(view, model))
    return bool(asked) and not any(edge.relation.to_many for each in asked for _, edge in each.walk())


def _permissions(view: Any, model: type[Model]) -> Iterator[Requirement]:
    """Views of one object ask ``has_object_permission``; so may a handler of the view's own."""
    if not handling(view).may_check_objects:
        return
    name = "has_object_permission"
    for permission in _all_permissions(view):
        own = own_code(permission, name)
        if own is not None:
            # What is told of inherited code is told once for all that inherit it.
            cls = next(base for base in type(permission).__mro__ if name in vars(base))
            origin = _origin(cls, name, own)
            yield read_code(own, view_subject(model, origin, view, permission), argument=2)


def _goes_anywhere(model: type[Model], origin: Origin) -> Requirement:
    note = Note(
        "view-code",
        "",
        "it sees the rows too and may go anywhere from them: all their columns are loaded, and where it fetches them"
        " itself, what the serializer shows beyond them is loaded when it shows it.",
        'Write @prefetch_hint("…") above it, with what it reads from a row beside the serializer.',
        origin,
    )
    return handed_on(model, origin, note)


def _cursor(view: Any, model: type[Model], queryset: Any) -> Iterator[Requirement]:
    """Cursor pagination makes its position of the first ordering column of a row."""
    paginator = None if is_detail(view) else getattr(view, "paginator", None)
    for name in _cursor_columns(view, paginator, queryset):
        column = attributes.get_column(model, name.lstrip("-"))
        if column is not None:
            yield reads(model, column, class_origin(type(paginator), "view"))


def _cursor_columns(view: Any, paginator: Any, queryset: Any) -> tuple[str, ...]:
    if not hasattr(paginator, "cursor_query_param"):
        return ()
    return tuple(paginator.get_ordering(view.request, queryset, view))[:1]


def _origin(cls: Any, name: str, function: Any) -> Origin:
    file, line = function_place(function)
    return Origin(cls.__name__, name, file, line, "view")
