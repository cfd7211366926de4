"""Corners of watching rows: what is no row, no list and no plan."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import Prefetch
from rest_framework import pagination, serializers

from drf_autoprefetch import prefetch_hint
from drf_autoprefetch.guarding.reads.lists import unwatch, watch_list, watch_rows
from drf_autoprefetch.guarding.reads.recorder import Recorder
from drf_autoprefetch.guarding.reads.samples import sample_of
from drf_autoprefetch.guarding.reads.unread import judged
from drf_autoprefetch.loading.watching import kept_here
from tests.examples import ModelSerializer, answer, shows, view_of
from tests.testapp.models import Author, Book, Comment, Review, TaggedItem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]


def unread(view: Any, **asked: Any) -> dict[str, set[str]]:
    """What is loaded and not read, by path."""
    watching = Recorder()
    with kept_here() as kept, watching.watching():
        assert answer(view, **asked).status_code == 200
    plans = [used.plan for one in kept for used in one.used]
    found = judged(watching.nodes.values(), plans)
    return {each.path: left for each in found if (left := {*each.columns, *each.relations} - each.read)}


def told_nothing(*about: object) -> None:
    raise AssertionError("nobody is told")


def test_what_is_no_list_is_not_watched():
    assert not watch_list([], told_nothing)
    assert not watch_rows([], told_nothing)


def test_managers_and_querysets_that_are_let_go_meanwhile_tell_nobody():
    book = Book.objects.earliest("pk")
    manager, rows = book.genres, book.genres.all()
    assert watch_list(manager, told_nothing)
    assert watch_rows(rows, told_nothing)
    del manager.__dict__["_autoprefetch_look"], rows.__dict__["_autoprefetch_look"]

    assert manager.count() == len(rows)

    unwatch(manager)
    assert type(manager).__name__ == "ManyRelatedManager"


def test_a_manager_that_hands_out_no_queryset_is_left_alone():
    watching = Recorder()
    book = Book.objects.earliest("pk")
    watching.loaded([book])
    (seen,) = watching._seen.values()

    watching._handed_out(seen, "genres", ["no", "queryset"], None)  # type: ignore[arg-type]
    watching.has_read(Book(), "title", "One", None)  # type: ignore[arg-type]

    assert watching._lists == []
    assert not watching.failed
    watching.let_go()


def test_rows_that_are_no_instances_are_passed_over():
    book = Book.objects.earliest("pk")
    watching = Recorder()
    watching.loaded([book, {"title": "One"}])  # type: ignore[list-item]
    rows = book.reviews.all().values_list("pk")
    (seen,) = watching._seen.values()

    watching._first(list(rows) or [(1,)], seen, "reviews")
    object.__getattribute__(book, "__dict__")["kept"] = [1, 2]
    assert getattr(book, "kept") == [1, 2]  # noqa: B009 - no attribute of the class

    assert watching.rows == 1
    assert watching.nodes["", Book].read == set()
    watching.let_go()


def test_what_is_read_while_fields_are_made_is_of_no_field():
    class Shown(ModelSerializer):
        class Meta:
            model = Book
            fields = ["title"]

        @property
        def _readable_fields(self) -> Any:
            assert getattr(self.instance, "isbn")  # noqa: B009 - of an instance that may be None
            return super()._readable_fields

    book = Book.objects.earliest("pk")
    watching = Recorder()
    watching.loaded([book])

    assert Shown(book).data == {"title": book.title}

    assert watching.nodes["", Book].read == {"isbn", "title"}
    assert [each.name for each in watching.fields] == ["title"]
    watching.let_go()


def test_paths_that_a_hint_cannot_name_are_left_out():
    """What lies beyond a generic foreign key, for one."""

    def get_shown(self: Any, comment: Any) -> Any:
        subject = comment.subject
        return [getattr(subject, "title", ""), [tag.label for tag in getattr(subject, "labels", ())]]

    queryset = Comment.objects.filter(subject_type=ContentType.objects.get_for_model(Book))
    hint = prefetch_hint("subject", "text")
    serializer = shows(Comment, shown=serializers.SerializerMethodField(), get_shown=hint(get_shown))
    watching = Recorder()
    with kept_here() as kept, watching.watching():
        answer(view_of(Comment, serializer, queryset=queryset))

    sample = sample_of(watching, [used.plan for one in kept for used in one.used])

    assert {name: each.paths for (_, name, _), each in sample.fields.items()} == {"shown": {"subject"}}


def test_lists_with_a_name_of_their_own_are_left_out_of_hints():
    def get_shown(self: Any, book: Any) -> Any:
        return [review.rating for review in book.good]

    hint = prefetch_hint(Prefetch("reviews", Review.objects.all(), to_attr="good"))
    watching = Recorder()
    with watching.watching():
        answer(view_of(Book, shows(Book, shown=serializers.SerializerMethodField(), get_shown=hint(get_shown))))

    (function,) = sample_of(watching, []).functions.values()
    assert function.paths == set()


# ---- What is unread


def test_what_the_developer_loads_and_nobody_reads_is_told():
    view = view_of(
        Book,
        shows(Book, "title", reviews=shows(Review, "rating")(many=True)),
        queryset=Book.objects.select_related("author").prefetch_related("tags", "reviews__reader"),
    )

    assert unread(view) == {"": {"author", "tags"}, "reviews": {"reader"} | unread(view)["reviews"]}


def test_what_a_hint_names_and_nobody_reads_is_told():
    def get_shown(self: Any, book: Any) -> str:
        return str(book.title)

    hint = prefetch_hint("title", "isbn", "author__name")
    view = view_of(Book, shows(Book, shown=serializers.SerializerMethodField(), get_shown=hint(get_shown)))

    assert unread(view) == {"": {"isbn", "author"}}


def test_lists_that_wait_are_not_loaded():
    def get_shown(self: Any, book: Any) -> Any:
        return [review.rating for review in book.reviews.all()] if book.pages < 0 else None

    view = view_of(Book, shows(Book, shown=serializers.SerializerMethodField(), get_shown=get_shown))

    assert unread(view) == {}


def test_what_paginators_and_handlers_read_is_no_serializers_matter():
    class Cursor(pagination.CursorPagination):
        page_size = 4
        ordering = "isbn"

    assert unread(view_of(Book, shows(Book, "title"), pagination_class=Cursor)) == {}


def test_an_image_is_read_with_its_size():
    assert unread(view_of(Book, shows(Book, "cover"))) == {}


def test_targets_of_a_generic_foreign_key_are_told_apart():
    tagged = TaggedItem.objects.order_by("content_type", "pk")
    view = view_of(TaggedItem, shows(TaggedItem, "label"), queryset=tagged.prefetch_related("content_object"))

    assert unread(view) == {"": {"content_object"}}


def test_places_that_no_plan_has_are_not_told():
    def get_shown(self: Any, book: Any) -> Any:
        return getattr(book, "".join(["auth", "or"])).name

    view = view_of(Book, shows(Book, shown=serializers.SerializerMethodField(), get_shown=get_shown))

    assert {*unread(view)} == {""}
    assert Author.objects.exists()
