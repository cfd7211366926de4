"""Whatever a serializer looks like: each query of a planned request is known to serve a node of its plan."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.examples import answer, view_of
from tests.laws import Shape
from tests.shapes import SHAPES
from tests.test_other_database import THEMES
from tests.test_schema import VALIDATOR

pytestmark = [
    pytest.mark.once,
    pytest.mark.django_db(databases=["default", "other"]),
    pytest.mark.usefixtures("library"),
]


@pytest.mark.parametrize(
    "shape",
    [pytest.param(shape, id=name) for name, shape in SHAPES.items() if name.partition(".")[0] in THEMES],
)
def test_every_query_of_a_shape_is_planned(shape: Shape, settings: Any) -> None:
    settings.DEBUG = True
    view = view_of(shape.queryset().model, shape.serializer, get_queryset=lambda self: shape.queryset())
    report = json.loads(answer(view, data={**shape.params, "explain_prefetch": "analyze"}).content)
    VALIDATOR.validate(report)
    analysis = report["analysis"]
    beside = [each for each in analysis["statements"] if each["role"] != "planned"]

    assert (analysis["status"], analysis["error"], analysis["not_compared"]) == (200, "", "")
    assert [each for each in beside if "django_content_type" not in each["sql"]["text"]] == []
    assert analysis["same_response"] or "; it fails without the plan;" in analysis["headline"]
