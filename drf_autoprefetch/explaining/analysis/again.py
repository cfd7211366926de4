"""A request at the moment before its handler: from there it can be answered any number of times."""

from __future__ import annotations

import copy
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from inspect import iscoroutine
from types import MethodType
from typing import Any

from asgiref.sync import async_to_sync
from django.db.models import Model
from django.http import HttpRequest, QueryDict
from django.utils.functional import LazyObject

from ...conf import get_settings

#: What ``AutoPrefetchMixin`` keeps on a view, and what Django derives from the headers.
_PLAN = "_request_plan"
_DERIVED = ("headers", "accepted_types", "accepted_types_by_precedence")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request. ``content`` is None where it cannot be read: an error, or a stream."""

    status: int
    content: bytes | None
    error: Exception | None = None


class Again:
    """A view whose checks have passed, its request and the handler that would have answered it.

    The view is remembered as it is now: what is asked of it afterwards leaves no trace on the copies that answer.
    """

    def __init__(self, view: Any, handler: Callable[..., Any], request: Any, *args: Any, **kwargs: Any) -> None:
        self.view, self.handler, self.request = view, handler, request
        self._args, self._kwargs = args, kwargs
        self._state = {name: value for name, value in vars(view).items() if name != _PLAN}

    def __call__(self) -> Answer:
        """Answer the request with a fresh copy of the view, as ``dispatch()`` does, and render the response."""
        raised = None
        try:
            view = self._view()
            request, kwargs = view.request, view.kwargs
            try:
                response = _bound(self.handler, self.view, view)(request, *self._args, **kwargs)
                response = _awaited(response) if iscoroutine(response) else response
            except Exception as error:
                raised, response = error, view.handle_exception(error)
            response = view.response = view.finalize_response(request, response, *self._args, **kwargs)
            if hasattr(response, "render"):
                response.render()
        except Exception as error:
            return Answer(500, None, error)
        return Answer(response.status_code, None if response.streaming else response.content, raised)

    def _view(self) -> Any:
        view = object.__new__(type(self.view))
        for name, value in self._state.items():
            vars(view)[name] = _bound(value, self.view, view)
        vars(view)[self.request.method.lower()] = _bound(self.handler, self.view, view)
        view.headers, view.kwargs = dict(view.headers), dict(self._kwargs)
        view.request = self.fresh_request(view)
        return view

    def fresh_request(self, view: Any) -> Any:
        """Return the request as one asks for data who accepts anything: ``Accept`` says how the report is wanted."""
        request = _twin(self.request)
        request._request = _fresh(self.request._request)
        if "_user" in vars(self.request):
            request.user = _copied(self.request.user)
        negotiated = view.perform_content_negotiation(request, force=True)
        request.accepted_renderer, request.accepted_media_type = negotiated
        return request


def _awaited(coming: Coroutine[Any, Any, Any]) -> Any:
    """What an async handler answers. What it has done in a thread for code like the ORM's, this thread does."""

    async def wait() -> Any:
        return await coming

    try:
        return async_to_sync(wait)()
    finally:
        coming.close()


def _bound(value: Any, view: Any, other: Any) -> Any:
    """A method of ``view`` as one of ``other``, also inside a partial; anything else as it is."""
    if isinstance(value, partial):
        function, *given = (_bound(each, view, other) for each in (value.func, *value.args))
        return partial(function, *given, **value.keywords)
    is_method = isinstance(value, MethodType) and value.__self__ is view
    return MethodType(value.__func__, other) if is_method else value


def _twin(request: Any) -> Any:
    """A copy with all that middleware and permissions have put there; ``copy()`` leaves out what has no pickle."""
    twin = object.__new__(type(request))
    vars(twin).update(vars(request))
    return twin


def _fresh(request: HttpRequest) -> HttpRequest:
    """A copy without the parameter."""
    fresh: HttpRequest = _twin(request)
    query = request.GET.copy()
    query.pop(get_settings().EXPLAIN_PARAMETER, None)
    for name in _DERIVED:
        vars(fresh).pop(name, None)
    fresh.GET = QueryDict(query.urlencode(), encoding=request.encoding)
    fresh.META = request.META | {"QUERY_STRING": query.urlencode(), "HTTP_ACCEPT": "*/*"}
    if hasattr(request, "session"):
        fresh.session = _own_session(request.session)
    return fresh


def _own_session(session: Any) -> Any:
    """A copy of a session: what the view writes in it must not be stored when the response is sent."""
    own = copy.copy(session)
    if "_session_cache" in vars(session):
        own._session_cache = copy.deepcopy(session._session_cache)
    return own


def _copied(user: Any) -> Any:
    """Rows that one run loads from the user must be loaded by the next one too."""
    return copy.copy(user) if isinstance(user, (Model, LazyObject)) else user
