"""``Frame``: the names of one running function, and every value that each ever had."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .trails import Place
from .values import NEVER, PLAIN, Values, known, union

Names = dict[str, Values]


@dataclass(slots=True, eq=False)
class Frame:
    """One function at one place of the call tree. It is kept between passes, so that what it knew only grows.

    ``env`` holds the names as they are now; ``traces`` collect every value bound since a loop or ``try`` began, and
    the first of them since the beginning. ``lazy`` frames (generators) may run later than where they stand.
    """

    key: Hashable
    file: str
    name: str
    namespace: dict[str, Any] = field(default_factory=dict)
    cells: Names = field(default_factory=dict)
    parent: Frame | None = None
    cls: type | None = None
    mangle: str = ""
    lazy: bool = False
    transparent: bool = False
    owner: Values = NEVER
    env: Names = field(default_factory=dict)
    traces: list[Names] = field(default_factory=lambda: [{}])
    peeked: Names = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    returned: Values = NEVER
    yielded: Values = NEVER

    def place(self, node: ast.AST) -> Place:
        """Return (file, line) of a node."""
        return self.file, getattr(node, "lineno", 0)

    def begin(self, env: Names) -> None:
        """Start another pass with the given arguments."""
        self.env, self.peeked = {}, {}
        for name, values in env.items():
            self.bind(name, values)

    def bind(self, name: str, values: Values) -> None:
        """Give ``name`` a value."""
        if name in self.outer and self.parent is not None:
            self.parent.bind_outer(name, values)
            return
        self.env[name] = values
        for trace in self.traces:
            trace[name] = trace.get(name, NEVER) | values

    def bind_outer(self, name: str, values: Values) -> None:
        """Give a name of this or an enclosing frame one more value."""
        frame = self
        while name not in frame.env and frame.parent is not None:
            frame = frame.parent
        frame.bind(name, frame.env.get(name, NEVER) | values)

    def look_up(self, name: str) -> Values:
        """Return what ``name`` may be."""
        if name in self.env:
            return self.env[name]
        lazy, frame = self.lazy, self.parent
        while frame is not None:
            if name in frame.env or name in frame.traces[0]:
                return frame.peek(name, lazy)
            lazy, frame = lazy or frame.lazy, frame.parent
        if name in self.cells:
            return self.cells[name]
        if name in self.namespace:
            return known(self.namespace[name])
        return known(getattr(builtins, name)) if hasattr(builtins, name) else PLAIN

    def binds(self, name: str) -> bool:
        """Whether ``name`` is one of this function's, or of those around it."""
        return name in self.env or (self.parent is not None and self.parent.binds(name))

    def peek(self, name: str, lazy: bool) -> Values:
        """Return what an inner function sees: what is bound now or, where it may run later, whatever ever was."""
        values = self.env.get(name, NEVER)
        if lazy:
            values = values | self.traces[0].get(name, NEVER)
            self.peeked[name] = self.peeked.get(name, values) & values
        return values

    def unsettled(self) -> bool:
        """Whether a lazy inner function missed a value that was bound after it."""
        return any(not self.traces[0].get(name, NEVER) <= values for name, values in self.peeked.items())


def join(*envs: Names) -> Names:
    """Return the names of several branches together."""
    return {name: union(env.get(name, NEVER) for env in envs) for name in _names(envs)}


def _names(envs: Iterable[Names]) -> set[str]:
    return {name for env in envs for name in env}
