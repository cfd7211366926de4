"""What rows are healed of is what Django would have loaded, whatever is done with the rows."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import weakref
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist
from django.db import connections, models
from django.db.models import prefetch_related_objects
from django.db.models.fields.related_descriptors import create_reverse_many_to_one_manager
from rest_framework.response import Response

from drf_autoprefetch.loading import askers
from drf_autoprefetch.loading import peers as peers_module
from drf_autoprefetch.loading.healing import Heals, current_heals, unhealed
from drf_autoprefetch.loading.kept import Kept
from drf_autoprefetch.loading.peers import have_heal, have_heal_beyond
from tests.examples import answer, shows
from tests.guarding.scenarios import Planned
from tests.guarding.unforeseen import Asked, healed, unforeseen
from tests.testapp.models import AudioBook, Author, Book, City, Footnote, Genre, Medium, Reader, Review, TaggedItem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

REVIEWS = "return [each.rating for each in row.reviews.all()]"


@pytest.fixture(autouse=True)
def _strict(settings):
    """What fails inside is raised."""
    settings.DRF_AUTOPREFETCH = {"STRICT": True, "FETCH_PEERS": False}


@pytest.fixture
def heals():
    """Rows are healed in this test."""
    heals = Heals()
    with heals.in_force():
        yield heals


def peers(queryset: Any = None, name: str = "") -> list[Any]:
    """Fetch rows that are healed; the first two have been asked for the relation `name`, so that it is loaded."""
    rows = list(Book.objects.all() if queryset is None else queryset)
    have_heal(rows)
    for row in rows[:2]:
        ask(row, name)
    return rows


def ask(row: Any, name: str) -> Any:
    found: Any = getattr(row, name, None) if name else None
    return list(found.all()) if hasattr(found, "all") else found


# ---- Requests


WRITES = {
    "another row of the list": "row.reviews.create(rating=7, public=True, body='')",
    "by the model": "Review.objects.create(book=row, rating=7, public=True, body='')",
    "for all": "Review.objects.update(rating=9)",
    "deleted": "row.reviews.all().delete()",
    "saved": "[(setattr(each, 'rating', 8), each.save()) for each in row.reviews.all()]",
}


@pytest.mark.parametrize("write", WRITES)
def test_nothing_is_shown_that_is_older_than_what_was_written(write):
    lines = f"shown = [each.rating for each in row.reviews.all()]\nif row.pages % 30 == 0: {WRITES[write]}\n"
    body = lines + "return [shown, [each.rating for each in row.reviews.all()]]"

    class Books(unforeseen(body, known={"Review": Review})):  # type: ignore[misc]
        def list(self, request: Any) -> Response:
            from django.db import transaction

            with transaction.atomic():
                response = super().list(request)
                transaction.set_rollback(True)
            return response  # type: ignore[no-any-return]

    healed(Books)


def test_a_handler_that_writes_between_fetching_and_showing_has_its_rows_healed_while_they_are_shown():
    class Books(unforeseen(REVIEWS)):  # type: ignore[misc]
        def list(self, request: Any) -> Response:
            rows = list(self.get_queryset())
            [[each.rating for each in row.reviews.all()] for row in rows]
            Review.objects.filter(pk=rows[0].reviews.all()[0].pk).update(rating=5)
            return Response(self.get_serializer(rows, many=True).data)

    found = healed(Books)

    # Twice the first and the others, and what the handler does.
    assert (found.count, Asked(Books, "off").count) == (7, 19)


@pytest.mark.parametrize("method", ["post", "patch", "put"])
def test_the_response_of_a_write_heals(method):
    shown = unforeseen("return [each.reader and each.reader.name for each in row.reviews.all()]").serializer_class
    author = shows(Author, "name", books=shown(many=True, read_only=True))
    view: Any = type("Authors", (Planned,), {"queryset": Author.objects.all(), "serializer_class": author})
    first = Author.objects.all()[0]
    kwargs = {} if method == "post" else {"pk": first.pk}
    names = {"post": "create", "patch": "partial_update", "put": "update"}
    if method == "post":
        author_class: Any = view.serializer_class
        author_class.create = lambda self, data: first

    found = healed(view, names[method], method=method, data={"name": first.name}, **kwargs)

    assert found.status in (200, 201)


def test_rows_that_outlive_the_request_are_loaded_by_django():
    kept: list[Any] = []

    class Books(unforeseen(REVIEWS)):  # type: ignore[misc]
        def list(self, request: Any) -> Response:
            kept[:] = self.get_queryset()
            return Response(self.get_serializer(kept, many=True).data)

    assert Asked(Books, "heal").count == 3
    last = kept[-1]
    assert last._prefetched_objects_cache.spare
    review = Review.objects.create(book=last, rating=3, public=True, body="")
    assert review in last.reviews.all()
    assert last.author.name
    review.delete()


def test_a_group_does_not_keep_its_rows(heals):
    rows = peers(name="reviews")
    last, group = weakref.ref(rows[-1]), rows[0]._prefetched_objects_cache.peers
    first = rows[0]
    del rows
    gc.collect()

    assert last() is None
    assert len(group._rows) == 8
    assert list(first.genres.all()) is not None


def test_rows_that_are_gone_are_not_loaded(heals, django_assert_num_queries):
    rows = peers()
    del rows[4:]
    gc.collect()
    ask(rows[0], "author")
    with django_assert_num_queries(1):
        assert [row.author for row in rows[1:]]


def test_a_thread_of_its_own_is_not_watched_so_nothing_is_healed_there(heals):
    rows = peers(name="reviews")
    here: Any = connections["default"]
    found: list[Any] = []

    def show() -> None:
        connections["default"] = here
        found.append(current_heals())
        found.append([review.rating for review in rows[2].reviews.all()])
        del connections["default"]

    here.inc_thread_sharing()
    thread = threading.Thread(target=show)
    thread.start()
    thread.join()
    here.dec_thread_sharing()

    assert found == [None, [review.rating for review in rows[2].reviews.all()]]


# ---- Rows that are written to


def test_a_list_that_is_changed_is_read_again(heals):
    rows = peers(name="genres")
    genre, other = Genre.objects.all()[:2]
    changes: list[Any] = [
        lambda row: row.genres.add(genre),
        lambda row: row.genres.remove(genre),
        lambda row: row.genres.set([genre, other]),
        lambda row: row.genres.clear(),
        lambda row: row.genres.create(name="new", description=""),
    ]
    for row, change in zip(rows[2:], changes, strict=False):
        assert "genres" in row._prefetched_objects_cache.spare
        change(row)
        assert "genres" not in row._prefetched_objects_cache.spare
        assert list(row.genres.all()) == list(Genre.objects.filter(books=row))


def test_a_foreign_key_that_is_changed_leads_elsewhere(heals):
    rows = peers(name="author")
    somebody = Author.objects.create(name="somebody", email="", biography="", created="2024-01-01T00:00Z")
    rows[2].author_id = somebody.pk
    rows[3].author = somebody
    rows[4].author = None

    assert rows[2].author == rows[3].author == somebody
    with pytest.raises(ObjectDoesNotExist):
        _ = rows[4].author
    assert rows[5].author.pk == rows[5].author_id


def test_a_row_that_is_read_anew_is_read_whole_anew(heals, django_assert_num_queries):
    rows = peers(Author.objects.exclude(city=None), "city")
    for row in rows:
        ask(row, "books")
    City.objects.filter(pk=rows[2].city_id).update(name="renamed")
    rows[2].refresh_from_db()
    rows[3].refresh_from_db(fields=["city"])

    assert rows[2].city.name == "renamed"
    # That of the third came along with the second's.
    with django_assert_num_queries(2):
        assert rows[3].city.pk == rows[3].city_id
        assert [len(rows[2].books.all()) for _ in range(2)]


def test_rows_are_saved_and_deleted(heals):
    rows = peers(name="author")
    rows[2].title = "new"
    rows[2].save()
    rows[3].save(update_fields=["title"])
    rows[4].delete()

    assert Book.objects.get(pk=rows[2].pk).title == "new"
    assert not Book.objects.filter(title=rows[4].title).exists()
    assert rows[4].pk is None


def test_assigning_loads_nothing(heals, django_assert_num_queries):
    rows = peers(name="editor")
    with django_assert_num_queries(0):
        for row in rows:
            row.editor = None
            row.author_id = rows[0].author_id


# ---- Copies


COPIES = {
    "copied": copy.copy,
    "copied deeply": copy.deepcopy,
    "pickled": lambda row: pickle.loads(pickle.dumps(row)),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_a_row_of_its_own(name, heals):
    rows = peers(name="reviews")
    for row in rows[:2]:
        ask(row, "author")
    other = COPIES[name](rows[2])  # type: ignore[no-untyped-call]
    assert list(other.reviews.all()) == list(rows[2].reviews.all())
    assert other.author == rows[2].author

    # A second book, made of the first.
    clone = COPIES[name](rows[3])  # type: ignore[no-untyped-call]
    clone.pk = rows[0].pk
    assert list(clone.reviews.all()) == list(Review.objects.filter(book=rows[0]))


def test_a_list_is_pickled_and_copied_with_its_rows(heals):
    rows = peers(name="reviews")
    found = rows[2].reviews.all()
    expected = list(Review.objects.filter(book=rows[2]))

    assert list(pickle.loads(pickle.dumps(found))) == list(copy.deepcopy(found)) == list(found) == expected
    assert type(copy.deepcopy(found)) is type(Review.objects.all())


def test_what_looks_whether_something_is_loaded_finds_that_it_is_not(heals):
    rows = peers(name="reviews")
    for row in rows[:2]:
        ask(row, "author")

    assert not Book.author.is_cached(rows[2])
    assert "reviews" not in rows[2]._prefetched_objects_cache
    assert rows[2]._prefetched_objects_cache.get("reviews") is None
    with pytest.raises(KeyError):
        _ = rows[3]._prefetched_objects_cache["reviews"]
    with pytest.raises(KeyError):
        _ = rows[3]._state.fields_cache["author"]
    assert rows[3].author
    assert Book.author.is_cached(rows[3])


def test_a_cache_that_is_emptied_has_nothing_left(heals):
    rows = peers(name="reviews")
    rows[2]._prefetched_objects_cache.clear()

    assert rows[2]._prefetched_objects_cache.spare == {}
    assert dict(rows[2]._prefetched_objects_cache) == {}


def test_what_is_prefetched_again_is_loaded_by_django(heals, django_assert_num_queries):
    rows = peers(name="reviews")
    with django_assert_num_queries(1):
        models.prefetch_related_objects(rows, "reviews")
    with django_assert_num_queries(0):
        assert [len(row.reviews.all()) for row in rows]


# ---- What Django would do


def test_a_queryset_that_is_kept_is_filled_once(heals, django_assert_num_queries):
    rows = peers(name="reviews")
    with django_assert_num_queries(0):
        found = rows[2].reviews.all()
        assert [*found] == [*found]
        assert found.count() == len(found)
        assert found._hints == {"instance": rows[2]}


def test_a_queryset_that_is_evaluated_too_late_asks_the_database(heals, django_assert_num_queries):
    rows = peers(name="reviews")
    found = rows[2].reviews.all()
    heals.wrote()
    with django_assert_num_queries(1):
        assert list(found) is not None


def test_a_list_that_is_asked_for_while_others_are_loaded_is_loaded_by_django(heals):
    rows = peers()
    later = rows[2].reviews.all()
    shown: list[Any] = []
    ask(rows[0], "reviews")

    def interrupt(execute: Any, *query: Any) -> Any:
        if not shown:
            shown.append(None)
            shown.append(list(later))
        return execute(*query)

    with connections["default"].execute_wrapper(interrupt):
        ask(rows[1], "reviews")

    assert shown[1] == list(Review.objects.filter(book=rows[2]))
    assert ask(rows[3], "reviews") == list(Review.objects.filter(book=rows[3]))


def test_a_row_for_which_nothing_came_is_loaded_by_django(heals, monkeypatch):
    """Whatever a prefetch leaves out, the other rows have theirs, and nobody is told of a fault."""
    monkeypatch.setattr(peers_module, "heal", lambda rows, name: prefetch_related_objects(rows[1:], name))
    rows = peers(name="reviews")

    assert "reviews" not in rows[1]._prefetched_objects_cache.spare
    assert all("reviews" in row._prefetched_objects_cache.spare for row in rows[2:])
    for row in rows:
        assert ask(row, "reviews") == list(Review.objects.filter(book=row))


def test_a_child_knows_its_parent(heals, django_assert_num_queries):
    rows = peers(name="reviews")
    children = [review for row in rows[2:] for review in row.reviews.all()]
    with django_assert_num_queries(0):
        assert {review.book.pk for review in children} <= {row.pk for row in rows}


def test_a_row_that_is_not_there_is_what_django_says(settings):
    """A foreign key that the database does not check."""
    rows = list(Book.objects.all())
    heals = Heals()
    with heals.in_force():
        have_heal(rows)
        for row in rows[2:5]:
            row.__dict__["author_id"] = 100_000
        said: list[Any] = []
        for row in rows:
            try:
                said.append(row.author.pk)
            except Author.DoesNotExist as error:
                said.append((type(error), str(error)))

    gone = (Author.DoesNotExist, "Author matching query does not exist.")
    assert said == [*(row.author_id for row in rows[:2]), *[gone] * 3, *(row.author_id for row in rows[5:])]


def test_a_null_runs_no_query(heals, django_assert_num_queries):
    rows = peers(Book.objects.filter(editor=None))
    with django_assert_num_queries(0):
        assert [row.editor for row in rows] == [None] * len(rows)


def test_a_deferred_key_is_not_loaded_for_others(heals, django_assert_num_queries):
    rows = peers(Book.objects.defer("author"))
    with django_assert_num_queries(2 * len(rows)):
        assert all(row.author.name for row in rows)


def test_the_row_of_a_parent_table_is_no_query(heals, django_assert_num_queries):
    rows = peers(AudioBook.objects.order_by("pk"))
    with django_assert_num_queries(0):
        assert all(row.medium_ptr.item_ptr for row in rows)


def test_what_a_parents_row_has_loaded_serves_its_child(heals, django_assert_num_queries):
    rows = peers(Medium.objects.order_by("pk"))
    for row in rows:
        parent = row.item_ptr
        parent.owner = rows[0].owner
    with django_assert_num_queries(0):
        assert all(row.owner for row in rows)


class Mine(models.Manager[Any]):
    """A manager that makes another queryset for each row."""

    def get_queryset(self) -> Any:
        found = super().get_queryset()
        row = getattr(self, "instance", None)
        return found if row is None else found.filter(rating__gte=row.pages % 3)


def test_a_manager_that_looks_at_its_row_is_asked_for_each(heals, monkeypatch):
    manager: Any = Mine()
    manager.model = Review
    descriptor: Any = Book.reviews
    related = create_reverse_many_to_one_manager(Mine, descriptor.rel)
    monkeypatch.setitem(vars(Review._meta), "default_manager", manager)
    monkeypatch.setitem(vars(descriptor), "related_manager_cls", related)
    rows = peers(name="reviews")

    assert all(not row._prefetched_objects_cache.spare for row in rows)


def test_rows_of_two_databases_are_two_groups(heals):
    rows = list(Book.objects.all())
    rows[3]._state.db = "other"
    have_heal(rows)
    for row in rows[:2]:
        ask(row, "reviews")

    assert "reviews" not in rows[3]._prefetched_objects_cache.spare  # type: ignore[attr-defined]
    assert "reviews" in rows[2]._prefetched_objects_cache.spare  # type: ignore[attr-defined]


def test_rows_of_several_models_are_several_groups(heals):
    rows = [*Book.objects.all(), *Author.objects.all()]
    have_heal(rows)
    groups = {type(row): row._prefetched_objects_cache.peers for row in rows}  # type: ignore[attr-defined]

    assert groups[Book] is not groups[Author]


def test_what_is_no_row_is_left_alone(heals):
    assert have_heal([1, {"a": 2}]) is not None
    have_heal_beyond(Book.objects.all(), "reviews", [])


def test_rows_that_come_twice_are_taken_once(heals):
    row = Book.objects.all()[0]
    have_heal([row, row])
    have_heal([row])

    assert len(row._prefetched_objects_cache.peers._rows) == 1  # type: ignore[attr-defined]


def test_a_list_of_values_is_no_list_of_rows(heals):
    row = Book.objects.all()[0]
    row.data = [1, 2]
    have_heal([row])

    assert isinstance(row._prefetched_objects_cache, Kept)  # type: ignore[attr-defined]


def test_rows_heal_no_further_when_nobody_tells(heals, django_assert_num_queries):
    rows = peers(name="reviews")
    heals.stop()
    with django_assert_num_queries(1):
        list(rows[2].reviews.all())
    with unhealed(), django_assert_num_queries(1):
        list(rows[3].reviews.all())


def test_what_was_written_in_a_block_inside_closes_those_around(heals, django_assert_num_queries):
    rows = peers(name="reviews")
    inner = Heals()
    with inner.in_force():
        inner.wrote()
    with django_assert_num_queries(1):
        list(rows[2].reviews.all())


def test_names_under_which_django_keeps_lists():
    assert {"genres", "reviews", "footnote_set", "tags", "fans"} >= {
        name for name, relation in askers.lists(Book).items() if relation.model in (Genre, Review, Footnote, TaggedItem)
    }
    assert askers.lists(Reader)["followers"].name == "followers"
    assert askers.single(Book).keys() >= {"author", "sequel", "sequel_of"}
    assert "medium_ptr" not in askers.single(AudioBook)


def test_content_types_are_asked_for_once():
    ContentType.objects.clear_cache()
    answer(unforeseen("return str(row.content_object)", TaggedItem, auto_prefetch_unplanned="heal"))
