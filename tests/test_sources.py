"""Sources: followed attribute by attribute, as far as anything is known."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Prefetch
from rest_framework import serializers

from drf_autoprefetch import prefetch_hint
from drf_autoprefetch.exceptions import PlanningError
from tests.examples import ModelSerializer, needs, notes_of, outline, reads_of, shows, unread
from tests.testapp.models import Author, Book, Comment, Footnote, Genre, Review, Seat, TaggedItem


def shown_from(source: str, field: type[serializers.Field] = serializers.ReadOnlyField) -> Any:  # type: ignore[type-arg]
    return shows(Book, shown=field(source=source))


@pytest.mark.parametrize(
    ("source", "outlined"),
    [
        ("title", "title"),
        ("pk", "id"),
        ("author_id", "author_id"),
        ("author.name", "author(name)"),
        ("author.city.country.name", "author(city(country(name)))"),
        ("author.profile.website", "author(profile(website))"),
        ("data.codes.thirteen", "data"),
        ("get_status_display", "status"),
        ("full_title", "subtitle title"),
        ("author.address_line", "author(email name)"),
        ("genres.count", "genres()"),
        ("genres.all.exists", "genres()"),
        ("genres.first.name", "genres(name)"),
        ("genres.all.first.name", "genres(name)"),
        ("stars", ""),
    ],
)
def test_a_source_reads_what_lies_on_its_way(source, outlined):
    read = needs(shown_from(source))

    assert (outline(read), notes_of(read)) == (outlined, [])


@pytest.mark.parametrize(
    ("source", "outlined"),
    [("blurb", "summary"), ("shout", "title"), ("author.city.__str__", "author(city(history name))")],
)
def test_a_source_that_runs_code_reads_what_its_body_shows(source, outlined):
    read = needs(shown_from(source))

    assert (outline(read), notes_of(read)) == (outlined, [])


@pytest.mark.parametrize("code", [property(unread), property(lambda book: unread(book))], ids=["no body", "handed on"])
@pytest.mark.parametrize(("source", "outlined"), [("blurb", "*"), ("sequel_of.blurb", "sequel_of(*)")])
def test_a_source_that_runs_code_that_cannot_be_followed_reads_everything_there(source, outlined, code, monkeypatch):
    monkeypatch.setattr(Book, "blurb", code)
    read = needs(shown_from(source))

    assert (outline(read), notes_of(read)) == (outlined, ["code-unread"])


def test_the_row_that_a_property_returns_is_followed_further(monkeypatch):
    monkeypatch.setattr(Book, "blurb", property(lambda book: book.editor or book.author))

    assert reads_of(shown_from("blurb.city.name")) == "author(city(name)) editor(city(name))"


def test_a_source_that_no_prefetch_can_serve_is_noted_with_a_remedy():
    (note,) = needs(shown_from("genres.last.name")).notes

    assert (note.id, note.path) == ("not-planned", "shown")
    assert note.message == "the source 'genres.last.name' runs a query for each row, whatever is prefetched."
    assert note.remedy == (
        'Write a method field with @prefetch_hint(Prefetch("genres", Genre.objects.…, to_attr="…")), or an annotation.'
    )


def test_the_first_of_unordered_rows_is_a_query_for_each_row():
    read = needs(shown_from("footnote_set.first.text"))

    assert (outline(read), notes_of(read)) == ("", ["not-planned"])


def test_a_plain_field_that_shows_a_manager_is_not_planned():
    assert notes_of(needs(shown_from("genres"))) == ["not-planned"]


def test_rows_may_be_named_by_the_manager_or_all_of_it():
    rows = shows(Genre, "name")

    assert [reads_of(shows(Book, rows=rows(many=True, source=name))) for name in ("genres", "genres.all")] == [
        *("genres(name)", "genres(name)"),
    ]


def test_what_lies_behind_a_generic_foreign_key_is_read_of_every_model():
    class Named(ModelSerializer):
        pk = serializers.ReadOnlyField(source="content_object.pk")

        class Meta:
            model = TaggedItem
            fields = ["pk"]

    targets = needs(Named).edges["content_object"].targets

    assert [outline(targets[model]) for model in (Author, Book, Seat)] == ["id", "id", "number room_id"]


def test_what_a_declared_prefetch_fills_is_read_like_its_relation():
    class Public(ModelSerializer):
        public = shows(Review, "rating")(many=True)

        class Meta:
            model = Book
            fields = ["public"]

    hint = Prefetch("reviews", Review.objects.filter(public=True), to_attr="public")

    assert reads_of(Public, hints=[hint]) == "public(rating)"


def test_what_a_declared_prefetch_fills_below_is_read_there():
    class Public(ModelSerializer):
        author = shows(Author, drafts=shows(Book, "title")(many=True))()

        class Meta:
            model = Book
            fields = ["author"]

    assert reads_of(Public, hints=[Prefetch("author__books", Book.objects.all(), to_attr="drafts")]) == (
        "author(drafts(title))"
    )


def test_an_attribute_filled_with_unknown_targets_reads_nothing_known():
    from django.contrib.contenttypes.prefetch import GenericPrefetch

    thing = GenericPrefetch("subject", [Book.objects.all()], to_attr="thing")
    read = needs(shows(Comment, title=serializers.ReadOnlyField(source="thing.title")), hints=[thing])

    assert outline(read) == "thing()"


def test_hints_of_a_property_count_where_it_is_a_source():
    class Own(ModelSerializer):
        names = serializers.ReadOnlyField(source="genre_names")

        class Meta:
            model = Book
            fields = ["names"]

    assert reads_of(Own) == "genres(name)"


def test_the_value_of_a_hinted_property_is_not_followed_further():
    assert reads_of(shown_from("writer.name")) == "author(*)"


def test_a_source_of_a_hint_that_fails_is_an_error():
    class Wrong(ModelSerializer):
        line = serializers.SerializerMethodField()

        class Meta:
            model = Footnote
            fields = ["line"]

        @prefetch_hint("txt")
        def get_line(self, note: Footnote) -> Any: ...

    with pytest.raises(Exception, match=r"^Wrong\.line: the hint 'txt' names 'txt'.* Did you mean 'text'\?") as raised:
        needs(Wrong)
    assert not isinstance(raised.value, PlanningError)
