"""Writing: the same rows afterwards, the same response, and what the response shows is fresh."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model, Prefetch
from django.db.models.signals import post_save, pre_save
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.validators import UniqueTogetherValidator
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from tests.testapp.models import Author, Book, City, Copy, Genre, Ledger, Member, Profile, Publisher, Reader, Review
from tests.traps.answers import compare, numbered, shows, viewset
from tests.traps.models import Crate, Stamp, Tracked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parcels")]

Rating = shows(Review, "rating")
AuthorName = shows(Author, "name")


def first(model: type[Model]) -> Any:
    """Return the key of the row that has all it can have."""
    return model._base_manager.order_by("pk")[0].pk


def nested(*names: str, **more: Any) -> Any:
    """Return a serializer of books that are written flat and shown nested."""
    fields = {"author": AuthorName(read_only=True), "reviews": Rating(many=True, read_only=True), **more}
    return shows(Book, "title", *names, **fields)


@pytest.mark.parametrize("method", ["put", "patch"])
def test_an_update_changes_what_it_changes_without_us(method: str) -> None:
    """Trap 10: every column is saved, `auto_now` and generated ones included."""
    view = viewset(nested("pages", "updated", "price_with_tax"))
    answers = compare(view, method, pk=first(Book), data={"title": "New", "pages": 7})
    assert answers.planned.status == 200
    assert answers.planned.json["title"] == "New"


def test_a_deletion_deletes_what_it_deletes_without_us():
    """Trap 54: the collector walks relations of rows that must not be half there."""
    for model, names in ((Book, ["title"]), (Reader, ["name"]), (Publisher, ["name"]), (Review, ["rating"])):
        assert compare(viewset(shows(model, *names)), "delete", pk=first(model)).planned.status == 204


def test_a_creation_makes_the_same_row():
    """Trap 10: and shows it with its relations."""
    view = viewset(
        shows(Review, "rating", "public", "body", "book", title=serializers.ReadOnlyField(source="book.title"))
    )
    data = {"rating": 3, "public": True, "body": "good", "book": first(Book)}
    assert compare(view, "post", data=data).planned.status == 201


def test_many_rows_at_once():
    """Area 4: bulk creation with `many=True`, and a bulk update in an action."""

    class Reviews(ModelViewSet[Review]):
        queryset = Review.objects.all()
        serializer_class = shows(Review, "rating", "public", "body", "book")

        def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
            return super().get_serializer(*args, **{"many": isinstance(kwargs.get("data"), list), **kwargs})

        @action(detail=False, methods=["post"])
        def publish(self, request: Request) -> Response:
            changed = self.get_queryset().filter(public=False).update(public=True)
            rows = list(self.get_queryset())
            for review in rows:
                review.rating = 5
            self.get_queryset().bulk_update(rows, ["rating"])
            gone, _ = self.get_queryset().filter(body="").delete()
            return Response({"changed": changed, "gone": gone, "n": self.get_queryset().count()})

    data = [{"rating": n, "public": True, "body": "good", "book": first(Book)} for n in range(3)]
    assert compare(Reviews, "post", data=data).planned.status == 201
    compare(Reviews, "post", action="publish")


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_foreign_key_changed_in_the_request_is_shown(method: str) -> None:
    """Trap 57: a joined row is a snapshot; the response shows the new target."""
    other = Author.objects.latest("pk")
    name = serializers.CharField(source="author.name", read_only=True)
    city = serializers.CharField(source="author.city.name", read_only=True, default=None)
    view = viewset(shows(Book, "title", "author", name=name, city=city))
    answers = compare(view, method, pk=first(Book), data={"title": "New", "author": other.pk})
    assert answers.planned.json["name"] == other.name


def test_a_foreign_key_changed_by_code_is_shown():
    """Trap 57: by `perform_update`, by the serializer, by the id alone, and by an action that answers a GET."""
    other = Author.objects.latest("pk")

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.select_related("author").prefetch_related("author__city")
        serializer_class = nested()

        def perform_update(self, serializer: Any) -> None:
            serializer.save(author_id=other.pk)

        @action(detail=True)
        def give(self, request: Request, pk: Any) -> Response:
            book = self.get_object()
            book.author_id = other.pk
            book.save(update_fields=["author"])
            return Response(self.get_serializer(book).data)

    assert compare(Books, "patch", pk=first(Book), data={}).planned.json["author"]["name"] == other.name
    assert compare(Books, action="give", pk=first(Book)).planned.json["author"]["name"] == other.name


def test_rows_added_in_the_request_are_shown():
    """Trap 35: DRF empties the prefetch cache, so that the response is fresh."""

    class Writing(serializers.ModelSerializer[Book]):
        reviews = Rating(many=True, read_only=True)
        stars = serializers.IntegerField(write_only=True)

        class Meta:
            model = Book
            fields = ["title", "reviews", "stars"]

        def update(self, book: Any, data: dict[str, Any]) -> Any:
            Review.objects.create(book=book, rating=data.pop("stars"), public=True, body="")
            return super().update(book, data)

    for queryset in (Book.objects.all(), Book.objects.prefetch_related("reviews")):
        answers = compare(viewset(Writing, queryset), "patch", pk=first(Book), data={"stars": 9})
        assert {"rating": 9} in answers.planned.json["reviews"]


def test_a_to_attr_list_is_what_it_is_without_us():
    """Trap 35: DRF does not know of `to_attr`, so the developer's list may be old; no older with us."""
    rows = Prefetch("reviews", Review.objects.filter(public=True), to_attr="public_reviews")
    serializer = shows(Book, "title", public_reviews=Rating(many=True, read_only=True))
    view = viewset(serializer, Book.objects.prefetch_related(rows))
    compare(view, "patch", pk=first(Book), data={"title": "New"})


def test_many_to_many_rows_set_in_the_request_are_shown():
    """Trap 35: nested and as keys."""
    names: Any = serializers.SlugRelatedField("name", many=True, read_only=True, source="genres")
    keys = [genre.pk for genre in Genre.objects.all()[:2]]
    view = viewset(shows(Book, "title", "genres", names=names))
    answers = compare(view, "patch", pk=first(Book), data={"genres": keys})
    assert answers.planned.json["genres"] == keys
    view = viewset(shows(Book, "title", "genres", names=names), Book.objects.prefetch_related("genres"))
    assert compare(view, "patch", pk=first(Book), data={"genres": keys[:1]}).planned.json["names"] == ["Genre 0"]


def test_signals_see_whole_rows():
    """Area 4: a receiver of `pre_save` and `post_save` that compares columns."""
    seen: list[Any] = []

    def look(instance: Any, **kwargs: Any) -> None:
        seen.append((instance.get_deferred_fields(), instance.summary, instance.publisher_id))

    for signal in (pre_save, post_save):
        signal.connect(look, sender=Book)
    try:
        compare(viewset(nested()), "patch", pk=first(Book), data={"title": "New"})
    finally:
        for signal in (pre_save, post_save):
            signal.disconnect(look, sender=Book)
    assert seen[0][0] == set()
    assert seen[:2] == seen[2:]


@pytest.mark.parametrize("model", [Member, Ledger, Tracked])
def test_trackers_see_whole_rows(model: type[Model]) -> None:
    """Trap 7: what was, and what is."""
    name = "title" if model is Ledger else "name"
    compare(viewset(shows(model, name)), "patch", pk=first(model), data={name: "New"})


def test_a_partial_save_saves_no_more():
    """Area 4: `update_fields` in the serializer, in `perform_update` and in an action."""

    class Partial(serializers.ModelSerializer[Book]):
        class Meta:
            model = Book
            fields = ["title", "pages"]

        def update(self, book: Any, data: dict[str, Any]) -> Any:
            for name, value in data.items():
                setattr(book, name, value)
            book.save(update_fields=[*data])
            return book

    compare(viewset(Partial), "patch", pk=first(Book), data={"pages": 3})
    compare(viewset(Partial), "patch", pk=first(Book), data={})


def test_an_update_that_locks_its_row():
    """Trap 20: `select_for_update` in `get_queryset`, with nullable relations in the response."""

    class Books(ModelViewSet[Book]):
        serializer_class = nested(editor=AuthorName(read_only=True), publisher=shows(Publisher, "name")(read_only=True))

        def get_queryset(self) -> Any:
            return Book.objects.select_for_update()

        def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            with transaction.atomic():
                return super().update(request, *args, **kwargs)

    compare(Books, "patch", pk=first(Book), data={"title": "New"})


@pytest.mark.parametrize("declared", [False, True])
def test_two_columns_unique_together(declared: bool) -> None:
    """Area 4: the validator reads the row's other column where the request leaves it out."""
    stamp = Stamp.objects.order_by("pk")[0]
    serializer = shows(Stamp, "crate", "number")
    if declared:
        serializer.Meta.validators = [UniqueTogetherValidator(Stamp.objects.all(), ["crate", "number"])]
    view = viewset(serializer)
    assert compare(view, "patch", pk=stamp.pk, data={"number": 2}).planned.status == 400
    assert compare(view, "patch", pk=stamp.pk, data={"number": 3}).planned.status == 200
    assert compare(view, "put", pk=stamp.pk, data={"number": 1, "crate": stamp.crate_id}).planned.status == 200
    assert compare(view, "post", data={"number": 1, "crate": stamp.crate_id}).planned.status == 400


def test_a_unique_column():
    """Area 4: the validator asks the database, not the plan."""
    other = Book.objects.latest("pk")
    view = viewset(shows(Book, "isbn"))
    assert compare(view, "patch", pk=first(Book), data={"isbn": other.isbn}).planned.status == 400
    assert compare(view, "patch", pk=first(Book), data={"isbn": "new"}).planned.status == 200


def test_the_views_queryset_validates_what_is_written():
    """Area 4: `get_queryset()` as the rows of a related field and of a validator."""

    class Reviews(ModelViewSet[Review]):
        queryset = Review.objects.all()

        def get_serializer_class(self) -> Any:
            rows = self.get_queryset().values("book")
            book = serializers.PrimaryKeyRelatedField(queryset=Book.objects.filter(pk__in=rows))
            return shows(Review, "rating", book=book)

    empty = Book.objects.filter(review=None)[0]
    assert compare(Reviews, "patch", pk=first(Review), data={"book": first(Book)}).planned.status == 200
    assert compare(Reviews, "patch", pk=first(Review), data={"book": empty.pk}).planned.status == 400


def test_a_nested_write():
    """Area 4: the serializer writes its children, one row and many."""

    class Authors(serializers.ModelSerializer[Author]):
        profile = shows(Profile, "website")()
        books = shows(Book, "title")(many=True)

        class Meta:
            model = Author
            fields = ["name", "profile", "books"]

        def update(self, author: Any, data: dict[str, Any]) -> Any:
            profile, books = data.pop("profile", {}), data.pop("books", [])
            for name, value in profile.items():
                setattr(author.profile, name, value)
            author.profile.save()
            for book, values in zip(author.books.all(), books, strict=False):
                book.title = values["title"]
                book.save()
            return super().update(author, data)

    data = {"name": "New", "profile": {"website": "new"}, "books": [{"title": "one"}, {"title": "two"}]}
    for queryset in (Author.objects.all(), Author.objects.select_related("profile").prefetch_related("books")):
        answers = compare(viewset(Authors, queryset), "put", pk=first(Author), data=data)
        assert [row["title"] for row in answers.planned.json["books"]][:2] == ["one", "two"]
        assert answers.planned.json["profile"] == {"website": "new"}


def test_what_is_written_wrongly():
    """Area 4: a 400 costs and says the same."""
    view = viewset(nested("pages", "author_note"))
    assert compare(view, "patch", pk=first(Book), data={"pages": "many"}).planned.status == 400
    assert compare(view, "put", pk=first(Book), data={}).planned.status == 400
    assert compare(view, "post", data={}).planned.status == 400
    assert compare(view, "patch", pk=-1, data={}).planned.status == 404


def test_a_row_that_leaves_the_queryset_when_it_is_written():
    """Area 4: after the update no filter of the view finds it again."""
    view = viewset(nested("pages"), Book.objects.filter(pages=0))
    answers = compare(view, "patch", pk=first(Book), data={"pages": 999})
    assert answers.planned.json["pages"] == 999


def test_a_put_that_creates():
    """Area 4: `get_object()` finds nothing, and the view makes a row; `get_or_create` on the view's queryset."""

    class Genres(mixins.CreateModelMixin, GenericViewSet[Genre]):
        queryset = Genre.objects.all()
        serializer_class = shows(Genre, "name", "description", parent=shows(Genre, "name")(read_only=True))

        def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            genre, made = self.get_queryset().get_or_create(
                name=dict(request.data)["name"], defaults={"description": "new"}
            )
            again, _ = self.get_queryset().update_or_create(name="Genre 1", defaults={"description": "changed"})
            return Response({"made": made, "again": again.description, **self.get_serializer(genre).data})

    for name in ("Genre 0", "Genre 1", "Another"):
        compare(Genres, "put", pk=1, data={"name": name})


def test_a_write_answers_with_a_deep_tree():
    """Area 4: no more queries than without us, at any depth."""
    author = shows(Author, "name", city=shows(City, "name", country=serializers.CharField(source="country.name"))())
    review = shows(Review, "rating", reader=shows(Reader, "name")())
    copies = shows(Copy, "barcode", shelf=serializers.CharField(source="shelf.place", default=None))
    serializer = nested(
        author=author(read_only=True),
        reviews=review(many=True, read_only=True),
        copies=copies(many=True, read_only=True),
        genres=serializers.SlugRelatedField("name", many=True, read_only=True),
    )
    compare(viewset(serializer), "patch", pk=Book.objects.filter(review__reader=None)[0].pk, data={"title": "New"})


def test_the_response_of_a_write_costs_the_experts_number_of_queries():
    """Area 4: the row, the update, and one query for each relation, however many rows it has."""
    loan = shows(Copy, "barcode", shelf=serializers.CharField(source="shelf.place", default=None))
    view = viewset(shows(Book, "title", copies=loan(many=True, read_only=True)))
    compare(view, "patch", pk=first(Book), data={"title": "New"}, queries=3)


def test_softly_deleted_and_hidden_rows_are_written_as_before():
    """Area 4: managers that filter and prefetch decide what may be written."""
    for pk in Crate._base_manager.values_list("pk", flat=True):
        compare(viewset(shows(Crate, "name", "stamps")), "get", pk=pk)
        compare(viewset(shows(Crate, "name")), "patch", pk=pk, data={"name": "New"})


def shown_by_a_post(show: Any) -> Any:
    """Return a view with an action that answers a POST by `show`."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = nested("pages", editor=AuthorName(read_only=True))

        @action(detail=True, methods=["post", "get"])
        def act(self, request: Request, pk: Any) -> Response:
            return Response(show(self, self.get_object()))

    return Books


def shout(rows: list[Any]) -> list[Any]:
    """Change rows that were never saved."""
    for row in rows:
        row.title = row.title.upper()
    return rows


@pytest.mark.parametrize("method", ["post", "get"])
@pytest.mark.parametrize(
    "show",
    numbered(
        lambda view, book: view.get_serializer(book).data,
        lambda view, book: view.get_serializer([book, book], many=True).data,
        lambda view, book: view.get_serializer([], many=True).data,
        lambda view, book: view.get_serializer(Book.objects.all(), many=True).data,
        lambda view, book: view.get_serializer(Book.objects.all()[:2], many=True).data,
        lambda view, book: view.get_serializer(list(Book.objects.all()), many=True).data,
        lambda view, book: view.get_serializer((each for each in Book.objects.all()), many=True).data,
        lambda view, book: view.get_serializer(shout(list(Book.objects.all())), many=True).data,
        lambda view, book: view.get_serializer(Author.objects.get(name="Author 0").books, many=True).data,
        lambda view, book: view.get_serializer(Book.objects.only("title").get(pk=book.pk)).data,
        lambda view, book: view.get_serializer(Book.objects.select_related("author").get(pk=book.pk)).data,
        lambda view, book: view.get_serializer(Book.objects.prefetch_related("reviews").get(pk=book.pk)).data,
        lambda view, book: [view.get_serializer(each).data for each in Book.objects.all()],
        lambda view, book: [view.get_serializer(book).data, view.get_serializer(book).data],
        lambda view, book: shows(Book, "title", editor=AuthorName())(Book(title="new", editor_id=book.editor_id)).data,
        lambda view, book: (
            view.get_serializer({"title": "t", "pages": 1, "author": book.author, "editor": None, "reviews": []}).data
        ),
        lambda view, book: str(view.get_serializer(book)),
        lambda view, book: view.get_serializer().data,
        lambda view, book: view.get_serializer(data={"title": "new", "pages": 3}).is_valid(),
        lambda view, book: [book.delete()[0] > 1, book.title, book.author.name],
        lambda view, book: [view.get_serializer(book).data, book.delete()[0] > 1],
    ),
)
def test_rows_of_every_kind_are_shown_after_a_write(show: Any, method: str) -> None:
    """Area 4: what `get_serializer()` is given in an action may come from anywhere."""
    for pk in Book.objects.values_list("pk", flat=True)[:2]:
        compare(shown_by_a_post(show), method, action="act", pk=pk)


def test_nothing_is_left_on_rows_that_were_shown() -> None:
    """Area 4: what a response needed does not stay on the developer's objects."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = nested()

        @action(detail=True, methods=["post"])
        def act(self, request: Request, pk: Any) -> Response:
            book = self.get_object()
            shown = self.get_serializer(book).data
            names = {name for name in vars(book) if not name.startswith("_state")}
            return Response([shown, sorted(names - {"_prefetched_objects_cache"}), book.reviews.count()])

    compare(Books, "post", action="act", pk=first(Book))
