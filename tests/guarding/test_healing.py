"""What no plan foresaw is loaded for all rows at once, for the second that is asked for it, and always told."""

from __future__ import annotations

import logging
from typing import Any

import django
import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from drf_autoprefetch import watch
from drf_autoprefetch.guarding import requests
from drf_autoprefetch.guarding.findings import Kind
from drf_autoprefetch.signals import unplanned_queries
from tests.examples import answer, shows
from tests.guarding.scenarios import FOUND, SILENT, Planned
from tests.guarding.unforeseen import Asked, healed, unforeseen
from tests.shapes import SHAPES
from tests.testapp.models import Author, Book, City, Comment, Genre, Publisher, Review, TaggedItem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

PEERS = django.VERSION >= (6, 1)


@pytest.fixture(autouse=True)
def _strict(settings):
    """What fails inside is raised."""
    settings.DRF_AUTOPREFETCH = {"STRICT": True, "FETCH_PEERS": False}
    requests.forget_logged()


@pytest.fixture
def fetch_peers(settings):
    settings.DRF_AUTOPREFETCH = {"STRICT": True}


NAIVE = """
return [row.author.name, [each.rating for each in row.reviews.all()], [each.name for each in row.genres.all()]]
"""


def test_a_naive_list_takes_two_queries_for_each_relation():
    view = unforeseen(NAIVE)
    found = healed(view)

    assert (Asked(view, "off").count, found.count) == (25, 7)
    assert {(each.relation, each.kind, each.count, each.healed) for each in found.findings} == {
        ("Book.author", Kind.TO_ONE, 2, 6),
        ("Book.reviews", Kind.TO_MANY, 2, 6),
        ("Book.genres", Kind.TO_MANY, 2, 6),
    }


@pytest.mark.skipif(not PEERS, reason="Django loads for all rows by itself from 6.1 on")
@pytest.mark.usefixtures("fetch_peers")
def test_what_django_loads_for_all_rows_is_told_where_rows_are_healed():
    view = unforeseen(NAIVE)
    found = healed(view)

    assert (Asked(view, "off").count, found.count) == (18, 6)
    assert [(each.count, each.healed) for each in found.findings if each.relation == "Book.author"] == [(1, 7)]
    assert all(each.healed == 0 for each in Asked(view, "count").findings)


@pytest.mark.skipif(not PEERS, reason="Django loads for all rows by itself from 6.1 on")
@pytest.mark.usefixtures("fetch_peers")
def test_a_column_that_django_loads_for_all_rows_is_told():
    view = unforeseen("return row.summary", queryset=Book.objects.only("title"))
    (found,) = healed(view).findings

    assert (found.relation, found.kind, found.count, found.healed) == ("Book.summary", Kind.COLUMN, 1, 7)
    assert "summary" in found.remedy
    assert Asked(view, "count").findings == []


def test_a_finding_has_what_mends_the_plan(caplog):
    told = []

    def receive(findings, **kwargs):
        told.extend(findings)

    unplanned_queries.connect(receive)
    view = unforeseen("return [each.rating for each in row.reviews.all()]", auto_prefetch_unplanned="heal")
    with caplog.at_level(logging.WARNING, "drf_autoprefetch.unplanned"):
        answer(view)
    unplanned_queries.disconnect(receive)

    (found,) = told
    assert (found.view, found.action, found.path, found.field) == ("Books", "list", *["BookSerializer.shown"] * 2)
    assert found.remedy == 'add .prefetch_related("reviews") to the queryset'
    assert "| to-many | 6 healed |" in str(found)
    (record,) = caplog.records
    assert (record.getMessage(), record.query_count, record.healed_rows) == (str(found), 2, 6)


def test_the_setting_says_it_for_all_views(settings):
    settings.DRF_AUTOPREFETCH = {"UNPLANNED": "heal"}
    view = unforeseen("return [each.rating for each in row.reviews.all()]")
    with watch() as seen:
        answer(view)

    assert (seen.queries, [found.healed for found in seen.findings]) == (3, [6])


def test_an_action_says_it_for_itself():
    class Books(unforeseen("return [each.rating for each in row.reviews.all()]")):  # type: ignore[misc]
        @action(detail=False, auto_prefetch_unplanned="heal")
        def recent(self, request: Any) -> Response:
            return self.list(request)  # type: ignore[no-any-return]

    for name, queries in (("list", 9), ("recent", 3)):
        switches = getattr(getattr(Books, name), "kwargs", {})
        with watch() as seen:
            Books.as_view({"get": name}, **switches)(_request())
        assert seen.queries == queries


def _request() -> Any:
    from rest_framework.test import APIRequestFactory

    return APIRequestFactory().get("/")


def test_a_block_heals_what_views_load_in_it():
    view = unforeseen("return [each.rating for each in row.reviews.all()]")
    with watch(heal=True) as seen:
        answer(view)
    with watch() as without:
        answer(view)

    assert (seen.queries, without.queries) == (3, 9)
    assert [(found.view, found.healed) for found in seen.findings] == [("Books", 6)]


def test_a_mode_that_is_none_is_refused():
    with pytest.raises(ImproperlyConfigured, match="must be one of auto, off, count, log, warn, raise, heal, not"):
        answer(unforeseen("return 1", auto_prefetch_unplanned="cure"))


#: A body, the number of queries without and with healing, and of which model the rows are.
RELATIONS: dict[str, tuple[str, int, int, Any]] = {
    "forward": ("return row.author.name", 9, 3, Book),
    "to another column": ("return row.book.title", 0, 3, Review),
    "nullable": ("return row.city and row.city.name", 0, 3, Author),
    "reverse one-to-one": ("return row.profile.website if hasattr(row, 'profile') else None", 9, 3, Author),
    "itself": ("return row.sequel_of and row.sequel_of.title", 0, 3, Book),
    "itself, reversed": ("return row.sequel.title if hasattr(row, 'sequel') else None", 9, 3, Book),
    "soft-deleted": ("return row.supplier and row.supplier.name", 0, 3, Book),
    "reverse": ("return [each.rating for each in row.reviews.all()]", 9, 3, Book),
    "reverse, no related_name": ("return sorted(each.text for each in row.footnote_set.all())", 9, 3, Book),
    "another name in queries": ("return [each.title for each in row.books.all()]", 0, 3, Publisher),
    "manager that hides rows": ("return [each.name for each in row.suppliers.all()]", 0, 3, City),
    "many-to-many": ("return [each.name for each in row.genres.all()]", 9, 3, Book),
    "many-to-many, reversed": ("return [each.title for each in row.books.all()]", 0, 3, Genre),
    "many-to-many, itself": ("return [each.name for each in row.related.all()]", 0, 3, Genre),
    "many-to-many, through": ("return [each.name for each in row.awards.all()]", 9, 3, Book),
    "generic relation": ("return [each.label for each in row.tags.all()]", 9, 3, Book),
    "generic relation, other columns": ("return [each.text for each in row.comments.all()]", 9, 3, Book),
    "length": ("return len(row.reviews.all())", 9, 3, Book),
    "truth": ("return bool(row.reviews.all())", 9, 3, Book),
    "aggregate in Python": ("return sum(each.rating for each in row.reviews.all())", 9, 3, Book),
    "to-one beyond to-one": ("return row.author.city and row.author.city.name", 0, 5, Book),
    "to-many beyond to-one": ("return [each.title for each in row.author.books.all()]", 17, 5, Book),
    # The first list heals by itself, before the others are there.
    "to-one beyond to-many": ("return [each.reader and each.reader.name for each in row.reviews.all()]", 0, 6, Book),
    "to-many beyond to-many": ("return [len(each.books.all()) for each in row.genres.all()]", 0, 6, Book),
}


@pytest.mark.parametrize("name", RELATIONS)
def test_a_relation_heals(name):
    body, without, queries, model = RELATIONS[name]
    view = unforeseen(body, model, queryset=model._default_manager.order_by("pk"))
    found = healed(view)

    assert found.count == queries, "\n".join(found.sql)
    plain = Asked(view, "off").count
    assert plain == without if without else plain > queries


def test_a_generic_foreign_key_heals_for_each_model():
    view = unforeseen("return str(row.content_object and row.content_object.pk)", TaggedItem)
    found = healed(view)

    models = len({row.content_type_id for row in TaggedItem.objects.all()})
    # One row of each model, and all the others of that model.
    assert found.count <= 1 + 2 * models < Asked(view, "off").count
    assert {each.kind for each in found.findings} == {Kind.GENERIC}


def test_a_generic_foreign_key_that_leads_nowhere_is_none():
    kind = ContentType.objects.get_for_model(Book)
    reader = Comment.objects.all()[0].reader
    for number in range(3):
        Comment.objects.create(text="lost", reader=reader, subject_type=kind, subject_id=100_000 + number)
    view = unforeseen("return str(row.subject and row.subject.pk)", Comment)

    found = healed(view)

    assert found.content.count(b"None") >= 3
    Comment.objects.filter(text="lost").delete()


ALONE = {
    "filtered": "return row.reviews.filter(rating__gt=1).count()",
    "ordered": "return [each.rating for each in row.reviews.order_by('-rating', 'pk')]",
    "excluded": "return [each.rating for each in row.reviews.exclude(rating=1)]",
    "values": "return list(row.genres.values_list('name', flat=True))",
    "reversed": "return [each.rating for each in row.reviews.reverse()]",
    "a copy": "return [each.rating for each in row.reviews.all().all()]",
    "aggregate": "return row.reviews.aggregate(best=Max('rating'))['best']",
    "last": "return row.reviews.last() and row.reviews.last().rating",
    "iterator": "return [each.rating for each in row.reviews.iterator()]",
    "using": "return [each.rating for each in row.reviews.using('default')]",
    "another manager": "return [each.name for each in row.author.city.suppliers(manager='everything').all()]"
    " if row.author.city else None",
    "another database": "return [each.rating for each in row.reviews.db_manager('default').all()]",
    # Not all rows are wanted here: that may be very many.
    "counted": "return row.reviews.count()",
    "counted, many-to-many": "return row.genres.count()",
    "tested": "return row.reviews.exists()",
    "tested, many-to-many": "return row.genres.exists()",
    "sliced": "return [each.rating for each in row.reviews.all()[:1]]",
    "first": "return row.reviews.first() and row.reviews.first().rating",
    "contained": "return row.reviews.contains(Review(pk=1))",
    # Groups come in no order, and in another one for other rows.
    "aggregated by its manager": "return [each.volumes for each in row.publisher.series.all()] if row.publisher else 0",
}


@pytest.mark.parametrize("name", ALONE)
def test_what_is_no_whole_list_is_as_it_was(name):
    from django.db.models import Max

    queryset = Book.objects.select_related("author__city", "publisher")
    view = unforeseen(ALONE[name], queryset=queryset, known={"Max": Max, "Review": Review})
    found = healed(view)

    assert found.sql == Asked(view, "off").sql
    assert all(each.healed == 0 for each in found.findings)


@pytest.mark.parametrize(
    "body", ["row.reviews.count()", "row.reviews.exists()", "[each.pk for each in row.reviews.all()[:1]]"]
)
def test_rows_that_are_there_are_counted_and_cut(body):
    view = unforeseen(f"return [[each.rating for each in row.reviews.all()], {body}]")

    # Both of the first row, and one for the others.
    assert healed(view).count == 4


@pytest.mark.parametrize("body", ["row.genres.count()", "row.genres.exists()"])
def test_a_list_that_another_row_was_asked_for_is_loaded_rather_than_counted(body):
    view = unforeseen(f"return [{body}, [each.pk for each in row.genres.all()]]")

    assert healed(view).count == 4


def test_one_row_is_loaded_lazily():
    view = unforeseen(NAIVE)
    found = healed(view, "retrieve", pk=Book.objects.all()[0].pk)

    assert (found.count, found.findings) == (4, [])


def test_two_rows_take_what_they_took():
    view = unforeseen(NAIVE, queryset=Book.objects.all()[:2])

    assert healed(view).count == Asked(view, "off").count == 7


def test_rows_that_are_prefetched_heal_at_every_level():
    authors = shows(Author, "name", books=unforeseen(NAIVE).serializer_class(many=True))
    view: Any = type("Authors", (Planned,), {"queryset": Author.objects.all(), "serializer_class": authors})

    # Whose books they are is known.
    assert healed(view).count == 2 + 2 * 2


def test_rows_that_are_joined_heal():
    body = "return [each.title for each in row.author.books.all()]"

    assert healed(unforeseen(body, queryset=Book.objects.select_related("author"))).count == 3


def test_rows_of_a_prefetch_of_the_projects_own_heal():
    from django.db.models import Prefetch

    body = "return [each.reader and each.reader.name for each in row.chosen]"
    queryset = Book.objects.prefetch_related(Prefetch("reviews", to_attr="chosen"))

    assert healed(unforeseen(body, queryset=queryset)).count == 4


def test_rows_of_an_iterator_heal():
    class Books(unforeseen("return [each.rating for each in row.reviews.all()]")):  # type: ignore[misc]
        def list(self, request: Any) -> Response:
            rows = list(self.get_queryset().iterator(chunk_size=4))
            return Response(self.get_serializer(rows, many=True).data)

    # Two chunks: one row and the others, each.
    assert healed(Books).count == 5


def test_rows_that_a_handler_shows_one_by_one_heal():
    class Books(unforeseen("return [each.rating for each in row.reviews.all()]")):  # type: ignore[misc]
        def list(self, request: Any) -> Response:
            return Response([self.get_serializer(row).data for row in self.get_queryset()])

    assert healed(Books).count == 3


def test_rows_that_a_handler_fetches_by_itself_heal_while_they_are_shown():
    class Books(unforeseen("return [each.rating for each in row.reviews.all()]")):  # type: ignore[misc]
        def list(self, request: Any) -> Response:
            return Response(self.get_serializer(list(Book.objects.all()), many=True).data)

    assert healed(Books).count == 3


def test_a_heal_outside_of_serializers_is_told_of_the_function():
    # Nobody can read what the rows are fetched for.
    fetched: Any = eval("lambda view: view.get_queryset()")

    class Books(unforeseen("return row.pk")):  # type: ignore[misc]
        def list(self, request: Any) -> Response:
            return Response([[each.rating for each in row.reviews.all()] for row in fetched(self)])

    found = healed(Books)

    assert found.count == 3
    (finding,) = found.findings
    assert (finding.relation, finding.healed, finding.count) == ("Book.reviews", 6, 1)
    assert finding.path.endswith("list") or "<listcomp>" in finding.path
    assert "test_healing.py" in finding.place


def test_rows_of_a_plan_that_fails_heal(settings, monkeypatch):
    settings.DRF_AUTOPREFETCH = {"FETCH_PEERS": False}

    def fail(*args: Any) -> Any:
        raise RuntimeError("failed")

    monkeypatch.setattr("drf_autoprefetch.loading.requests.find_plan", fail)
    logging.getLogger("drf_autoprefetch").disabled = True
    assert Asked(unforeseen(NAIVE), "heal").count == 7
    logging.getLogger("drf_autoprefetch").disabled = False


def test_what_is_allowed_heals_and_is_not_told(settings):
    settings.DRF_AUTOPREFETCH["ALLOW_UNPLANNED"] = [{"path": "BookSerializer.shown", "reason": "slow, but known"}]
    told: list[Any] = []

    def receive(findings: Any, queries: int, **kwargs: Any) -> None:
        told.append((queries, findings))

    unplanned_queries.connect(receive)
    answer(unforeseen("return len(row.reviews.all())", auto_prefetch_unplanned="heal"))
    unplanned_queries.disconnect(receive)

    assert told == [(3, [])]


@pytest.fixture
def foiled(monkeypatch):
    """Whatever a serializer reads, its plan is to load all columns of the rows."""
    from drf_autoprefetch.loading import finding
    from drf_autoprefetch.notes import Origin
    from drf_autoprefetch.planning.plans import How
    from drf_autoprefetch.reading.requirements import everything

    make_plan = finding.make_plan  # type: ignore[attr-defined]

    def make_another(requirement: Any, written: Any, how: Any) -> Any:
        return make_plan(everything(requirement.model, Origin("nobody", "")), written, How(trim=False))

    finding.clear_caches()
    monkeypatch.setattr(finding, "make_plan", make_another)
    yield
    monkeypatch.undo()
    finding.clear_caches()


SCENARIOS = {**FOUND, **SILENT}


@pytest.mark.usefixtures("foiled")
@pytest.mark.parametrize("name", [name for name, scenario in SCENARIOS.items() if not scenario.user])
def test_a_scenario_without_a_plan_is_the_same(name):
    scenario = SCENARIOS[name]
    ContentType.objects.clear_cache()
    view: Any = type(scenario.view.__name__, (scenario.view,), {"auto_prefetch": True})
    kwargs = {"pk": view.queryset.model._default_manager.order_by("pk")[0].pk} if scenario.one else {}

    healed(view, scenario.action, **kwargs)


@pytest.mark.once
@pytest.mark.usefixtures("foiled")
@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if not shape.view and not shape.by_hand])
def test_a_shape_without_a_plan_is_the_same(name):
    shape = SHAPES[name]
    view: Any = type("Rows", (Planned,), {"queryset": shape.queryset(), "serializer_class": shape.serializer})
    how: dict[str, Any] = {"data": dict(shape.params)} if shape.params else {}

    healed(view, **how)


READERS = "return [getattr(each.reader, 'name', '') for each in row.reviews.all()] if row.pages % 20 else []"


def test_rows_that_wait_until_they_are_read_are_healed_as_well():
    """A list that one kind of row reads is loaded when the first of them does; what it leads to was not foreseen."""

    def get_ratings(self: Any, row: Any) -> Any:
        return [each.reader_id for each in row.reviews.all()] if row.pages % 20 else []

    ratings: Any = shows(Book, "id", ratings=serializers.SerializerMethodField(), get_ratings=get_ratings)
    unread: Any = unforeseen(f"{READERS} + [each.name for each in row.genres.all()]").serializer_class
    meta = type("Meta", (ratings.Meta,), {"fields": ["ratings", "shown"]})
    both = type("Both", (unread, ratings), {"Meta": meta})

    found = healed(type("Books", (Planned,), {"serializer_class": both, "queryset": Book.objects.all()}))

    assert {each.relation for each in found.findings if each.healed} == {"Review.reader", "Book.genres"}
    assert found.count == 6
