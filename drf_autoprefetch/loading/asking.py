"""Asking a view what it will show: only as much of it as is not remembered."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Model

from ..exceptions import NotAskedError
from ..notes import Note
from ..planning.cache import Cache, Identity
from ..planning.written import Written, filled_attributes
from ..reading.origins import class_origin
from ..reading.requirements import Requirement, everything
from ..reading.serializers import read_serializer
from ..reading.shapes import is_static, live_shape
from ..reading.to_attrs import Filled
from ..reading.views import Handling, handler_name, read_view, view_key
from .building import beforehand, build


@dataclass(frozen=True, slots=True)
class Answer:
    """What a view shows of each row.

    ``seen`` says that code of the view's own is handed the rows: it may go anywhere from them, so no column at all is
    left out.
    """

    requirement: Requirement
    seen: bool = False


answers: Cache[Answer] = Cache()
#: What was shown first where the making of the serializer runs queries, by view, handler and model.
guesses: Cache[Requirement] = Cache()


@dataclass(slots=True)
class Question:
    """What a view shows of the rows of a queryset, and reads of them beside the serializer.

    ``key`` stands for the answer, which is worked out only where it is not remembered. ``serializer`` is one that had
    to be made to know the key. It was ``costly`` where that ran queries, which may be run again to show the rows.
    ``guess`` is what was shown first, where making one costs queries. ``unshown`` says that no serializer of the view
    is shown at all.
    """

    view: Any
    queryset: Any
    key: Hashable
    filled: Filled
    serializer: Any = None
    guess: Requirement | None = None
    costly: bool = False
    unshown: bool = False

    def answer(self) -> Answer:
        """Return the answer, and remember it unless the next request may be answered differently."""
        if self.guess is not None:
            return Answer(self.guess, seen=True)
        return answers.get(self.key) or self._work_out()

    def _work_out(self) -> Answer:
        view, model = self.view, self.queryset.model
        beside = read_view(view, model, self.queryset)
        shown = beside if self.unshown else self._read_serializer()
        return _remembered(self.key, shown | beside, seen=bool(beside.everything))

    def _read_serializer(self) -> Requirement:
        view, serializer = self.view, self.serializer
        if serializer is None:
            with beforehand(view):
                serializer = build(view)
        return _read(view, serializer, self.queryset.model, self.filled)


def ask_for_rows(view: Any, handled: Handling, queryset: Any, written: Written, showing: Any = None) -> Question:
    """Return the question what ``view`` shows of the rows of ``queryset``, where it answers as ``handled`` says.

    Where the rows are fetched to be shown, ``showing`` is the serializer that shows them. Before that one is made, but
    only where its class does not tell its fields, and only once where that runs queries: they would be run again when
    the view makes its own, and for no rows at all too. Raises NotAskedError where the view asks for rows to make it.
    """
    filled = filled_attributes(queryset.model, written)

    def question(shape: Hashable, **known: Any) -> Question:
        key = (shape, queryset.model, _hints(view), _names(filled), view_key(view, queryset, handled))
        return Question(view, queryset, key, filled, **known)

    if showing is not None:
        return question(_shape(handled, showing), serializer=showing)
    place = _place(view, queryset.model)
    if (guess := guesses.get(place)) is not None:
        return question(("guess", place), guess=guess)
    if not handled.shows:
        return question("unshown", unshown=True)
    if handled.asks:
        raise NotAskedError(f"{handled.asks}() asks for rows itself")
    with beforehand(view) as queries:
        asked = question(**_foresee(view, handled))
        costly = bool(queries.count)
        if costly and handled.detail:
            expect_again(view, asked.answer().requirement)
    asked.costly = costly and not handled.detail
    return asked


def _foresee(view: Any, handled: Handling) -> dict[str, Any]:
    cls = None if handled.builds else view.get_serializer_class()
    if cls is not None and is_static(cls):
        return {"shape": cls}
    serializer = build(view)
    return {"shape": live_shape(serializer), "serializer": serializer}


def _place(view: Any, model: type[Model]) -> Hashable:
    return type(view), handler_name(view), model


def expect_again(view: Any, requirement: Requirement) -> None:
    """Do not have ``view`` make a serializer beforehand again: suppose that it shows what it shows now."""
    model = requirement.model
    note = Note(
        "late-serializer",
        "",
        "the making of its serializer runs queries, so it is made when there are rows to show: all their columns are"
        " loaded, and joined to them what was shown the first time.",
        "Ask once for a request, before: in initial() of the view, say.",
        replace(class_origin(type(view), "view"), field=handler_name(view)),
    )
    guesses.put(_place(view, model), requirement | everything(model, note.origin, note))


def _shape(handled: Handling, serializer: Any) -> Hashable:
    cls: Any = type(getattr(serializer, "child", serializer))
    return cls if not handled.builds and is_static(cls) else live_shape(serializer)


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


def _read(view: Any, serializer: Any, model: type[Model], filled: Filled | None = None) -> Requirement:
    origin = replace(class_origin(type(view), "hint"), field="prefetch_hints")
    return read_serializer(serializer, model, view.prefetch_hints, origin, filled=filled)
