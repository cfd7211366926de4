"""What the argument of a command names: a URL, a view, one action of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import unquote, urlsplit

from django.core.management.base import CommandError
from django.urls import Resolver404, ResolverMatch, resolve

from .finding_views import Registered, made_by_as_view, registered, registered_views

USAGE = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which views may be chosen, the subclasses of ``bases``; ``missing`` is what to say of a view that is none.

    ``views`` is what they are called, ``nowhere`` what to do where there are none at all.
    """

    bases: type | tuple[type, ...]
    views: str
    missing: str
    nowhere: str


def with_mixin(mixin: type) -> Wanted:
    """Return what to choose from where only views with ``mixin`` have what is asked for."""
    return Wanted(
        mixin,
        "view that a URL leads to, with the mixin and something to read,",
        f"has no {mixin.__name__}. Inherit it before the view class.",
        f"No URL of this project leads to a view with the mixin. Inherit {mixin.__name__} in one.",
    )


def choose(argument: str, wanted: Wanted) -> list[Registered]:
    """Return the registered actions that ``argument`` names, all of them where it is empty.

    Raises CommandError where it names none, with what it may have meant.
    """
    known = registered_views(wanted.bases)
    if not argument:
        return known
    if "/" in argument:
        return [_by_url(argument, known, wanted)]
    return _by_name(argument, known, wanted)


def names_one(argument: str) -> bool:
    """Return whether ``argument`` is for one plan: a URL, or an action of a view."""
    return "/" in argument or ":" in argument


def _by_url(url: str, known: Sequence[Registered], wanted: Wanted) -> Registered:
    parts = urlsplit(url)
    asked = f"{parts.path}?{parts.query}" if parts.query else parts.path
    try:
        match = resolve(unquote(parts.path))
    except Resolver404:
        near = _near(parts.path, [one.path for one in known], wanted)
        raise CommandError(f"No URL of this project is {parts.path!r}.{near}", returncode=USAGE) from None
    found = registered(match, asked, wanted.bases)
    if found is None:
        raise CommandError(_why_not(match, parts.path, wanted), returncode=USAGE)
    return found


def _why_not(match: ResolverMatch, path: str, wanted: Wanted) -> str:
    cls = getattr(made_by_as_view(match.func), "cls", None)
    view = match.func if cls is None else cls
    name = f"{view.__module__}.{getattr(view, '__qualname__', type(view).__qualname__)}"
    if isinstance(cls, type) and issubclass(cls, wanted.bases):
        return f"{path} is answered by {name}, which has nothing for GET there. Only what is read has a plan."
    return f"{path} is answered by {name}, which {wanted.missing}"


def _by_name(argument: str, known: Sequence[Registered], wanted: Wanted) -> list[Registered]:
    name, _, action = argument.partition(":")
    found = [one for one in known if _is_named(one, name)]
    views = sorted({one.dotted for one in found})
    if not found:
        near = _near(name, sorted({one.dotted for one in known}), wanted)
        raise CommandError(f"No {wanted.views} is {name!r}.{near}", returncode=USAGE)
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


def _near(wrong: str, names: list[str], wanted: Wanted) -> str:
    """What may have been meant; the class says more than the package that it is in."""
    if not names:
        return f" {wanted.nowhere}"
    last = {name.rpartition(".")[2]: name for name in names}
    near = get_close_matches(wrong, names, n=3) or [
        last[match] for match in get_close_matches(wrong.rpartition(".")[2], list(last), n=3)
    ]
    if near:
        return f" Did you mean {' or '.join(map(repr, near))}?"
    shown = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
    return f" Choices are: {shown}."
