"""Relations of every kind, each with the columns that it hangs on at both ends."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.contenttypes.fields import GenericForeignKey
from django.db import models
from django.db.models.fields.related_descriptors import ReverseOneToOneDescriptor
from django.test.utils import isolate_apps

from drf_autoprefetch.reading.relations import (
    Relation,
    generic_targets,
    get_relation,
    many_to_many_tables,
    peers_cost_nothing,
    relations,
)
from tests.testapp.models import (
    AudioBook,
    Author,
    Bestseller,
    Book,
    Booking,
    City,
    Comment,
    Copy,
    Genre,
    Item,
    Medium,
    Publisher,
    Reader,
    Seat,
    Shelf,
    TaggedItem,
    Track,
)


def relation(model: type[models.Model], name: str) -> Relation:
    found = get_relation(model, name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("model", "name", "kind", "target", "near", "far"),
    [
        (Book, "author", "forward", Author, {"author_id"}, {"id"}),
        (Book, "translator", "forward", Author, {"translator_id"}, {"id"}),
        (Book, "sequel_of", "forward", Book, {"sequel_of_id"}, {"id"}),
        (Copy, "shelf", "forward", Shelf, {"shelf_id"}, {"code"}),
        (Booking, "seat", "forward", Seat, {"room_id", "seat_number"}, {"room_id", "number"}),
        (Author, "profile", "reverse_one", relation(Author, "profile").model, {"id"}, {"author_id"}),
        (Author, "books", "reverse_many", Book, {"id"}, {"author_id"}),
        (Shelf, "copies", "reverse_many", Copy, {"code"}, {"shelf_id"}),
        (Seat, "bookings", "reverse_many", Booking, {"room_id", "number"}, {"room_id", "seat_number"}),
        (Book, "footnote_set", "reverse_many", relation(Book, "footnote_set").model, {"id"}, {"book_id"}),
        (Book, "genres", "many_to_many", Genre, {"id"}, set()),
        (Genre, "books", "many_to_many", Book, {"id"}, set()),
        (Genre, "related", "many_to_many", Genre, {"id"}, set()),
        (Reader, "followers", "many_to_many", Reader, {"id"}, set()),
        (TaggedItem, "content_object", "generic_foreign_key", None, {"content_type_id", "object_id"}, set()),
        (Comment, "subject", "generic_foreign_key", None, {"subject_type_id", "subject_id"}, set()),
        (Book, "tags", "generic_relation", TaggedItem, {"id"}, {"content_type_id", "object_id"}),
        (Track, "medium", "forward", Medium, {"medium_id"}, {"item_ptr_id"}),
        (Item, "medium", "child_link", Medium, {"id"}, {"item_ptr_id"}),
    ],
)
def test_a_relation_hangs_on_columns_at_both_ends(model, name, kind, target, near, far):
    found = relation(model, name)

    assert (found.kind, found.model, found.near, found.far) == (kind, target, near, far)


def test_a_link_to_the_parent_hangs_on_all_the_parents_columns():
    found = relation(Medium, "item_ptr")

    assert (found.kind, sorted(found.near)) == (
        *("parent_link", ["description", "id", "item_ptr_id", "name", "owner_id"]),
    )


@pytest.mark.parametrize(
    ("model", "name", "to_many"),
    [(Book, "author", False), (Author, "profile", False), (Author, "books", True), (Book, "genres", True)],
)
def test_a_relation_leads_to_one_row_or_to_many(model, name, to_many):
    assert relation(model, name).to_many is to_many


@pytest.mark.parametrize(
    ("model", "name", "query_name"),
    [(Publisher, "books", "title"), (Author, "founded", "venture"), (Book, "footnote_set", "footnote")],
)
def test_queries_may_know_a_relation_by_another_name(model, name, query_name):
    assert relation(model, name).query_name == query_name


@pytest.mark.parametrize(
    ("model", "name", "back"),
    [
        (Author, "books", "author"),
        (Author, "profile", "author"),
        (Publisher, "founder", "founded"),
        (Book, "author", ""),
        (Book, "genres", ""),
        (Book, "sequel_of", "sequel"),
    ],
)
def test_django_points_some_targets_back_at_where_they_were_reached_from(model, name, back):
    assert relation(model, name).back == back


def test_a_foreign_key_holds_the_key_of_its_target():
    assert [relation(Book, "author").key, relation(Copy, "shelf").key, relation(Booking, "seat").key] == [
        *("author_id", "shelf_id", ""),
    ]


def test_only_some_kinds_can_be_joined():
    kinds = {found.kind: found.joinable for model in (Book, Author, Item, Medium, Comment) for found in _all(model)}

    assert kinds == {
        "forward": True,
        "reverse_one": True,
        "child_link": True,
        "parent_link": False,
        "reverse_many": False,
        "many_to_many": False,
        "generic_foreign_key": False,
        "generic_relation": False,
        "sibling_link": False,
    }


def _all(model: type[models.Model]) -> list[Relation]:
    return list(relations(model).values())


def test_a_foreign_key_may_be_empty():
    assert [relation(Book, "author").nullable, relation(Book, "editor").nullable] == [False, True]


def test_a_hidden_relation_is_none():
    assert [name for name in relations(Author) if "translat" in name or name.endswith("+")] == []


def test_a_name_that_is_no_relation_gives_none():
    assert [get_relation(Book, name) for name in ("title", "nothing")] == [None, None]


def test_a_relation_is_written_as_in_code():
    assert str(relation(Book, "author")) == "Book.author"


def test_a_proxy_has_the_relations_of_its_model():
    assert [relation(Bestseller, name).model for name in ("author", "reviews", "genres")] == [
        relation(Book, name).model for name in ("author", "reviews", "genres")
    ]


def test_a_child_model_has_the_relations_of_its_parents():
    assert [relation(AudioBook, "owner").model, relation(AudioBook, "tracks").near] == [Publisher, {"item_ptr_id"}]


def test_a_generic_foreign_key_leads_to_the_models_that_declare_the_way_back():
    assert set(generic_targets(relation(TaggedItem, "content_object"))) == {Author, Book}
    assert set(generic_targets(relation(Comment, "subject"))) == {Book}


@pytest.mark.parametrize(
    ("model", "name", "tables"),
    [
        (Book, "genres", ("testapp_book_genres", "book_id", "genre_id", "testapp_genre", "id")),
        (Genre, "books", ("testapp_book_genres", "genre_id", "book_id", "testapp_book", "id")),
        (Book, "awards", ("testapp_nomination", "book_id", "award_id", "testapp_award", "id")),
        (
            Reader,
            "follows",
            ("testapp_reader_follows", "from_reader_id", "to_reader_id", "testapp_reader", "id"),
        ),
        (
            Reader,
            "followers",
            ("testapp_reader_follows", "to_reader_id", "from_reader_id", "testapp_reader", "id"),
        ),
    ],
)
def test_a_many_to_many_relation_goes_through_a_table(model, name, tables):
    assert many_to_many_tables(relation(model, name)) == tables


def test_other_relations_go_through_no_table():
    assert [many_to_many_tables(relation(Book, name)) for name in ("author", "reviews")] == [None, None]


@isolate_apps("tests.testapp")
def test_a_third_partys_many_to_many_is_custom():
    class Labels(models.Field):  # type: ignore[type-arg]
        """Stands for a manager of tags, which has neither Django's class nor its tables."""

        many_to_many = True
        many_to_one = one_to_many = one_to_one = False

        def __init__(self, to: type[models.Model]) -> None:
            super().__init__()
            self.remote_field = models.ManyToManyRel(self, to)  # type: ignore[arg-type]
            self.is_relation = True

        def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
            self.name, self.model = name, cls
            cls._meta.add_field(self)

    class Poster(models.Model):
        labels = Labels(Genre)

        class Meta:
            app_label = "testapp"

    found = relation(Poster, "labels")

    assert (found.kind, found.model, [*found.near], found.joinable) == ("custom", Genre, ["id"], False)


@isolate_apps("tests.testapp")
def test_other_private_fields_are_no_relations():
    class Poster(models.Model):
        class Meta:
            app_label = "testapp"

    Poster.add_to_class("secret", Hidden())

    assert relations(Poster) == {}


class Hidden(models.Field):  # type: ignore[type-arg]
    """Stands for a field that only its model knows."""

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only=True)


def test_peers_cost_nothing_unless_a_relation_takes_more_for_all_rows_than_for_one():
    assert [peers_cost_nothing(model) for model in (Book, Author, Comment, Medium, Item)] == [
        *(True, True, False, False, True),
    ]


@pytest.mark.parametrize(
    ("model", "name", "certain"),
    [(Book, "author", True), (Author, "profile", True), (Author, "books", True), (Book, "supplier", True)],
)
def test_a_key_that_the_database_checks_points_at_a_row(model, name, certain):
    assert relation(model, name).certain is certain


@isolate_apps("tests.testapp")
def test_a_key_that_the_database_does_not_check_may_point_at_nothing():
    class Clipping(models.Model):
        book = models.ForeignKey(Book, models.DO_NOTHING, db_constraint=False, related_name="+")

        class Meta:
            app_label = "testapp"

    assert not relation(Clipping, "book").certain


@isolate_apps("tests.testapp")
def test_a_generic_foreign_key_may_stand_on_plain_columns():
    class Scrap(models.Model):
        kind = models.IntegerField()
        key = models.IntegerField()
        thing = GenericForeignKey("kind", "missing")

        class Meta:
            app_label = "testapp"

    assert relation(Scrap, "thing").near == {"kind", "missing"}


def test_every_relation_is_found_under_its_attribute():
    assert sorted(relations(City)) == ["authors", "branches", "country", "publishers", "suppliers"]


@isolate_apps("tests.testapp")
def test_no_code_of_the_model_is_run_to_know_its_relations():
    """A descriptor of a project may open a transaction, also on the class."""

    class Running(ReverseOneToOneDescriptor):  # type: ignore[type-arg]
        def __get__(self, instance: Any, cls: Any = None) -> Any:
            raise AssertionError("this is run")

    class Link(models.OneToOneField):  # type: ignore[type-arg]
        related_accessor_class = Running

    class Person(models.Model):
        class Meta:
            app_label = "testapp"

    class Preference(models.Model):
        person = Link(Person, models.CASCADE)

        class Meta:
            app_label = "testapp"

    assert relations(Person)["preference"].model is Preference
