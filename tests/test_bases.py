"""The queryset that a prefetch starts from."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Prefetch

from drf_autoprefetch.planning.bases import base_queryset
from drf_autoprefetch.reading.relations import get_relation
from drf_autoprefetch.reading.requirements import Declared
from tests.examples import HERE
from tests.testapp.models import Book, Branch, City, Contract, Publisher, Review, Series, Supplier

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]


def base(model: Any, name: str, declared: Declared | None = None) -> Any:
    relation = get_relation(model, name)
    assert relation is not None
    assert relation.model is not None
    return base_queryset(relation, relation.model, declared)


def test_to_one_rows_come_from_the_base_manager():
    assert set(base(Book, "supplier").values_list("deleted", flat=True)) == {True, False}


def test_to_many_rows_come_from_the_default_manager():
    assert set(base(City, "suppliers").values_list("deleted", flat=True)) == {False}
    assert list(base(Publisher, "series")) == list(Series.objects.all())
    assert base(Publisher, "contracts").query.select_related == {"supplier": {}}


def test_a_related_manager_is_made_without_the_arguments_of_the_models_own():
    assert Branch.outposts.kind == "outpost"
    assert Branch._default_manager == Branch.outposts
    assert set(base(City, "branches").values_list("kind", flat=True)) == {"main"}


def test_a_declared_queryset_is_the_base_and_is_copied():
    queryset = Review.objects.filter(public=True)
    found = base(Book, "reviews", Declared(Prefetch("reviews", queryset), HERE))

    assert found is not queryset
    assert str(found.query) == str(queryset.query)


def test_a_prefetch_without_a_queryset_starts_from_the_manager():
    found = base(Book, "reviews", Declared(Prefetch("reviews", to_attr="rows"), HERE))

    assert list(found) == list(Review.objects.all())


def test_each_call_gives_a_fresh_queryset():
    assert base(Book, "author") is not base(Book, "author")
    assert [type(base(Book, name)) for name in ("author", "supplier")] == [type(Supplier.everything.all())] * 2
    assert Contract.objects.all() is not Contract.objects.all()
