"""`optimize()` and `plan_for()`."""

from __future__ import annotations

import pytest
from django.db.models import Prefetch
from rest_framework import serializers

from drf_autoprefetch import optimize, plan_for
from drf_autoprefetch.exceptions import OtherModelError, PlanningError
from tests.examples import ModelSerializer, Serializer, shows, sketch
from tests.testapp.models import Author, Book, Review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

SHOWN = shows(Book, "title", author=shows(Author, "name")(), reviews=shows(Review, "rating")(many=True))


class Chosen(ModelSerializer):
    class Meta:
        model = Book
        fields = ["title", "isbn"]

    def get_fields(self):
        return {name: field for name, field in super().get_fields().items() if name in self.context["show"]}


class Plain(Serializer):
    title = serializers.CharField()


def test_a_queryset_comes_back_planned_and_unevaluated(django_assert_num_queries):
    with django_assert_num_queries(0):
        planned = optimize(Book.objects.filter(pages__gt=10), SHOWN)
    with django_assert_num_queries(2):
        data = SHOWN(planned, many=True).data

    assert data == SHOWN(Book.objects.filter(pages__gt=10), many=True).data


def test_a_manager_is_all_its_rows(django_assert_num_queries):
    with django_assert_num_queries(2):
        assert len(SHOWN(optimize(Book.objects, SHOWN), many=True).data) == 8


def test_a_related_manager_is_its_rows(django_assert_num_queries):
    author = Author.objects.first()
    assert author is not None
    with django_assert_num_queries(2):
        assert len(SHOWN(optimize(author.books, SHOWN), many=True).data) == 3


def test_an_instance_is_loaded_in_place(django_assert_num_queries):
    book = Book.objects.first()
    with django_assert_num_queries(2):
        assert optimize(book, SHOWN) is book
    with django_assert_num_queries(0):
        assert SHOWN(book).data["author"] == {"name": "Author 0"}


def test_a_list_is_loaded_in_place(django_assert_num_queries):
    books = list(Book.objects.all())
    with django_assert_num_queries(2):
        assert optimize(books, SHOWN) is books
    with django_assert_num_queries(0):
        assert len(SHOWN(books, many=True).data) == 8


def test_an_evaluated_queryset_is_loaded_in_place(django_assert_num_queries):
    books = Book.objects.all()
    list(books)
    with django_assert_num_queries(2):
        assert optimize(books, SHOWN) is books


def test_an_empty_list_needs_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert optimize([], SHOWN) == []


def test_a_queryset_that_cannot_take_a_plan_comes_back_as_it_is():
    values = Book.objects.values("title")

    assert optimize(values, SHOWN) is values


def test_a_live_serializer_is_read_as_it_is():
    planned = optimize(Book.objects.all(), Chosen(context={"show": ["isbn"]}))

    assert planned.query.deferred_loading == (frozenset({"id", "isbn"}), False)


def test_a_list_serializer_is_read_by_row():
    planned = optimize(Book.objects.all(), Chosen(many=True, context={"show": ["isbn"]}))

    assert planned.query.deferred_loading == (frozenset({"id", "isbn"}), False)


def test_a_class_is_given_the_context():
    planned = optimize(Book.objects.all(), Chosen, context={"show": ["title"]})

    assert planned.query.deferred_loading == (frozenset({"id", "title"}), False)


def test_a_live_serializer_has_a_context_of_its_own():
    with pytest.raises(PlanningError, match=r"^context= belongs to a serializer class; an instance has its own\.$"):
        optimize(Book.objects.all(), Chosen(), context={})


def test_a_plain_serializer_shows_the_rows_it_is_given():
    assert optimize(Book.objects.all(), Plain).query.deferred_loading == (frozenset({"id", "title"}), False)


def test_a_serializer_of_another_model_is_an_error():
    with pytest.raises(OtherModelError, match=r"^BookSerializer shows Book, and the queryset has rows of Author$"):
        optimize(Author.objects.all(), SHOWN)


def test_what_is_written_is_kept(django_assert_num_queries):
    public = Prefetch("reviews", Review.objects.filter(public=True), to_attr="public")
    with django_assert_num_queries(3):
        rows = list(optimize(Book.objects.prefetch_related(public), SHOWN))

    assert {review.public for row in rows for review in row.public} == {True}


def test_a_plan_is_made_without_a_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        plan = plan_for(SHOWN)

    assert sketch(plan) == {
        "only": ("id", "title", "author_id", "author__id", "author__name"),
        "joins": ("author",),
        "prefetches": {"reviews": [{"only": ("id", "book_id", "rating")}]},
    }


def test_a_plan_is_made_for_a_model_that_is_named():
    assert sketch(plan_for(Plain, model=Book)) == {"only": ("id", "title")}
    assert sketch(plan_for(Plain(), model=Book)) == {"only": ("id", "title")}


def test_a_plan_follows_the_context():
    assert sketch(plan_for(Chosen, context={"show": ["isbn"]})) == {"only": ("id", "isbn")}
