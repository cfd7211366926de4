"""Watching rows changes nothing for any shape of the catalogue, and calls nothing unread that somebody reads."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.viewsets import ReadOnlyModelViewSet

from drf_autoprefetch import AutoPrefetchMixin
from drf_autoprefetch.guarding.reads import recorder, rows
from drf_autoprefetch.guarding.reads.recorder import Recorder
from drf_autoprefetch.guarding.reads.unread import judged
from drf_autoprefetch.loading.watching import kept_here
from tests.examples import answer, view_of
from tests.laws import Shape
from tests.shapes import SHAPES

pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.usefixtures("library")]

#: Shapes of which somebody reads all that is loaded; what a view's own hints ask for, nobody does there.
KNOWN = {
    name: shape
    for name, shape in SHAPES.items()
    if shape.exact and not shape.unknown and "prefetch_hints" not in shape.view
}


def view_for(shape: Shape) -> Any:
    queryset = shape.queryset()
    queryset = queryset if queryset.ordered else queryset.order_by("pk")
    bases = (AutoPrefetchMixin, ReadOnlyModelViewSet)
    return view_of(queryset.model, shape.serializer, bases=bases, queryset=queryset, **shape.view)


def asked(view: Any, shape: Shape) -> tuple[bytes, int]:
    with CaptureQueriesContext(connection) as queries:
        response = answer(view, data=shape.params)
    assert response.status_code == 200
    return response.content, len(queries)


@pytest.mark.parametrize("shape", [pytest.param(shape, id=name) for name, shape in SHAPES.items()])
def test_a_shape_is_watched(shape: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    """All rows are, because these lists are so made that each column is read of some row."""
    monkeypatch.setattr(recorder, "FIRST", 100)
    monkeypatch.setattr(recorder, "MOST", 10_000)
    for content_type in ContentType.objects.all():
        ContentType.objects.get_for_id(content_type.pk)
    view, watching = view_for(shape), Recorder()
    plain = asked(view, shape)

    with kept_here() as kept, watching.watching():
        watched = asked(view, shape)

    assert watched == plain
    assert watching.rows
    assert not watching.failed
    assert not rows._readers
    if shape.name in KNOWN:
        plans = [used.plan for one in kept for used in one.used]
        unread = {
            (each.path, name)
            for each in judged(watching.nodes.values(), plans)
            for name in (each.columns | each.relations) - each.read
            if f"{each.model.__name__}.{name}" not in shape.kept
        }
        assert unread == set()
