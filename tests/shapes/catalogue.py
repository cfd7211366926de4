"""How a shape is declared: a decorator on its serializer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from django.db.models import QuerySet
from rest_framework import serializers

from tests.laws import Shape

S = TypeVar("S", bound=type[serializers.BaseSerializer[Any]])

#: All shapes, by name.
SHAPES: dict[str, Shape] = {}


class ModelSerializer(serializers.ModelSerializer[Any]):
    """Spare two hundred serializers their type argument."""


class Serializer(serializers.Serializer[Any]):
    """The same for serializers without a model."""


def shape(
    *,
    queries: int,
    queryset: Callable[[], QuerySet[Any]] | None = None,
    variant: str = "",
    unknown: Iterable[str] = (),
    kept: Iterable[str] = (),
    ordered: bool = True,
    view: Mapping[str, Any] | None = None,
    params: Mapping[str, str] | None = None,
    by_hand: Callable[[], QuerySet[Any]] | None = None,
) -> Callable[[S], S]:
    """Add a serializer to the catalogue; see `Shape` for what the arguments mean.

    The decorator may be used several times on one serializer, with a `variant` each.
    """

    def register(serializer: S) -> S:
        theme = serializer.__module__.rpartition(".")[2]
        name = ".".join(filter(None, (theme, serializer.__name__, variant)))
        assert name not in SHAPES, f"there are two shapes called {name}"
        SHAPES[name] = Shape(
            name=name,
            serializer=serializer,
            queryset=queryset or serializer.Meta.model._default_manager.all,  # type: ignore[attr-defined]
            queries=queries,
            unknown=frozenset(unknown),
            kept=frozenset(kept),
            ordered=ordered,
            view=view or {},
            params=params or {},
            by_hand=by_hand,
        )
        return serializer

    return register
