"""``Machine``: one reading of one body. The rules of the language are functions that register here."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from ..requirements import Edge
from .frames import Frame
from .trails import Node, Place
from .values import NEVER, PLAIN, Box, Call, Known, Many, Values

Rule = TypeVar("Rule", bound=Callable[..., Any])

#: What each kind of expression, statement and pattern does.
EXPRESSIONS: dict[type, Callable[[Machine, Frame, Any], Values]] = {}
STATEMENTS: dict[type, Callable[[Machine, Frame, Any], bool]] = {}

#: What each kind of value does when it is called, when an attribute is read from it, and when it is iterated over.
CALLS: dict[type, Callable[[Machine, Any, Call], Values]] = {}
ATTRIBUTES: dict[type, Callable[[Machine, Any, str], Values]] = {}
ELEMENTS: dict[type, Callable[[Machine, Any], Values]] = {}

#: Steps after which a body is too long to read, and calls within calls after which it is too deep.
MAX_STEPS = 5_000
MAX_CALLS = 12


#: Code that may not run, whatever the rows.
_PERHAPS: frozenset[Node] = frozenset()


class TooLong(Exception):  # noqa: N818 - not an error: the reader gives up, and says so
    """The body needs more steps than reading it is worth."""


def rule(table: dict[type, Any], *kinds: type) -> Callable[[Rule], Rule]:
    """Register a function in ``table`` for each of ``kinds``."""

    def register(function: Rule) -> Rule:
        for kind in kinds:
            table[kind] = function
        return function

    return register


class Machine:
    """The state of one reading. ``place`` is the line that is being read."""

    def __init__(self, root: Node, receiver: Any, filled: Mapping[tuple[type, str], Edge]) -> None:
        self.root = root
        self.receiver = receiver
        self.filled = filled
        self.place: Place = ("", 0)
        self.version = 0
        self.stale = False
        self.lazy = 0
        self.steps = 0
        self.depth = 0
        self.frames: dict[Hashable, Frame] = {}
        self.boxes: dict[Hashable, Box] = {}
        self.running: dict[Hashable, list[Any]] = {}
        self.known: dict[Hashable, tuple[int, Values]] = {}
        self.escaped: dict[Any, int] = {}
        self.leaked: dict[tuple[Box, Place], str] = {}
        self.generators: dict[ast.AST, bool] = {}
        self.looking = False
        self.scopes: list[frozenset[Node]] = []
        self.unsure: set[Any] = set()
        self._keys: dict[Hashable, int] = {}

    def key(self, *parts: Hashable) -> int:
        """Return a short name for a place in the call tree."""
        return self._keys.setdefault(parts, len(self._keys))

    def eval(self, frame: Frame, node: ast.AST) -> Values:
        """Return what an expression may be, and write down what it reads."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TooLong
        self.place = frame.place(node)
        return EXPRESSIONS.get(type(node), EXPRESSIONS[ast.AST])(self, frame, node)

    def run(self, frame: Frame, body: Sequence[ast.stmt]) -> bool:
        """Run statements; return whether the code after them may run too."""
        for statement in body:
            self.steps += 1
            self.place = frame.place(statement)
            if not STATEMENTS.get(type(statement), STATEMENTS[ast.AST])(self, frame, statement):
                return False
        return True

    @contextmanager
    def perhaps(self, each: Values = NEVER) -> Iterator[None]:
        """Read code that may not run in this block; of the rows of ``each``, it runs for every one.

        Where it may end the body, what follows may not run either.
        """
        depth = len(self.scopes)
        self.scopes.append(_all_rows(each))
        yield
        left = len(self.scopes) > depth + 1
        del self.scopes[depth:]
        if left:
            self.doubt()

    def doubt(self) -> None:
        """Take what follows for code that may not run, until the function or block ends."""
        self.scopes.append(_PERHAPS)

    def runs_for(self, node: Node) -> bool:
        """Whether the code at hand runs whenever there are rows of ``node``."""
        return all(any(known in scope for known in node.lineage()) for scope in self.scopes)

    @property
    def certainty(self) -> Hashable:
        """A value that differs wherever ``runs_for()`` may."""
        return None if _PERHAPS in self.scopes else tuple(self.scopes)

    def touch(self, node: Node) -> None:
        """Write down that the rows of ``node`` are loaded, whatever is read from them."""
        node.touch(self.place, always=node.parent is not None and self.runs_for(node.parent))

    def attribute(self, values: Values, name: str) -> Values:
        """Return what attribute ``name`` of ``values`` may be."""
        return self._each(ATTRIBUTES, values, name)

    def call(self, callee: Values, call: Call) -> Values:
        """Return what calling ``callee`` may give."""
        found = self._each(CALLS, callee, call) if callee else CALLS[object](self, None, call)
        return found

    def elements(self, values: Values) -> Values:
        """Return what iterating over ``values`` may give."""
        return self._each(ELEMENTS, values)

    def _each(self, table: dict[type, Any], values: Values, *args: Any) -> Values:
        place, found = self.place, NEVER
        for atom in values:
            self.place = place
            found = found | table.get(type(atom), table[object])(self, atom, *args)
        self.place = place
        return found

    def box(self, kind: str, *key: Hashable, cls: type | None = None) -> Box:
        """Return the box that stands for what is made at a place in the code."""
        number = self.key("box", kind, *key)
        if number not in self.boxes:
            self.boxes[number] = Box(kind, cls)
        return self.boxes[number]

    def put(self, box: Box, slot: Any, values: Values) -> None:
        """Put values into a box."""
        if box.add(slot, values):
            self.version += 1
            self.stale = self.stale or (box.seen and bool(values))

    def filled_box(self, kind: str, values: Values, *key: Hashable) -> Values:
        """Return a box with ``values`` as its elements."""
        from .values import ANY

        box = self.box(kind, *key)
        self.put(box, ANY, values)
        return frozenset([box])


def _all_rows(each: Values) -> frozenset[Node]:
    """The nodes of which ``each`` has all rows: a list may hold those that were picked out."""
    if not all(isinstance(atom, Many) or atom == Known(None) for atom in each):
        return _PERHAPS
    return frozenset(atom.node for atom in each if isinstance(atom, Many))


def plain(*_: Any) -> Values:
    """Give a value without model data."""
    return PLAIN


for _table in (ATTRIBUTES, ELEMENTS):
    _table[object] = plain
