"""drf-spectacular: where plans may be seen, the schema says how to ask for one and what it looks like."""

from __future__ import annotations

from functools import cache
from inspect import getattr_static
from typing import Any

from drf_spectacular.extensions import OpenApiViewExtension
from drf_spectacular.plumbing import ResolvedComponent, build_parameter_type
from drf_spectacular.settings import spectacular_settings

from ..conf import get_settings
from ..explaining.endpoint import choices, may_explain
from ..explaining.formats import PLAN_MEDIA_TYPE
from ..explaining.schema import ROOT, definitions

_COMPONENTS = "#/components/schemas/"
_DESCRIPTION = "Answers with the plan of this request instead of its data: which queries load which columns, and why."


class PlanExtension(OpenApiViewExtension):  # type: ignore[no-untyped-call]
    """Documents ``?explain_prefetch=1`` for every view with the mixin; an extension of the project's own goes first."""

    target_class = "drf_autoprefetch.mixins.AutoPrefetchMixin"
    match_subclasses = True
    priority = -1

    def view_replacement(self) -> Any:
        """Return the view, whose schema documents plans."""
        return _documented(self.target)


@cache
def _documented(view: type) -> type:
    names = ("__module__", "__qualname__", "__doc__")
    namespace = {name: getattr(view, name) for name in names} | {"schema": _Schema(getattr_static(view, "schema"))}
    return type(view.__name__, (view,), namespace)


class _Schema:
    """Stands where the view's own ``schema`` stands, and gives what that gives, with plans documented."""

    def __init__(self, own: Any) -> None:
        self.own = own

    def __get__(self, view: Any, owner: Any) -> Any:
        own = self.own.__get__(view, owner)
        if view is None:
            return own
        schema: Any = object.__new__(_with_plans(own.__class__))
        schema.__dict__.update(own.__dict__)
        schema.view = view
        return schema

    def __set__(self, view: Any, schema: Any) -> None:
        self.own.__set__(view, schema)


class _WithPlans:
    """What is added to the class of a view's schema."""

    view: Any
    method: str

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> Any:
        operation = super().get_operation(path, path_regex, path_prefix, method, registry)  # type: ignore[misc]
        if operation and method.upper() == "GET" and may_explain(self.view, self.view.request):
            _document(operation, registry)
        return operation


@cache
def _with_plans(schema: type) -> type:
    return type(schema.__name__, (_WithPlans, schema), {})


def _document(operation: dict[str, Any], registry: Any) -> None:
    name = get_settings().EXPLAIN_PARAMETER
    parameters = operation.setdefault("parameters", [])
    if not any(parameter.get("name") == name for parameter in parameters):
        text = {"type": "string"}
        parameters.append(build_parameter_type(name, text, "query", description=_DESCRIPTION, enum=choices()))
    if "200" in operation["responses"]:
        content = operation["responses"]["200"].setdefault("content", {})
        content[PLAN_MEDIA_TYPE] = {"schema": _register(registry)}


def _register(registry: Any) -> dict[str, str]:
    for name, schema in definitions(_COMPONENTS).items():
        known = ResolvedComponent(name, ResolvedComponent.SCHEMA, _as_openapi(schema), name)  # type: ignore[no-untyped-call]
        registry.register_on_missing(known)
    return {"$ref": _COMPONENTS + ROOT}


def _as_openapi(schema: Any) -> Any:
    """Say the same to OpenAPI 3.0, which knows no type ``null``; 3.1 is JSON Schema.

    Choices become words: drf-spectacular makes components of them, whose names might be those of the project's own.
    """
    if isinstance(schema, list):
        return [_as_openapi(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "enum" in schema:
        return {"type": "string", "description": f"One of: {', '.join(schema['enum'])}."}
    if "anyOf" in schema and not spectacular_settings.OAS_VERSION.startswith("3.1"):
        known = _as_openapi(schema["anyOf"][0])
        return {"nullable": True, **({"allOf": [known]} if "$ref" in known else known)}
    return {name: _as_openapi(each) for name, each in schema.items()}
