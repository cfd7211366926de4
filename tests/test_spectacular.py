"""drf-spectacular: a view with the mixin has the schema that it has without, and says how to ask for a plan."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory, override_settings
from django.urls import path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.extensions import OpenApiViewExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, extend_schema
from drf_spectacular.validation import validate_schema
from rest_framework.decorators import action
from rest_framework.generics import ListAPIView, ListCreateAPIView, RetrieveAPIView
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ModelViewSet

from drf_autoprefetch import AutoPrefetchMixin
from drf_autoprefetch.contrib.spectacular import PlanExtension
from tests.examples import shows
from tests.testapp.models import Author, Book, Review

SHOWN = shows(Book, "title", author=shows(Author, "name")(), reviews=shows(Review, "rating")(many=True))
PLAN_TYPE = "application/vnd.drf-autoprefetch.plan+json"


class Words:
    """What a base class says of its views."""


class Tagged(AutoSchema):
    def get_tags(self) -> list[str]:
        return ["tagged"]


class Plain:
    queryset = Book.objects.all()
    serializer_class = SHOWN


class Asking(Plain):
    """A view whose rows and serializer depend on the request."""

    request: Any

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(author=self.request.user.pk)  # type: ignore[misc]

    def get_serializer_class(self) -> Any:
        return SHOWN if "wide" in self.request.query_params or self.get_queryset().model is Book else None


class Actions(Plain):
    @action(detail=True)
    def reviews(self, request: Any, pk: Any = None) -> Response:
        return Response(SHOWN(self.get_object()).data)  # type: ignore[attr-defined]

    @extend_schema(parameters=[OpenApiParameter("year", int)], responses=SHOWN(many=True))
    @action(detail=False, methods=["get", "post"])
    def newest(self, request: Any) -> Response:
        raise NotImplementedError


class Described(Plain):
    schema = Tagged()

    @extend_schema(summary="All of them", operation_id="all_books")
    def list(self, request: Any) -> Response:
        raise NotImplementedError


VIEWS = {
    "plain": (Plain, ModelViewSet),
    "words": (Plain, Words, ModelViewSet),
    "asking": (Asking, ModelViewSet),
    "actions": (Actions, ModelViewSet),
    "described": (Described, ModelViewSet),
    "list": (Plain, ListAPIView),
    "create": (Plain, ListCreateAPIView),
    "one": (Plain, RetrieveAPIView),
}


def patterns(*bases: Any, **attributes: Any) -> list[Any]:
    """Route a view of these bases: the class has the same name and module whatever they are."""
    view: Any = type("BookView", bases, {"__module__": __name__, **attributes})
    if issubclass(view, ModelViewSet):
        router = SimpleRouter()
        router.register("books", view)
        return router.urls
    return [path("books/<int:pk>/" if issubclass(view, RetrieveAPIView) else "books/", view.as_view())]


def schema_of(urls: list[Any], **asked: Any) -> dict[str, Any]:
    """Generate a schema, which must be valid and without a warning."""
    generator: Any = SchemaGenerator(patterns=urls)  # type: ignore[no-untyped-call]
    schema: dict[str, Any] = generator.get_schema(**{"public": True, **asked})
    validate_schema(schema)  # type: ignore[no-untyped-call]
    assert not GENERATOR_STATS
    return schema


@pytest.fixture
def debug(settings):
    """Switch DEBUG on: then everybody may ask for plans."""
    settings.DEBUG = True


@pytest.mark.parametrize("bases", VIEWS.values(), ids=VIEWS)
def test_where_nobody_may_ask_the_schema_is_that_without_the_mixin(bases):
    assert json.dumps(schema_of(patterns(AutoPrefetchMixin, *bases))) == json.dumps(schema_of(patterns(*bases)))


@pytest.mark.parametrize("bases", VIEWS.values(), ids=VIEWS)
def test_where_one_may_ask_reading_says_so_and_all_else_is_as_without(debug, bases):
    schema, plain = schema_of(patterns(AutoPrefetchMixin, *bases)), schema_of(patterns(*bases))

    for operations in schema["paths"].values():
        for method, operation in operations.items():
            asking = [each for each in operation.get("parameters", []) if each["name"] == "explain_prefetch"]
            assert len(asking) == (method == "get")
            if method == "get":
                _forget_plans(operation)
    plans = [name for name in schema["components"]["schemas"] if name.startswith("AutoPrefetchPlan")]
    for name in plans:
        del schema["components"]["schemas"][name]
    assert plans
    assert schema == plain


def _forget_plans(operation: dict[str, Any]) -> None:
    operation["parameters"] = [each for each in operation["parameters"] if each["name"] != "explain_prefetch"]
    if not operation["parameters"]:
        del operation["parameters"]
    del operation["responses"]["200"]["content"][PLAN_TYPE]


@pytest.mark.django_db
@pytest.mark.parametrize("bases", VIEWS.values(), ids=VIEWS)
def test_a_schema_runs_no_query(debug, bases, django_assert_num_queries):
    with django_assert_num_queries(0):
        schema_of(patterns(AutoPrefetchMixin, *bases))


def test_the_plan_is_a_component_of_the_schema(debug):
    schema = schema_of(patterns(AutoPrefetchMixin, *VIEWS["plain"]))

    operation = schema["paths"]["/books/"]["get"]
    assert operation["responses"]["200"]["content"][PLAN_TYPE] == {
        "schema": {"$ref": "#/components/schemas/AutoPrefetchPlan"}
    }
    (asking,) = operation["parameters"]
    assert asking["schema"] == {"type": "string", "enum": ["1", "html", "json", "text"]}
    assert schema["components"]["schemas"]["AutoPrefetchPlanNode"]["properties"]["sql"] == {
        "nullable": True,
        "allOf": [{"$ref": "#/components/schemas/AutoPrefetchPlanSql"}],
    }


def test_openapi_3_1_is_json_schema(debug, monkeypatch):
    monkeypatch.setattr("drf_spectacular.settings.spectacular_settings.OAS_VERSION", "3.1.1")

    node = schema_of(patterns(AutoPrefetchMixin, *VIEWS["plain"]))["components"]["schemas"]["AutoPrefetchPlanNode"]
    assert node["properties"]["model"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}


@pytest.mark.parametrize(("staff", "says"), [(True, True), (False, False)])
def test_a_schema_that_is_asked_for_says_it_to_those_who_may_ask(staff, says):
    request = RequestFactory().get("/schema/")
    request.user, request.auth = User(username="somebody", is_staff=staff), None  # type: ignore[attr-defined]

    schema = schema_of(patterns(AutoPrefetchMixin, *VIEWS["plain"]), request=request, public=False)
    assert ("explain_prefetch" in json.dumps(schema)) is says


def test_a_parameter_of_the_same_name_that_the_view_describes_stays(debug):
    described = extend_schema(parameters=[OpenApiParameter("explain_prefetch", str, description="My words")])
    (asking,) = schema_of(patterns(AutoPrefetchMixin, Plain, described(type("Base", (ListAPIView,), {}))))["paths"][
        "/books/"
    ]["get"]["parameters"]

    assert asking["description"] == "My words"


@override_settings(DEBUG=True, DRF_AUTOPREFETCH={"EXPLAIN_PARAMETER": "why"})
def test_the_parameter_has_the_name_that_the_settings_give_it():
    schema = schema_of(patterns(AutoPrefetchMixin, *VIEWS["list"]))

    assert [each["name"] for each in schema["paths"]["/books/"]["get"]["parameters"]] == ["why"]


def test_an_operation_without_an_answer_of_its_own_documents_the_parameter(debug):
    described = extend_schema(responses={204: None})
    base = described(type("Base", (ListAPIView,), {}))
    operation = schema_of(patterns(AutoPrefetchMixin, Plain, base))["paths"]["/books/"]["get"]

    assert [each["name"] for each in operation["parameters"]] == ["explain_prefetch"]
    assert list(operation["responses"]) == ["204"]


def test_an_extension_of_the_project_goes_first(debug, monkeypatch):
    monkeypatch.setattr(OpenApiViewExtension, "_registry", list(OpenApiViewExtension._registry))
    urls = patterns(AutoPrefetchMixin, *VIEWS["list"])

    class Theirs(OpenApiViewExtension):  # type: ignore[no-untyped-call]
        target_class = urls[0].callback.cls

        def view_replacement(self) -> Any:
            return extend_schema(summary="Theirs")(type("Fixed", (self.target,), {}))

    assert schema_of(urls)["paths"]["/books/"]["get"]["summary"] == "Theirs"


def test_the_class_of_a_view_has_its_own_schema():
    (callback,) = [url.callback for url in patterns(AutoPrefetchMixin, *VIEWS["list"])]

    extension = PlanExtension(callback)  # type: ignore[no-untyped-call]
    assert type(extension.view_replacement().schema) is type(callback.cls.schema)
