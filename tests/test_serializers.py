"""Reading whole serializers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db.models import Prefetch
from django.test import override_settings
from rest_framework import serializers

from drf_autoprefetch import prefetch_hint
from drf_autoprefetch.exceptions import HintError, OtherModelError, PlanningError
from tests.examples import ModelSerializer, Serializer, needs, notes_of, outline, reads_of, shows, unread
from tests.testapp.models import AudioBook, Author, Bestseller, Book, Genre, Item, Medium, Review

BOOK = Book(title="Emma", isbn="1")


class Titles(ModelSerializer):
    class Meta:
        model = Book
        fields = ["title"]


def test_a_serializer_reads_what_its_fields_show():
    assert reads_of(Titles) == "title"


def test_a_list_reads_of_each_row_what_its_child_shows():
    assert reads_of(Titles(many=True)) == "title"


def test_nested_serializers_are_read_where_they_stand():
    author = shows(Author, "name", books=Titles(many=True))

    assert reads_of(shows(Book, "isbn", author=author())) == "isbn author(name books(title))"


def test_a_starred_serializer_reads_the_same_row():
    class Row(ModelSerializer):
        book = Titles(source="*")

        class Meta:
            model = Book
            fields = ["isbn", "book"]

    assert reads_of(Row) == "isbn title"


def test_a_nested_serializer_may_stand_behind_several_relations():
    class Row(ModelSerializer):
        place = shows(Author, "name")(source="author.mentor")

        class Meta:
            model = Book
            fields = ["place"]

    assert reads_of(Row) == "author(mentor(name))"


def test_a_plain_serializer_reads_the_model_it_is_given():
    class Plain(Serializer):
        title = serializers.CharField()

    assert reads_of(Plain, Book) == "title"


def test_a_serializer_of_no_known_model_cannot_be_planned():
    class Plain(Serializer):
        title = serializers.CharField()

    with pytest.raises(PlanningError, match=r"^Plain names no model\. Pass a queryset, or give it Meta\.model\.$"):
        needs(Plain)


def test_a_serializer_of_another_model_cannot_be_planned():
    with pytest.raises(OtherModelError, match=r"^Titles shows Book, and the queryset has rows of Author$"):
        needs(Titles, Author)


@pytest.mark.parametrize(
    ("shown", "model"), [(Book, Bestseller), (Bestseller, Book), (Item, Medium), (Medium, Item), (Item, AudioBook)]
)
def test_proxies_parents_and_children_are_no_other_model(shown, model):
    assert reads_of(shows(shown, "pk", pk=serializers.ReadOnlyField()), model) != ""


def test_write_only_fields_read_nothing():
    assert reads_of(shows(Book, "title", isbn=serializers.CharField(write_only=True))) == "title"


def test_a_base_serializer_with_code_of_its_own_reads_what_its_body_shows():
    class Own(serializers.BaseSerializer[Any]):
        def to_representation(self, instance: Any) -> Any:
            return {"title": instance.title, "by": instance.author.name}

    read = needs(Own, Book)

    assert (outline(read), notes_of(read)) == ("title author(name)", [])


def test_a_base_serializer_that_cannot_be_followed_reads_everything():
    class Own(serializers.BaseSerializer[Any]):
        def to_representation(self, instance: Any) -> Any:
            return unread(instance)

    read = needs(Own, Book)

    assert (outline(read), notes_of(read)) == ("*", ["code-unread"])


def test_a_bare_base_serializer_reads_nothing():
    assert reads_of(serializers.BaseSerializer, Book) == ""


def test_code_that_replaces_the_fields_replaces_what_they_read():
    class Own(Titles):
        @prefetch_hint("isbn")
        def to_representation(self, instance: Any) -> Any: ...

    assert reads_of(Own) == "isbn"


def test_code_that_calls_its_parent_reads_what_the_fields_show_too():
    class Own(Titles):
        @prefetch_hint("isbn")
        def to_representation(self, instance: Any) -> Any:
            return super().to_representation(instance) | {"isbn": instance.isbn}

    assert (reads_of(Own), Own(BOOK).data) == ("isbn title", {"title": "Emma", "isbn": "1"})


def test_code_that_walks_the_fields_itself_reads_what_they_show():
    class Own(Titles):
        @prefetch_hint("isbn")
        def to_representation(self, instance: Any) -> Any:
            return {field.field_name: instance.isbn for field in self._readable_fields}

    assert (reads_of(Own), Own(BOOK).data) == ("isbn title", {"title": "1"})


def test_a_body_that_calls_its_parent_reads_what_the_fields_show_too():
    class Own(Titles):
        def to_representation(self, instance: Any) -> Any:
            return super().to_representation(instance) | {"isbn": instance.isbn}

    assert (reads_of(Own), Own(BOOK).data) == ("isbn title", {"title": "Emma", "isbn": "1"})


def test_a_body_that_replaces_the_fields_replaces_what_they_read():
    class Own(Titles):
        def to_representation(self, instance: Any) -> Any:
            return {"isbn": instance.isbn}

    assert (reads_of(Own), Own(BOOK).data) == ("isbn", {"isbn": "1"})


def test_what_meta_declares_replaces_reading_the_code_of_a_nested_serializer():
    class Own(ModelSerializer):
        class Meta:
            model = Author
            fields = ["name"]

        def to_representation(self, instance: Any) -> Any:
            return unread(instance)

    assert reads_of(shows(Book, author=Own())) == "author(*)"
    assert reads_of(shows(Book, author=Own(), hints={"author": ["author__email"]})) == "author(email name)"


def test_code_that_cannot_be_looked_into_may_show_the_fields():
    own = type("Own", (Titles,), {"to_representation": unread})

    assert (reads_of(own), set(needs(own).reads)) == ("*", {"title"})


def test_a_root_list_with_code_of_its_own_reads_of_every_row_what_its_body_shows():
    class Rows(serializers.ListSerializer[Any]):
        def to_representation(self, data: Any) -> Any:
            return [row.isbn for row in data]

    class Own(Titles):
        class Meta(Titles.Meta):
            list_serializer_class = Rows

    read = needs(Own(many=True))

    assert (outline(read), notes_of(read)) == ("isbn title", [])


def test_a_root_list_that_cannot_be_followed_is_handed_every_row():
    class Rows(serializers.ListSerializer[Any]):
        def to_representation(self, data: Any) -> Any:
            return unread(data)

    class Own(Titles):
        class Meta(Titles.Meta):
            list_serializer_class = Rows

    read = needs(Own(many=True))

    assert (outline(read), notes_of(read), set(read.reads)) == ("*", ["code-unread"], {"title"})


class Visible(serializers.ListSerializer[Any]):
    to_representation = lambda self, data: [self.child.to_representation(row) for row in data.filter(public=True)]  # noqa: E731


class Longest(serializers.ListSerializer[Any]):
    def to_representation(self, data: Any) -> Any:
        return unread(data)


class Readers(serializers.ListSerializer[Any]):
    def to_representation(self, data: Any) -> Any:
        return [row.reader.name for row in data.all()]


def nested(list_class: Any, hints: Any = None) -> type[Any]:
    """Make a serializer whose rows are shown by a list serializer of a project's own."""

    class Row(ModelSerializer):
        class Meta:
            model = Review
            fields = ["rating"]
            list_serializer_class = list_class

    return shows(Book, hints=hints, reviews=Row(many=True))


def test_a_nested_list_with_code_of_its_own_is_prefetched_with_what_its_body_reads():
    read = needs(nested(Readers))

    assert (outline(read), notes_of(read)) == ("reviews(rating reader(name))", [])


def test_a_nested_list_that_cannot_be_followed_is_prefetched_whole():
    read = needs(nested(Longest))

    assert (outline(read), notes_of(read)) == ("reviews(*)", ["code-unread"])


def test_a_nested_list_that_asks_the_database_again_waits_for_somebody_to_look():
    read = needs(nested(Visible))
    edge = read.edges["reviews"]
    (note,) = edge.targets[Review].notes

    assert (edge.always, note.id, note.path) == (False, "not-planned", "reviews")
    assert (
        note.message
        == "<lambda> calls filter(public=True) of the rows that it is handed, which asks the database again."
    )


def test_a_nested_list_that_asks_again_is_prefetched_where_a_hint_says_so():
    hints = {"reviews": [Prefetch("reviews", Review.objects.filter(public=True))]}

    assert reads_of(nested(Visible, hints)).startswith("reviews(")


def test_what_meta_declares_replaces_reading_the_code_of_a_nested_list():
    read = needs(nested(Longest, {"reviews": ["reviews__rating"]}))

    assert (outline(read), notes_of(read)) == ("reviews(rating)", [])


class OwnAttribute(ModelSerializer):
    class Meta:
        model = Author
        fields = ["name"]

    def get_attribute(self, instance: Any) -> Any:
        return instance.editor or instance.author


class LostAttribute(OwnAttribute):
    def get_attribute(self, instance: Any) -> Any:
        return unread(instance)


class OwnRows(serializers.ListSerializer[Any]):
    def get_attribute(self, instance: Any) -> Any:
        return instance.reviews.all() if instance.pages else []


class LostRows(serializers.ListSerializer[Any]):
    def get_attribute(self, instance: Any) -> Any:
        return unread(instance)


def test_a_nested_serializer_reads_of_the_rows_it_fetches_what_it_shows():
    read = needs(shows(Book, author=OwnAttribute()))

    assert (outline(read), notes_of(read)) == ("author(name) editor(name)", [])


def test_a_nested_serializer_that_fetches_what_cannot_be_followed_is_handed_the_row():
    read = needs(shows(Book, author=LostAttribute()))

    assert (outline(read), notes_of(read)) == ("*", ["code-unread"])


def test_a_nested_list_reads_of_the_rows_it_fetches_what_its_child_shows():
    read = needs(nested(OwnRows))

    assert (outline(read), notes_of(read)) == ("pages reviews(rating)", [])


def test_a_nested_list_that_fetches_what_cannot_be_followed_is_handed_the_row():
    read = needs(nested(LostRows))

    assert (outline(read), notes_of(read)) == ("*", ["code-unread"])


def test_a_serializer_in_a_list_field_is_read_of_each_row():
    row = serializers.ListField(child=Titles(), source="books.all")

    assert reads_of(shows(Author, rows=row)) == "books(title)"


class Tree(ModelSerializer):
    class Meta:
        model = Genre
        fields = ["name", "children"]

    def get_fields(self) -> Any:
        return {**super().get_fields(), "children": Tree(many=True)}


@override_settings(DRF_AUTOPREFETCH={"MAX_DEPTH": 2})
def test_a_recursive_serializer_is_followed_to_a_depth():
    read = needs(Tree)

    assert outline(read) == "name children(name children(name children()))"
    assert notes_of(read) == ["depth-limit"]


@override_settings(DRF_AUTOPREFETCH={"MAX_DEPTH": 1})
def test_the_end_of_a_recursion_is_noted_with_its_path():
    (note,) = needs(Tree).edges["children"].targets[Genre].edges["children"].targets[Genre].notes

    assert (note.path, note.message, note.remedy) == (
        "children.children",
        "Tree stands inside itself; it was followed to MAX_DEPTH and what lies deeper is loaded row by row.",
        'Raise DRF_AUTOPREFETCH["MAX_DEPTH"] if your rows nest deeper.',
    )


def test_hints_of_a_view_are_added():
    assert reads_of(Titles, Book, ["author__name", Prefetch("reviews")]) == "title author(name) reviews()"


def test_a_wrong_hint_of_a_view_names_the_view():
    message = (
        "BookView.prefetch_hints: the hint 'autor' names 'autor', which is no column or relation of Book."
        " Did you mean 'author'? [shop/views.py:7]"
    )

    with pytest.raises(HintError, match=f"^{re.escape(message)}$"):
        needs(Titles, Book, ["autor"])


def test_fields_may_depend_on_the_context():
    class Chosen(ModelSerializer):
        class Meta:
            model = Book
            fields = ["title", "isbn"]

        def get_fields(self) -> Any:
            return {name: field for name, field in super().get_fields().items() if name in self.context["show"]}

    assert [reads_of(Chosen, show=["title"]), reads_of(Chosen, show=["isbn"])] == ["title", "isbn"]


def test_depth_nests_relations():
    class Deep(ModelSerializer):
        class Meta:
            model = Review
            fields = ["rating", "book"]
            depth = 1

    assert "book(" in reads_of(Deep)
    assert set(needs(Deep).edges["book"].targets[Book].reads) > {"title", "author_id"}
