"""Queries of one field that load the same relation, and whether there is one for each row."""

from __future__ import annotations

from dataclasses import dataclass, field

from .findings import Finding, Kind
from .remedies import KEEP, remedy_for
from .sights import Sight, field_of, function_of, place_of

#: A stream may have no end; what is kept of it has one. By then it is known what there is to find.
_LIMIT = 10_000


@dataclass(slots=True)
class _Loop:
    """The loads that the same lines of the project's code run; ``lines`` is 0 where there are none.

    ``points`` has, for each point of the program, how often it was come by, what was loaded there, and by which query:
    one line may call something that has several queries to run, and that is no loop.
    """

    lines: int
    nearest: set[int] = field(default_factory=set)
    everywhere: _Point = field(default_factory=lambda: _Point())
    points: dict[int, _Point] = field(default_factory=dict)

    def add(self, sight: Sight) -> None:
        self.nearest.add(sight.nearest)
        self.everywhere.add(sight)
        self.points.setdefault(sight.point, _Point()).add(sight)

    @property
    def many(self) -> bool:
        """Without code of the project there is no loop but over the rows that serializers show."""
        if len(self.nearest) > 1 and self.everywhere.different:
            return True
        return self.lines != 0 and any(len(point.identities) > 1 for point in self.points.values())

    @property
    def again(self) -> bool:
        if len(self.nearest) > 1:
            return self.everywhere.again
        return self.lines != 0 and any(point.again for point in self.points.values())


@dataclass(slots=True)
class _Point:
    count: int = 0
    identities: set[object] = field(default_factory=set)
    asked: set[tuple[object, int]] = field(default_factory=set)

    def add(self, sight: Sight) -> None:
        identity = sight.load.identity or sight.arguments
        self.count += 1
        self.identities.add(identity)
        self.asked.add((identity, sight.arguments))

    @property
    def different(self) -> bool:
        return len(self.asked) > 1

    @property
    def again(self) -> bool:
        return self.count > len(self.asked)


class Group:
    """The loads of one relation by one field.

    One object may be loaded lazily: that is no query per row. So there is something to find only where the same lines
    of code load something for a second row, or where a second row of a list does; or where a query is run again with
    the same parameters.
    """

    def __init__(self, first: Sight) -> None:
        self._path, self._kind, self._relation = first.path, first.load.kind, first.load.relation
        self._place, self._field = place_of(first.stack), field_of(first.stack)
        self._function = function_of(first.stack)
        self._remedy = ""
        self._count = self._healed = 0
        self._arguments: set[int] = set()
        self._loops: dict[int, _Loop] = {}
        self._lists: dict[int, tuple[set[int], set[object]]] = {}

    def add(self, sight: Sight) -> None:
        """Take in one more query."""
        self._count += 1
        if self._count > _LIMIT:
            return
        self._arguments.add(sight.arguments)
        self._loops.setdefault(sight.loop, _Loop(sight.loop)).add(sight)
        if sight.lists and sight.load.identity is not None:
            rows, identities = self._lists.setdefault(sight.lists, (set(), set()))
            rows.add(sight.row)
            identities.add(sight.load.identity)
        self._healed += sight.healed
        if self._count == 2 or (sight.healed and not self._remedy):
            self._remedy = remedy_for(sight)

    @property
    def _many(self) -> bool:
        if self._healed or any(loop.many for loop in self._loops.values()):
            return True
        return any(len(rows) > 1 and len(identities) > 1 for rows, identities in self._lists.values())

    def finding(self) -> Finding | None:
        """Return what was found, if anything was."""
        many = self._many
        if not (many or any(loop.again for loop in self._loops.values())):
            return None
        return Finding(
            path=self._path,
            relation=self._relation,
            kind=self._kind if many else Kind.REPEATED,
            place=self._place,
            count=self._count,
            parameters=len(self._arguments),
            remedy=self._remedy if many else KEEP,
            field=self._field,
            function=self._function,
            healed=self._healed,
        )
