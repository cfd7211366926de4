"""How a body of the corpus is written down: its model, what it reads, and whether it can be flat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from rest_framework import serializers


@dataclass(frozen=True)
class Body:
    """A function with a hand-written statement of what it reads.

    ``n_plus_one``: runs queries for each row whatever is planned. ``known`` False: cannot be followed, says so.
    """

    function: Callable[..., Any]
    model: type[Model]
    expected: frozenset[str]
    n_plus_one: bool
    known: bool
    receiver: type
    function_name: str

    @property
    def name(self) -> str:
        """Theme and method."""
        return f"{self.receiver.__name__}.{self.function_name}"


def reads(model: type[Model], *paths: str, n_plus_one: bool = False, known: bool = True) -> Callable[[Any], Any]:
    """State what a method reads: columns by attribute name, ``rel.column``, ``rel`` alone, ``*`` for all columns."""

    def mark(function: Any) -> Any:
        function.states = (model, frozenset(paths), n_plus_one, known)
        return function

    return mark


class Theme(serializers.Serializer[Any]):
    """A serializer that only lends its methods a ``self``."""


def bodies(theme: type) -> Iterator[Body]:
    """Give every stated method of a theme."""
    for name, function in vars(theme).items():
        inner = getattr(function, "__func__", function)
        if hasattr(inner, "states"):
            model, paths, n_plus_one, known = inner.states
            yield Body(function, model, paths, n_plus_one, known, theme, name)
