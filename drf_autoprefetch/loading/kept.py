"""The dictionaries in which Django keeps the related rows of an instance, where they say that something is missing."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Model

from ..reading.relations import Relation
from .askers import key_of

if TYPE_CHECKING:
    from .peers import Peers

LISTS = "_prefetched_objects_cache"
NOTHING: Any = object()


class Loaded(NamedTuple):
    """What was loaded for a row that has not been asked for it yet; ``key`` is what the row had it by."""

    key: tuple[Any, ...] | None
    value: Any


class Kept(dict[str, Any]):
    """Django's cache of the related rows of one instance, which asks ``peers`` for what is not there.

    What is ``spare`` was loaded together with a peer's. Until somebody reads it, it is out of Django's sight: whoever
    looks whether a relation is loaded finds what would be there otherwise. A copy knows only what is there.
    """

    __slots__ = ("holder", "peers", "spare")

    def __init__(self, loaded: Any, holder: Any, peers: Peers | None = None) -> None:
        super().__init__(loaded)
        self.holder = holder
        self.peers = peers
        self.spare: dict[str, Loaded] = {}

    def __missing__(self, name: str) -> Any:
        return self._unplanned(name, sys._getframe(1))

    def _unplanned(self, name: str, frame: FrameType) -> Any:
        peers, holder = self.peers, self.holder()
        if peers is None or holder is None:
            raise KeyError(name)
        return peers.answer(Asked(self, holder, name), frame)

    def there(self, name: str) -> Any:
        """Return what Django has put here. Raises KeyError."""
        if not dict.__contains__(self, name):
            raise KeyError(name)
        return dict.__getitem__(self, name)

    def lacks(self, name: str) -> bool:
        """Return whether nothing is kept under ``name``, and no plan has it wait until it is read."""
        return not dict.__contains__(self, name)

    def __contains__(self, name: object) -> bool:
        """Whoever asks may be about to have it read anew."""
        self.spare.pop(name, None)  # type: ignore[call-overload]
        return super().__contains__(name)

    def pop(self, name: str, *default: Any) -> Any:
        """Forget a list that was changed: it is read again."""
        self.spare.pop(name, None)
        return super().pop(name, *default)

    def clear(self) -> None:
        """Forget everything."""
        self.spare.clear()
        super().clear()

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


class Asked(NamedTuple):
    """Somebody looks for what is kept as ``name`` in the ``cache`` of a row, the ``holder``."""

    cache: Kept
    holder: Model
    name: str

    def has(self, relation: Relation) -> Loaded | None:
        """Return what was loaded for the row meanwhile, if it still is what belongs there."""
        found = self.cache.spare.get(self.name)
        return found if found is not None and found.key == key_of(self.holder, relation) else None


def cache_of(row: Model, relation: Relation) -> Any:
    """Return where Django keeps what ``relation`` leads to from ``row``."""
    return row.__dict__.get(LISTS) if relation.to_many else row._state.fields_cache


def set_aside(row: Model, relation: Relation, name: str) -> Any:
    """Move what was loaded for ``row`` out of Django's sight, and return it; ``NOTHING`` where nothing was."""
    cache = cache_of(row, relation)
    value = dict.pop(cache, name, NOTHING)
    if value is not NOTHING:
        cache.spare[name] = Loaded(key_of(row, relation), value)
    return value


def is_taken(row: Model) -> bool:
    """Return whether a row has its peers already."""
    cache = row.__dict__.get(LISTS)
    return isinstance(cache, Kept) and cache.peers is not None and cache.peers.open


def rows_in(values: Iterable[Any]) -> list[Any]:
    """Return the rows that stand in ``values``: instances, lists, and querysets that have been fetched."""
    found: list[Any] = []
    for value in values:
        rows = [value] if isinstance(value, Model) else getattr(value, "__dict__", {}).get("_result_cache", value)
        found += rows if isinstance(rows, (list, tuple)) else ()
    return found
