"""Rewriting requirements: pointers back are free, hooks read everything."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_init

from drf_autoprefetch.planning.rewrites import rewrite
from tests.examples import needs, outline, shows
from tests.testapp.models import Author, Book, Branch, Country, Genre, Ledger, Member, Publisher, Review


def rewritten(serializer: Any) -> str:
    return outline(rewrite(needs(serializer)))


def test_what_a_child_reads_of_the_parent_it_was_reached_from_the_parent_loads():
    review = shows(Review, "rating", book=shows(Book, "title")())

    assert rewritten(shows(Book, "isbn", reviews=review(many=True))) == "isbn title reviews(rating)"


def test_the_parent_of_a_joined_child_is_the_parent():
    founder = shows(Author, "name", founded=shows(Publisher, "slug")())

    assert rewritten(shows(Publisher, founder=founder())) == "slug founder(name)"


def test_what_lies_beyond_the_pointer_back_hangs_on_the_parent():
    book = shows(Book, author=shows(Author, "name", city=shows(Country, "code", source="city.country")())())

    assert rewritten(shows(Author, books=book(many=True))).startswith("name books()")


def test_a_pointer_to_another_row_stays():
    book = shows(Book, "title", editor=shows(Author, "name")())

    assert rewritten(shows(Author, books=book(many=True))) == "books(title editor(name))"


def test_many_to_many_rows_point_back_at_nothing():
    book = shows(Book, "title", genres=shows(Genre, "name")(many=True))

    assert rewritten(shows(Genre, books=book(many=True))) == "books(title genres(name))"


def test_a_model_that_reads_its_fields_while_it_is_built_reads_everything():
    member = rewrite(needs(shows(Branch, members=shows(Member, "name")(many=True)))).edges["members"].targets[Member]
    (note,) = member.notes

    assert (outline(member), note.id, note.path) == ("*", "model-hooks", "members")
    assert note.message == (
        "Member.__init__ runs for every loaded row and may read any column, so all columns are loaded."
    )


def test_a_model_that_reads_its_fields_as_they_are_loaded_reads_everything():
    assert rewritten(shows(Ledger, "title")) == "*"


def test_a_receiver_of_loaded_rows_reads_everything():
    def receive(**kwargs: Any) -> None:
        """Stand for a tracker."""

    post_init.connect(receive, sender=Country)
    try:
        (note,) = rewrite(needs(shows(Country, "name"))).notes
    finally:
        post_init.disconnect(receive, sender=Country)

    assert note.message.startswith("a post_init receiver of Country runs for every loaded row")
