"""Having a view make its serializer before its rows are fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connections
from django.http import Http404
from rest_framework.exceptions import APIException

from ..exceptions import NotAskedError
from ..reading.code import own_code
from ..reading.views import asks_for_rows, handling


class Queries:
    """Counts the queries that are run inside a block, in this thread."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, *query: Any) -> Any:
        self.count += 1
        return execute(*query)


@contextmanager
def counted() -> Iterator[Queries]:
    """Count the queries of this block."""
    queries = Queries()
    with ExitStack() as stack:
        for connection in connections.all(initialized_only=True):
            stack.enter_context(connection.execute_wrapper(queries))
        yield queries


@contextmanager
def beforehand(view: Any) -> Iterator[Queries]:
    """Run code of the view that runs again when it shows its rows, and count its queries.

    Raises NotAskedError where that code refuses the request, which is the view's to say in its own time.
    """
    with counted() as queries:
        try:
            yield queries
        except (APIException, Http404, PermissionDenied) as refusal:
            problem = f"the making of its serializer by {type(view).__name__} refuses the request"
            raise NotAskedError(problem) from refusal


def build(view: Any) -> Any:
    """Return a serializer as the view would make it to show rows."""
    handled = handling(view)
    options = {} if handled.detail else {"many": True}
    with _late_context(view) as context:
        if handled.builds:
            return view.get_serializer(**options)
        return view.get_serializer_class()(context=context(), **options)


@contextmanager
def _late_context(view: Any) -> Iterator[Any]:
    """Have ``get_serializer_context()`` of the project's own answer only what is taken from its answer."""
    whole = view.get_serializer_context
    if own_code(view, "get_serializer_context") is None:
        yield whole
        return
    with shadowed(view, "get_serializer_context", lambda: Context(view, whole)):
        yield view.get_serializer_context


@contextmanager
def shadowed(view: Any, name: str, method: Callable[..., Any]) -> Iterator[None]:
    """Have ``view`` answer to ``name`` with ``method`` in this block."""
    own = vars(view).get(name)
    setattr(view, name, method)
    try:
        yield
    finally:
        delattr(view, name)
        if own is not None:
            setattr(view, name, own)


class Context(MutableMapping[str, Any]):
    """The serializer context of a view, asked for only when something beside the request is taken from it.

    A ``get_serializer_context()`` of the project's own may run queries, and runs again for the serializer that DRF
    builds. Raises NotAskedError where it asks for the view's rows.
    """

    def __init__(self, view: Any, whole: Any) -> None:
        self._known: dict[str, Any] = {"request": view.request, "format": view.format_kwarg, "view": view}
        self._added: dict[str, Any] = {}
        self._view: Any = view
        self._ask_whole = whole

    def _whole(self) -> dict[str, Any]:
        view, self._view = self._view, None
        if view is not None:
            cls: Any = type(view)
            if asks_for_rows(cls, "get_serializer_context"):
                raise NotAskedError("get_serializer_context() asks for rows itself")
            self._known.update({**self._ask_whole(), **self._added})
        return self._known

    def __getitem__(self, key: str) -> Any:
        return self._known[key] if key in self._known else self._whole()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._known[key] = self._added[key] = value

    def __delitem__(self, key: str) -> None:
        del self._whole()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def __or__(self, other: Any) -> dict[str, Any]:
        return {**self._whole(), **other}

    def __ror__(self, other: Any) -> dict[str, Any]:
        return {**other, **self._whole()}

    def copy(self) -> dict[str, Any]:
        """Return the whole context as a plain dict."""
        return self._whole().copy()
