"""Reading the stack under a query: which field shows what, what is loaded for which row, and by which line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.db.models.manager import BaseManager
from django.db.models.query import RawQuerySet
from rest_framework.fields import Field
from rest_framework.serializers import ListSerializer

from .asides import is_a, settled
from .frames import Role, is_project, point_of, role


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame in which a serializer or another field shows a value; ``field`` is the field at which it has arrived."""

    shower: Any
    field: Any
    row: Any


@dataclass(frozen=True, slots=True)
class Holder:
    """A relation or column (``name``, what Django calls ``descriptor``) that is read from one row."""

    descriptor: Any
    row: Any


#: Methods of models that a project may override, and that run whoever reads.
_MACHINERY = frozenset({"refresh_from_db", "__getattribute__", "__getattr__"})

#: What loads is the nearest of these; what calls the code that asked for it is another matter.
_LOADING = frozenset({Role.QUERYSET, Role.DESCRIPTOR, Role.PEERS})


class Stack:
    """What the frames above a query say, nearest first.

    ``holder`` and ``queryset`` are known where Django loads for the line of the project (or the field) that is nearest;
    ``operation`` is the queryset's method that was called there. ``project`` are the frames of the project's own code
    up to the innermost serializer, ``beyond`` those that called that one. ``loop`` is the same for queries that are run
    by the same lines of that code, and ``point`` for those that are run at the same point of the whole program.
    ``healed`` is the number of rows that the query is for beside the one that was asked.
    """

    def __init__(self) -> None:
        self.shown: list[Shown] = []
        self.holder: Holder | None = None
        self.queryset: Any = None
        self.operation = ""
        self.project: list[FrameType] = []
        self.beyond: list[FrameType] = []
        self.loop = self.point = 0
        self.healed = 0
        self.planned = False
        self._nearest_shown = False
        self._left_django = False

    def read(self, frame: FrameType | None) -> Stack:
        """Read ``frame`` and those that called it, up to the view."""
        while frame is not None:
            its_role = role(frame.f_code)
            self.point = hash((self.point, point_of(frame)))
            if its_role is Role.VIEW:
                break
            known = its_role in _LOADING and (self.holder is not None or self._left_django)
            if its_role is not Role.NOTHING and not known:
                self._READERS[its_role](self, frame)
                if self.planned:
                    break
            frame = frame.f_back
        return self

    def _kept(self, frame: FrameType) -> None:
        self.planned = True

    def _prefetch(self, frame: FrameType) -> None:
        """Peers are loaded by a prefetch that nobody asked for."""
        caller = frame.f_back
        self.planned = caller is None or role(caller.f_code) not in (Role.PEERS, Role.HEAL)

    def _queryset(self, frame: FrameType) -> None:
        found = _first_argument(frame)
        if is_a(found, QuerySet, RawQuerySet):
            self.queryset, self.operation = found, frame.f_code.co_name

    def _descriptor(self, frame: FrameType) -> None:
        self.holder = Holder(frame.f_locals["self"], frame.f_locals["instance"])

    def _peers(self, frame: FrameType) -> None:
        instances = frame.f_locals["instances"]
        self.holder = Holder(frame.f_locals["self"], instances[0])
        self.healed = len(instances) - 1

    def _heal(self, frame: FrameType) -> None:
        self.healed = len(frame.f_locals["rows"]) - 1

    def _project(self, frame: FrameType) -> None:
        self.loop = hash((self.loop, point_of(frame)))
        if frame.f_code.co_name in _MACHINERY:
            return
        # A manager or queryset of the project's own is part of how Django loads.
        self._left_django = self._left_django or not is_a(_first_argument(frame), QuerySet, BaseManager)
        (self.beyond if self._nearest_shown else self.project).append(frame)

    def _serializer(self, frame: FrameType) -> None:
        values = frame.f_locals
        # Before the first field, the fields themselves are made.
        self._show(Shown(values["self"], values.get("field"), settled(values["instance"])))
        self._nearest_shown = True

    def _field(self, frame: FrameType) -> None:
        names, values = frame.f_code.co_varnames, frame.f_locals
        shower, shows = values.get(names[0]), values.get(names[1])
        own = is_project(frame.f_code.co_filename)
        if own:
            self._project(frame)
        # A list serializer as DRF has it only hands on; the rows that it fetches are no one row's.
        if is_a(shower, Field) and (own or not is_a(shower, ListSerializer)):
            self._show(Shown(shower, None, settled(shows)))

    def _show(self, shown: Shown) -> None:
        self._left_django = True
        self.shown.append(shown)

    _READERS: ClassVar[dict[Role, Callable[[Stack, FrameType], None]]] = {
        Role.KEPT: _kept,
        Role.PREFETCH: _prefetch,
        Role.QUERYSET: _queryset,
        Role.DESCRIPTOR: _descriptor,
        Role.PEERS: _peers,
        Role.HEAL: _heal,
        Role.PROJECT: _project,
        Role.SERIALIZER: _serializer,
        Role.FIELD: _field,
    }

    @property
    def row(self) -> Any:
        """The row that is shown nearest to the query."""
        return next((shown.row for shown in self.shown if is_a(shown.row, Model)), None)

    @property
    def fields(self) -> list[Any]:
        """The fields that lead to the query, outermost first, one for each serializer on the way."""
        fields = [shown.field for shown in reversed(self.shown) if shown.field is not None]
        # Where a field is shown apart, in a thread of its own, no serializer is on the stack.
        return fields or [shown.shower for shown in self.shown[-1:] if shown.shower.parent is not None]


def _first_argument(frame: FrameType) -> Any:
    names = frame.f_code.co_varnames
    return frame.f_locals.get(names[0]) if names and frame.f_code.co_argcount else None
