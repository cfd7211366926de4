"""Loading what is missing on instances that are there already."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db.models import Count, Prefetch, prefetch_related_objects
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from drf_autoprefetch import AutoPrefetchMixin, optimize, prefetch_hint
from drf_autoprefetch.loading.instances import load_for_now, load_instances
from tests.examples import ModelSerializer, answer, needs, shows
from tests.testapp.models import Author, Book, Comment, Medium, Review, TaggedItem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

SHOWN = needs(
    shows(
        Book,
        "title",
        author=shows(Author, city=serializers.StringRelatedField())(),
        reviews=shows(Review, "rating")(many=True),
    )
)


def test_each_missing_relation_is_one_query(django_assert_num_queries):
    books = list(Book.objects.all())
    with django_assert_num_queries(2):
        load_instances(books, SHOWN)
    with django_assert_num_queries(0):
        shown = [(book.author.city, [review.rating for review in book.reviews.all()]) for book in books]

    assert len(shown) == 8


def test_what_is_loaded_already_stays(django_assert_num_queries):
    books = list(Book.objects.select_related("author__city").prefetch_related("reviews"))
    authors = [book.author for book in books]
    with django_assert_num_queries(0):
        load_instances(books, SHOWN)

    assert all(book.author is author for book, author in zip(books, authors, strict=True))


def test_nothing_is_asked_for_no_instances(django_assert_num_queries):
    with django_assert_num_queries(0):
        load_instances([], SHOWN)
        load_instances([Author(name="x")], SHOWN)


def test_instances_of_another_model_are_passed_over(django_assert_num_queries):
    book, author = Book.objects.first(), Author.objects.first()
    assert book is not None
    assert author is not None
    with django_assert_num_queries(2):
        load_instances([book, author], SHOWN)
    with django_assert_num_queries(0):
        assert book.author.pk == author.pk


def test_the_parent_of_a_child_model_comes_from_its_row(django_assert_num_queries):
    media: list[Any] = list(Medium.objects.all())
    shown = needs(shows(Medium, name=serializers.CharField(source="item_ptr.name")))
    load_instances(media, shown)

    assert [medium.item_ptr.name for medium in media] == [medium.name for medium in media]


class Counted(ModelSerializer):
    reviewed = serializers.SerializerMethodField()
    reviews: Any = shows(Review, "rating")(many=True)

    class Meta:
        model = Book
        fields = ["reviewed", "reviews"]

    @prefetch_hint(annotate={"review_count": Count("review")})
    def get_reviewed(self, book: Any) -> Any: ...


def test_annotations_are_one_query_for_the_instances_that_miss_them(django_assert_num_queries):
    books: list[Any] = list(Book.objects.prefetch_related("reviews"))
    with django_assert_num_queries(1):
        load_instances(books, needs(Counted))
    with django_assert_num_queries(0):
        load_instances(books, needs(Counted))

    assert [book.review_count for book in books] == [len(book.reviews.all()) for book in books]


def test_an_instance_that_is_gone_gets_no_annotation(django_assert_num_queries):
    gone: Any = Book(pk=0)
    load_instances([gone], needs(Counted))

    assert not hasattr(gone, "review_count")


def test_lists_that_were_loaded_for_now_are_forgotten_and_single_rows_stay(django_assert_num_queries):
    first, second = Book.objects.all()[:2]
    kept = list(second.reviews.all())
    prefetch_related_objects([second], "reviews")
    forget = load_for_now([first, second], SHOWN | needs(Counted))
    forget()
    with django_assert_num_queries(1):
        assert (first.author.city, list(second.reviews.all())) == (second.author.city, kept)
        assert (len(first.reviews.all()), hasattr(first, "review_count")) == (3, False)


def test_a_hint_that_asks_the_context_is_asked_for_every_request(django_assert_num_queries):
    """The rows that a handler has fetched by itself are loaded by a plan that is only remembered without such hints."""

    @prefetch_hint(lambda context: [context["request"].GET["of"]])
    def get_of(self: Any, book: Any) -> Any:
        return getattr(getattr(book, self.context["request"].GET["of"]), "name", None)

    class Books(AutoPrefetchMixin, ReadOnlyModelViewSet[Any]):
        serializer_class = shows(Book, "title", of=serializers.SerializerMethodField(), get_of=get_of)
        queryset = Book.objects.all()

        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            return Response(self.get_serializer(list(Book.objects.order_by("pk")), many=True).data)

    for of in ("author", "publisher", "author"):
        with django_assert_num_queries(2):
            shown = json.loads(answer(Books, data={"of": of}).content)

        assert [each["of"] for each in shown] == list(Book.objects.order_by("pk").values_list(f"{of}__name", flat=True))


def test_lists_of_single_rows_are_forgotten_too(django_assert_num_queries):
    books = list(Book.objects.filter(sequel_of=None)[:1])
    forget = load_for_now(books, needs(shows(Book, author=shows(Author, books=shows(Book, "title")(many=True))())))
    with django_assert_num_queries(0):
        before = len(books[0].author.books.all())
    forget()
    with django_assert_num_queries(1):
        assert len(books[0].author.books.all()) == before


def test_what_is_not_there_has_nothing_to_forget():
    books = list(Book.objects.filter(editor=None))
    load_for_now(books, needs(shows(Book, editor=shows(Author, books=shows(Book, "title")(many=True))())))()

    assert {book.editor for book in books} == {None}


def test_what_a_generic_foreign_key_leads_to_is_one_query_for_each_model():
    comments = list(Comment.objects.all())
    load_instances(comments, needs(shows(Comment, subject=serializers.StringRelatedField())))

    assert [str(comment.subject) for comment in comments] == [str(comment.subject) for comment in Comment.objects.all()]
    assert TaggedItem.objects.exists()


DEEP = shows(Book, "title", author=shows(Author, "name", books=shows(Book, "isbn")(many=True))())


@pytest.mark.parametrize(
    "rows",
    [
        Book.objects.all(),
        Book.objects.select_related("author"),
        Book.objects.prefetch_related("author"),
        Book.objects.prefetch_related(Prefetch("author", Author.objects.prefetch_related("books"))),
    ],
    ids=["bare", "joined", "prefetched", "all"],
)
def test_lists_beyond_rows_that_are_in_place_are_loaded_at_once(rows: Any, django_assert_max_num_queries: Any) -> None:
    books = list(rows.all())
    with django_assert_max_num_queries(2):
        shown = DEEP(optimize(books, DEEP), many=True).data

    assert shown == DEEP(Book.objects.all(), many=True).data


def test_rows_of_a_list_that_is_in_place_are_loaded_further(django_assert_num_queries: Any) -> None:
    rated = shows(Author, "name", books=shows(Book, "title", reviews=shows(Review, "rating")(many=True))(many=True))
    authors = list(Author.objects.prefetch_related("books"))
    with django_assert_num_queries(1):
        rated(optimize(authors, rated), many=True).data  # noqa: B018


def test_beyond_one_row_nothing_is_loaded_ahead(django_assert_num_queries: Any) -> None:
    book = Book.objects.select_related("author").first()
    with django_assert_num_queries(0):
        optimize(book, DEEP)


def test_the_other_side_of_a_many_to_many_without_a_name_is_forgotten() -> None:
    """Django keeps it under another name than that of its manager."""
    group = Group.objects.create(name="editors")
    group.user_set.add(User.objects.create(username="somebody"))
    forget = load_for_now([group], needs(shows(Group, "name", user_set=shows(User, "username")(many=True))))
    assert group._prefetched_objects_cache  # type: ignore[attr-defined]
    forget()

    assert not group._prefetched_objects_cache  # type: ignore[attr-defined]


def test_a_list_under_an_attribute_of_its_own_is_forgotten() -> None:
    rated = Prefetch("reviews", Review.objects.all(), to_attr="rated")

    @prefetch_hint(rated)
    def get_stars(self: Any, book: Any) -> Any: ...

    shown = shows(Book, stars=serializers.SerializerMethodField(), get_stars=get_stars)
    book = Book.objects.earliest("pk")
    forget = load_for_now([book], needs(shown))
    assert "rated" in book.__dict__
    forget()

    assert "rated" not in book.__dict__
