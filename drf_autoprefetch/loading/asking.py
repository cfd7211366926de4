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
from ..reading.views import Handling, asks_for_rows, handling, read_view, view_key


@dataclass(frozen=True, slots=True)
class Answer:
    """What a view shows of each row.

    ``seen`` says that code of the view's own is handed the rows: it may go anywhere from them, so no column at all is
    left out.
    """

    requirement: Requirement
    seen: bool = False


answers: Cache[Answer] = Cache()


@dataclass(slots=True)
class Question:
    """What a view shows of the rows of a queryset, and reads of them beside the serializer.

    ``key`` stands for the answer, which is worked out only where it is not remembered. ``serializer`` is one that had
    to be built to know the key.
    """

    view: Any
    queryset: Any
    key: Hashable
    filled: Filled
    serializer: Any = None

    def answer(self) -> Answer:
        """Return the answer, and remember it unless the next request may be answered differently."""
        return answers.get(self.key) or self._work_out()

    def _work_out(self) -> Answer:
        view, model = self.view, self.queryset.model
        serializer = _build(view) if self.serializer is None else self.serializer
        beside = read_view(view, model, self.queryset)
        made = _read(view, serializer, model, self.filled) | beside
        return _remembered(self.key, made, seen=bool(beside.everything))


def ask_for_rows(view: Any, handled: Handling, queryset: Any, written: Written) -> Question:
    """Return the question what ``view`` shows of the rows of ``queryset``, where it answers as ``handled`` says.

    A serializer is built only where its class does not tell its fields. Raises NotAskedError where the view asks for
    rows to choose or build it.
    """
    if handled.asks:
        raise NotAskedError(f"{handled.asks}() asks for rows itself")
    serializer = None
    shape = None if handled.builds else view.get_serializer_class()
    if shape is None or not is_static(shape):
        serializer = _build(view)
        shape = live_shape(serializer)
    filled = filled_attributes(queryset.model, written)
    key = (shape, queryset.model, _hints(view), _names(filled), view_key(view, queryset, handled))
    return Question(view, queryset, key, filled, serializer)


def answer_for_instances(view: Any, serializer: Any, model: type[Model]) -> Answer:
    """Return what ``serializer``, built by ``view``, shows of instances of ``model``."""
    key = ("instances", live_shape(serializer), model, _hints(view))
    return answers.get(key) or _remembered(key, _read(view, serializer, model))


def _remembered(key: Hashable, requirement: Requirement, *, seen: bool = False) -> Answer:
    answer = Answer(requirement, seen)
    return answer if requirement.volatile else answers.put(key, answer)


def _names(filled: Filled) -> Hashable:
    return tuple((owner, name, tuple(edge.targets)) for (owner, name), edge in filled.items()) if filled else ()


def _hints(view: Any) -> Hashable:
    return tuple(Identity(hint) for hint in view.prefetch_hints) if view.prefetch_hints else ()


def _build(view: Any) -> Any:
    handled = handling(view)
    options = {} if handled.detail else {"many": True}
    if handled.builds:
        return view.get_serializer(**options)
    own = own_code(view, "get_serializer_context")
    context = view.get_serializer_context() if own is None else Context(view)
    return view.get_serializer_class()(context=context, **options)


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
            cls: Any = type(view)
            if asks_for_rows(cls, "get_serializer_context"):
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
