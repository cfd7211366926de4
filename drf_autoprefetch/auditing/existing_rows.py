"""URLs that lead to rows that there are: what stands for their parts is looked up, as far as names tell where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from django.core.exceptions import FieldError
from django.db.models import Count, Model
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve, reverse

from ..explaining.finding_views import Registered, made_by_as_view
from ..explaining.unasked import live_view, new_view
from ..reading.views import is_detail

#: So many objects of a view of one object are looked at.
OBJECTS = 4


class NotProbedError(Exception):
    """An action cannot be probed; the message says why, and what to pass or to mend."""


def answers_one(registered: Registered) -> bool:
    """Return whether an action shows one object rather than a list."""
    view = new_view(registered)
    view.request = view.initialize_request(view.request, *view.args, **view.kwargs)
    return is_detail(view)


def with_existing_rows(registered: Registered, user: Any) -> list[Registered]:
    """Return the action with URLs that lead to rows: one for a list, some for objects.

    Raises NotProbedError where the parts of its URL cannot be told from the rows of its model.
    """
    if registered.match.args:
        raise NotProbedError("its URL has parts without a name: pass a URL")
    lookup = _lookup_part(registered)
    parents = [name for name in _parts(registered) if name != lookup]
    if parents:
        registered = _at(registered, _values(_model(registered.view), parents))
    if not lookup:
        return [registered]
    found = [_at(registered, {lookup: key}) for key in _keys(registered, user)]
    if not found:
        raise NotProbedError("there are no rows")
    return found


def _parts(registered: Registered) -> list[str]:
    """The parts of the URL that rows have values for; a version is known without."""
    versioning = registered.initkwargs.get("versioning_class", getattr(registered.view, "versioning_class", None))
    known = getattr(versioning, "version_param", None)
    return [name for name in _captured(registered) if name not in (known, "format")]


def _captured(registered: Registered) -> dict[str, Any]:
    return getattr(registered.match, "captured_kwargs", None) or {}


def _lookup_part(registered: Registered) -> str:
    view = registered.view
    name = getattr(view, "lookup_url_kwarg", None) or getattr(view, "lookup_field", "")
    return name if name in _parts(registered) and answers_one(registered) else ""


def _model(view: Any) -> type[Model]:
    meta = getattr(getattr(view, "serializer_class", None), "Meta", None)
    found = getattr(getattr(view, "queryset", None), "model", None) or getattr(meta, "model", None)
    if found is None:
        raise NotProbedError("it does not tell its model, whose rows would have the parts of its URL: pass a URL")
    model: type[Model] = found
    return model


def _values(model: type[Model], names: list[str]) -> dict[str, Any]:
    """The values that most rows have in common, so that there is a list to look at."""
    lookups = {name: _lookup(model, name) for name in names}
    rows = model._default_manager.filter(**{f"{lookup}__isnull": False for lookup in lookups.values()})
    counted = rows.order_by().values(*lookups.values()).annotate(rows_probed=Count("pk")).order_by("-rows_probed")
    most = counted.first()
    if most is None:
        raise NotProbedError("there are no rows")
    return {name: most[lookup] for name, lookup in lookups.items()}


def _lookup(model: type[Model], name: str) -> str:
    """``author_pk``, ``author_slug`` and ``parent_lookup_author`` are all about the author."""
    for lookup in _lookups(name):
        try:
            model._default_manager.values(lookup)
        except FieldError:
            continue
        return lookup
    raise NotProbedError(f"{model.__name__} has nothing for the part {name!r} of its URL: pass a URL")


def _lookups(name: str) -> Iterator[str]:
    bare = name.removeprefix("parent_lookup_")
    yield bare
    if "_" in bare:
        yield "__".join(bare.rsplit("_", 1))


def _keys(registered: Registered, user: Any) -> list[Any]:
    """What the view looks objects up by, of the first that it shows to this user."""
    view = live_view(registered, user)
    queryset = view.filter_queryset(view.get_queryset())
    return list(dict.fromkeys(queryset.values_list(view.lookup_field, flat=True)[:OBJECTS]))


def _at(registered: Registered, values: dict[str, Any]) -> Registered:
    """The same action at the URL that has these values, and whatever else there was."""
    wanted = _captured(registered) | values
    try:
        path = reverse(registered.match.view_name or "", kwargs=wanted)
        match = resolve(unquote(path).removeprefix(get_script_prefix().rstrip("/")))
    except (NoReverseMatch, Resolver404):
        match = None
    if match is None or getattr(made_by_as_view(match.func), "cls", None) is not registered.view:
        raise NotProbedError("no URL can be made that leads to it: give it a name, or pass a URL")
    return replace(registered, match=match, path=path)
