"""From what is read to how it is loaded."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.db import models
from django.db.models import Count, FilteredRelation, Prefetch, Q
from django.test import override_settings
from django.test.utils import isolate_apps
from rest_framework import serializers

from drf_autoprefetch import plan_for, prefetch_hint
from drf_autoprefetch.exceptions import HintError
from drf_autoprefetch.planning.columns_needed import columns_of
from drf_autoprefetch.planning.planner import make_plan
from drf_autoprefetch.planning.plans import Decision, How, Strategy
from drf_autoprefetch.planning.written import read_queryset
from drf_autoprefetch.reading.columns import ordered_columns
from drf_autoprefetch.reading.relations import get_relation
from drf_autoprefetch.reading.requirements import Edge, Requirement
from tests.examples import HERE, ModelSerializer, joining_all, needs, shows, sketch, unread
from tests.testapp.models import (
    AudioBook,
    Author,
    Book,
    Booking,
    City,
    Comment,
    Copy,
    Genre,
    Item,
    Medium,
    Profile,
    Publisher,
    Review,
    Shelf,
    Track,
)

NAME = shows(Author, "name")
TITLE = shows(Book, "title")


def whole(model: Any, **more: Any) -> type[Any]:
    """Make a serializer whose code cannot be followed, beside what else it shows."""
    return shows(model, whole=serializers.SerializerMethodField(), get_whole=lambda self, row: unread(row), **more)


def planned(serializer: Any, queryset: Any = None, **how: Any) -> dict[str, Any]:
    """Sketch the plan for a serializer, around what is written on a queryset."""
    requirement = needs(serializer, None if queryset is None else queryset.model)
    written = read_queryset(requirement.model._default_manager.none() if queryset is None else queryset)
    return sketch(make_plan(requirement, written, How(**how)))


def test_columns_are_selected_in_the_order_of_the_model():
    assert planned(shows(Book, "isbn", "title")) == {"only": ("id", "title", "isbn")}


def test_a_to_one_relation_is_joined():
    assert planned(shows(Book, "title", author=NAME())) == {
        "only": ("id", "title", "author_id", "author__id", "author__name"),
        "joins": ("author",),
    }


def test_joins_are_named_as_queries_name_them():
    assert planned(shows(Author, founded=shows(Publisher, "slug")())) == {
        "only": ("id", "venture__id", "venture__slug"),
        "joins": ("venture",),
    }


def test_joins_follow_one_another():
    city = shows(Author, city=shows(City, "name")())

    assert planned(shows(Book, author=city())) == {
        "only": ("id", "author_id", "author__id", "author__city_id", "author__city__id", "author__city__name"),
        "joins": ("author", "author__city"),
    }


def test_a_to_many_relation_is_prefetched_with_what_it_hangs_on():
    assert planned(shows(Author, books=TITLE(many=True))) == {
        "only": ("id",),
        "prefetches": {"books": [{"only": ("id", "title", "author_id")}]},
    }


def test_a_prefetch_may_hang_on_a_joined_row():
    reviews = shows(Book, reviews=shows(Review, "rating")(many=True))

    assert planned(shows(Copy, book=reviews())) == {
        "only": ("id", "book_id", "book__id"),
        "joins": ("book",),
        "prefetches": {"book__reviews": [{"only": ("id", "book_id", "rating")}]},
    }


def test_rows_of_a_foreign_key_to_another_column_hang_on_that_column():
    assert planned(shows(Copy, shelf=shows(Shelf, "place")()))["only"] == (
        *("id", "shelf_id", "shelf__id", "shelf__place"),
    )
    assert planned(shows(Shelf, copies=shows(Copy, "barcode")(many=True))) == {
        "only": ("id", "code"),
        "prefetches": {"copies": [{"only": ("id", "barcode", "shelf_id")}]},
    }


def test_a_relation_of_several_columns_is_joined_by_all_of_them():
    booking = shows(Booking, label=serializers.CharField(source="seat.label"))

    assert planned(booking) == {
        "only": ("id", "room_id", "seat_number", "seat__room_id", "seat__number", "seat__label"),
        "joins": ("seat",),
    }


def test_many_to_many_rows_hang_on_keys():
    assert planned(shows(Book, genres=shows(Genre, "name")(many=True))) == {
        "only": ("id",),
        "prefetches": {"genres": [{"only": ("id", "name")}]},
    }


def test_everything_is_loaded_where_everything_is_read():
    assert planned(whole(Book)) == {"only": None}
    assert planned(shows(Profile, "id", "author", "website", "notes", "portrait")) == {"only": None}


def test_one_model_is_loaded_whole_and_the_next_is_not():
    only = planned(whole(Book, author=NAME()))["only"]

    assert only == (*ordered_columns(Book), "author__id", "author__name")


def test_a_parent_of_a_child_model_is_in_the_same_row():
    parent = shows(Medium, item_ptr=shows(Item, "name")())

    assert planned(parent) == {"only": ("id", "name", "description", "owner_id", "item_ptr_id")}


def test_a_child_model_takes_inherited_columns_from_its_parents_row():
    medium = shows(Medium, "name", "minutes")

    assert planned(shows(Item, "name", medium=medium())) == {
        "only": ("id", "name", "medium__name", "medium__item_ptr_id", "medium__minutes"),
        "joins": ("medium",),
    }


def test_a_child_model_that_is_read_whole_needs_its_parents_row_whole():
    medium = whole(Medium)

    assert planned(shows(Item, medium=medium())) == {"only": None, "joins": ("medium",)}


def test_rows_of_an_inherited_relation_hang_on_the_link():
    assert planned(shows(AudioBook, tracks=shows(Track, "title")(many=True)))["prefetches"] == {
        "tracks": [{"only": ("id", "medium_id", "title")}]
    }


@override_settings(DRF_AUTOPREFETCH={"MAX_JOINS": 1})
def test_a_relation_too_many_is_prefetched():
    assert planned(shows(Book, author=NAME(), editor=NAME())) == {
        "only": ("id", "author_id", "editor_id", "author__id", "author__name"),
        "joins": ("author",),
        "prefetches": {"editor": [{"only": ("id", "name")}]},
    }


@override_settings(DRF_AUTOPREFETCH={"ONLY": False})
def test_columns_stay_where_the_setting_says_so():
    assert planned(shows(Book, "title", author=NAME())) == {"only": None, "joins": ("author",)}


def test_columns_stay_where_the_plan_is_told_so():
    shown = shows(Book, "title", author=NAME(), reviews=shows(Review, "rating")(many=True))

    assert planned(shown, trim=False) == {
        "only": None,
        "joins": ("author",),
        "prefetches": {"reviews": [{"only": None}]},
    }


def test_without_joins_everything_is_prefetched():
    assert planned(shows(Book, author=NAME()), joins=False) == {
        "only": ("id", "author_id"),
        "prefetches": {"author": [{"only": ("id", "name")}]},
    }


def test_a_written_join_stays_and_what_nobody_reads_of_it_is_whole():
    queryset = Book.objects.select_related("author")

    assert planned(TITLE, queryset) == {
        "only": ("id", "title", "author_id", *(f"author__{name}" for name in ordered_columns(Author))),
        "joins": ("author",),
    }


def test_a_join_of_everything_stays_and_no_column_goes():
    assert planned(shows(Book, "title", author=NAME()), joining_all(Book.objects)) == {
        "only": None,
        "prefetches": {"author": [{"only": ("id", "name")}]},
    }


def test_a_join_of_no_known_relation_stays_and_no_column_goes():
    books: Any = Book.objects
    queryset = books.annotate(e=FilteredRelation("editor", condition=Q(editor__born=None))).select_related("e")

    assert planned(TITLE, queryset) == {"only": None}


def test_a_written_prefetch_stays_and_is_whole():
    assert planned(TITLE, Book.objects.prefetch_related("author")) == {
        "only": ("id", "title", "author_id"),
        "prefetches": {"author": [{"only": None}]},
    }


def test_written_columns_stay_and_those_that_are_read_are_added():
    assert planned(TITLE, Book.objects.only("isbn")) == {"only": ("id", "title", "isbn")}


def test_written_columns_of_a_joined_row_stay():
    queryset = Book.objects.select_related("author").only("title", "author__email")

    assert planned(shows(Book, "title", author=NAME()), queryset) == {
        "only": ("id", "title", "author_id", "author__id", "author__name", "author__email"),
        "joins": ("author",),
    }


def test_deferred_columns_are_loaded_where_they_are_read():
    assert planned(shows(Profile, "website", "notes"), Profile.objects.defer("notes")) == {
        "only": ("id", "website", "notes"),
    }


def test_deferred_columns_stay_deferred_where_code_may_read_anything():
    assert planned(whole(Book), Book.objects.defer("summary")) == {
        "only": tuple(name for name in ordered_columns(Book) if name != "summary"),
    }


def test_deferred_columns_are_loaded_where_a_body_reads_them():
    blurb = shows(Book, blurb=serializers.ReadOnlyField())

    assert planned(blurb, Book.objects.defer("summary")) == {"only": ("id", "summary")}


def test_deferred_columns_stay_deferred_without_trimming():
    assert planned(TITLE, Book.objects.defer("summary"), trim=False) == {
        "only": tuple(name for name in ordered_columns(Book) if name != "summary"),
    }


def test_a_lock_is_taken_on_no_joined_row():
    found = planned(shows(Book, author=NAME(), editor=NAME()), Book.objects.select_for_update())

    assert ("joins" in found, list(found["prefetches"])) == (False, ["author", "editor"])


def test_joins_of_ones_own_are_locked_as_written():
    found = planned(shows(Book, author=NAME()), Book.objects.select_related("author").select_for_update())

    assert found == {"only": None, "joins": ("author",)}


def test_rows_that_are_locked_are_about_to_be_saved_so_they_are_whole():
    assert planned(TITLE, Book.objects.select_for_update(of=("self",))) == {"only": None}


def test_a_declared_prefetch_is_loaded_into_its_attribute():
    class Public(ModelSerializer):
        public = serializers.SerializerMethodField()

        class Meta:
            model = Book
            fields = ["public"]

        @prefetch_hint(Prefetch("reviews", Review.objects.filter(public=True), to_attr="public_reviews"))
        def get_public(self, book: Book) -> Any: ...

    plan = plan_for(Public)
    (prefetch,) = plan.prefetches

    assert (prefetch.lookup, prefetch.to_attr, sketch(plan)["prefetches"]) == (
        *("reviews", "public_reviews", {"reviews": [{"only": None}]}),
    )


def test_a_declared_prefetch_of_rows_that_nothing_reads_is_loaded_whole():
    plan = make_plan(needs(TITLE, Book, [Prefetch("reviews", Review.objects.filter(public=True))]))

    assert sketch(plan)["prefetches"] == {"reviews": [{"only": None}]}


def test_two_declared_querysets_for_one_relation_are_an_error():
    hints = [Prefetch("reviews", Review.objects.filter(public=value)) for value in (True, False)]
    place = "BookView.prefetch_hints [shop/views.py:7]"
    message = (
        f"Book.reviews has two declared querysets, from {place} and {place}. Give one of them a to_attr of its own."
    )

    with pytest.raises(HintError, match=f"^{re.escape(message)}$"):
        make_plan(needs(TITLE, Book, hints))


def test_two_declared_querysets_with_attributes_of_their_own_are_loaded_both():
    hints = [Prefetch("reviews", Review.objects.all(), to_attr=name) for name in ("one", "other")]
    plan = make_plan(needs(TITLE, Book, hints))

    assert [(prefetch.lookup, prefetch.to_attr) for prefetch in plan.prefetches] == [
        ("reviews", "one"),
        ("reviews", "other"),
    ]


def test_annotations_come_in_the_order_of_their_names():
    class Counted(ModelSerializer):
        fans = serializers.SerializerMethodField()
        awarded = serializers.SerializerMethodField()

        class Meta:
            model = Book
            fields = ["fans", "awarded"]

        @prefetch_hint(annotate={"z_fans": Count("fans"), "a_awards": Count("awards")})
        def get_fans(self, book: Book) -> Any: ...

        @prefetch_hint()
        def get_awarded(self, book: Book) -> Any: ...

    assert [annotated.name for annotated in plan_for(Counted).annotations] == ["a_awards", "z_fans"]


def test_every_decision_says_why_and_who_reads_what():
    author = shows(Author, "name")
    root, joined = make_plan(needs(shows(Book, "title", author=author()))).decisions

    assert (root.path, root.strategy, root.why, root.columns) == (
        *("", Strategy.ROOT, "the rows of this query", ("id", "title", "author_id")),
    )
    assert (joined.path, joined.model, joined.strategy) == ("author", Author, Strategy.JOIN)
    assert [origin.name for origin in joined.origins] == ["BookSerializer.author"]
    assert [(name, [origin.name for origin in origins]) for name, origins in joined.reads] == [
        ("name", ["AuthorSerializer.name"])
    ]


def test_a_prefetched_plan_says_why_it_is_prefetched():
    (prefetch,) = make_plan(needs(shows(Author, books=TITLE(many=True)))).prefetches
    (decision,) = prefetch.plans[0].decisions

    assert isinstance(decision, Decision)
    assert (decision.strategy, decision.why) == (Strategy.PREFETCH, "many rows for each parent")
    assert [origin.name for origin in decision.origins] == ["AuthorSerializer.books"]


def test_a_plan_knows_all_plans_below_it_and_how_many_queries_they_are():
    review = shows(Review, reader=serializers.StringRelatedField())
    plan = plan_for(shows(Author, books=shows(Book, reviews=review(many=True), genres=TITLE(many=True))(many=True)))

    assert [below.model.__name__ for below in plan.walk()] == ["Author", "Book", "Genre", "Review"]
    assert plan.queries == 4


def test_a_prefetch_of_unknown_targets_is_one_query_at_least():
    requirement = needs(shows(Comment, "text"), Comment, ["subject"])

    assert make_plan(requirement).queries == 2


def test_columns_of_a_requirement_are_those_read_and_those_relations_hang_on():
    requirement = needs(shows(Book, "title", author=NAME()))

    assert columns_of(requirement, frozenset(["publisher_id"])) == frozenset(
        ["id", "title", "author_id", "publisher_id"]
    )
    assert columns_of(needs(whole(Book))) is None


@isolate_apps("tests.testapp")
def test_rows_that_may_be_missing_or_null_are_left_to_be_loaded_one_by_one():
    class Clipping(models.Model):
        book = models.ForeignKey(Book, models.DO_NOTHING, null=True, db_constraint=False, related_name="+")

        class Meta:
            app_label = "testapp"

    plan = plan_for(shows(Clipping, title=serializers.CharField(source="book.title")))
    (note,) = plan.notes

    assert (sketch(plan), note.id, note.path) == ({"only": None}, "not-planned", "book")
    assert note.message == (
        "Clipping.book is loaded row by row: its rows may be missing or hidden, which only loading them one by one"
        " tells from null."
    )
    assert note.remedy == "Give the field a nested serializer, or the model a base manager that hides nothing."


def custom_plan() -> Any:
    """Plan a third party's many-to-many, and what lies beyond it."""
    genres = get_relation(Book, "genres")
    assert genres is not None
    custom = replace(genres, kind="custom")
    parent = needs(shows(Genre, "name", parent=shows(Genre, "name")(), books=TITLE(many=True)))
    return make_plan(Requirement(Book, edges={"genres": Edge(custom, {Genre: parent}, origins=frozenset([HERE]))}))


def test_a_third_partys_relation_loads_as_it_pleases_and_what_lies_beyond_follows():
    plan = custom_plan()

    assert sketch(plan) == {
        "only": ("id",),
        "prefetches": {
            "genres": [],
            "genres__books": [{"only": ("id", "title")}],
            "genres__parent": [{"only": ("id", "name")}],
        },
    }
    assert [(decision.path, decision.columns) for decision in plan.decisions][1:] == [("genres", None)]


def test_planning_the_same_gives_the_same():
    requirement = needs(shows(Book, "title", author=NAME(), reviews=shows(Review, "rating")(many=True)))

    assert make_plan(requirement) == make_plan(requirement)


def test_lists_behind_the_pointer_back_are_looked_up_from_the_parents():
    author = shows(Author, "name", books=serializers.PrimaryKeyRelatedField(many=True, read_only=True))
    review = shows(Review, "rating", book=shows(Book, "title", author=author())())
    plan = plan_for(shows(Book, "isbn", reviews=review(many=True)))

    assert [prefetch.lookup for prefetch in plan.prefetches] == ["reviews", "reviews__book__author__books"]
    assert plan.select_related == ("author",)
    assert plan.only == ("id", "title", "isbn", "author_id", "author__id", "author__name")
