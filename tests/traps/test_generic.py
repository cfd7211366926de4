"""Generic foreign keys that a method follows: their targets are loaded with what it reads of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework import serializers

from tests.testapp.models import Author, Book, Comment, Publisher, TaggedItem
from tests.traps.answers import compare, shows, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]


def as_text(self: Any, tag: Any) -> Any:
    return str(tag.content_object)


def an_attribute(self: Any, tag: Any) -> Any:
    return getattr(tag.content_object, "title", None) or tag.content_object.name


def by_class(self: Any, tag: Any) -> Any:
    target = tag.content_object
    if isinstance(target, Book):
        return [target.title, target.publisher.name if target.publisher else None]
    return target.name


def a_list(self: Any, tag: Any) -> Any:
    target = tag.content_object
    return [genre.name for genre in target.genres.all()] if hasattr(target, "genres") else None


def back(self: Any, tag: Any) -> Any:
    return [other.label for other in tag.content_object.tags.all()]


def again(self: Any, tag: Any) -> Any:
    return [str(other.content_object) for other in tag.content_object.tags.all()]


def shown(body: Callable[[Any, Any], Any], model: Any = TaggedItem) -> Any:
    return shows(model, "id", value=serializers.SerializerMethodField(), get_value=body)


@pytest.mark.parametrize(
    ("body", "queries"),
    [(as_text, 3), (an_attribute, 3), (by_class, 3), (a_list, 4), (back, 5), (again, None)],
)
def test_rows_of_models_that_declare_a_relation_back(body: Any, queries: int | None) -> None:
    """Trap 36: one query for the tags, one for each model, and one for each list beyond them."""
    assert {tag.content_type.model_class() for tag in TaggedItem.objects.all()} == {Author, Book}
    compare(viewset(shown(body)), queries=queries)
    compare(viewset(shown(body)), pk=TaggedItem.objects.earliest("pk").pk)


def test_columns_that_the_method_does_not_read_are_left_out() -> None:
    answers = compare(viewset(shown(by_class)))

    assert "summary" not in answers.planned.columns(Book)
    assert "biography" not in answers.planned.columns(Author)


def test_lists_beyond_it_that_only_some_ways_read() -> None:
    def sometimes(self: Any, tag: Any) -> Any:
        target = tag.content_object
        if not self.context["request"].GET:
            return target.pk
        return [genre.name for genre in target.genres.all()] if hasattr(target, "genres") else target.name

    compare(viewset(shown(sometimes)), queries=3)
    compare(viewset(shown(sometimes)), params={"all": "1"}, queries=4)


def test_rows_of_other_models_are_whole() -> None:
    def subject(self: Any, comment: Any) -> Any:
        return getattr(comment.subject, "address", None) or str(comment.subject)

    assert any(isinstance(comment.subject, Publisher) for comment in Comment.objects.all())
    compare(viewset(shown(subject, Comment)))
