"""Serializers of other packages that settle which fields they have only when they are shown.

A module of ``contrib`` says how to have that done earlier. What such a package's ``to_representation`` does besides is
what DRF's does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

_settlers: dict[str, Callable[[Any], None]] = {}


def settles(package: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Register a function that has a serializer, whose ``to_representation`` is of ``package``, settle its fields.

    It may be called again for the same serializer, and raises nothing that showing the serializer would not raise.
    """

    def register(settle: Callable[[Any], None]) -> Callable[[Any], None]:
        _settlers[package] = settle
        return settle

    return register


def readable_fields(serializer: Any) -> Iterable[Any]:
    """Return the fields that ``serializer`` is going to show."""
    for base in type(serializer).__mro__:
        settle = _settlers.get(_package(base))
        if settle is not None and "to_representation" in vars(base):
            settle(serializer)
    return getattr(serializer, "_readable_fields", ())


def is_settled(function: Any) -> bool:
    """Return whether ``function`` shows settled fields as DRF does."""
    return _package(function) in _settlers and function.__name__ == "to_representation"


def _package(defined: Any) -> str:
    return (getattr(defined, "__module__", None) or "").partition(".")[0]
