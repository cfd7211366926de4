"""The laws hold for every shape of the catalogue, on whatever database the suite runs."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIRequestFactory

from drf_autoprefetch import optimize, plan_for
from tests.laws import Shape, check_laws, check_optimize
from tests.shapes import SHAPES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

#: Shapes that need nothing of a view.
ALONE = {name: shape for name, shape in SHAPES.items() if not shape.view}
#: Shapes that want annotations on the rows themselves, which rows that were fetched without do not get.
ANNOTATED = {"hints.Annotation", "hints.AnnotationAndOrdering"}


@pytest.mark.parametrize("shape", [pytest.param(shape, id=name) for name, shape in SHAPES.items()])
def test_a_shape_keeps_the_laws(shape: Shape) -> None:
    """A row of each kind alone is asked for where that is quick: no database plans it differently from another."""
    check_laws(shape, singles=4 if connection.vendor == "sqlite" else 1)


@pytest.mark.parametrize("shape", [pytest.param(shape, id=name) for name, shape in ALONE.items()])
def test_a_shape_keeps_the_laws_without_a_view(shape: Shape) -> None:
    check_optimize(shape, lambda rows, serializer, context: optimize(rows, serializer, context=context), exact=True)


def load_list(rows: Any, serializer: Any, context: Any) -> Any:
    """Fetch rows first, and load what is missing afterwards."""
    return optimize(list(rows), serializer, context=context)


@pytest.mark.parametrize("shape", [pytest.param(ALONE[name], id=name) for name in sorted(ALONE.keys() - ANNOTATED)])
def test_a_shape_keeps_the_laws_for_rows_that_were_fetched_before(shape: Shape) -> None:
    check_optimize(shape, load_list, exact=False)


#: The theme in which all columns are loaded because of code that nobody can read, not because somebody wants them.
UNREAD = ("bodies",)


@pytest.mark.parametrize(
    "shape",
    [pytest.param(shape, id=name) for name, shape in ALONE.items() if shape.unknown and name.startswith(UNREAD)],
)
def test_what_is_unknown_is_said(shape: Shape) -> None:
    """The sixth law: all columns of that model only, and a note with the remedy and the place."""
    context = {"request": APIRequestFactory().get("/", shape.params)}

    plan = plan_for(shape.serializer(many=True, context=context), model=shape.queryset().model)

    assert [note.id for each in plan.walk() for note in each.notes if note.remedy and note.origin.place]


def test_the_catalogue_is_large() -> None:
    assert len(SHAPES) >= 150
