"""Rows that came together: what no plan foresaw is loaded for all of them when a second one is asked for it.

One row may be asked for anything: that is one query, as without. Which row is asked is known because the dictionaries
in which Django keeps related rows are ours (``loading.kept``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any
from weakref import ref

from django.db import models
from django.db.models import Model, prefetch_related_objects

from ..reading.relations import Relation
from .askers import keeps_its_order, key_of, knows_its_parent, lists, only_counts, own_manager, reads, single, slot_of
from .healing import Scope, current_heals
from .kept import LISTS, NOTHING, Asked, Kept, Loaded, cache_of, is_taken, rows_in, set_aside
from .promised import healable
from .wishes import Gone, OwnWay, Wish

#: Stands for the row that was asked first, where healing has failed or is under way: nobody is the second then.
_NOBODY: Any = object()
_FETCH_ONE = getattr(models, "FETCH_ONE", None)


class Peers:
    """Rows of one model that came together. They are not kept alive."""

    __slots__ = ("_beyond", "_busy", "_first", "_rows", "_scope")

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._rows: list[Any] = []
        #: Which row was asked first, by what it was asked for.
        self._first: dict[object, Any] = {}
        #: Those to which a relation leads, by its name and their model.
        self._beyond: dict[tuple[str, type[Model]], Peers] = {}
        self._busy = False

    @property
    def open(self) -> bool:
        """Whether its rows are healed, here and now."""
        return self._scope.open

    def unharmed(self, what: object) -> AbstractContextManager[None]:
        """Return a block that may fail: its rows are not healed then."""
        return self._scope.unharmed(what)

    def take(self, rows: Iterable[Model]) -> None:
        """Take in ``rows``, and all that they have loaded."""
        taken: list[Model] = []
        one_by_one = False
        for row in rows:
            if is_taken(row):
                continue
            if not taken:
                one_by_one = bool(single(type(row))) and _is_fetched_alone(row)
            taken.append(row)
            holder = ref(row)
            self._rows.append(holder)
            own, state = row.__dict__, row._state.__dict__
            own[LISTS] = self._kept(own.get(LISTS), holder)
            if one_by_one:
                state["fields_cache"] = self._kept(state.get("fields_cache"), holder)
        for name, found in _loaded_on(taken).items():
            self.beyond(name, found)

    def _kept(self, cache: Any, holder: Any) -> Kept:
        if not isinstance(cache, Kept):
            return Kept(cache or (), holder, self)
        cache.peers = self
        cache.spare.clear()
        return cache

    def beyond(self, name: str, rows: Iterable[Any]) -> None:
        """Take in the rows to which ``name`` has led."""
        by_model: dict[type[Model], list[Model]] = defaultdict(list)
        for row in rows:
            if isinstance(row, Model):
                by_model[type(row)].append(row)
        for model, found in by_model.items():
            self._beyond.setdefault((name, model), Peers(self._scope)).take(found)

    def answer(self, asked: Asked, frame: FrameType) -> Any:
        """Return what Django looks for at ``frame``. Raises KeyError where Django is to load it by itself."""
        found = NOTHING
        if not self._busy and self._scope.open:
            with self.unharmed(f"{type(asked.holder).__name__}.{asked.name}"):
                found = self._find(asked, frame)
        if found is NOTHING:
            # What failed may have come so far.
            return asked.cache.there(asked.name)
        return found() if isinstance(found, (OwnWay, Gone)) else found

    def _find(self, asked: Asked, frame: FrameType) -> Any:
        of_lists = asked.holder.__dict__.get(LISTS) is asked.cache
        relation = (lists if of_lists else single)(type(asked.holder)).get(asked.name)
        if relation is None or key_of(asked.holder, relation) is None or knows_its_parent(asked.holder):
            return NOTHING
        return (self._list if of_lists else self._one)(asked, relation, frame)

    def _list(self, asked: Asked, relation: Relation, frame: FrameType) -> Any:
        manager = own_manager(frame, asked.holder, relation)
        wish = Wish(self, asked, relation)
        if manager is None or (only_counts(frame) and not wish.is_due):
            return NOTHING
        queryset = self.by_itself(manager.get_queryset)
        return healable(queryset, wish) if keeps_its_order(queryset) else queryset

    def _one(self, asked: Asked, relation: Relation, frame: FrameType) -> Any:
        if not reads(frame, asked.holder):
            return NOTHING
        found = self.load(asked, relation)
        if found is None:
            return OwnWay(self, asked) if self._is_first(asked, relation) else NOTHING
        del asked.cache.spare[asked.name]
        if found.value is None and relation.kind == "forward":
            return Gone(asked)
        asked.cache[asked.name] = found.value
        return found.value

    def by_itself(self, ask: Callable[[], Any]) -> Any:
        """Return what Django answers when it goes its own way."""
        self._busy = True
        try:
            return ask()
        finally:
            self._busy = False

    def load(self, asked: Asked, relation: Relation) -> Loaded | None:
        """Return what belongs to the row that is asked, loaded for all if it is the second; None if Django is to."""
        found = asked.has(relation)
        if found is not None or self._is_first(asked, relation):
            return found
        slot = slot_of(asked.holder, relation)
        first = self._first[slot]
        if first is not _NOBODY:
            self._first[slot] = _NOBODY
            self._heal(asked, relation, first)
            self._first[slot] = first
        return asked.has(relation)

    def _is_first(self, asked: Asked, relation: Relation) -> bool:
        holder = asked.cache.holder
        return self._first.setdefault(slot_of(asked.holder, relation), holder) is holder

    def expects(self, asked: Asked, relation: Relation) -> bool:
        """Return whether another row was asked for all of the same."""
        return self._first.get(relation.name, asked.cache.holder) is not asked.cache.holder

    def _heal(self, asked: Asked, relation: Relation, first: Any) -> None:
        # Whoever was first has had it.
        rows = [row for row in self._lacking(asked, relation) if row is not first()]
        self.by_itself(lambda: heal(rows, relation.name))
        self.beyond(relation.name, rows_in([set_aside(row, relation, asked.name) for row in rows]))

    def _lacking(self, asked: Asked, relation: Relation) -> Iterator[Model]:
        """The rows of which nobody knows yet to what they lead."""
        database, slot = asked.holder._state.db, slot_of(asked.holder, relation)
        for holder in self._rows:
            row = holder()
            if row is None or row._state.db != database or key_of(row, relation) is None:
                continue
            cache = cache_of(row, relation)
            if not isinstance(cache, Kept) or cache.peers is not self or not cache.lacks(asked.name):
                continue
            if slot_of(row, relation) == slot and Asked(cache, row, asked.name).has(relation) is None:
                yield row


def heal(rows: Sequence[Model], name: str) -> None:
    """Load a relation for ``rows`` at once. Those who read the stack know a heal by this function."""
    prefetch_related_objects(rows, name)


def have_heal(rows: Iterable[Any]) -> Scope | None:
    """Have ``rows``, which came together, healed where that is asked for. Returns how to end it."""
    heals = current_heals()
    if heals is None:
        return None
    scope = Scope(heals)
    with scope.unharmed("What is shown"):
        Peers(scope).beyond("", rows)
    return scope


def have_heal_beyond(rows: Iterable[Model], name: str, found: Iterable[Model]) -> None:
    """Have ``found``, to which the relation ``name`` leads from ``rows``, healed as they are."""
    for row in rows:
        if is_taken(row):
            peers = row.__dict__[LISTS].peers
            with peers.unharmed(name):
                peers.beyond(name, found)
            return


def _is_fetched_alone(row: Model) -> bool:
    """Django 6.1 may load for all rows by itself, or may be told to load nothing."""
    return getattr(row._state, "fetch_mode", _FETCH_ONE) is _FETCH_ONE


def _loaded_on(rows: Sequence[Model]) -> dict[str, list[Any]]:
    """What ``rows`` have loaded, by the relation or the attribute that leads there."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        for name, value in row._state.__dict__.get("fields_cache", {}).items():
            if value is not None:
                found[name].append(value)
        for name, value in row.__dict__[LISTS].items():
            found[name] += rows_in([value])
    for name, value in [item for row in rows[:1] for item in row.__dict__.items()]:
        if isinstance(value, (list, Model)):
            found[name] += rows_in(row.__dict__.get(name) for row in rows)
    return found
