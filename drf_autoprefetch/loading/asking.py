"""Asking a view what it will show: only as much of it as is not remembered."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Model

from ..exceptions import NotAskedError
from ..planning.cache import Cache, Identity
from ..planning.written import Written, filled_attributes
from ..reading.code import own_code
from ..reading.origins import class_origin
from ..reading.requirements import Requirement
from ..reading.serializers import read_serializer
from ..reading.shapes import is_static, live_shape
from ..reading.to_attrs import Filled
from ..reading.views import asks_for_rows, is_detail, read_view, view_key


@dataclass(frozen=True, slots=True)
class Answer:
    """What a view shows of each row.

    ``key`` is None where the next request may be answered differently. ``seen`` says that code of the view's own is
    handed the rows: it may go anywhere from them, so no column at all is left out.
    """

    requirement: Requirement
    key: Hashable
    seen: bool = False


answers: Cache[Answer] = Cache()


def answer_for_rows(view: Any, queryset: Any, written: Written) -> Answer:
    """Return what ``view`` shows of the rows of ``queryset``, and reads of them beside the serializer.

    A serializer is built only where its class does not tell its fields, or where they are not remembered.
    """
    for name in ("get_serializer_class", "get_serializer"):
        if asks_for_rows(view, name):
            raise NotAskedError(f"{name}() asks for rows itself")
    cls = None if own_code(view, "get_serializer") else view.get_serializer_class()
    many = not is_detail(view)
    serializer = None if cls is not None and is_static(cls) else _build(view, cls, many)
    filled = filled_attributes(queryset.model, written)
    shape = cls if serializer is None else live_shape(serializer)
    key = (shape, many, queryset.model, _hints(view), _names(filled), view_key(view, queryset))
    if (found := answers.get(key)) is not None:
        return found
    if serializer is None:
        serializer = _build(view, cls, many)
    beside = read_view(view, queryset.model, queryset)
    made = _read(view, serializer, queryset.model, filled) | beside
    return _remembered(key, made, seen=bool(beside.everything))


def answer_for_instances(view: Any, serializer: Any, model: type[Model]) -> Answer:
    """Return what ``serializer``, built by ``view``, shows of instances of ``model``."""
    key = ("instances", live_shape(serializer), model, _hints(view))
    return answers.get(key) or _remembered(key, _read(view, serializer, model))


def _remembered(key: Hashable, requirement: Requirement, *, seen: bool = False) -> Answer:
    if requirement.volatile:
        return Answer(requirement, None, seen)
    return answers.put(key, Answer(requirement, Identity(requirement), seen))


def _names(filled: Filled) -> Hashable:
    return tuple((owner, name, tuple(edge.targets)) for (owner, name), edge in filled.items()) if filled else ()


def _hints(view: Any) -> Hashable:
    return tuple(Identity(hint) for hint in view.prefetch_hints) if view.prefetch_hints else ()


def _build(view: Any, cls: Any, many: bool) -> Any:
    options = {"many": True} if many else {}
    if cls is None:
        return view.get_serializer(**options)
    own = own_code(view, "get_serializer_context")
    return cls(context=view.get_serializer_context() if own is None else Context(view), **options)


class Context(MutableMapping[str, Any]):
    """The serializer context of a view, asked for only when something beside the request is taken from it.

    A ``get_serializer_context()`` of the project's own may run queries, and runs again for the serializer that DRF
    builds. Raises NotAskedError where it asks for the view's rows.
    """

    def __init__(self, view: Any) -> None:
        self._known: dict[str, Any] = {"request": view.request, "format": view.format_kwarg, "view": view}
        self._view: Any = view

    def _whole(self) -> dict[str, Any]:
        view, self._view = self._view, None
        if view is not None:
            if asks_for_rows(view, "get_serializer_context"):
                raise NotAskedError("get_serializer_context() asks for rows itself")
            self._known.update(view.get_serializer_context())
        return self._known

    def __getitem__(self, key: str) -> Any:
        return self._known[key] if key in self._known else self._whole()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._whole()[key] = value

    def __delitem__(self, key: str) -> None:
        del self._whole()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def __or__(self, other: Any) -> dict[str, Any]:
        return {**self._whole(), **other}

    def __ror__(self, other: Any) -> dict[str, Any]:
        return {**other, **self._whole()}

    def copy(self) -> dict[str, Any]:
        """Return the whole context as a plain dict."""
        return self._whole().copy()


def _read(view: Any, serializer: Any, model: type[Model], filled: Filled | None = None) -> Requirement:
    origin = replace(class_origin(type(view), "hint"), field="prefetch_hints")
    return read_serializer(serializer, model, view.prefetch_hints, origin, filled=filled)
