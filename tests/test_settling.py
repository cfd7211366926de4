"""Serializers that settle their fields only when they are shown."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework import serializers

from drf_autoprefetch import plan_for
from drf_autoprefetch.reading import settling
from drf_autoprefetch.reading.settling import is_settled, readable_fields, settles
from tests.examples import ModelSerializer
from tests.testapp.models import Book


class Late(serializers.Serializer[Any]):
    """Drops a field when it is shown, as a package might."""

    def to_representation(self, instance: Any) -> Any:
        self.fields.pop("summary", None)
        return super().to_representation(instance)


class LateBook(Late, ModelSerializer):
    class Meta:
        model = Book
        fields = ["title", "summary"]


@pytest.fixture
def _known(monkeypatch):
    monkeypatch.setattr(settling, "_settlers", {})
    settles("tests")(lambda serializer: serializer.fields.pop("summary", None))


@pytest.mark.usefixtures("_known")
def test_settled_fields_are_those_that_are_shown():
    serializer = LateBook()

    assert [field.field_name for field in readable_fields(serializer)] == ["title"]
    assert plan_for(LateBook).only == ("id", "title")


@pytest.mark.usefixtures("_known")
def test_only_what_shows_settled_fields_is_known():
    assert is_settled(Late.to_representation)
    assert not is_settled(serializers.Serializer.to_representation)
    assert not is_settled(test_only_what_shows_settled_fields_is_known)


def test_a_serializer_without_fields_has_none():
    assert list(readable_fields(serializers.BaseSerializer())) == []


def test_features_of_geographic_serializers_are_their_fields():
    """djangorestframework-gis needs libraries that are no Python packages: its module stands for it."""

    class Feature(ModelSerializer):
        def to_representation(self, instance):
            return {"geometry": self.fields["title"].get_attribute(instance)}

        class Meta:
            model = Book
            fields = ["title"]

    Feature.to_representation.__module__ = "rest_framework_gis.serializers"

    assert plan_for(Feature).only == ("id", "title")
    assert plan_for(Feature).notes == ()
