"""Fields that are dropped or added while a row is shown: what is not shown is not loaded."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.serializers import ModelSerializer

from drf_autoprefetch import plan_for, prefetch_hint
from drf_autoprefetch.reading.changing_fields import Change, field_changes
from tests.testapp.models import Author, Book, Review
from tests.traps.answers import compare, shows, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parcels")]

Named = shows(Author, "name")
Rated = shows(Review, "rating")


class Shown(ModelSerializer[Book]):
    author = Named()
    reviews = Rated(many=True)

    class Meta:
        model = Book
        fields = ["title", "author", "reviews"]


class Popping(Shown):
    def to_representation(self, instance: Any) -> Any:
        if "all" not in self.context["request"].query_params:
            self.fields.pop("reviews", None)
        return super().to_representation(instance)


class Inheriting(Popping):
    def to_representation(self, instance: Any) -> Any:
        return {**super().to_representation(instance), "more": True}


class Deleting(Shown):
    def to_representation(self, instance: Any) -> Any:
        if "reviews" in self.fields:
            del self.fields["reviews"]
        return super().to_representation(instance)


class Naming(Shown):
    def to_representation(self, instance: Any) -> Any:
        known: Any = self.fields
        known.pop("reviews", None)
        return super().to_representation(instance)


class Aliasing(Shown):
    def to_representation(self, instance: Any) -> Any:
        known = self.fields
        known.pop("reviews", None)
        return super().to_representation(instance)


class Walrus(Shown):
    def to_representation(self, instance: Any) -> Any:
        if len(known := self.fields) > 2:
            known.pop("reviews")
        return super().to_representation(instance)


class Adding(Shown):
    def to_representation(self, instance: Any) -> Any:
        self.fields["editor"] = serializers.CharField(source="editor.name", default=None)
        return super().to_representation(instance)


class Updating(Shown):
    def to_representation(self, instance: Any) -> Any:
        self.fields.update({"line": serializers.CharField(source="summary")})
        return super().to_representation(instance)


class Replacing(Shown):
    def to_representation(self, instance: Any) -> Any:
        kept: Any = {name: field for name, field in self.fields.items() if name != "reviews"}
        self.fields = kept
        return super().to_representation(instance)


class Looking(Shown):
    """Looks at the fields, and drops nothing but what it shows already."""

    def to_representation(self, instance: Any) -> Any:
        data: dict[Any, Any] = super().to_representation(instance)
        for name in self.fields:
            if data[name] is None:
                data.pop(name)
        return data


class Telling(Popping):
    @prefetch_hint("reviews__rating", "author__name", "title")
    def to_representation(self, instance: Any) -> Any:
        return super().to_representation(instance)


CHANGING = [Popping, Inheriting, Deleting, Naming, Aliasing, Walrus, Adding, Updating, Replacing]


@pytest.mark.parametrize("serializer", CHANGING)
@pytest.mark.parametrize("params", [{}, {"all": "1"}])
def test_fields_that_are_changed_while_a_row_is_shown(serializer: Any, params: dict[str, str]) -> None:
    """Area 6: a list that is not shown takes no query; one that is takes one."""
    compare(viewset(serializer), params=params)
    compare(viewset(serializer), params=params, pk=Book.objects.earliest("pk").pk)
    compare(viewset(shows(Author, "name", books=serializer(many=True))), params=params)


@pytest.mark.parametrize("serializer", [Popping, Inheriting, Deleting, Naming, Aliasing, Walrus])
def test_what_joins_load_is_loaded_all_the_same(serializer: Any) -> None:
    """Area 6: a join is no query."""
    compare(viewset(serializer), queries=1)


@pytest.mark.parametrize("serializer", [Looking, Telling])
def test_fields_that_stay_are_planned(serializer: Any) -> None:
    """Area 6: what does not change, and what a hint says is read, is loaded at once."""
    compare(viewset(serializer), queries=2, params={"all": "1"})


def test_lists_that_may_be_left_out_wait_until_they_are_read() -> None:
    plan = plan_for(Popping, context={"request": None})

    assert [prefetch.late for prefetch in plan.prefetches] == [True]
    compare(viewset(Popping), params={"all": "1"}, queries=2)


def test_code_without_source_changes_nothing_that_is_known() -> None:
    namespace: dict[str, Any] = {}
    exec("def to_representation(self, instance): return {}", namespace)

    made = type("Made", (Shown,), {"to_representation": namespace["to_representation"]})
    assert [field_changes(cls) for cls in (made, Looking, Shown)] == [Change.NONE] * 3


def test_what_adds_fields_may_read_any_column() -> None:
    changes = {cls: field_changes(cls) for cls in CHANGING}
    adding = {Adding, Replacing, Updating}

    assert changes == {cls: Change.ADDS if cls in adding else Change.DROPS for cls in CHANGING}
