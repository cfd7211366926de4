"""What the tests of single modules share: serializers made in one line, requirements and plans read at a glance."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.viewsets import ModelViewSet

from drf_autoprefetch import AutoPrefetchMixin
from drf_autoprefetch.notes import Origin
from drf_autoprefetch.planning.plans import Plan
from drf_autoprefetch.reading.requirements import Requirement
from drf_autoprefetch.reading.serializers import read_serializer

HERE = Origin("BookSerializer", "title", "shop/serializers.py", 41)

#: Code without a body to read: what it is handed may be read whole.
unread: Any = operator.methodcaller("shown")


class ModelSerializer(serializers.ModelSerializer[Any]):
    """Spares the type argument."""


class Serializer(serializers.Serializer[Any]):
    """Spares the type argument."""


def shows(model: type[Model], *names: str, hints: Mapping[str, Any] | None = None, **declared: Any) -> type[Any]:
    """Make a serializer class that shows `names` of `model`; fields given by keyword are declared, and shown too."""
    names = tuple(dict.fromkeys((*names, *(key for key, value in declared.items() if _is_field(value)))))
    meta = type("Meta", (), {"model": model, "fields": names, "prefetch_hints": hints or {}})
    return type(f"{model.__name__}Serializer", (ModelSerializer,), {"__module__": __name__, "Meta": meta, **declared})


def _is_field(value: object) -> bool:
    return isinstance(value, serializers.Field)


def needs(serializer: Any, model: type[Model] | None = None, hints: Any = (), **context: Any) -> Requirement:
    """Read a serializer class or instance."""
    live = serializer(context=context) if isinstance(serializer, type) else serializer
    return read_serializer(live, model, hints, Origin("BookView", "prefetch_hints", "shop/views.py", 7, "hint"))


def outline(requirement: Requirement) -> str:
    """Write a requirement as ``author(name) title``: columns (``*`` for all) and relations, in order."""
    columns = ["*"] if requirement.everything else sorted(requirement.reads)
    related = []
    for name, edge in sorted(requirement.edges.items()):
        inner = [outline(target) for target in edge.targets.values()]
        if edge.relation.model is None:
            inner = sorted(f"{model.__name__}: {outline(target)}" for model, target in edge.targets.items())
        related.append(f"{name}({' | '.join(inner)})")
    return " ".join([*columns, *(f"+{each.name}" for each in sorted(requirement.annotations, key=str)), *related])


def reads_of(serializer: Any, model: type[Model] | None = None, hints: Any = (), **context: Any) -> str:
    """Outline what a serializer class or instance reads."""
    return outline(needs(serializer, model, hints, **context))


def notes_of(requirement: Requirement) -> list[str]:
    """List the ids of all notes in a requirement's tree."""
    found = [note.id for note in requirement.notes]
    for edge in requirement.edges.values():
        for target in edge.targets.values():
            found += notes_of(target)
    return sorted(found)


def sketch(plan: Plan) -> dict[str, Any]:
    """Return what a plan tells a queryset: joins, `only`, and the plans of its prefetches."""
    found: dict[str, Any] = {"only": plan.only}
    if plan.select_related:
        found["joins"] = plan.select_related
    if plan.prefetches:
        found["prefetches"] = {
            prefetch.lookup: [sketch(below) for below in prefetch.plans] for prefetch in plan.prefetches
        }
    return found


def view_of(model: type[Model], serializer: type[Any], **attributes: Any) -> type[Any]:
    """Make a viewset with the mixin; without authentication and as open as DRF's defaults, unless told otherwise."""
    plain = {
        "queryset": model._default_manager.all(),
        "serializer_class": serializer,
        "renderer_classes": [JSONRenderer],
        "authentication_classes": [],
    }
    bases = attributes.pop("bases", (AutoPrefetchMixin, ModelViewSet))
    return type(f"{model.__name__}View", bases, plain | attributes)


def answer(view: type[Any], action: str = "list", *, method: str = "get", **how: Any) -> Response:
    """Call a viewset's action, or with ``action=""`` a plain view, and render the response.

    ``data`` is what is sent (of a GET, the query string), ``user`` who asks, ``headers`` what the request says more;
    anything else stands for a part of the URL.
    """
    data, user, headers = how.pop("data", None), how.pop("user", None), how.pop("headers", {})
    factory = APIRequestFactory()
    style = {} if method in ("get", "head") else {"format": "json"}
    request = getattr(factory, method)("/", data, headers=headers, **style)
    if user is not None:
        force_authenticate(request, user)
    handler = view.as_view({method: action}) if action else view.as_view()
    response: Response = handler(request, **how)
    if hasattr(response, "render"):
        response.render()
    return response


def asked_view(view: type[Any], action: str = "list", *, method: str = "get", path: str = "/", **kwargs: Any) -> Any:
    """Return a viewset in the middle of a request; `kwargs` are the parts of the URL."""
    live = view(action_map={method: action}, format_kwarg=None, args=(), kwargs=kwargs)
    live.request = live.initialize_request(getattr(APIRequestFactory(), method)(path))
    return live


def joining_all(queryset: Any) -> Any:
    """Do what `select_related()` does, of which Django 6.1 warns."""
    queryset = queryset.all()
    queryset.query.select_related = True
    return queryset
