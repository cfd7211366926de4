"""``match``: what a pattern reads from its subject, and the names it binds."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from .comparing import identify
from .escaping import escape
from .expressions import item
from .frames import Frame
from .machine import Machine, rule
from .values import PLAIN, Box, Known, Row, Values, known, union

#: What each kind of pattern does.
PATTERNS: dict[type, Callable[[Machine, Frame, Any, Values], None]] = {}


def match_pattern(m: Machine, frame: Frame, pattern: ast.pattern, subject: Values) -> None:
    """Match ``subject`` with ``pattern``."""
    m.place = frame.place(pattern)
    PATTERNS.get(type(pattern), PATTERNS[ast.AST])(m, frame, pattern, subject)


@rule(PATTERNS, ast.AST)
def _unknown(m: Machine, frame: Frame, pattern: ast.pattern, subject: Values) -> None:
    """A kind of pattern that no rule knows."""
    escape(m, subject, "matches {it} in a way that is not understood")


@rule(PATTERNS, ast.MatchSingleton)
def _singleton(m: Machine, frame: Frame, pattern: ast.MatchSingleton, subject: Values) -> None:
    """``None``, ``True`` and ``False`` are compared by identity."""


@rule(PATTERNS, ast.MatchValue)
def _value(m: Machine, frame: Frame, pattern: ast.MatchValue, subject: Values) -> None:
    identify(m, subject | m.eval(frame, pattern.value))


@rule(PATTERNS, ast.MatchOr)
def _either(m: Machine, frame: Frame, pattern: ast.MatchOr, subject: Values) -> None:
    for inner in pattern.patterns:
        match_pattern(m, frame, inner, subject)


@rule(PATTERNS, ast.MatchAs, ast.MatchStar)
def _capture(m: Machine, frame: Frame, pattern: ast.MatchAs | ast.MatchStar, subject: Values) -> None:
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        match_pattern(m, frame, pattern.pattern, subject)
    if isinstance(pattern, ast.MatchStar):
        subject = m.filled_box("list", m.elements(subject), "star", frame.key, pattern)
    if pattern.name is not None:
        frame.bind(pattern.name, subject)


@rule(PATTERNS, ast.MatchSequence)
def _sequence(m: Machine, frame: Frame, pattern: ast.MatchSequence, subject: Values) -> None:
    """Querysets are no sequences to ``match``; lists and tuples are."""
    boxes = frozenset(atom for atom in subject if isinstance(atom, (Box, Known)))
    starred = any(isinstance(inner, ast.MatchStar) for inner in pattern.patterns)
    for index, inner in enumerate(pattern.patterns):
        if isinstance(inner, ast.MatchStar):
            match_pattern(m, frame, inner, boxes)
        else:
            values = m.elements(boxes) if starred else item(m, boxes, known(index))
            match_pattern(m, frame, inner, values | _opaque(subject))


def _opaque(subject: Values) -> Values:
    return PLAIN & subject


@rule(PATTERNS, ast.MatchMapping)
def _mapping(m: Machine, frame: Frame, pattern: ast.MatchMapping, subject: Values) -> None:
    boxes = frozenset(atom for atom in subject if isinstance(atom, Box))
    for key, inner in zip(pattern.keys, pattern.patterns, strict=True):
        match_pattern(m, frame, inner, item(m, boxes, m.eval(frame, key)) | _opaque(subject))
    if pattern.rest is not None:
        frame.bind(pattern.rest, _rest(m, boxes, pattern.keys, (frame.key, pattern)) | _opaque(subject))


def _rest(m: Machine, boxes: Values, keys: list[ast.expr], place: Any) -> Values:
    """What a mapping holds beside the keys that were matched."""
    matched = {("slot", key.value) for key in keys if isinstance(key, ast.Constant)}
    rest = m.box("dict", "rest", *place)
    for box in boxes:
        for slot, values in list(box.slots.items()):
            if slot not in matched:
                m.put(rest, slot, values)
    return frozenset([rest])


@rule(PATTERNS, ast.MatchClass)
def _class(m: Machine, frame: Frame, pattern: ast.MatchClass, subject: Values) -> None:
    cls = m.eval(frame, pattern.cls)
    for name, inner in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
        m.place = frame.place(inner)
        match_pattern(m, frame, inner, m.attribute(subject, name))
    if not pattern.patterns:
        return
    if all(isinstance(atom, Known) and atom.object in (str, int, float, bool, list, tuple, dict) for atom in cls):
        _itself(m, frame, pattern.patterns, subject)
    else:
        _positions(m, frame, pattern.patterns, subject)


def _itself(m: Machine, frame: Frame, patterns: list[ast.pattern], subject: Values) -> None:
    """``case str(name)`` binds the subject."""
    for inner in patterns:
        match_pattern(m, frame, inner, subject)


def _positions(m: Machine, frame: Frame, patterns: list[ast.pattern], subject: Values) -> None:
    """Attributes by position are those of ``__match_args__``."""
    escape(m, frozenset(atom for atom in subject if isinstance(atom, Row)), "matches {it} by position")
    values = union(_inside(atom) for atom in subject) | PLAIN
    for inner in patterns:
        match_pattern(m, frame, inner, values)


def _inside(atom: Any) -> Values:
    return atom.everything() if isinstance(atom, Box) else frozenset()
