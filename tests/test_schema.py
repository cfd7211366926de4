"""The JSON Schema of a report says what reports are: no key more, none less."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from drf_autoprefetch import apply_plan, plan_for
from drf_autoprefetch.explaining.reports import Report, report_data
from drf_autoprefetch.explaining.schema import json_schema
from tests.laws import Shape
from tests.shapes import SHAPES

pytestmark = pytest.mark.once


def closed(schema: Any) -> Any:
    """The published schema leaves room for the keys of later versions; this one does not."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: closed(each) for name, each in schema.items()}
    return found | {"additionalProperties": False} if "required" in found else found


VALIDATOR = Draft202012Validator(closed(json_schema()))


def report_of(shape: Shape) -> dict[str, Any]:
    """Report the plan of a shape, as data."""
    context = {"request": Request(APIRequestFactory().get("/", shape.params))}
    rows = shape.queryset()
    plan = plan_for(shape.serializer(many=True, context=context), model=rows.model)
    return report_data(Report("V", "list", "S", plan, (), apply_plan(plan, rows), False, 0.01, show_parameters=True))


@pytest.mark.parametrize("shape", [pytest.param(shape, id=name) for name, shape in SHAPES.items()])
def test_a_report_is_as_the_schema_says(shape: Shape) -> None:
    VALIDATOR.validate(report_of(shape))


def test_a_report_without_a_plan_is_as_the_schema_says() -> None:
    VALIDATOR.validate(report_data(Report("V", "list", "S", None, (), None, False, 0.01)))


def test_the_schema_is_one_and_says_something() -> None:
    Draft202012Validator.check_schema(json_schema())
    with pytest.raises(ValidationError):
        VALIDATOR.validate(report_data(Report("V", "list", "S", None, (), None, False, 0.01)) | {"more": 1})
