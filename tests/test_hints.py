"""Hints: what may be written, what it asks for, and what is said of a wrong one."""

from __future__ import annotations

import re
from functools import cached_property, partial, wraps
from typing import Any
from unittest.mock import MagicMock

import pytest
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import Count, F, Prefetch
from django.test.utils import isolate_apps

from drf_autoprefetch import prefetch_hint
from drf_autoprefetch.exceptions import HintError
from drf_autoprefetch.notes import Origin
from drf_autoprefetch.reading.hints import Hint, as_hint, function_of, hint_of, hint_requirement
from drf_autoprefetch.reading.requirements import Requirement
from tests.examples import HERE, outline
from tests.testapp.models import Author, Bestseller, Book, City, Comment, Copy, Item, Medium, Review, TaggedItem

REVIEWS = Prefetch("reviews", Review.objects.filter(public=True), to_attr="public_reviews")
NOT_A_HINT = r"^A prefetch hint is a path, a Prefetch or a callable of the serializer context, not 3\.$"


def asked(*entries: Any, model: Any = Book, context: Any = None, **how: Any) -> Requirement:
    """Return what a hint asks of a model."""
    return hint_requirement(as_hint(entries), model, context or {}, HERE, **how)


def fails(message: str) -> Any:
    """Expect a hint error that names the field and says where it is declared."""
    return pytest.raises(HintError, match=f"^{re.escape(f'BookSerializer.title: {message} [shop/serializers.py:41]')}$")


@pytest.mark.parametrize(
    ("path", "outlined"),
    [
        ("title", "title"),
        ("pk", "id"),
        ("author_id", "author_id"),
        ("author", "author(*)"),
        ("author__name", "author(name)"),
        ("author.city.name", "author(city(name))"),
        ("reviews__reader__name", "reviews(reader(name))"),
        ("data__codes__thirteen", "data"),
        ("full_title", "subtitle title"),
        ("author_line", "author(name city(name))"),
        ("cover", "cover cover_height cover_width"),
        ("get_status_display", "status"),
    ],
)
def test_a_path_leads_to_columns_relations_and_hinted_code(path, outlined):
    assert outline(asked(path)) == outlined


def test_a_generic_foreign_key_is_reached_and_no_further():
    assert outline(asked("content_object", model=TaggedItem)) == "content_object()"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("titel", "names 'titel', which is no column or relation of Book. Did you mean 'title'?"),
        ("author__nome", "names 'nome', which is no column or relation of Author. Did you mean 'name'?"),
        ("title__x", "goes on beyond Book.title, which is a column."),
        ("author_id__x", "goes on beyond Book.author_id, which is a column."),
    ],
)
def test_a_wrong_path_is_an_error_with_the_nearest_name(path, found):
    with fails(f"the hint {path!r} {found}"):
        asked(path)


def test_a_path_cannot_name_code_that_has_no_hint():
    with pytest.raises(HintError, match=r": the hint 'shout' names 'shout', which is no column or relation of Book\. "):
        asked("shout")


def test_a_wrong_path_from_nowhere_has_no_place():
    with pytest.raises(HintError, match=r"Did you mean 'title'\?$"):
        hint_requirement(as_hint("titel"), Book, {}, Origin("BookSerializer", "title"))


def test_a_path_cannot_go_beyond_a_generic_foreign_key():
    with fails(
        "the hint 'subject__title' goes beyond the generic foreign key Comment.subject, whose targets have different"
        " models. Write a GenericPrefetch for it."
    ):
        asked("subject__title", model=Comment)


@isolate_apps("tests.testapp")
def test_a_path_to_a_column_behind_code_asks_for_everything():
    from django.db import models

    class Bare:
        def __init__(self, field: Any) -> None:
            self.field = field

        def __get__(self, instance: Any, owner: Any = None) -> Any: ...

    class Money(models.CharField):  # type: ignore[type-arg]
        descriptor_class = Bare

    class Coin(models.Model):
        value = Money(max_length=5)

        class Meta:
            app_label = "testapp"

    assert outline(asked("value", model=Coin)) == "*"


def test_a_prefetch_fills_an_attribute_with_whole_rows():
    edge = asked(REVIEWS).edges["public_reviews"]
    (declared,) = edge.declared

    assert (outline(edge.targets[Review]), edge.to_attr, declared.origin) == ("*", "public_reviews", HERE)


def test_a_prefetch_is_declared_as_it_is_written():
    (declared,) = asked(REVIEWS).edges["public_reviews"].declared

    assert declared.prefetch is REVIEWS


def test_rows_that_no_code_reads_can_be_trimmed():
    assert outline(asked(REVIEWS, by_code=False)) == "public_reviews()"


def test_a_prefetch_leads_through_relations():
    assert outline(asked(Prefetch("author__books", Book.objects.all()))) == "author(books(*))"


def test_a_prefetch_of_nothing_but_a_name_is_a_path():
    assert asked(Prefetch("reviews")).edges["reviews"].declared == frozenset()


def test_a_prefetch_may_have_rows_of_a_proxy():
    assert list(asked(Prefetch("books", Bestseller.objects.all()), model=Author).edges["books"].targets) == [Bestseller]


def test_a_prefetch_may_have_rows_of_a_child_model():
    assert list(asked(Prefetch("items", Medium.objects.all()), model=_owner()).edges["items"].targets) == [Medium]


def _owner() -> Any:
    return Item._meta.get_field("owner").related_model


def test_a_generic_prefetch_is_declared_for_targets_that_are_not_known():
    edge = asked(GenericPrefetch("subject", [Book.objects.all()]), model=Comment).edges["subject"]

    assert (len(edge.declared), edge.targets) == (1, {})


@pytest.mark.parametrize(
    ("model", "prefetch", "message"),
    [
        (
            Book,
            Prefetch("revews"),
            "Prefetch('revews') names 'revews', no relation of Book. Did you mean 'reviews'?",
        ),
        (
            Comment,
            Prefetch("subject__author"),
            "a Prefetch cannot pass through the generic foreign key Comment.subject.",
        ),
        (
            Book,
            Prefetch("reviews", to_attr="title"),
            "to_attr='title' is an attribute of Book already, and Django would not prefetch into it."
            " Choose another name.",
        ),
        (
            Book,
            Prefetch("reviews", to_attr="Status"),
            "to_attr='Status' is an attribute of Book already, and Django would not prefetch into it."
            " Choose another name.",
        ),
        (
            Book,
            Prefetch("reviews", Copy.objects.all()),
            "the Prefetch for Book.reviews has a queryset of Copy; the relation leads to Review.",
        ),
    ],
)
def test_a_wrong_prefetch_is_an_error(model, prefetch, message):
    with fails(message):
        asked(prefetch, model=model)


@pytest.mark.parametrize(
    ("answer", "outlined"),
    [
        ("title", "title"),
        (["title", "author__name"], "title author(name)"),
        (None, ""),
        ((), ""),
        (Prefetch("reviews"), "reviews(*)"),
        ({"stars": Count("reviews")}, "+stars"),
        (lambda context: "isbn", "isbn"),
    ],
)
def test_a_callable_answers_anything_that_can_be_written(answer, outlined):
    answered = [answer] if callable(answer) else answer
    read = asked(lambda context: answered)

    assert (outline(read), read.volatile) == (outlined, True)


def test_a_callable_sees_the_serializers_context():
    assert outline(asked(lambda context: context["show"], context={"show": "isbn"})) == "isbn"


def test_a_callable_that_answers_something_else_is_an_error():
    with pytest.raises(HintError, match=NOT_A_HINT):
        asked(lambda context: [3])


def test_a_hint_that_is_nothing_like_one_is_an_error_where_it_is_written():
    with pytest.raises(HintError, match=NOT_A_HINT):
        prefetch_hint(3)  # type: ignore[arg-type]
    with pytest.raises(HintError, match=NOT_A_HINT):
        as_hint([3])


def test_an_annotation_is_asked_for():
    read = hint_requirement(Hint((), {"stars": Count("reviews")}), Book, {}, HERE)

    assert (outline(read), read.volatile) == ("+stars", False)


def test_annotations_may_depend_on_the_context():
    read = hint_requirement(Hint((), lambda context: {"stars": F(context["by"])}), Book, {"by": "pages"}, HERE)

    assert (outline(read), read.volatile) == ("+stars", True)


@pytest.mark.parametrize(
    ("annotate", "message"),
    [
        ({"stars": 5}, "annotate={'stars': ...} must be a Django expression, not 5."),
        ({"title": F("isbn")}, "annotate={'title': ...} has the name of an attribute of Book. Choose another."),
    ],
)
def test_a_wrong_annotation_is_an_error(annotate, message):
    with fails(message):
        hint_requirement(Hint((), annotate), Book, {}, HERE)


def test_a_hint_stays_with_the_function_whatever_holds_it():
    @prefetch_hint("title")
    def plain(self: Any) -> Any: ...

    @wraps(plain)
    def wrapped(self: Any) -> Any: ...

    holders = [plain, property(plain), cached_property(plain), staticmethod(plain), classmethod(plain), wrapped]
    holders.append(partial(plain, None))

    assert [hint_of(holder) for holder in holders] == [Hint(("title",))] * len(holders)


def test_a_property_may_be_decorated_itself():
    def shown(self: Any) -> Any: ...

    hint = hint_of(prefetch_hint("title", annotate={"stars": Count("reviews")})(property(shown)))
    assert hint is not None
    assert (hint.entries, list(hint.annotate)) == (("title",), ["stars"])


def test_code_without_a_hint_has_none():
    assert [hint_of(len), hint_of(Book.shout), hint_of(3)] == [None, None, None]


def test_an_attribute_of_that_name_that_is_no_hint_is_passed_over():
    def marked() -> None:
        """Carries something of someone else's."""

    marked.__prefetch_hint__ = "title"  # type: ignore[attr-defined]

    assert hint_of(marked) is None


def test_a_class_is_its_own_code():
    class Odd:
        func = len

    assert function_of(Odd) is Odd


@pytest.mark.parametrize(
    ("declared", "hint"),
    [
        (Hint(("title",)), Hint(("title",))),
        ("title", Hint(("title",))),
        (REVIEWS, Hint((REVIEWS,))),
        (len, Hint((len,))),
        (["title", "isbn"], Hint(("title", "isbn"))),
        ([], Hint()),
    ],
)
def test_one_entry_or_a_list_of_them_may_be_declared(declared, hint):
    assert as_hint(declared) == hint


def test_no_entries_declare_that_nothing_is_read():
    assert asked(model=City) == Requirement(City)


def test_what_answers_to_every_name_holds_no_function():
    """Mocks and proxies stand for methods in tests."""
    mock = MagicMock(return_value={})

    assert function_of(mock) is mock
    assert hint_of(mock) is None
