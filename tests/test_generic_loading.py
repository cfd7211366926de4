"""Prefetching generic foreign keys."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.contrib.contenttypes.prefetch import GenericPrefetch
from rest_framework import serializers

from drf_autoprefetch import apply_plan, optimize, plan_for, prefetch_hint
from drf_autoprefetch.loading.generic import generic_prefetch
from tests.examples import ModelSerializer, shows
from tests.testapp.models import Author, Bestseller, Book, Comment, Publisher, Reader, TaggedItem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]


class Told(ModelSerializer):
    subject = serializers.StringRelatedField()  # type: ignore[var-annotated]

    class Meta:
        model = Comment
        fields = ["text", "subject"]


@pytest.fixture
def known():
    """Have Django know all content types."""
    for content_type in ContentType.objects.all():
        ContentType.objects.get_for_id(content_type.pk)


@pytest.fixture
def forgotten():
    """Have Django know none."""
    ContentType.objects.clear_cache()
    yield
    ContentType.objects.clear_cache()


def test_each_model_that_rows_lead_to_is_one_query(known, django_assert_num_queries):
    plain = Told(Comment.objects.all(), many=True).data
    with django_assert_num_queries(4):
        planned = Told(optimize(Comment.objects.all(), Told), many=True).data

    assert planned == plain


def test_content_types_are_asked_for_together(forgotten, django_assert_num_queries):
    with django_assert_num_queries(5):
        assert len(Told(optimize(Comment.objects.all(), Told), many=True).data) == 8


def test_content_types_are_asked_for_once_where_a_model_has_none(forgotten, django_assert_num_queries):
    ContentType.objects.filter(model="reader").delete()
    list(optimize(Comment.objects.all(), Told))

    with django_assert_num_queries(4):
        list(optimize(Comment.objects.all(), Told))


def test_no_content_type_is_ever_made(forgotten):
    gone = ContentType.objects.get_for_model(Reader)
    ContentType.objects.filter(pk=gone.pk).delete()
    ContentType.objects.clear_cache()
    list(optimize(Comment.objects.all(), Told))

    assert not ContentType.objects.filter(model="reader", app_label="testapp").exists()


def test_rows_behind_are_loaded_with_what_is_shown_of_them(known):
    targets = {type(comment.subject): comment.subject for comment in optimize(Comment.objects.all(), Told)}
    left_out = {model.__name__: bool(row.get_deferred_fields()) for model, row in targets.items() if row is not None}

    assert left_out == {"Author": True, "Book": True, "Publisher": True}


def test_no_rows_are_no_further_queries(known, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert list(optimize(Comment.objects.filter(text="nothing"), Told)) == []


def test_a_generic_foreign_key_may_stand_below_other_relations(known, django_assert_num_queries):
    reader = shows(Reader, comments=Told(many=True))
    plain = reader(Reader.objects.all(), many=True).data
    with django_assert_num_queries(5):
        planned = reader(optimize(Reader.objects.all(), reader), many=True).data

    assert planned == plain


def test_a_relation_behind_leads_on(known):
    tags = shows(TaggedItem, "label", content_object=serializers.StringRelatedField())
    plain = tags(TaggedItem.objects.all(), many=True).data

    assert tags(optimize(TaggedItem.objects.all(), tags), many=True).data == plain


def test_a_declared_generic_prefetch_is_loaded(known, django_assert_num_queries):
    class Declared(ModelSerializer):
        name = serializers.SerializerMethodField()

        class Meta:
            model = Comment
            fields = ["name"]

        @prefetch_hint(
            "text",
            GenericPrefetch(
                "subject", [Book.objects.select_related("author"), Author.objects.all(), Publisher.objects.all()]
            ),
        )
        def get_name(self, comment: Comment) -> Any: ...

    plan = plan_for(Declared)
    for _ in range(2):
        with django_assert_num_queries(4):
            rows = list(apply_plan(plan, Comment.objects.all()))
            subjects = [row.subject for row in rows]

        assert len(subjects) == 8


def test_a_hint_that_reaches_a_generic_foreign_key_loads_it_as_django_does(known, django_assert_num_queries):
    class Declared(ModelSerializer):
        name = serializers.SerializerMethodField()

        class Meta:
            model = Comment
            fields = ["name"]

        @prefetch_hint("subject")
        def get_name(self, comment: Comment) -> Any:
            return comment.subject_id and comment.subject.pk  # type: ignore[union-attr]

    with django_assert_num_queries(4):
        data = Declared(optimize(Comment.objects.all(), Declared), many=True).data

    assert data == Declared(Comment.objects.all(), many=True).data


def test_a_queryset_is_built_only_where_rows_lead(known, django_assert_num_queries):
    built: list[Any] = []

    def build(model: Any) -> Any:
        built.append(model)
        return model._base_manager.all()

    comments = Comment.objects.filter(subject_type__model="book")
    rows = list(comments.prefetch_related(generic_prefetch("subject", [Book, Author, Publisher], build, comments)))

    assert (len(rows), built) == (2, [Book])


def test_rows_behind_are_looked_for_in_the_database_of_the_root(known):
    lookup = generic_prefetch(
        "subject", [Book], lambda model: model._base_manager.all(), Comment.objects.using("default")
    )
    rows = Comment.objects.filter(subject_type__model="book").prefetch_related(lookup)

    assert {row.subject._state.db for row in rows} == {"default"}  # type: ignore[union-attr]


def test_a_database_of_ones_own_is_kept(known):
    lookup = generic_prefetch(
        "subject", [Book], lambda model: model._base_manager.using("default"), Comment.objects.using("default")
    )
    rows = Comment.objects.filter(subject_type__model="book").prefetch_related(lookup)

    assert len([row.subject for row in rows]) == 2


def test_a_proxy_shares_the_content_type_of_its_model():
    assert ContentType.objects.get_for_model(Bestseller) == ContentType.objects.get_for_model(Book)
