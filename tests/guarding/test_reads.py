"""What is read of watched rows: by which code, of which relation, and whether it was there."""

from __future__ import annotations

import copy
import logging
import pickle
import threading
from typing import Any

import pytest
from django.db import models
from django.db.models import Prefetch
from django.db.models.functions import Length
from django.utils.functional import SimpleLazyObject
from rest_framework import serializers
from rest_framework.response import Response

from drf_autoprefetch import prefetch_hint
from drf_autoprefetch.guarding.reads import recorder as recording
from drf_autoprefetch.guarding.reads import rows as told_rows
from drf_autoprefetch.guarding.reads.recorder import Recorder
from drf_autoprefetch.guarding.reads.seen import Seen, way_to
from tests.examples import ModelSerializer, answer, shows, view_of
from tests.guarding.scenarios import Planned
from tests.testapp.models import Author, Bestseller, Book, City, Comment, Genre, Reader, Review, TaggedItem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

Method = serializers.SerializerMethodField


def watched(view: Any, *args: Any, **kwargs: Any) -> Recorder:
    """Answer with `view`, whose response is what it is when nobody watches."""
    plain = answer(view, *args, **kwargs)
    watching = Recorder()
    with watching.watching():
        response = answer(view, *args, **kwargs)
    assert (response.status_code, response.content) == (200, plain.content)
    assert not watching.failed
    assert not told_rows._readers
    return watching


def showing(get_shown: Any, model: Any = Book, **attributes: Any) -> Any:
    """A list whose rows are shown by one method field."""
    name = f"{model.__name__}Serializer"
    meta = type("Meta", (), {"model": model, "fields": ["shown"]})
    body = {"__module__": __name__, "Meta": meta, "shown": Method(), "get_shown": get_shown}
    return view_of(model, type(name, (ModelSerializer,), body), **attributes)


def paths(watching: Recorder, field: str = "shown") -> dict[str, bool]:
    """What the field reads, and whether that had to be loaded row by row."""
    found = [reads for each, reads in watching.fields.items() if each.name == field]
    return {"__".join(path): missing for reads in found for path, missing in sorted(reads.paths.items())}


def reads_of(get_shown: Any, model: Any = Book, **attributes: Any) -> dict[str, bool]:
    return paths(watched(showing(get_shown, model, **attributes)))


def there(*names: str) -> dict[str, bool]:
    return dict.fromkeys(names, False)


def test_each_field_has_what_it_reads_and_nothing_else():
    class Shown(ModelSerializer):
        stars, who = Method(), Method()

        class Meta:
            model = Book
            fields = ["title", "stars", "who"]

        def get_stars(self, book):
            return [review.rating for review in book.reviews.all()]

        def get_who(self, book):
            return book.author.name

    watching = watched(view_of(Book, Shown))

    assert paths(watching, "title") == there("title")
    assert paths(watching, "stars") == there("reviews", "reviews__rating")
    assert paths(watching, "who") == there("author", "author__name")
    assert {path: node.rows for (path, _), node in watching.nodes.items()} == {"": 2, "author": 2, "reviews": 2}


def test_functions_have_what_is_read_below_them():
    def helper(book: Any) -> Any:
        return book.author

    def get_shown(self, book):
        return helper(book).name

    watching = watched(showing(get_shown))

    found = {function.name.rpartition(".")[2]: reads for (function, _), reads in watching.functions.items()}
    assert found["helper"].paths == {("author",): False}
    assert found["get_shown"].paths == {("author",): False, ("author", "name"): False}
    assert [each.name for each in found["get_shown"].fields] == ["shown"]
    assert found["helper"].fields == set()
    assert found["get_shown"].rows == 2
    (function,) = (each for each, _ in watching.functions if each.name.endswith("helper"))
    code = helper.__code__
    assert (function.file, function.line, function.end) == (__file__, code.co_firstlineno, code.co_firstlineno + 1)


def test_nested_serializers_of_a_method_read_for_the_method_too():
    inner = shows(Author, "name")

    def get_shown(self, book):
        return inner(book.author).data

    watching = watched(showing(get_shown))

    assert paths(watching) == there("author", "author__name")
    assert paths(watching, "name") == there("name")


def test_only_the_first_rows_of_each_list_are_watched():
    def get_shown(self, author):
        return [[review.rating for review in book.reviews.all()] for book in author.books.all()]

    watching = watched(showing(get_shown, Author))

    assert recording.FIRST == 2
    assert watching.nodes["", Author].rows == 2
    assert watching.nodes["books", Book].rows <= 4
    assert watching.nodes["books.reviews", Review].rows <= 8
    assert watching.rows == sum(node.rows for node in watching.nodes.values())


def test_there_is_a_most_of_rows_and_of_distance(monkeypatch):
    def get_shown(self, book):
        return book.author.city and book.author.city.country.name

    monkeypatch.setattr(recording, "DEEPEST", 1)
    assert [path for path, _ in watched(showing(get_shown)).nodes] == ["", "author"]

    monkeypatch.setattr(recording, "MOST", 1)
    assert watched(showing(get_shown)).rows == 1


# ---- What was there, and what was not


def test_what_is_loaded_row_by_row_is_missing():
    def get_shown(self, book):
        return [genre.name for genre in unread_of(book, "genres").all()], unread_of(book, "author").name

    found = reads_of(get_shown)

    assert found == there("author__name", "genres__name") | {"genres": True, "author": True}


def unread_of(row: Any, name: str) -> Any:
    """Read what no reader of bodies can know of."""
    return getattr(row, "".join(name))


def test_what_is_loaded_for_one_row_alone_is_not_missing():
    def get_shown(self, book):
        return unread_of(book, "author").name

    watching = watched(showing(get_shown), "retrieve", pk=Book.objects.earliest("pk").pk)

    assert paths(watching) == there("author", "author__name")


def test_a_relation_that_leads_nowhere_is_not_missing():
    Book.objects.update(editor=None)

    def get_shown(self, book):
        return unread_of(book, "editor")

    assert reads_of(get_shown) == there("editor")


def test_a_deferred_column_is_missing():
    def get_shown(self, book):
        return unread_of(book, "title")

    assert reads_of(get_shown, queryset=Book.objects.defer("title")) == {"title": True}


def test_lists_that_wait_until_they_are_read_are_not_missing():
    def get_shown(self, book):
        return [review.rating for review in book.reviews.all()] if book.pages else book.editor and book.editor.name

    Book.objects.update(pages=1)
    Book.objects.filter(pk=Book.objects.all()[1].pk).update(pages=0)
    found = reads_of(get_shown)

    assert found == there("editor", "pages", "reviews", "reviews__rating")


@pytest.mark.parametrize(
    "ask",
    [
        lambda rows: len(rows.all()),
        lambda rows: rows.count(),
        lambda rows: rows.exists(),
        lambda rows: bool(rows.all()),
        lambda rows: [row.pk for row in rows.iterator()] and rows.all()[0].pk,
    ],
    ids=["len", "count", "exists", "bool", "item"],
)
@pytest.mark.parametrize("name", ["genres", "reviews"])
def test_lists_are_read_where_a_prefetch_would_have_served(ask, name):
    def get_shown(self, book):
        return ask(unread_of(book, name))

    assert reads_of(get_shown)[name] is True


@pytest.mark.parametrize(
    "ask",
    [
        lambda rows: [row.pk for row in rows.filter(pk__gt=0)],
        lambda rows: [row.pk for row in rows.order_by("pk")],
        lambda rows: list(rows.values_list("pk", flat=True)),
        lambda rows: rows.filter(pk__gt=0).count(),
        lambda rows: [row.pk for row in rows.using("default")],
        lambda rows: [row.pk for row in rows.all().all()],
    ],
    ids=["filter", "order_by", "values_list", "filtered count", "using", "all twice"],
)
@pytest.mark.parametrize("name", ["genres", "reviews"])
def test_lists_are_not_read_where_no_prefetch_could_serve(ask, name):
    def get_shown(self, book):
        return ask(unread_of(book, name))

    assert name not in reads_of(get_shown)


def test_a_manager_for_another_database_is_that_managers_own():
    def get_shown(self, book):
        return [genre.name for genre in book.genres.db_manager("default").all()]

    assert reads_of(get_shown)["genres__name"] is False


# ---- Rows and models of every sort


def test_joined_rows_are_followed():
    class Shown(ModelSerializer):
        city = serializers.CharField(source="author.city.name", default=None)

        class Meta:
            model = Book
            fields = ["city"]

    watching = watched(view_of(Book, Shown))

    assert {"author", "author__city", "author__city__name"} <= paths(watching, "city").keys()
    assert watching.nodes["author.city", City].read == {"name"}


def test_lists_with_a_name_of_their_own_are_followed():
    def get_shown(self, book):
        return [review.rating for review in book.good] + [book.title_length]

    hint = prefetch_hint(
        "title",
        Prefetch("reviews", Review.objects.filter(rating__gt=1), to_attr="good"),
        annotate={"title_length": Length("title")},
    )
    watching = watched(showing(hint(get_shown)))

    assert watching.nodes["", Book].read == {"good"}
    assert watching.nodes["good", Review].read == {"rating"}
    assert paths(watching) == there("good", "good__rating")


def test_generic_foreign_keys_lead_to_rows_of_any_model():
    def get_shown(self, tag):
        return getattr(tag.content_object, "title", None) or getattr(tag.content_object, "name", None)

    watching = watched(showing(get_shown, TaggedItem, queryset=TaggedItem.objects.order_by("content_type", "pk")))

    assert watching.nodes["", TaggedItem].read == {"content_object"}
    assert [path for path, _ in watching.nodes][1:] == ["content_object"] * (len(watching.nodes) - 1)


def test_generic_relations_are_lists():
    def get_shown(self, book):
        return [tag.label for tag in book.tags.all()] + [comment.text for comment in book.comments.all()]

    assert {"tags__label", "comments__text"} <= reads_of(get_shown).keys()


def test_one_to_one_that_is_not_there_is_read():
    def get_shown(self, author):
        try:
            return author.profile.website
        except models.ObjectDoesNotExist:
            return None

    assert reads_of(get_shown, Author) == there("profile", "profile__website")


def test_properties_and_methods_and_str_read_what_their_bodies_read():
    class Shown(ModelSerializer):
        text = serializers.CharField(source="__str__")
        status = serializers.CharField(source="get_status_display")

        class Meta:
            model = Book
            fields = ["text", "full_title", "status", "genre_names", "cover"]

    watching = watched(view_of(Book, Shown))

    assert paths(watching, "text") == there("author", "author__name", "title")
    assert paths(watching, "full_title") == there("subtitle", "title")
    assert paths(watching, "status") == there("status")
    assert paths(watching, "genre_names") == there("genres", "genres__name")
    assert paths(watching, "cover") == there("cover")
    assert {function.name.rpartition(".")[2] for function, _ in watching.functions} >= {"__str__", "full_title"}


def test_keys_are_read_by_relations_and_not_by_code():
    def get_shown(self, book):
        return book.author.name, len(book.genres.all())

    watching = watched(showing(get_shown))

    assert watching.nodes["", Book].read == {"author", "genres"}
    assert watching.nodes["author", Author].read == {"name"}


def test_a_key_that_a_serializer_shows_is_read():
    watching = watched(view_of(Book, shows(Book, "author")))

    assert paths(watching, "author") == there("author_id")


def test_a_way_back_is_no_other_place_and_leads_there():
    def get_shown(self, book):
        return [review.book.title for review in book.reviews.all()]

    watching = watched(showing(get_shown))

    assert {path for path, _ in watching.nodes} == {"", "reviews"}
    assert paths(watching) == there("reviews", "reviews__book", "title")


def test_rows_that_lists_share_are_read_for_each_of_them():
    Book.objects.update(author=Author.objects.earliest("pk"), editor=Author.objects.earliest("pk"))
    one = Prefetch("author", Author.objects.all())
    other = Prefetch("editor", Author.objects.all())

    def get_shown(self, book):
        return book.author.name, book.editor.email

    watching = watched(showing(get_shown, queryset=Book.objects.prefetch_related(one, other)))

    assert watching.nodes["author", Author].rows == 1
    assert paths(watching) == there("author", "author__name", "editor", "editor__email")


def test_rows_of_proxies_are_watched():
    def get_shown(self, book):
        return book.author.name

    watching = watched(showing(get_shown, Bestseller))

    assert watching.nodes["", Bestseller].read == {"author"}


def test_relations_to_oneself_are_followed():
    def get_shown(self, genre):
        return [child.name for child in genre.children.all()], genre.parent and genre.parent.name

    assert {"children__name", "parent__name"} <= reads_of(get_shown, Genre).keys()


def test_many_to_many_with_itself_from_both_ends():
    def get_shown(self, reader):
        return [[each.card for each in rows.all()] for rows in (reader.friends, reader.follows, reader.followers)]

    assert {"friends__card", "follows__card", "followers__card"} <= reads_of(get_shown, Reader).keys()


def test_a_generic_foreign_key_to_nothing():
    def get_shown(self, comment):
        return str(comment.subject)[:1]

    assert "subject" in reads_of(get_shown, Comment)


# ---- Rows that go where nobody looks


@pytest.mark.parametrize(
    "leave",
    [
        lambda book: sorted(vars(book))[0],
        lambda book: copy.copy(book).title,
        lambda book: copy.deepcopy(book).title,
        lambda book: pickle.loads(pickle.dumps(book)).title,
    ],
    ids=["vars", "copy", "deepcopy", "pickle"],
)
def test_a_row_that_is_taken_as_a_whole_is_read(leave):
    def get_shown(self, book):
        return leave(book)

    node = watched(showing(get_shown)).nodes["", Book]

    assert node.loaded <= node.read
    assert {"reviews", "author"} <= node.read


@pytest.mark.parametrize(
    "leave",
    [
        lambda rows: pickle.loads(pickle.dumps(rows)),
        copy.copy,
        copy.deepcopy,
        lambda rows: rows._clone(),
    ],
    ids=["pickle", "copy", "deepcopy", "clone"],
)
def test_querysets_are_copied_as_what_they_are(leave):
    kinds = []

    def get_shown(self, book):
        copied = leave(book.reviews.all())
        kinds.append(type(copied))
        return [review.rating for review in copied]

    watched(showing(get_shown))

    assert all(issubclass(kind, models.QuerySet) and not hasattr(kind, "__autoprefetch_own__") for kind in kinds)


def test_querysets_that_wait_are_copied_as_what_they_are():
    def get_shown(self, book):
        rows = book.reviews.all() if book.pages else []
        again = pickle.loads(pickle.dumps(rows))
        return [review.rating for review in again], [review.rating for review in rows], len(copy.deepcopy(rows))

    assert reads_of(get_shown)["reviews"] is False


def test_lists_and_managers_are_what_they_were_afterwards():
    kept = []

    class Keeping(Planned):
        serializer_class = shows(Book, "title", reviews=shows(Review, "rating")(many=True))

        def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            books = list(self.get_queryset())
            manager = books[0].reviews
            kept.extend([books[0], manager, manager.all()])
            return Response(self.get_serializer(books, many=True).data)

    watched(Keeping)

    assert all(not hasattr(type(each), "__autoprefetch_own__") for each in kept)
    assert not any("_autoprefetch_look" in vars(each) for each in kept)


def test_rows_are_what_they_were_after_an_error():
    kept = []

    def get_shown(self, book):
        kept.append(book)
        raise ZeroDivisionError("the project's own")

    watching = Recorder()
    with pytest.raises(ZeroDivisionError), watching.watching():
        answer(showing(get_shown))

    assert type(kept[0]) is Book
    assert not told_rows._readers


def test_what_is_read_in_other_threads_is_read():
    def get_shown(self, book):
        names: list[str] = []
        thread = threading.Thread(target=lambda: names.append(book.title))
        thread.start()
        thread.join()
        return names

    watching = watched(showing(get_shown))

    assert watching.nodes["", Book].read == {"title"}


def test_a_row_that_another_request_watches_is_left_to_it():
    book = Book.objects.earliest("pk")
    one, other = Recorder(), Recorder()
    one.loaded([book])
    other.loaded([book])

    assert (one.rows, other.rows) == (1, 0)
    other.let_go()
    assert book.title
    one.let_go()
    assert one.nodes["", Book].read == {"title"}
    assert type(book) is Book


def test_what_is_read_afterwards_is_not_kept():
    book = Book.objects.earliest("pk")
    watching = Recorder()
    watching.loaded([book])
    manager, rows = book.reviews, book.genres.all()
    watching._open = False

    assert (book.title, list(manager.all()), rows.count()) == (book.title, list(book.reviews.all()), rows.count())
    assert watching.nodes["", Book].read == set()
    watching.let_go()


def test_what_is_loaded_lazily_is_not_loaded_to_look_at_it():
    loaded = []

    def load() -> Author:
        loaded.append(1)
        return Author.objects.earliest("pk")

    def helper(user: Any, book: Book) -> str:
        return book.title

    def get_shown(self, book):
        return helper(SimpleLazyObject(load), book)

    watched(showing(get_shown))

    assert loaded == []


# ---- What fails in the watch


def broken(*args: Any, **kwargs: Any) -> Any:
    raise ZeroDivisionError("in the watch")


@pytest.mark.parametrize(
    "name", ["_watch", "_reads", "_follow", "_handed_out_", "_looked_at_", "_note", "_stands", "_first", "_reads_of"]
)
def test_a_watch_that_fails_changes_nothing(name, monkeypatch, caplog):
    def get_shown(self, book):
        return book.author.name, [review.rating for review in book.reviews.all()], len(unread_of(book, "genres").all())

    view = showing(get_shown)
    plain = answer(view)
    owner, name = (recording, "watch_rows") if name == "_handed_out_" else (Recorder, name)
    if name == "_looked_at_":
        owner, name = recording, "is_promised"
    monkeypatch.setattr(owner, name, broken)
    caplog.set_level(logging.ERROR)
    watching = Recorder()

    with watching.watching():
        response = answer(view)

    assert response.content == plain.content
    assert watching.failed
    assert "Reads are watched no further: the guard failed" in caplog.text
    assert not told_rows._readers


def test_ways_end():
    """Rows that lead to one another lead nowhere else."""
    one, other, third = (Seen(None, Book, False) for _ in range(3))
    one.ways.append((other, "sequel"))
    other.ways.append((one, "sequel_of"))

    assert way_to(one, other) == ("sequel",)
    assert way_to(one, one) == ()
    assert way_to(one, third) is None


def test_a_row_of_a_handler_is_watched_when_it_is_shown():
    class Handling(Planned):
        serializer_class = shows(Book, "title", reviews=shows(Review, "rating")(many=True))

        def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            return Response(self.get_serializer(list(Book.objects.order_by("pk")[:3]), many=True).data)

    watching = watched(Handling)

    assert watching.nodes["", Book].read >= {"title", "reviews"}
