"""The laws hold on a database that is not the default one: the default one is empty, and nobody may ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import QuerySet
from django.test import override_settings

from tests.laws import Shape, check_laws
from tests.shapes import SHAPES
from tests.testapp.data import fill
from tests.testapp.models import Book

pytestmark = [pytest.mark.django_db(databases=["default", "other"]), pytest.mark.usefixtures("library_elsewhere")]

#: Themes that follow relations of every kind.
THEMES = ("containers", "generic", "hints", "inheritance", "keys", "managers", "nested", "recursive")


class Elsewhere:
    """A router that has everything written to the other database."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "other"

    db_for_write = db_for_read


@pytest.fixture(scope="module")
def library_elsewhere(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic(using="other"):
        with override_settings(DATABASE_ROUTERS=[Elsewhere()]):
            fill(rows=8)
        ContentType.objects.clear_cache()
        yield
        transaction.set_rollback(True, using="other")
    ContentType.objects.clear_cache()


def elsewhere(queryset: Callable[[], QuerySet[Any]]) -> Callable[[], QuerySet[Any]]:
    return lambda: queryset().using("other")


@pytest.mark.parametrize(
    "shape",
    [pytest.param(shape, id=name) for name, shape in SHAPES.items() if name.partition(".")[0] in THEMES],
)
def test_a_shape_keeps_the_laws_elsewhere(shape: Shape) -> None:
    moved = replace(shape, queryset=elsewhere(shape.queryset), by_hand=shape.by_hand and elsewhere(shape.by_hand))

    check_laws(moved, singles=1, database="other")


def test_only_the_other_database_has_rows() -> None:
    assert not Book.objects.using("default").exists()
    assert Book.objects.using("other").count() == 8
