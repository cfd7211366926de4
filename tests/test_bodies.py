"""What code reads: its hint, else what its body shows, else everything."""

from __future__ import annotations

from functools import wraps
from typing import Any

import pytest
from django.db import models
from django.db.models import Prefetch
from django.test import override_settings
from django.test.utils import isolate_apps
from rest_framework import serializers
from rest_framework.permissions import BasePermission

from drf_autoprefetch import prefetch_hint
from drf_autoprefetch.notes import Note, Origin
from drf_autoprefetch.reading.bodies import (
    declared_hint,
    field_subject,
    read_code,
    read_field_code,
    read_representation,
    read_str,
    representation,
    view_subject,
)
from drf_autoprefetch.reading.methods import Subject
from drf_autoprefetch.reading.requirements import handed_on, nothing
from tests.examples import HERE, ModelSerializer, Serializer, needs, notes_of, outline, reads_of, shows, unread
from tests.testapp.models import Author, Book, City, Country, Genre, Item, Review

SUBJECT = Subject(Book, HERE, "line")


def score(book: Book) -> Any:
    return unread(book)


def byline(book: Book) -> Any:
    return f"{book.title} by {book.author.name}"


@prefetch_hint("title", "author__name")
def headline(book: Book) -> Any:
    return unread(book)


def origin(function: Any, kind: str, *, below: int = 0) -> Origin:
    """Return where a line of ``function`` stands, for the field at hand."""
    line = function.__code__.co_firstlineno + below
    return Origin("BookSerializer", "title", "tests/test_bodies.py", line, kind)


def method(model: Any, body: Any, **more: Any) -> type[Any]:
    """Make a serializer with one method field."""
    return shows(model, shown=serializers.SerializerMethodField(), get_shown=body, **more)


def test_hinted_code_reads_what_its_hint_says():
    read = read_code(headline, SUBJECT)

    assert outline(read) == "title author(name)"
    assert read.reads["title"] == {origin(headline, "hint")}


def test_unhinted_code_reads_what_its_body_shows():
    read = read_code(byline, SUBJECT)

    assert (outline(read), notes_of(read)) == ("title author(name)", [])
    assert read.reads["title"] == {origin(byline, "method body", below=1)}


def test_code_that_cannot_be_followed_reads_everything_and_a_note_says_what_to_write():
    place = origin(score, "method body", below=1)
    note = Note(
        "code-unread",
        "line",
        "what score reads is unknown because it passes the book to unread(); all columns of Book are loaded.",
        'Write @prefetch_hint("…") above it, with the columns and relations that it reads.',
        place,
    )

    assert read_code(score, SUBJECT) == handed_on(Book, place, note)


def test_code_without_a_name_is_called_by_its_class():
    read = read_code(unread, SUBJECT)
    (note,) = read.notes

    assert (outline(read), note.id, note.origin) == (
        *("*", "code-unread"),
        Origin(HERE.serializer, HERE.field, HERE.file, HERE.line, "method body"),
    )
    assert note.message == (
        "what methodcaller reads is unknown because it passes the book to methodcaller(); all columns of Book are"
        " loaded."
    )


def test_code_may_be_handed_the_instance_after_other_things_or_many_instances():
    def allowed(request: Any, view: Any, book: Any) -> bool:
        return bool(request.title and view.isbn and book.pages)

    def longest(books: Any) -> Any:
        return max(book.pages for book in books)

    assert outline(read_code(allowed, SUBJECT, argument=2)) == "pages"
    assert outline(read_code(longest, SUBJECT, many=True)) == "pages"


def test_a_callable_hint_is_given_the_context():
    seen = []

    def see(context: Any) -> str:
        seen.append(context)
        return "title"

    @prefetch_hint(see)
    def chosen(book: Book) -> Any: ...

    read = read_code(chosen, Subject(Book, HERE, "", context={"user": "ann"}))

    assert (outline(read), read.volatile, seen) == ("title", True, [{"user": "ann"}])


def test_a_hint_is_found_through_a_decorator_that_keeps_the_function():
    @wraps(headline)
    def logged(book: Book) -> Any: ...

    assert outline(read_code(logged, SUBJECT)) == "title author(name)"


def test_an_attribute_that_a_declared_prefetch_fills_is_read_in_a_body():
    shown = method(Book, lambda self, book: [review.rating for review in book.public])
    hint = Prefetch("reviews", Review.objects.filter(public=True), to_attr="public")

    assert (reads_of(shown, Book, [hint]), reads_of(shown)) == ("public(rating)", "")


def field_of(serializer: Any, name: str = "field") -> Any:
    """Return a bound field of a serializer class."""
    return serializer().fields[name]


CHAR = field_of(shows(Book, field=serializers.CharField()))


def test_str_reads_what_its_hint_says():
    assert outline(read_str(CHAR, Author)) == "name"


def test_str_without_a_hint_reads_what_its_body_shows():
    read = read_str(CHAR, City)

    assert (outline(read), notes_of(read)) == ("history name", [])


def test_str_that_cannot_be_followed_reads_everything(monkeypatch):
    monkeypatch.setattr(Country, "__str__", lambda country: unread(country))
    read = read_str(CHAR, Country)

    assert (outline(read), [(note.id, note.path) for note in read.notes]) == ("*", [("code-unread", "field")])


@isolate_apps("tests.testapp")
def test_djangos_own_str_shows_the_key():
    class Plain(models.Model):
        class Meta:
            app_label = "testapp"

    assert read_str(CHAR, Plain) == nothing(Plain)


def test_a_declared_hint_is_found_for_a_field_and_for_what_a_list_holds():
    declared = shows(
        Book,
        hints={"genres": ["genres__name"]},
        title=serializers.CharField(),
        genres=serializers.StringRelatedField(many=True),
    )()

    assert declared_hint(declared.fields["genres"].child_relation) == ["genres__name"]
    assert declared_hint(declared.fields["title"]) is None


def test_a_serializer_without_meta_declares_no_hint():
    class Plain(Serializer):
        title = serializers.CharField()

    assert declared_hint(Plain().fields["title"]) is None


@pytest.mark.parametrize(
    "body", [lambda self, book: book.title, lambda self, book: unread(book)], ids=["read", "not read"]
)
def test_what_meta_says_replaces_reading_the_body(body):
    read = needs(method(Book, body, hints={"shown": ["reviews__rating"]}))

    assert (outline(read), notes_of(read)) == ("reviews(rating)", [])
    assert read_field_code(field_of(method(Book, body, hints={"shown": ["pk"]}), "shown"), body, Book) == nothing(Book)


def test_the_code_of_a_field_is_read_with_its_receiver():
    class Rated(ModelSerializer):
        shown = serializers.SerializerMethodField()

        class Meta:
            model = Book
            fields = ["shown"]

        def get_shown(self, book: Book) -> Any:
            return self.by(book)

        def by(self, book: Book) -> Any:
            return book.author.name

    assert reads_of(Rated) == "author(name)"


def test_a_property_as_the_source_of_a_nested_serializer_is_planned_through(monkeypatch):
    monkeypatch.setattr(Book, "blurb", property(lambda book: book.editor if book.pages else book.author))
    read = needs(shows(Book, blurb=shows(Author, "email", city=shows(City, "name")())()))

    assert (outline(read), notes_of(read)) == ("pages author(email city(name)) editor(email city(name))", [])


def test_rows_that_a_property_returns_are_planned_through(monkeypatch):
    monkeypatch.setattr(Book, "blurb", property(lambda book: list(book.reviews.all())))
    read = needs(shows(Book, blurb=shows(Review, "body")(many=True)))

    assert (outline(read), notes_of(read)) == ("reviews(body)", [])


def test_a_serializer_made_in_a_body_is_read_as_a_child():
    title = shows(Book, "title", by=serializers.CharField(source="author.name"))

    read = needs(method(Author, lambda self, author: title(author.books.all(), many=True).data))

    assert (outline(read), notes_of(read)) == ("books(title author(name))", [])


class Tree(ModelSerializer):
    below = serializers.SerializerMethodField()

    class Meta:
        model = Genre
        fields = ["name", "below"]

    def get_below(self, genre: Genre) -> Any:
        return Tree(genre.children.all(), many=True, context=self.context).data


@override_settings(DRF_AUTOPREFETCH={"MAX_DEPTH": 2})
def test_a_serializer_that_makes_itself_is_cut_at_the_depth():
    read = needs(Tree)

    assert outline(read) == "name children(name children(name children()))"
    assert notes_of(read) == ["depth-limit"]


def test_the_child_of_a_list_is_read_as_it_stands():
    class Rows(serializers.ListSerializer[Any]):
        def to_representation(self, data: Any) -> Any:
            return [self.child.to_representation(row) for row in data.all() if row.public]  # type: ignore[union-attr]

    class Row(ModelSerializer):
        class Meta:
            model = Review
            fields = ["rating"]
            list_serializer_class = Rows

    assert reads_of(shows(Book, reviews=Row(many=True))) == "reviews(public rating)"


def test_a_serializer_instance_that_a_field_holds_is_read_as_it_stands():
    live = shows(Book, "isbn")()
    child = field_subject(CHAR, Book).child

    assert child is not None
    assert (outline(child(live, Book)), live.parent) == ("isbn", None)


class Bold(serializers.Field[Any, Any, Any, Any]):
    def to_representation(self, value: Any) -> Any:
        return value.name


def test_a_field_class_of_a_projects_own_is_read_through_its_body():
    read = read_representation(field_of(shows(Book, field=Bold())), Author)

    assert (outline(read), notes_of(read)) == ("name", [])
    assert reads_of(shows(Book, author=Bold())) == "author(name)"


def test_a_field_of_drfs_that_is_handed_an_instance_reads_everything():
    field = field_of(shows(Book, field=serializers.IntegerField()))
    found = representation(field, Author)
    (note,) = found.notes

    assert outline(found) == "*"
    assert (note.id, note.path, note.origin.name) == ("custom-field", "field", "BookSerializer.field")
    assert note.message == "what IntegerField reads from an instance of Author is not known, so all columns are loaded."
    assert note.remedy == ('Write Meta.prefetch_hints = {"field": ["…"]} with the columns and relations that it reads.')


def test_what_meta_says_of_a_field_of_drfs_counts():
    field = field_of(shows(Book, field=serializers.IntegerField(), hints={"field": ["author__name"]}))

    assert representation(field, Author) == nothing(Author)


class Own(BasePermission):
    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return bool(obj.owner.founder_id == request.user.pk)


def test_code_beside_a_serializer_knows_its_view_and_its_request():
    class View:
        request = "asked"

    view = View()
    subject = view_subject(Item, HERE, view, view)
    read = read_code(Own.has_object_permission, view_subject(Item, HERE, object(), Own()), argument=2)

    assert (subject.model, subject.path, subject.receiver, subject.context) == (
        *(Item, "", view),
        {"view": view, "request": "asked"},
    )
    assert (outline(read), notes_of(read), read.everything) == ("owner(founder_id)", [], frozenset())
