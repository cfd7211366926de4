"""What Django gets where related rows are missing: a way to ask the peers for them, or to load them after all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..reading.relations import Relation
from .kept import Asked

if TYPE_CHECKING:
    from .peers import Peers


class Wish:
    """What a list of one row would be, if it were loaded with those of its peers."""

    __slots__ = ("_asked", "_peers", "_relation")

    def __init__(self, peers: Peers, asked: Asked, relation: Relation) -> None:
        self._peers = peers
        self._asked = asked
        self._relation = relation

    @property
    def is_due(self) -> bool:
        """Whether the rows are there, or another row was asked for all of them.

        Where rows are only counted, or some of them looked at, all of them could be very many.
        """
        asked, relation = self._asked, self._relation
        return asked.has(relation) is not None or self._peers.expects(asked, relation)

    def whole(self) -> Any:
        """Return the queryset that has all rows; None where Django is to load them."""
        if not self._peers.open:
            return None
        found = None
        with self._peers.unharmed(self._relation):
            found = self._peers.load(self._asked, self._relation)
        return None if found is None else found.value

    def part(self) -> Any:
        """Return the same for somebody who counts the rows, or looks at some of them."""
        due = False
        with self._peers.unharmed(self._relation):
            due = self.is_due
        return self.whole() if due else None

    def fetched(self, rows: Iterable[Any]) -> None:
        """Take in the rows that Django has loaded for the first that was asked."""
        if self._peers.open:
            with self._peers.unharmed(self._relation):
                self._peers.beyond(self._relation.name, rows)


class OwnWay:
    """Django's own way to one related row. The row belongs to the peers beyond."""

    __slots__ = ("_asked", "_peers")

    def __init__(self, peers: Peers, asked: Asked) -> None:
        self._peers = peers
        self._asked = asked

    def __call__(self) -> Any:
        """Return the row. Raises what Django raises."""
        _, holder, name = self._asked
        found = self._peers.by_itself(lambda: getattr(holder, name))
        with self._peers.unharmed(name):
            self._peers.beyond(name, [found])
        return found


class Gone:
    """A foreign key to a row that is not there."""

    __slots__ = ("_asked",)

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def __call__(self) -> Any:
        """Raise what Django raises, without its query."""
        _, holder, name = self._asked
        return getattr(type(holder), name).get_queryset(instance=holder).none().get()
