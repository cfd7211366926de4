"""Deferred columns: what `only()` must keep for relations, descriptors, hooks and other people's code to work."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, F, Model
from django.db.models.signals import post_init
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from drf_autoprefetch import prefetch_hint
from tests.recording import column_names
from tests.testapp.models import (
    AudioBook,
    Author,
    Bestseller,
    Book,
    Booking,
    Comment,
    Copy,
    Footnote,
    Ledger,
    Loan,
    Medium,
    Member,
    Nomination,
    Profile,
    Publisher,
    Review,
    Seat,
    TaggedItem,
    Track,
)
from tests.traps.answers import compare, numbered, shows, viewset
from tests.traps.models import Crate, Invoice, Tracked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parcels")]

AuthorName = shows(Author, "name")
BookTitle = shows(Book, "title")


def test_a_join_keeps_the_foreign_key_it_goes_through():
    """Trap 1: Django refuses a relation that is both deferred and traversed."""
    answers = compare(viewset(shows(Book, "title", author=AuthorName())), queries=1)
    assert answers.planned.columns(Book) == {"id", "title", "author_id"}
    assert answers.planned.columns(Author) == {"id", "name"}


def test_a_join_below_a_join_keeps_both_foreign_keys():
    """Trap 1, one level further down."""
    city = serializers.CharField(source="book.author.city.name", allow_null=True, default=None)
    answers = compare(viewset(shows(Review, "rating", city=city)), queries=1)
    assert answers.planned.columns(Review) == {"id", "rating", "book_id"}
    assert answers.planned.columns(Book) == {"id", "author_id"}
    assert answers.planned.columns(Author) == {"id", "city_id"}


def test_a_column_whose_name_begins_like_a_relation_does_not_stand_for_it():
    """Trap 2: `author_note` is not a path below `author`."""
    both = compare(viewset(shows(Book, "author_note", author=AuthorName())), queries=1)
    assert both.planned.columns(Book) == {"id", "author_note", "author_id"}
    alone = compare(viewset(shows(Book, "author_note")), queries=1)
    assert alone.planned.columns(Book) == {"id", "author_note"}


@pytest.mark.parametrize(
    ("target", "serializer", "columns"),
    [
        (Review, shows(Book, "title", reviews=shows(Review, "rating")(many=True)), {"id", "rating", "book_id"}),
        (Footnote, shows(Book, footnote_set=shows(Footnote, "text")(many=True)), {"id", "text", "book_id"}),
        (Copy, shows(Book, copies=shows(Copy, "barcode")(many=True)), {"id", "barcode", "book_id"}),
        (Book, shows(Publisher, "name", books=BookTitle(many=True)), {"id", "title", "house"}),
        (TaggedItem, shows(Book, tags=shows(TaggedItem, "label")(many=True)), {"id", "label", "object_id"}),
    ],
    ids=["named", "unnamed", "second level", "db_column", "generic relation"],
)
def test_a_reverse_foreign_key_prefetch_keeps_the_column_that_points_back(
    target: type[Model], serializer: Any, columns: set[str]
) -> None:
    """Trap 3: without it Django looks up the parent of every child."""
    answers = compare(viewset(serializer), queries=2, unordered=target is Footnote)
    assert answers.planned.columns(target) - {"content_type_id"} == columns


def test_a_prefetched_foreign_key_keeps_its_column():
    """Trap 4: the developer wants a prefetch where we would join."""
    view = viewset(shows(Book, "title", author=AuthorName()), Book.objects.prefetch_related("author"))
    answers = compare(view, queries=2)
    assert answers.planned.columns(Book) == {"id", "title", "author_id"}
    assert answers.planned.columns(Author) == {"id", "name"}


def test_a_generic_foreign_key_keeps_its_content_type_and_its_object_id():
    """Trap 5: both columns, whatever they are called; one query for each model that is pointed at."""
    subject: Any = serializers.PrimaryKeyRelatedField(read_only=True)
    answers = compare(viewset(shows(Comment, "text", subject=subject)), queries=4)
    assert answers.planned.columns(Comment) == {"id", "text", "subject_type_id", "subject_id"}


def test_an_image_keeps_the_columns_of_its_size():
    """Trap 6: the image's `post_init` receiver reads them, and would load every row twice."""
    answers = compare(viewset(shows(Book, "cover")), queries=1)
    assert answers.planned.columns(Book) == {"id", "cover", "cover_width", "cover_height"}
    assert not answers.planned.record.reloads
    without = compare(viewset(BookTitle), queries=1)
    assert without.planned.columns(Book) == {"id", "title"}


@pytest.mark.parametrize("model", [Member, Ledger, Tracked], ids=["__init__", "from_db", "tracker"])
def test_a_model_that_reads_its_fields_when_it_is_built_loads_them(model: type[Model]) -> None:
    """Trap 7: a tracker of changes would cost a query per row, or recurse without end."""
    names = {Member: "name", Ledger: "title", Tracked: "name"}
    answers = compare(viewset(shows(model, names[model])), queries=1)
    assert not answers.planned.record.reloads
    assert answers.planned.columns(model) == {field.column for field in model._meta.concrete_fields}


def test_a_tracker_at_the_end_of_a_relation_loads_its_fields():
    """Trap 7, below the root: joined and prefetched."""
    down = compare(viewset(shows(Author, "name", tracked=shows(Tracked, "name")(many=True))), queries=2)
    assert not down.planned.record.reloads
    up = compare(viewset(shows(Ledger, "title", branch=serializers.CharField(source="branch.city.name"))), queries=1)
    assert not up.planned.record.reloads


def test_a_post_init_receiver_finds_its_columns():
    """Trap 7: a receiver of the signal instead of the model's own code."""
    seen = []

    def remember(instance: Any, **kwargs: Any) -> None:
        seen.append(instance.rating)

    post_init.connect(remember, sender=Review)
    try:
        answers = compare(viewset(shows(Review, "body")), queries=1)
    finally:
        post_init.disconnect(remember, sender=Review)
    assert not answers.planned.record.reloads
    assert seen


@pytest.mark.parametrize("name", ["blurb", "shout", "full_title"])
def test_a_property_reads_columns_that_nobody_named(name: str) -> None:
    """Trap 8: no reload per row and column, hinted or not."""
    answers = compare(viewset(shows(Book, code=serializers.CharField(source=name))), queries=1)
    assert not answers.planned.record.reloads


def test_the_developers_only_stays_and_ours_is_added():
    """Trap 9: `only()` after `only()` would replace the first."""
    view = viewset(shows(Book, "title", author=AuthorName()), Book.objects.only("pages", "title"))
    answers = compare(view, queries=1)
    assert answers.planned.columns(Book) == {"id", "title", "pages", "author_id"}


def test_the_developers_only_does_not_cost_reloads_of_what_is_shown():
    """Trap 9: what `only()` forgot and the serializer shows is loaded at once."""
    answers = compare(viewset(shows(Book, "title", "summary"), Book.objects.only("title")), queries=1)
    assert not answers.planned.record.reloads
    whole = compare(viewset(shows(Track, "title", "lyrics", "medium"), Track.objects.only("title")), queries=1)
    assert not whole.planned.record.reloads


def test_the_developers_defer_stays_where_nothing_reads_it():
    """Trap 9: a deferred column that nothing shows is not loaded, one that is shown costs no query per row."""
    unread = compare(viewset(BookTitle, Book.objects.defer("summary")), queries=1)
    assert "summary" not in unread.planned.columns(Book)
    blurb = serializers.CharField(source="full_title")
    compare(viewset(shows(Book, blurb=blurb), Book.objects.defer("summary")), queries=1)
    compare(viewset(shows(Book, "summary"), Book.objects.defer("summary")))


def test_writing_saves_every_column():
    """Trap 10: an instance from `only()` skips what is deferred when it is saved, `auto_now` included."""
    view = viewset(shows(Book, "title", "updated"))
    book = Book.objects.earliest("pk")
    answers = compare(view, "patch", pk=book.pk, data={"title": "New"})
    saved = next(row for row in answers.planned.rows["testapp.Book"] if row["id"] == book.pk)
    assert saved["title"] == "New"
    assert saved["updated"] != book.updated


def test_a_handler_that_saves_what_it_gets_saves_every_column():
    """Trap 10: a GET may write too."""

    class Authors(ModelViewSet[Author]):
        queryset = Author.objects.all()
        serializer_class = shows(Author, "name", "updated")

        @action(detail=True)
        def visit(self, request: Request, pk: Any) -> Response:
            author = self.get_object()
            author.email = "new"
            author.save()
            return Response(self.get_serializer(author).data)

        def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            author = self.get_object()
            author.name = author.name.upper()
            author.save()
            author.refresh_from_db()
            return Response(self.get_serializer(author).data)

    pk = Author.objects.earliest("pk").pk
    for name in ("visit", "retrieve"):
        answers = compare(Authors, action=name, pk=pk)
        assert answers.planned.json["updated"].startswith("2024-05-17")


def test_a_childs_pointer_to_its_parent_finds_the_parents_columns():
    """Trap 11: Django fills the pointer for nothing, with a parent that must not have deferred what is read of it."""
    review = shows(Review, "rating", book=serializers.CharField(source="book.title"))
    answers = compare(viewset(shows(Book, "pages", reviews=review(many=True))), queries=2)
    assert answers.planned.columns(Book) == {"id", "pages", "title"}
    assert not answers.planned.record.reloads


def test_a_childs_pointer_leads_on_from_its_parent():
    """Trap 11: a relation of the parent, read through the child."""
    review = shows(Review, "rating", writer=serializers.CharField(source="book.author.name"))
    compare(viewset(shows(Book, "pages", reviews=review(many=True))), queries=2)


def test_a_one_to_one_childs_pointer_finds_the_parents_columns():
    """Trap 11, where the child is joined."""
    profile = shows(Profile, "website", name=serializers.CharField(source="author.name"))
    answers = compare(viewset(shows(Author, "email", profile=profile())), queries=1)
    assert not answers.planned.record.reloads


def test_both_ends_of_a_self_one_to_one():
    """Trap 12: forward and back over the same column."""
    before = serializers.CharField(source="sequel_of.title", default=None)
    after = serializers.CharField(source="sequel.pages", default=None)
    answers = compare(viewset(shows(Book, "isbn", before=before, after=after)), queries=1)
    assert answers.planned.columns(Book) == {"id", "isbn", "sequel_of_id", "title", "pages"}
    nested = shows(Book, "isbn", sequel=shows(Book, "title", sequel_of=shows(Book, "pages")())())
    compare(viewset(nested), queries=1)


def test_one_model_at_several_paths_with_different_columns():
    """Trap 12: each join has columns of its own, and a relation shown twice has both."""
    serializer = shows(
        Book,
        "author_id",
        author=AuthorName(),
        email=serializers.CharField(source="author.email"),
        editor=shows(Author, "email")(),
        translator=serializers.PrimaryKeyRelatedField(read_only=True),
    )
    answers = compare(viewset(serializer), queries=1)
    assert answers.planned.sql.count('"name"') <= 1
    assert answers.planned.columns(Author) == {"id", "name", "email"}


def test_inherited_columns_bring_their_parent_link():
    """Trap 13: multi-table inheritance, from the child and from what points at the middle."""
    compare(viewset(shows(AudioBook, "name", "minutes", "transcript")), queries=1)
    compare(viewset(shows(AudioBook, "transcript")), queries=1)
    compare(viewset(shows(Medium, "name", owner=shows(Publisher, "name")())), queries=1)
    tracks = shows(AudioBook, "name", tracks=serializers.SlugRelatedField("title", many=True, read_only=True))
    compare(viewset(tracks), queries=2)


def test_a_composite_primary_key():
    """Trap 13: at the root, and at the end of a `ForeignObject`."""
    compare(viewset(shows(Seat, "label")), queries=1)
    seat = serializers.CharField(source="seat.label")
    compare(viewset(shows(Booking, "wishes", seat=seat)), queries=1)
    bookings = shows(Booking, "wishes")
    compare(viewset(shows(Seat, "label", bookings=bookings(many=True))), queries=2)


@pytest.mark.parametrize(
    ("serializer", "columns"),
    [
        (shows(Book, "price_with_tax"), {"id", "price_with_tax"}),
        (shows(Book, "publisher"), {"id", "house"}),
        (shows(Book, "pk"), {"id"}),
        (shows(Copy, "shelf"), {"id", "shelf_id"}),
        (shows(Book, "publisher_id"), {"id", "house"}),
    ],
    ids=["generated", "db_column", "pk", "to_field", "attname"],
)
def test_a_column_by_another_name(serializer: Any, columns: set[str]) -> None:
    """Trap 13: generated columns, `db_column`, `to_field` keys, and `pk`, which is no column."""
    answers = compare(viewset(serializer), queries=1)
    assert answers.planned.columns(serializer.Meta.model) == columns


def test_cursor_pagination_reads_its_ordering_from_the_rows():
    """Trap 14: the position in the link to the next page is a column that the serializer does not show."""

    class Pages(CursorPagination):
        page_size = 3
        ordering = ("-pages", "author__name")

    view = viewset(BookTitle, pagination_class=Pages)
    answers = compare(view, queries=1)
    assert answers.planned.columns(Book) == {"id", "title", "pages"}
    assert not answers.planned.record.reloads
    second = answers.plain.json["next"].split("cursor=")[1].replace("%3D", "=")
    compare(view, params={"cursor": second}, queries=1)


def test_object_permissions_read_the_object():
    """Trap 14: a permission sees the row before the serializer does."""

    class Long(BasePermission):
        def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
            return bool(obj.pages > 20 and obj.author.name)

    view = viewset(shows(Book, "title", author=AuthorName()), permission_classes=[Long])
    statuses = {compare(view, pk=pk).planned.status for pk in Book.objects.values_list("pk", flat=True)}
    assert statuses == {200, 403}


@pytest.mark.parametrize(
    "queryset",
    numbered(
        lambda: Book.objects.distinct(),
        lambda: Book.objects.filter(genres__name__startswith="G").distinct(),
        lambda: Book.objects.order_by("-author__name", "id"),
        lambda: Book.objects.order_by("editor__city__name", "-id"),
        lambda: Book.objects.annotate(n=Count("review")).order_by("-n", "id"),
        lambda: Book.objects.annotate(who=F("author__name")).only("title").order_by("id"),
        lambda: Book.objects.extra(select={"long": "pages > 30"}),
        lambda: Book.objects.extra(select={"long": "pages > 30"}, order_by=["-long", "id"]),
        lambda: Book.objects.none(),
        lambda: Book.objects.reverse(),
        lambda: Book.objects.filter(pages__gt=F("author__id")),
    ),
)
def test_what_is_on_the_queryset_does_not_mind_fewer_columns(queryset: Any) -> None:
    """Trap 15: `distinct()`, ordering over joins, annotations, `extra()`."""
    serializer = shows(Book, "title", author=AuthorName())
    answers = compare(viewset(serializer, queryset()))
    assert len(answers.planned.queries) <= 1


def test_refresh_from_db_in_a_handler_keeps_its_columns():
    """Trap 15: it loads again what was loaded, and no more."""

    class Reviews(ModelViewSet[Review]):
        queryset = Review.objects.all()
        serializer_class = shows(Review, "rating")

        @prefetch_hint("public")
        def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            review = self.get_object()
            review.refresh_from_db()
            return Response({**self.get_serializer(review).data, "public": review.public})

    answers = compare(Reviews, pk=Review.objects.earliest("pk").pk, queries=2)
    assert answers.planned.columns(Review) == {"id", "rating", "public"}


def test_a_descriptor_finds_the_columns_it_reads():
    """Trap 16: an amount that takes its currency from the instance's dictionary raises KeyError for a deferred one."""
    compare(viewset(shows(Invoice, amount=serializers.CharField())), queries=1)
    invoice = shows(Invoice, amount=serializers.CharField())
    compare(viewset(shows(Author, "name", invoices=invoice(many=True))), queries=2)
    names = column_names(Invoice)
    assert {"amount", "currency"} <= names
    plain = compare(viewset(shows(Invoice, "number")), queries=1)
    assert "terms" not in plain.planned.columns(Invoice)


def test_through_rows_and_loans_keep_all_they_hang_on():
    """Traps 1 and 3 together: down, down and up again."""
    loan = shows(Loan, "due", reader=serializers.CharField(source="reader.name", default=None))
    copy = shows(Copy, "barcode", loans=loan(many=True), shelf=serializers.CharField(source="shelf.place", default=""))
    compare(viewset(shows(Book, copies=copy(many=True))), queries=3)
    nomination = shows(Nomination, "year", award=serializers.CharField(source="award.name"))
    compare(viewset(shows(Book, nominations=nomination(many=True))), queries=2)


def test_a_model_that_points_at_itself():
    """Trap 12: a self foreign key, up and down."""
    up = serializers.CharField(source="inside.name", default=None)
    crates: Any = serializers.SlugRelatedField("name", many=True, read_only=True)
    compare(viewset(shows(Crate, "name", up=up, crates=crates)))


@pytest.mark.parametrize(
    ("serializer", "queries"),
    [
        (shows(Book, "title"), 1),
        (shows(Book, "title", author=serializers.CharField(source="author.name")), 2),
        (shows(Book, "title", reviews=shows(Review, "rating")(many=True)), 2),
        (shows(Bestseller, "title", "pages"), 1),
    ],
    ids=["columns", "to one", "to many", "inherited"],
)
def test_rows_that_are_grouped_come_in_the_order_that_grouping_by_all_their_columns_gives_them(serializer, queries):
    """Django drops `Meta.ordering` where rows are aggregated."""
    model = serializer.Meta.model
    counted = model._default_manager.annotate(review_count=Count("review"), fan_count=Count("fans", distinct=True))
    assert not counted.ordered
    answers = compare(viewset(serializer, counted), queries=queries)
    assert "summary" not in answers.planned.columns(Book)


def test_grouped_rows_in_an_order_of_their_own_are_joined():
    serializer = shows(Book, "title", author=serializers.CharField(source="author.name"))
    compare(viewset(serializer, Book.objects.annotate(n=Count("review")).order_by("-n", "id")), queries=1)
    key = Book.objects.earliest("pk").pk
    compare(viewset(serializer, Book.objects.annotate(n=Count("review"))), pk=key, queries=1)


@pytest.mark.parametrize("rows", numbered(lambda: Footnote.objects.all(), lambda: Footnote.objects.filter(id__gt=0)))
def test_rows_without_an_ordering_come_as_they_lie_with_no_column_too_many(rows: Any) -> None:
    answers = compare(viewset(shows(Footnote, "id", "book"), rows()))
    if connection.vendor == "sqlite":
        assert answers.planned.columns(Footnote) == {"id", "book_id"}


def test_lists_without_an_ordering_come_with_no_column_too_many():
    notes: Any = serializers.PrimaryKeyRelatedField(many=True, read_only=True)
    answers = compare(viewset(shows(Book, "title", footnote_set=notes)), unordered=True)
    assert answers.planned.columns(Footnote) == {"id", "book_id"}
