"""Responses that stream: each step is taken inside the same block as the view was, and the end is told once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import ContextVar
from typing import Any

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

_END = object()

#: Told that a stream is over, and whether all of it was sent.
Over = Callable[[bool], None]


class Turns:
    """A block that is left and entered again: ``own``, a watch or a tally, is in force inside.

    Whoever takes a step is around it. A block that the stream itself has entered and not yet left is inside again at
    the next step; it cannot know that others had their turn meanwhile.
    """

    __slots__ = ("_before", "_inside", "_own", "_variable")

    def __init__(self, variable: ContextVar[Any], own: Any) -> None:
        self._variable, self._own, self._inside = variable, own, own
        self._before: Any = None

    def __enter__(self) -> None:
        self._before = self._own.around = self._variable.get()
        self._variable.set(self._inside)

    def __exit__(self, *about: object) -> None:
        self._inside = self._variable.get()
        self._variable.set(self._before)


def is_stream(response: Any) -> bool:
    """Return whether code of the project may run while ``response`` is sent. Files are handed to the server as such."""
    return isinstance(response, StreamingHttpResponse) and getattr(response, "file_to_stream", None) is None


def follow(response: Any, turns: Turns, over: Over) -> None:
    """Have each step of a stream taken inside ``turns``, and ``over`` called at its end, whatever that is.

    What is sent stays the same. ``over`` may raise where all of it was sent.
    """
    steps: type[_Steps | _AsyncSteps] = _AsyncSteps if response.is_async else _Steps
    response.streaming_content = steps(response.streaming_content, turns, over)


class _Ending:
    """What both kinds of iterators end with. ``close()`` is called by the response when it is closed."""

    def __init__(self, content: Any, turns: Turns, over: Over) -> None:
        self._content, self._turns = content, turns
        self._over: Over | None = over

    def close(self) -> None:
        """Take no further step. The iterator underneath is closed by the response, which has known it longer."""
        self._finish(False)

    def _finish(self, complete: bool) -> None:
        over, self._over = self._over, None
        if over is not None:
            over(complete)


class _Steps(_Ending):
    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            with self._turns:
                found: Any = next(self._content, _END)
        except BaseException:
            self._finish(False)
            raise
        if found is _END:
            self._finish(True)
            raise StopIteration
        return found  # type: ignore[no-any-return]


class _AsyncSteps(_Ending):
    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            with self._turns:
                found: Any = await anext(self._content, _END)
        except Exception:
            await self._finish_in_thread(False)
            raise
        # Where a request is cancelled nothing is to be waited for; its response is closed by the server.
        if found is _END:
            await self._finish_in_thread(True)
            raise StopAsyncIteration
        return found  # type: ignore[no-any-return]

    async def _finish_in_thread(self, complete: bool) -> None:
        """Receivers of signals and handlers of logs may wait, and those that are asynchronous want a loop."""
        await sync_to_async(self._finish)(complete)


#: Where code of a view begins once more.
STEPS = (_Steps.__next__, _AsyncSteps.__anext__)
