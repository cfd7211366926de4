"""The scaling probe: which queries grow with the rows, and what keeps a view from being probed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpResponseRedirect
from django.urls import path, re_path
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.viewsets import ReadOnlyModelViewSet

from drf_autoprefetch import AutoPrefetchMixin, watch
from drf_autoprefetch.auditing.audits import audited
from drf_autoprefetch.auditing.probing import Probe, probe
from drf_autoprefetch.auditing.rendering import finding_data
from drf_autoprefetch.auditing.rules import RULES
from drf_autoprefetch.auditing.slopes import growing, probed
from drf_autoprefetch.explaining.finding_views import registered_views
from drf_autoprefetch.explaining.sarif import render_sarif
from tests import registered
from tests.examples import shows
from tests.guarding.unforeseen import unreadable
from tests.testapp.data import NOON
from tests.testapp.models import Author, Book, Review

pytestmark = [pytest.mark.django_db(databases=["default", "other"]), pytest.mark.usefixtures("library")]

TITLE = shows(Book, "title")
BOOK = shows(Book, "title", author=shows(Author, "name")(), reviews=shows(Review, "rating")(many=True))


def praise(serializer: Any, book: Any) -> Any:
    return [review.rating for review in book.reviews.filter(rating__gte=2)]


PRAISED = shows(Book, "title", praise=serializers.SerializerMethodField(), get_praise=praise)
AUTHORS = shows(
    Author, "name", books=shows(Book, "title", praise=serializers.SerializerMethodField(), get_praise=praise)(many=True)
)


def listed(serializer: Any = TITLE, *, mixin: bool = True, model: Any = Book, **more: Any) -> Any:
    """Make a list view."""
    bases: Any = (AutoPrefetchMixin, ListAPIView) if mixin else (ListAPIView,)
    attributes = {"queryset": model._default_manager.order_by("pk"), "serializer_class": serializer}
    return type("Listed", bases, attributes | {"__module__": __name__} | more)


class Books(AutoPrefetchMixin, ReadOnlyModelViewSet[Any]):
    """Lists and shows books."""

    queryset = Book.objects.order_by("pk")
    serializer_class = BOOK


@pytest.fixture
def probes(settings: Any) -> Callable[..., list[Probe]]:
    """Probe everything that some URLs lead to."""

    def probed_at(*patterns: Any, user: Any = None, rows: Any = (1, 2, 4), filled: bool = False) -> list[Probe]:
        settings.ROOT_URLCONF = registered.urls(*patterns)
        known = registered_views(audited(AutoPrefetchMixin).bases)
        return [probe(each, user, rows, filled=filled) for each in known]

    return probed_at


@pytest.fixture
def one(probes: Any) -> Callable[..., Probe]:
    """Probe one view, at ``/books/``."""

    def probe_one(view: Any, **how: Any) -> Probe:
        (found,) = probes(path("books/", view.as_view(), name="books"), **how)
        result: Probe = found
        return result

    return probe_one


def told(found: Probe) -> list[str]:
    """Return what there is to mend, in words, without places."""
    assert found.problem == ""
    return [each.text for each in growing(found, AutoPrefetchMixin)]


# ---- Slopes


def test_a_planned_view_is_flat(one):
    found = one(listed(BOOK))

    assert (found.rows, found.queries, found.slope, told(found)) == ((1, 2, 4), (2, 2, 2), 0, [])


def test_a_field_that_loads_row_by_row_is_named_with_its_slope(one):
    found = one(listed(PRAISED))

    assert (found.rows, found.queries, found.slope) == ((1, 2, 4), (2, 3, 5), 1)
    (finding,) = growing(found, AutoPrefetchMixin)
    assert (finding.id, finding.field, finding.relation, finding.view, finding.views) == (
        *("queries-per-row", "BookSerializer.praise", "Book.reviews", "Listed"),
        (f"{__name__}.Listed:get",),
    )
    assert finding.place.startswith("tests/auditing/test_probing.py:")
    assert told(found) == [
        "BookSerializer.praise: Book.reviews is loaded row by row (filtered to-many):"
        " 2, 3 and 5 queries for 1, 2 and 4 rows of /books/."
        ' Add @prefetch_hint(Prefetch("reviews", Review.objects.filter(…), to_attr="chosen_reviews"))'
        " to praise, and read chosen_reviews there."
    ]


def test_a_view_that_heals_its_rows_is_told_so(one):
    def listing(self: Any, request: Any) -> Response:
        with watch(heal=True):
            return self.list(request)  # type: ignore[no-any-return]

    unseen = unreadable("return [each.rating for each in row.reviews.all()]")
    shown = shows(Book, "title", shown=serializers.SerializerMethodField(), get_shown=unseen)

    found = one(listed(shown, get=listing))

    (finding,) = growing(found, AutoPrefetchMixin)
    assert (found.queries, finding.count, finding.healed) == ((2, 3, 3), 2, 2)
    assert "2, 3 and 3 queries for 1, 2 and 4 rows of /books/, and 2 healed." in finding.text
    assert finding_data(finding).items() >= {"count": 2, "healed": 2}.items()
    (result,) = json.loads(render_sarif([finding], RULES))["runs"][0]["results"]
    assert result["properties"] == {"views": list(finding.views), "healed": 2}


def test_a_view_without_the_mixin_is_told_to_inherit_it(one):
    one_field = listed(shows(Book, "title", author=shows(Author, "name")()), mixin=False)

    assert told(one(listed(BOOK, mixin=False))) == [
        f"{__name__}.Listed:get: BookSerializer.author and 1 more load row by row, and it has no AutoPrefetchMixin:"
        " 3, 5 and 9 queries for 1, 2 and 4 rows of /books/. Inherit AutoPrefetchMixin before the view class."
    ]
    assert told(one(one_field))[0].startswith(f"{__name__}.Listed:get: BookSerializer.author loads row by row, and")


def test_what_grows_beside_the_serializer_is_that_of_the_view(one):
    def listing(self: Any, request: Any) -> Response:
        books = list(self.filter_queryset(self.get_queryset()))
        return Response([book.pk for book in books if Author.objects.filter(books=book).exists()])

    found = one(listed(get=listing))

    assert told(found) == [
        f"{__name__}.Listed:get: each row more takes 1 more: 2, 3 and 5 queries for 1, 2 and 4 rows of /books/."
        " Look for what its own code asks for each row, beside what serializers show."
    ]


def test_rows_of_which_only_some_have_children_do_not_grow(one):
    """The second author has no books, the first has, and the third has as many queries as the first."""

    def rows(self: Any) -> Any:
        keys = Author.objects.order_by("pk").values_list("pk", flat=True)
        childless = [key for key in keys if not Book.objects.filter(author=key).exists()]
        return Author.objects.filter(pk__in=[*childless[:1], *[key for key in keys if key not in childless][:3]])

    nested = shows(Author, "name", books=shows(Book, "title", reviews=shows(Review, "rating")(many=True))(many=True))
    found = one(listed(nested, model=Author, get_queryset=rows))

    assert len(set(found.queries)) <= 2
    assert told(found) == []


def test_what_the_settings_allow_is_left_out(one, settings):
    settings.DRF_AUTOPREFETCH = {"ALLOW_UNPLANNED": [{"path": "BookSerializer.praise", "reason": "three rows"}]}

    found = one(listed(PRAISED))

    assert (found.slope, told(found)) == (1, [])


def test_fewer_rows_than_asked_for_are_those_that_there_are(one):
    keys = list(Book.objects.order_by("pk").values_list("pk", flat=True)[:3])
    found = one(listed(queryset=Book.objects.filter(pk__in=keys)))

    assert found.rows == (1, 2, 3)
    assert one(listed(), rows=[2, 3]).rows == (2, 3)


@pytest.mark.parametrize(("number", "words"), [(0, "are no rows"), (1, "is 1 row")])
def test_too_few_rows_do_not_tell(one, number, words):
    keys = Book.objects.order_by("pk").values_list("pk", flat=True)[:number]

    assert one(listed(queryset=Book.objects.filter(pk__in=list(keys)))).problem == f"there {words}, too few to tell"


def test_rows_that_are_all_asked_for_do_not_tell(one):
    keys = list(Book.objects.order_by("pk").values_list("pk", flat=True)[:2])

    assert one(listed(queryset=Book.objects.filter(pk__in=keys)), rows=[2, 4]).problem == (
        "there are 2 rows, too few to tell"
    )


# ---- Ways to narrow


@pytest.mark.parametrize(
    "rows",
    [
        lambda: Book.objects.order_by("pk")[:6],
        lambda: Book.objects.order_by().union(Book.objects.filter(pk__lt=0).order_by()).order_by("pk"),
        lambda: Book.objects.filter(review__rating__gte=0).order_by("pk"),
    ],
    ids=["slice", "union", "multiplied by a join"],
)
def test_any_queryset_is_narrowed(one, rows):
    found = one(listed(get_queryset=lambda self: rows()))

    assert (found.problem, found.rows) == ("", (1, 2, 4))


def test_a_view_that_filters_in_its_own_way_is_narrowed(one):
    found = one(listed(filter_queryset=lambda self, rows: rows.filter(pk__gt=0)))

    assert (found.problem, found.rows) == ("", (1, 2, 4))


def test_a_view_that_does_not_filter_cannot_be_narrowed(one):
    problem = "it never calls filter_queryset() with a queryset, so its rows cannot be narrowed"

    assert one(listed(get=lambda self, request: Response([]))).problem == problem
    assert one(listed(filter_queryset=lambda self, rows: list(rows))).problem == problem


# ---- What keeps a view from being probed


def test_a_view_may_need_somebody(one):
    closed = listed(permission_classes=[IsAuthenticated])

    assert one(closed).problem == "it answers 403: pass --user with the name of somebody who may see it"
    assert one(closed, user=User(username="ada", pk=1)).rows == (1, 2, 4)


def test_errors_of_a_view_are_reported(one):
    def failing(self: Any, request: Any) -> Any:
        raise ValueError("no\nluck")

    class Missing(listed()):  # type: ignore[misc]
        def get_queryset(self) -> Any:
            self.permission_denied = None
            raise serializers.ValidationError("no such shop")

    assert one(listed(get=failing)).problem == "it raises ValueError: no luck"
    assert one(Missing).problem == "it answers 400: [ErrorDetail(string='no such shop', code='invalid')]"
    assert one(listed(get=lambda self, request: HttpResponseRedirect("/"))).problem == "it answers 302: Found"


def test_an_async_view_is_reported(one):
    async def answering(self: Any, request: Any) -> Any: ...

    def dispatch(self: Any, request: Any) -> Any:
        return answering(self, request)

    assert one(listed(dispatch=dispatch)).problem == "it is asynchronous"


def test_a_view_that_takes_too_long_is_cut(one, settings):
    settings.DRF_AUTOPREFETCH = {"EXPLAIN_TIMEOUT": 0}

    assert one(listed()).problem == "it takes longer than 0 seconds (EXPLAIN_TIMEOUT)"


def test_what_a_get_writes_is_rolled_back(one):
    def listing(self: Any, request: Any) -> Response:
        Author.objects.create(name="written", created=NOON, updated=NOON)
        return Response(self.get_serializer(self.filter_queryset(self.get_queryset()), many=True).data)

    found = one(listed(get=listing))

    assert (found.problem, found.rows) == ("", (1, 2, 4))
    assert not Author.objects.filter(name="written").exists()


def test_throttles_count_nothing_and_warnings_are_not_shown(one):
    class Throttle(BaseThrottle):
        def allow_request(self, request: Any, view: Any) -> bool:
            raise AssertionError("a throttle was asked")

    unordered = listed(queryset=Book.objects.order_by(), throttle_classes=[Throttle])

    assert one(unordered).rows == (1, 2, 4)


def test_users_are_anonymous_where_there_are_users(one, monkeypatch):
    seen: list[Any] = []

    def listing(self: Any, request: Any) -> Response:
        seen.append(getattr(request._request, "user", None))
        return Response(self.get_serializer(self.filter_queryset(self.get_queryset()), many=True).data)

    one(listed(get=listing))
    assert seen[0].is_anonymous

    seen.clear()
    monkeypatch.setattr("django.apps.apps.is_installed", lambda app: False)
    assert one(listed(get=listing, authentication_classes=[])).problem == ""
    assert seen[0].is_anonymous


# ---- URLs with parts


def test_objects_are_looked_up_and_lists_inside_them_are_watched(probes):
    class Authors(AutoPrefetchMixin, ReadOnlyModelViewSet[Any]):
        queryset = Author.objects.order_by("pk")
        serializer_class = AUTHORS

    (found,) = probes(path("authors/<int:pk>/", Authors.as_view({"get": "retrieve"}), name="author"))

    first = Author.objects.order_by("pk")[0]
    assert (found.rows, len(found.queries), found.slope) == ((), 4, None)
    assert found.registered.path == f"/authors/{first.pk}/"
    (text,) = told(found)
    assert text.startswith("BookSerializer.praise (AuthorSerializer.books.praise): Book.reviews is loaded row by row")
    assert f"queries for one object, as at /authors/{first.pk}/." in text


def test_objects_of_a_view_without_the_mixin_are_told_in_one_line(probes):
    class Plain(ReadOnlyModelViewSet[Any]):
        queryset = Author.objects.order_by("pk")
        serializer_class = AUTHORS

    (found,) = probes(path("authors/<int:pk>/", Plain.as_view({"get": "retrieve"}), name="author"))

    (text,) = told(found)
    assert "BookSerializer.praise loads row by row, and it has no AutoPrefetchMixin: " in text


@pytest.mark.parametrize("part", ["author_pk", "author_id", "author", "parent_lookup_author", "author_name"])
def test_a_list_below_a_parent_is_that_of_the_parent_with_most(probes, part):
    lookup = {"author_name": "author__name"}.get(part, "author")

    def rows(self: Any) -> QuerySet[Book]:
        return Book.objects.filter(**{lookup: self.kwargs[part]}).order_by("pk")

    (found,) = probes(path(f"authors/<{part}>/books/", listed(get_queryset=rows).as_view(), name="below"))

    assert (found.problem, len(found.rows)) == ("", 3), found.registered.path
    assert found.registered.match.captured_kwargs[part] in found.registered.path.replace("%20", " ")


def test_objects_below_a_parent_have_both(probes):
    class Below(AutoPrefetchMixin, ReadOnlyModelViewSet[Any]):
        serializer_class = BOOK

        def get_queryset(self) -> Any:
            return Book.objects.filter(author=self.kwargs["author_pk"]).order_by("pk")

    (found,) = probes(path("a/<int:author_pk>/b/<int:pk>/", Below.as_view({"get": "retrieve"}), name="below"))

    kwargs = found.registered.match.kwargs
    assert Book.objects.filter(pk=kwargs["pk"], author=kwargs["author_pk"]).exists()


@pytest.mark.parametrize(
    ("route", "view", "problem"),
    [
        (re_path(r"^([0-9]+)/$", listed().as_view()), None, "its URL has parts without a name: pass a URL"),
        ("<shop>/", listed(), "Book has nothing for the part 'shop' of its URL: pass a URL"),
        ("<shop_pk>/", listed(), "Book has nothing for the part 'shop_pk' of its URL: pass a URL"),
        ("<int:author>/", listed(queryset=Book.objects.none(), model=Review), None),
    ],
)
def test_parts_that_no_row_tells_are_reported(probes, route, view, problem):
    (found,) = probes(route if view is None else path(route, view.as_view(), name="x"))

    assert found.problem == (problem or "there are no rows, too few to tell")


def test_parts_of_a_model_without_rows_are_reported(probes):
    Review.objects.all().delete()
    reviews = listed(shows(Review, "rating"), model=Review)

    class Reviews(AutoPrefetchMixin, ReadOnlyModelViewSet[Any]):
        queryset = Review.objects.all()
        serializer_class = shows(Review, "rating")

    below, one = probes(
        path("b/<int:book_pk>/", reviews.as_view(), name="below"),
        path("r/<int:pk>/", Reviews.as_view({"get": "retrieve"}), name="one"),
    )

    assert {below.problem, one.problem} == {"there are no rows"}


def test_a_view_that_does_not_tell_its_model_is_reported(probes):
    view = listed(serializers.Serializer, queryset=None, get_queryset=lambda self: Book.objects.all())

    (found,) = probes(path("<int:shop_pk>/", view.as_view(), name="x"))

    assert found.problem == "it does not tell its model, whose rows would have the parts of its URL: pass a URL"


def test_a_url_that_nobody_can_make_is_reported(probes):
    other = listed()

    (nameless, *_) = probes(
        path("a/<int:pk>/", Books.as_view({"get": "retrieve"}), name="same"),
        path("same/<int:pk>/", other.as_view(), name="same"),
    )

    assert nameless.problem == "no URL can be made that leads to it: give it a name, or pass a URL"


def test_a_url_of_no_name_goes_by_its_function_or_is_reported(probes):
    (found,) = probes(path("a/<int:pk>/", Books.as_view({"get": "retrieve"})))

    assert found.problem == "no URL can be made that leads to it: give it a name, or pass a URL"


def test_a_url_that_is_given_is_taken_as_it_is(probes):
    (found,) = probes(path("books/<int:pk>/", Books.as_view({"get": "retrieve"})), filled=True)

    assert found.registered.path == "/books/1/"
    assert found.problem.startswith("it answers 404: ") or len(found.queries) == 1


def test_a_version_in_a_url_is_one_that_there_is(probes):
    view = registered.VersionedList.as_view(versioning_class=registered.PathVersioning)

    (found,) = probes(path("<str:version>/titles/", view))

    assert (found.problem, found.registered.path) == ("", "/v2/titles/")


def test_a_list_of_an_action_is_probed(probes):
    class WithAction(Books):
        @action(detail=False)
        def best(self, request: Any) -> Response:
            return Response(self.get_serializer(self.filter_queryset(self.get_queryset()), many=True).data)

    (found,) = probes(path("best/", WithAction.as_view({"get": "best"})))

    assert (found.rows, found.slope) == ((1, 2, 4), 0)
    assert list(probed([found, Probe(found.registered, problem="x")])) == [found.registered.name]
