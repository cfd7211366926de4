"""What the argument of a command names: a URL, a view, one action of it."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from urllib.parse import unquote, urlsplit

from django.core.management.base import CommandError
from django.urls import Resolver404, ResolverMatch, resolve

from .finding_views import Registered, made_by_as_view, registered, registered_views

USAGE = 2


def choose(argument: str, view_base: type) -> list[Registered]:
    """Return the registered actions that ``argument`` names, all of them where it is empty.

    Raises CommandError where it names none, with what it may have meant.
    """
    known = registered_views(view_base)
    if not argument:
        return known
    if "/" in argument:
        return [_by_url(argument, known, view_base)]
    return _by_name(argument, known)


def names_one(argument: str) -> bool:
    """Return whether ``argument`` is for one plan: a URL, or an action of a view."""
    return "/" in argument or ":" in argument


def _by_url(url: str, known: Sequence[Registered], view_base: type) -> Registered:
    parts = urlsplit(url)
    asked = f"{parts.path}?{parts.query}" if parts.query else parts.path
    try:
        match = resolve(unquote(parts.path))
    except Resolver404:
        near = _near(parts.path, [one.path for one in known])
        raise CommandError(f"No URL of this project is {parts.path!r}.{near}", returncode=USAGE) from None
    found = registered(match, asked, view_base)
    if found is None:
        raise CommandError(_why_not(match, parts.path, view_base), returncode=USAGE)
    return found


def _why_not(match: ResolverMatch, path: str, view_base: type) -> str:
    cls = getattr(made_by_as_view(match.func), "cls", None)
    view = match.func if cls is None else cls
    name = f"{view.__module__}.{getattr(view, '__qualname__', type(view).__qualname__)}"
    if isinstance(cls, type) and issubclass(cls, view_base):
        return f"{path} is answered by {name}, which has nothing for GET there. Only what is read has a plan."
    return f"{path} is answered by {name}, which has no {view_base.__name__}. Inherit it before the view class."


def _by_name(argument: str, known: Sequence[Registered]) -> list[Registered]:
    name, _, action = argument.partition(":")
    found = [one for one in known if _is_named(one, name)]
    views = sorted({one.dotted for one in found})
    if not found:
        near = _near(name, sorted({one.dotted for one in known}))
        message = f"No view that a URL leads to, with the mixin and something to read, is {name!r}.{near}"
        raise CommandError(message, returncode=USAGE)
    if len(views) > 1:
        raise CommandError(f"{name!r} may be {' or '.join(views)}. Write which.", returncode=USAGE)
    chosen = [one for one in found if action in ("", one.action)]
    if not chosen:
        actions = ", ".join(one.action for one in found)
        message = f"{views[0]} has no action {action!r} that answers GET. Choices are: {actions}."
        raise CommandError(message, returncode=USAGE)
    return chosen


def _is_named(one: Registered, name: str) -> bool:
    """The whole dotted name, or as much of it as there need be: ``shop.BookViewSet``, ``BookViewSet``."""
    if name == one.dotted:
        return True
    *packages, cls = name.split(".")
    return cls == one.view.__name__ and set(packages) <= set(one.view.__module__.split("."))


def _near(wrong: str, names: list[str]) -> str:
    """What may have been meant; the class says more than the package that it is in."""
    if not names:
        return " No URL of this project leads to a view with the mixin. Inherit AutoPrefetchMixin in one."
    last = {name.rpartition(".")[2]: name for name in names}
    near = get_close_matches(wrong, names, n=3) or [
        last[match] for match in get_close_matches(wrong.rpartition(".")[2], list(last), n=3)
    ]
    if near:
        return f" Did you mean {' or '.join(map(repr, near))}?"
    shown = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
    return f" Choices are: {shown}."
