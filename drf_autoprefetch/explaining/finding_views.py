"""The views with the mixin that the project's URLs lead to: each way to read from one, once."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any

from django.urls import ResolverMatch, URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize

from .placeholders import placeholder


@dataclass(frozen=True, slots=True)
class Registered:
    """An action of a view that a GET, or only a HEAD, reaches at some URL.

    ``actions`` maps HTTP methods to methods of a viewset; None for a view that is none. ``match`` is what the resolver
    makes of ``path``. ``name`` is ``shop.views.BookViewSet:list``, with the path behind it where the same action is
    registered in several ways.
    """

    view: Any
    action: str
    method: str
    actions: Mapping[str, str] | None
    initkwargs: Mapping[str, Any]
    match: ResolverMatch
    path: str
    name: str

    @property
    def dotted(self) -> str:
        """``shop.views.BookViewSet``, which is what names the view to a person."""
        return f"{self.view.__module__}.{self.view.__qualname__}"


def registered_views(view_base: type | tuple[type, ...]) -> list[Registered]:
    """Return every action of a subclass of ``view_base`` that can be read from, by name. No request, no database.

    An action at several URLs (with a format suffix, in two namespaces) is returned once, as the first one has it.
    """
    found: list[Registered] = []
    for match, path in _matches(get_resolver().url_patterns, _Above()):
        one = registered(match, path, view_base)
        if one is not None and not any(_same(one, other) for other in found):
            found.append(one)
    often = Counter(one.name for one in found)
    named = [one if often[one.name] == 1 else replace(one, name=f"{one.name} {one.path}") for one in found]
    return sorted(named, key=lambda one: one.name)


def registered(match: ResolverMatch, path: str, view_base: type | tuple[type, ...]) -> Registered | None:
    """Return what answers a GET at ``path``; None where it is no subclass of ``view_base``, or reads nothing."""
    callback = made_by_as_view(match.func)
    view: Any = getattr(callback, "cls", None)
    if not (inspect.isclass(view) and issubclass(view, view_base)):
        return None
    actions, initkwargs = getattr(callback, "actions", None), getattr(callback, "initkwargs", {})
    method = _reading_method(view, actions, initkwargs)
    if not method:
        return None
    action = "get" if actions is None else actions[method]
    name = f"{view.__module__}.{view.__qualname__}:{action}"
    return Registered(view, action, method, actions, initkwargs, match, path, name)


def _reading_method(view: Any, actions: Mapping[str, str] | None, initkwargs: Mapping[str, Any]) -> str:
    """``get``, or ``head`` where there is no other; an empty string where there is neither."""
    allowed = initkwargs.get("http_method_names", view.http_method_names)
    has = actions.__contains__ if actions is not None else partial(hasattr, view)
    return next((method for method in ("get", "head") if method in allowed and has(method)), "")


def made_by_as_view(callback: Any) -> Any:
    """Return what ``as_view()`` has made, from under the decorators around it."""
    while callback is not None and not hasattr(callback, "cls"):
        callback = getattr(callback, "__wrapped__", None) or getattr(callback, "func", None)
    return callback


#: What a router passes to ``as_view()`` to tell its routes apart, whatever the view does.
_ROUTE_NAMES = ("basename", "detail", "suffix", "name", "description")


def _same(one: Registered, other: Registered) -> bool:
    return (one.view, one.action) == (other.view, other.action) and _options(one) == _options(other)


def _options(one: Registered) -> dict[str, Any]:
    return {name: value for name, value in one.initkwargs.items() if name not in _ROUTE_NAMES}


@dataclass(frozen=True, slots=True)
class _Above:
    """What the ``include()``s around a URL say."""

    patterns: tuple[Any, ...] = ()
    app_names: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    kwargs: Mapping[str, Any] | None = None

    def inside(self, resolver: URLResolver) -> _Above:
        return _Above(
            (*self.patterns, resolver.pattern),
            (*self.app_names, resolver.app_name or ""),
            (*self.namespaces, resolver.namespace or ""),
            {**(self.kwargs or {}), **resolver.default_kwargs},
        )


def _matches(patterns: Iterable[URLPattern | URLResolver], above: _Above) -> Iterator[tuple[ResolverMatch, str]]:
    """Yield what a request to each URL would be resolved to, and an example of such a URL."""
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from _matches(each.url_patterns, above.inside(each))
        else:
            yield _match(each, above)


def _match(url: URLPattern, above: _Above) -> tuple[ResolverMatch, str]:
    patterns = (*above.patterns, url.pattern)
    named, args = _parts(patterns, _versioning(url.callback))
    match = ResolverMatch(
        url.callback,
        args,
        {**named, **(above.kwargs or {}), **url.default_args},
        url.name,
        list(above.app_names),
        list(above.namespaces),
        route=reduce(_joined, map(str, patterns)),
        captured_kwargs=named,
        extra_kwargs=url.default_args,
    )
    return match, _path(patterns, named)


def _joined(route: str, further: str) -> str:
    return route + (further.removeprefix("^") if route else further)


def _versioning(callback: Any) -> Any:
    made = made_by_as_view(callback)
    own = getattr(getattr(made, "cls", None), "versioning_class", None)
    return getattr(made, "initkwargs", {}).get("versioning_class", own)


def _parts(patterns: tuple[Any, ...], versioning: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Harmless values for the parts of a URL, which nobody has given. As Django has it, names drive out positions."""
    regexes = [pattern.regex for pattern in patterns]
    converters = {name: each for pattern in patterns for name, each in pattern.converters.items()}
    names = [name for regex in regexes for name in regex.groupindex]
    named = {name: placeholder(name, converters.get(name), versioning) for name in names}
    return named, () if named else ("1",) * sum(regex.groups for regex in regexes)


def _path(patterns: tuple[Any, ...], named: Mapping[str, Any]) -> str:
    """A URL that the patterns match, or nearly: what a request that is made up says of itself."""
    form, names = normalize("".join(pattern.regex.pattern for pattern in patterns))[0]
    for name in names:
        # Not by ``%``, which may stand in a URL for itself.
        form = form.replace(f"%({name})s", str(named.get(name, "1")))
    return f"/{form}"
