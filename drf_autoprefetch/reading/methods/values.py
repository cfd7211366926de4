"""What the interpreter knows about a value: a set of these, one of which it will be when the code runs."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from ..relations import Relation
from .trails import Node

if TYPE_CHECKING:
    from .frames import Frame

Values = frozenset[Any]
NoneType = type(None)


class Other:
    """A value that holds no row of ours. Rows handed to it are out of sight."""

    __slots__ = ()


OTHER = Other()

#: No value at all: what iterating over an empty list gives.
NEVER: Values = frozenset()
PLAIN: Values = frozenset([OTHER])


@dataclass(frozen=True, slots=True)
class Row:
    """An instance of a model."""

    node: Node


@dataclass(frozen=True, slots=True)
class Many:
    """A related manager, or a queryset made of one. ``chain`` is what was called on it that no cache serves.

    ``constant`` says that all of it was called with constants, ``local`` that some was with names of the body's own.
    """

    node: Node
    owner: Node
    relation: Relation | None
    manager: bool = True
    chain: tuple[str, ...] = ()
    constant: bool = True
    local: bool = False
    place: tuple[str, int] = ("", 0)


@dataclass(frozen=True, slots=True)
class Query:
    """A queryset of the body's own making: its rows are whole."""

    model: Any = None


@dataclass(frozen=True, slots=True)
class File:
    """The value of a file column, which knows its row as ``instance``."""

    node: Node


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A Python object that exists before the body runs: a constant, function, class, module or the like."""

    object: Any
    key: Hashable = field(init=False)

    def __post_init__(self) -> None:
        scalar = self.object is None or type(self.object) in (str, int, bool, float, bytes)
        object.__setattr__(self, "key", (type(self.object), self.object) if scalar else id(self.object))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Known) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class Self:
    """The serializer, field, permission or view whose method the body is. ``cls`` is its class."""

    cls: type


@dataclass(frozen=True, slots=True)
class Above:
    """What stands above the receiver: ``self.parent`` and ``self.root``, through which any row may be reached."""


@dataclass(frozen=True, slots=True)
class Super:
    """``super()``: attributes of ``owner`` looked up after ``cls`` in its MRO."""

    cls: type
    owner: Any


@dataclass(frozen=True, slots=True)
class Method:
    """An attribute that is called: a function bound to the value it was read from, or a name that is dealt with."""

    owner: Any
    name: str
    function: Any = None


@dataclass(frozen=True, slots=True)
class Func:
    """A function or lambda written inside the body."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    frame: Frame
    defaults: tuple[Values, ...] = ()
    keyword_defaults: tuple[Values | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Partial:
    """``functools.partial``."""

    callee: Values
    args: tuple[Values, ...]
    kwargs: tuple[tuple[str, Values], ...]


@dataclass(frozen=True, slots=True)
class Getter:
    """``attrgetter`` (dotted names) or ``itemgetter`` (keys)."""

    names: tuple[Any, ...]
    items: bool


@dataclass(frozen=True, slots=True)
class Serializer:
    """A serializer made in the body (class, rows), or the receiver's own child (None, nothing)."""

    cls: Any


#: Slots of a box that are no constant: any element, and the keys of a dict.
ANY = "<any>"
KEYS = "<keys>"


class Box:
    """A list, tuple, set, dict or iterator made in the body, or an object of a class of the project's own.

    One per place in the code; what is put in stays in, so that aliases need no thought. ``seen`` says that somebody
    looked: what is put in later, an iterator that was made before may still come by.
    """

    __slots__ = ("_slots", "cls", "kind", "seen")

    def __init__(self, kind: str, cls: type | None = None) -> None:
        self.kind = kind
        self.cls = cls
        self.seen = False
        self._slots: dict[Any, Values] = {}

    @property
    def slots(self) -> dict[Any, Values]:
        """What stands where."""
        self.seen = True
        return self._slots

    def add(self, slot: Any, values: Values) -> bool:
        """Put values in; return whether that is news."""
        before = self._slots.get(slot)
        self._slots[slot] = values if before is None else before | values
        return before is None or not values <= before

    def elements(self) -> Values:
        """Return everything in it but a dict's keys."""
        return union(values for slot, values in self.slots.items() if slot is not KEYS)

    def everything(self) -> Values:
        """Return everything in it."""
        return union(self.slots.values())

    def at(self, key: Any) -> Values:
        """Return what may stand under a constant key."""
        return self.slots.get(("slot", key), NEVER) | self.slots.get(ANY, NEVER)


@dataclass(frozen=True, slots=True)
class Call:
    """A call: arguments by position and name, and those of ``*args`` and ``**kwargs`` that have no known place."""

    args: tuple[Values, ...] = ()
    kwargs: dict[str, Values] = field(default_factory=dict)
    rest: Values = NEVER
    name: str = "a function"
    key: Hashable = None
    text: str = ""
    constant: bool = True
    local: bool = False

    def arg(self, index: int, name: str = "") -> Values:
        """Return one argument, or nothing."""
        if index < len(self.args):
            return self.args[index]
        return self.kwargs.get(name, NEVER)

    def everything(self) -> Values:
        """Return all that is passed."""
        return union([*self.args, *self.kwargs.values(), self.rest])


def union(many: Iterable[Values]) -> Values:
    """Return the values that are in any of ``many``."""
    return NEVER.union(*many)


def known(value: Any) -> Values:
    """Return the value of a Python object that exists already; lazy proxies, which look to wake up, stay unknown."""
    cls = type(value)
    if cls not in _CANDID and any("__class__" in vars(base) for base in cls.__mro__[:-1] if base is not type):
        return PLAIN
    return frozenset([Known(value)])


_CANDID = (type, FunctionType, ModuleType, BuiltinFunctionType, str, int, bool, NoneType, tuple)


def constants(values: Values) -> list[Any] | None:
    """Return the plain constants that ``values`` are, or None where it may be anything else."""
    found = [atom.object for atom in values if isinstance(atom, Known) and type(atom.object) in (str, int, bool)]
    return found if found and len(found) == len(values) else None
