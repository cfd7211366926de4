"""System checks: wrong hints are found before a request is."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from django.core import checks
from django.db import models
from django.db.models import Count, Prefetch
from django.test.utils import isolate_apps
from rest_framework import serializers

from drf_autoprefetch import AutoPrefetchMixin, prefetch_hint
from drf_autoprefetch.guarding.checks import check_hints, check_model, check_serializer, check_view
from tests.examples import shows, view_of
from tests.testapp.models import Author, Book

pytestmark = pytest.mark.once


def found(obj: Any) -> list[tuple[str | None, str]]:
    """Return id and message of what is said about one class, without the places."""
    return [(error.id, error.msg.partition(" [")[0]) for error in errors_of(obj)]


def errors_of(cls: Any) -> list[checks.CheckMessage]:
    """Return what is said about one class."""
    if issubclass(cls, models.Model):
        return list(check_model(cls))
    return list(check_serializer(cls) if issubclass(cls, serializers.BaseSerializer) else check_view(cls))


def method(*entries: Any, **how: Any) -> dict[str, Any]:
    """Make a method field with a hint."""

    @prefetch_hint(*entries, **how)
    def get_x(self: Any, row: Any) -> Any: ...

    return {"x": serializers.SerializerMethodField(), "get_x": get_x}


def test_the_models_of_the_suite_are_right():
    assert found(Book) == found(Author) == []


@pytest.mark.parametrize(
    "serializer",
    [
        shows(Book, "title", **method("author__name", "title")),
        shows(Book, "title", **method(Prefetch("reviews"), annotate={"n": Count("reviews")})),
        shows(Book, "title", **method(lambda context: "titel", annotate=lambda context: {"title": 3})),
        shows(Book, "title", hints={"title": ["author__name"]}),
        shows(Author, "name", hints={"name": "email"}),
    ],
    ids=["paths", "prefetch", "callables", "meta", "path alone"],
)
def test_right_hints_are_passed_over(serializer):
    assert found(serializer) == []


@pytest.mark.parametrize(
    ("hints", "message"),
    [
        (["titel"], "the hint 'titel' names 'titel', which is no column or relation of Book. Did you mean 'title'?"),
        ([Prefetch("revews")], "Prefetch('revews') names 'revews', no relation of Book. Did you mean 'reviews'?"),
    ],
    ids=["path", "prefetch"],
)
def test_a_wrong_hint_of_a_method_is_an_error(hints, message):
    serializer = shows(Book, **method(*hints))

    assert found(serializer) == [("drf_autoprefetch.E001", f"BookSerializer.get_x: {message}")]


def test_an_error_says_where_and_what_to_do():
    serializer = shows(Book, **method("titel"))
    (error,) = errors_of(serializer)

    assert (error.hint, error.level, error.msg.rpartition("[")[2].startswith("tests/test_checks.py:")) == (
        *("Correct the hint.", checks.ERROR, True),
    )


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (["titel"], "the hint 'titel' names 'titel', which is no column or relation of Book. Did you mean 'title'?"),
    ],
)
def test_a_wrong_hint_of_meta_is_an_error(declared, message):
    serializer = shows(Book, "title", hints={"title": declared})

    assert found(serializer) == [
        ("drf_autoprefetch.E001", f"BookSerializer.Meta.prefetch_hints['title']: {message}"),
    ]


@pytest.mark.parametrize("declared", [[3], 3, None], ids=["in a list", "alone", "none"])
def test_what_is_no_hint_is_an_error_and_no_crash(declared):
    serializer = shows(Book, "title", hints={"title": declared})
    ((id, message),) = found(serializer)

    assert id == "drf_autoprefetch.E001"
    assert message.endswith(
        f"is a path, a Prefetch or a callable of the serializer context, not {3 if declared else None}."
    )


def test_a_hint_for_an_unknown_field_is_an_error():
    serializer = shows(Book, "title", hints={"titel": ["author"]})

    assert found(serializer) == [
        (
            "drf_autoprefetch.E002",
            "BookSerializer.Meta.prefetch_hints names 'titel', which is no field of it. Did you mean 'title'?",
        )
    ]


def test_all_fields_of_the_model_may_have_hints():
    serializer = shows(Book, hints={"summary": ["title"]})
    serializer.Meta.fields = "__all__"

    assert found(serializer) == []


def test_hints_of_a_view_are_checked():
    right, wrong = (view_of(Book, shows(Book, "title"), prefetch_hints=[path]) for path in ("author", "autor"))

    assert (found(right), found(wrong)) == (
        [],
        [
            (
                "drf_autoprefetch.E001",
                "BookView.prefetch_hints: the hint 'autor' names 'autor', which is no column or relation of Book."
                " Did you mean 'author'?",
            )
        ],
    )


def test_views_without_a_queryset_are_passed_over():
    assert found(view_of(Book, shows(Book, "title"), prefetch_hints=["autor"], queryset=None)) == []


def test_serializers_without_a_model_are_passed_over():
    class Plain(serializers.Serializer[Any]):
        x = serializers.SerializerMethodField()

        @prefetch_hint("titel")
        def get_x(self, row: Any) -> Any: ...

    assert found(Plain) == []


@isolate_apps("tests.testapp")
def test_serializers_of_an_abstract_model_are_passed_over():
    class Base(models.Model):
        class Meta:
            abstract = True
            app_label = "testapp"

    assert found(shows(Base, **method("titel"))) == []


def test_hints_of_models_are_checked(monkeypatch):
    @prefetch_hint("titel")
    def line(self: Any) -> Any: ...

    monkeypatch.setattr(Book, "line", line, raising=False)

    assert found(Book) == [
        (
            "drf_autoprefetch.E001",
            "Book.line: the hint 'titel' names 'titel', which is no column or relation of Book. Did you mean 'title'?",
        )
    ]


def test_every_wrong_class_is_found_once_and_without_a_query(monkeypatch, django_assert_num_queries, db):
    monkeypatch.setattr(Book, "line", prefetch_hint("titel")(lambda book: ""), raising=False)
    serializer = shows(Book, "title", **method("titel"))
    view = view_of(Book, shows(Book, "title"), prefetch_hints=["autor"])
    gc.collect()
    with django_assert_num_queries(0):
        errors = checks.run_checks(tags=["drf_autoprefetch"])

    assert [error.id for cls in (Book, serializer, view) for error in errors if error.obj is cls] == [
        "drf_autoprefetch.E001"
    ] * 3
    assert [error for error in errors if error.id == "drf_autoprefetch.E001"] == check_hints(AutoPrefetchMixin)
