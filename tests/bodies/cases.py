"""Bodies with what they must be found to read, as the tests of the reader state them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from drf_autoprefetch.notes import Note, Origin
from drf_autoprefetch.reading.requirements import Requirement

#: Where the bodies say they are asked from.
ORIGIN = Origin("ProductSerializer", "rating", "shop/serializers.py", 41, "method body")


def stating(cases: list[Any]) -> Callable[..., Callable[[Any], Any]]:
    """Return a decorator that adds the function below it to ``cases``, with its model and the paths that it reads."""

    def case(model: Any, *expected: str, says: str = "") -> Callable[[Any], Any]:
        def add(function: Any) -> Any:
            cases.append(pytest.param(function, model, frozenset(expected), says, id=function.__name__))
            return function

        return add

    return case


def notes(requirement: Requirement) -> list[Note]:
    """Return the notes of a requirement and of everything below it."""
    found = list(requirement.notes)
    for edge in requirement.edges.values():
        for target in edge.targets.values():
            found += notes(target)
    return found
