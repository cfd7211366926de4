"""Views as people write them: overridden methods, actions, paginators, forms, and serializers that change."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from rest_framework import generics, serializers
from rest_framework.decorators import action
from rest_framework.filters import BaseFilterBackend, OrderingFilter, SearchFilter
from rest_framework.pagination import CursorPagination, LimitOffsetPagination, PageNumberPagination
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BrowsableAPIRenderer, HTMLFormRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.schemas.openapi import SchemaGenerator
from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ReadOnlyModelViewSet

from drf_autoprefetch import AutoPrefetchMixin, prefetch_hint
from tests.recording import recording
from tests.testapp.models import Author, Book, City, Genre, Profile, Publisher, Review
from tests.traps.answers import ask, compare, mixed, shows, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

AuthorName = shows(Author, "name")
Rating = shows(Review, "rating")
Full = shows(Book, "title", author=AuthorName(), reviews=Rating(many=True))


def first(model: Any) -> Any:
    """Return the key of the row that has all it can have."""
    return model._base_manager.earliest("pk").pk


def test_an_overridden_get_queryset_is_no_bypass():
    """Trap 42: the view's own `get_queryset` comes before the mixin's and need not call it."""

    class Books(ReadOnlyModelViewSet[Book]):
        serializer_class = Full

        def get_queryset(self) -> QuerySet[Book]:
            return Book.objects.filter(pages__gt=10)

    compare(Books, queries=2)
    compare(Books, pk=Book.objects.get(pages=20).pk, queries=2)


def test_an_overridden_get_queryset_that_filter_queryset_never_sees():
    """Trap 42: `list` goes straight from `get_queryset()` to the serializer."""

    class Books(ReadOnlyModelViewSet[Book]):
        serializer_class = Full

        def get_queryset(self) -> QuerySet[Book]:
            return Book.objects.order_by("-id")

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            return Response(self.get_serializer(self.get_queryset(), many=True).data)

    compare(Books)


def test_an_overridden_filter_queryset():
    """Trap 42: the same for `filter_queryset`."""

    class Books(ReadOnlyModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

        def filter_queryset(self, queryset: Any) -> Any:
            return queryset.filter(pages__lt=60)

    compare(Books, queries=2)
    compare(Books, pk=first(Book), queries=2)


def test_a_serializer_for_each_action():
    """Trap 43: the plan is that of the action at hand, with names of its own and with a serializer given to it."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = shows(Book, "title")

        def get_serializer_class(self) -> Any:
            return {"list": self.serializer_class, "retrieve": Full}.get(self.action, self.serializer_class)

        @action(detail=False)
        def recent(self, request: Request) -> Response:
            return Response(self.get_serializer(self.get_queryset()[:3], many=True).data)

        @action(detail=True, serializer_class=Full)
        def full(self, request: Request, pk: Any) -> Response:
            return Response(self.get_serializer(self.get_object()).data)

    assert compare(Books, queries=1).planned.columns(Book) == {"id", "title"}
    compare(Books, pk=first(Book), queries=2)
    compare(Books, action="recent", queries=1)
    with mixed(Books):
        answer = Books.as_view({"get": "full"}, detail=True, serializer_class=Full)(
            APIRequestFactory().get("/"), pk=first(Book)
        )
    assert len(answer.data["reviews"]) == 3


def test_a_handler_that_shows_another_model():
    """Trap 43: the queryset is of books, and the action answers their authors, or nothing of the database at all."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

        @action(detail=True)
        def writer(self, request: Request, pk: Any) -> Response:
            return Response(shows(Author, "name", "email")(self.get_object().author).data)

        @action(detail=False)
        def writers(self, request: Request) -> Response:
            authors = Author.objects.filter(books__in=self.get_queryset()).distinct()
            return Response(shows(Author, "name", city=shows(City, "name")())(authors, many=True).data)

        @action(detail=False)
        def totals(self, request: Request) -> Response:
            rows = self.filter_queryset(self.get_queryset())
            return Response({"n": rows.count(), "pages": sum(book.pages for book in rows)})

        @action(detail=True, serializer_class=shows(Author, "name"))
        def editor(self, request: Request, pk: Any) -> Response:
            return Response(self.get_serializer(self.get_object().editor).data)

    for name in ("writers", "totals"):
        compare(Books, action=name)
    for name in ("writer", "editor"):
        compare(Books, action=name, pk=first(Book))


def test_a_plain_serializer():
    """Trap 43: it has no model, the queryset has."""

    class Plain(serializers.Serializer[Any]):
        title = serializers.CharField()
        writer = serializers.CharField(source="author.name")

    view = type("Books", (ModelViewSet,), {"queryset": Book.objects.all(), "serializer_class": Plain})
    compare(view, queries=1)


def test_a_serializer_of_another_model_than_the_queryset():
    """Trap 43: of a parent, of a proxy, or of something else that has the same attributes."""
    for serializer, queryset in (
        (shows(Genre, "name"), Publisher.objects.all()),
        (shows(Author, "name", city=shows(City, "name")()), Publisher.objects.all()),
    ):
        view = viewset(serializer, queryset)
        with mixed(view):
            answer = ask(view)
        assert answer.json == ask(view).json


def test_a_view_without_a_request():
    """Trap 43: called from a test, a task, or a generator of schemas."""

    class Books(AutoPrefetchMixin, ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

    view = Books()
    assert list(view.get_queryset()) == list(Book.objects.all())
    view.request = None  # type: ignore[assignment]
    view.format_kwarg = None
    assert list(view.get_queryset()) == list(Book.objects.all())
    assert view.get_queryset().count() == Book.objects.count()
    fake = Books(swagger_fake_view=True)
    fake.request = None  # type: ignore[assignment]
    assert list(fake.get_queryset()) == list(Book.objects.all())


def test_a_view_used_without_dispatch():
    """Trap 43: a request was set by hand, an action was not."""

    class Books(AutoPrefetchMixin, ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

    for request in (APIRequestFactory().get("/"), Request(APIRequestFactory().get("/"))):
        view = Books()
        view.request = request
        view.format_kwarg = None
        view.kwargs = {"pk": first(Book)}
        assert list(view.get_queryset()) == list(Book.objects.all())
        assert view.get_object().title == "Book 0"
        assert len(view.get_serializer(view.filter_queryset(view.get_queryset()), many=True).data) == 8


def test_a_schema_asks_the_database_nothing():
    """Trap 43: DRF's own generator builds views with a request of nobody's, or with none."""
    from django.urls import path

    view = viewset(Full)
    with mixed(view), recording() as record:
        urls = [path("books/", view.as_view({"get": "list"})), path("books/<pk>/", view.as_view({"get": "retrieve"}))]
        generator: Any = SchemaGenerator(title="books", patterns=urls)
        generator._initialise_endpoints()
        endpoints = generator._get_paths_and_endpoints(None)[1]
        assert len(endpoints) == 2
        for _, _, endpoint in endpoints:
            assert endpoint.get_queryset().model is Book
            assert endpoint.get_serializer() is not None
    assert not record.queries


def test_no_user_at_all(settings: Any) -> None:
    """Trap 43: `UNAUTHENTICATED_USER` may be None."""
    settings.REST_FRAMEWORK = {"UNAUTHENTICATED_USER": None, "UNAUTHENTICATED_TOKEN": None}
    compare(viewset(Full), queries=2)


def test_a_manager_for_a_queryset():
    """Trap 44: Django's shortcuts take one, and so do DRF's."""

    class Books(ReadOnlyModelViewSet[Book]):
        serializer_class = Full

        def get_queryset(self) -> Any:
            return Book.objects

    compare(Books, pk=first(Book), queries=2)


def test_a_list_for_a_queryset():
    """Trap 44: rows that are loaded already, or are no queryset at all."""

    class Books(ReadOnlyModelViewSet[Book]):
        serializer_class = Full
        filter_backends: Any = []

        def get_queryset(self) -> Any:
            return list(Book.objects.all())

    compare(Books)


def test_a_shared_queryset_remembers_nothing():
    """Trap 44: requests one after the other see new rows, and each its own plan."""
    view = viewset(Full)
    with mixed(view):
        before = ask(view).json
        extra = Book.objects.get(pk=first(Book))
        extra.pk, extra.isbn, extra.sequel_of = None, "new", None
        extra.save()
        after = ask(view).json
    assert len(after) == len(before) + 1
    assert vars(view.queryset)["_result_cache"] is None


class ByParameter(serializers.ModelSerializer[Book]):
    """Shows what `?fields=` names, unless `?omit=` names it."""

    author = AuthorName()
    reviews = Rating(many=True)

    class Meta:
        model = Book
        fields = ["title", "summary", "author", "reviews", "genres"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        request = self.context.get("request")
        if request is not None:
            wanted = request.GET.get("fields", ",".join(self.fields)).split(",")
            for name in set(self.fields) - set(wanted) | set(self.fields) & set(request.GET.get("omit", "").split(",")):
                self.fields.pop(name)


class ByUser(serializers.ModelSerializer[Book]):
    """Shows staff more than others."""

    author = AuthorName()

    class Meta:
        model = Book
        fields = ["title", "summary", "author"]

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        if not self.context["request"].user.is_staff:
            del fields["author"], fields["summary"]
        return fields


class ByView(serializers.ModelSerializer[Book]):
    """Shows a list less than a single book."""

    reviews = Rating(many=True)

    class Meta:
        model = Book
        fields = ["title", "reviews"]

    @property
    def _readable_fields(self) -> Any:
        short = getattr(self.context.get("view"), "action", "") == "list"
        return (field for field in super()._readable_fields if not short or field.field_name == "title")


class ByArgument(serializers.ModelSerializer[Book]):
    """Shows what it is told to when it is made."""

    author = AuthorName()

    class Meta:
        model = Book
        fields = ["title", "author"]

    def __init__(self, *args: Any, only: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(only or self.fields):
            del self.fields[name]


class Popping(serializers.ModelSerializer[Book]):
    """Takes a field away when all is read."""

    author = AuthorName()

    class Meta:
        model = Book
        fields = ["title", "author"]

    @prefetch_hint("pages")
    def to_representation(self, book: Any) -> Any:
        shown = super().to_representation(book)
        if book.pages > 30:
            shown.pop("author")
        return shown


@pytest.mark.parametrize(
    ("params", "queries", "columns"),
    [
        ({}, 3, {"id", "title", "summary", "author_id"}),
        ({"fields": "title"}, 1, {"id", "title"}),
        ({"fields": "title,author"}, 1, {"id", "title", "author_id"}),
        ({"fields": "reviews"}, 2, {"id"}),
        ({"omit": "reviews,genres,summary"}, 1, {"id", "title", "author_id"}),
        ({"fields": "nothing"}, 1, {"id"}),
    ],
    ids=["all", "one", "two", "rows", "omit", "none"],
)
def test_fields_by_query_string(params: dict[str, str], queries: int, columns: set[str]) -> None:
    """Trap 45: an omitted field loads nothing."""
    view = viewset(ByParameter)
    answers = compare(view, params=params, queries=queries)
    assert answers.planned.columns(Book) == columns
    compare(view, params=params, pk=first(Book), queries=queries)


def test_fields_by_query_string_in_a_nested_serializer():
    """Trap 45: only the root sees the request when it is made; below, it is bound later."""
    view = viewset(shows(Author, "name", books=ByParameter(many=True)))
    for params in ({}, {"fields": "name,books"}, {"fields": "title"}):
        compare(view, params=params)


def test_fields_by_user():
    """Trap 45: the plan of one user is not that of another, in either order."""
    view = viewset(ByUser)
    for staff in (True, False, True):
        answers = compare(view, user=User(username="somebody", is_staff=staff), queries=1)
        assert ("summary" in answers.planned.columns(Book)) is staff
        assert (" JOIN " in answers.planned.sql) is staff
    compare(view, user=AnonymousUser(), queries=1)


def test_fields_by_view():
    """Trap 45: the same serializer class for the list and for one row."""
    view = viewset(ByView)
    compare(view, queries=1)
    compare(view, pk=first(Book), queries=2)
    compare(view, queries=1)


def test_fields_by_constructor_argument():
    """Trap 45: an overridden `get_serializer` tells the serializer what to show."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = ByArgument

        def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
            wanted = self.request.query_params.getlist("only") or None
            return self.serializer_class(*args, only=wanted, context=self.get_serializer_context(), **kwargs)

    answers = compare(Books, params={"only": "title"}, queries=1)
    assert answers.planned.columns(Book) == {"id", "title"}
    compare(Books, queries=1)
    compare(Books, params={"only": ["title", "author"]}, queries=1)


def test_one_class_told_different_things_below_one_serializer() -> None:
    """Trap 45: two fields of one class, each with fields of its own."""
    both = {"edited": ByArgument(many=True, only=["author"]), "books": ByArgument(many=True, only=["title"])}
    answers = compare(viewset(shows(Author, "name", **both)), queries=3)
    assert "title" not in next(sql for sql in answers.planned.queries if "editor_id" in sql)
    compare(viewset(shows(Author, "name", books=ByArgument(many=True))), queries=2)
    single = shows(Review, "rating", book=ByArgument(only=["title"]))
    assert "author_id" not in compare(viewset(single), queries=1).planned.columns(Book)


def test_a_hint_that_the_user_decides() -> None:
    """Trap 45: a callable of the context, for one user and for the other."""

    @prefetch_hint(lambda context: ["summary"] if context["request"].user.is_staff else ["title"])
    def get_text(self: Any, book: Any) -> Any:
        return book.summary if self.context["request"].user.is_staff else book.title

    view = viewset(shows(Book, text=serializers.SerializerMethodField(), get_text=get_text))
    for staff in (True, False, True):
        answers = compare(view, user=User(username="somebody", is_staff=staff), queries=1)
        assert answers.planned.columns(Book) == {"id", "summary" if staff else "title"}


def test_fields_popped_when_shown():
    """Trap 45: what a hinted `to_representation` takes away was read before."""
    compare(viewset(Popping), queries=1)
    compare(viewset(shows(Author, "name", books=Popping(many=True))), queries=2)


def test_a_field_popped_from_the_class_of_a_live_serializer():
    """Trap 45: fields added, too."""

    class Growing(serializers.ModelSerializer[Book]):
        class Meta:
            model = Book
            fields = ["title"]

        def get_fields(self) -> dict[str, Any]:
            fields = super().get_fields()
            request = self.context.get("request")
            if request is not None and "more" in request.GET:
                fields["author"] = AuthorName()
                fields["pages"] = serializers.IntegerField()
            return fields

    view = viewset(Growing)
    assert compare(view, queries=1).planned.columns(Book) == {"id", "title"}
    answers = compare(view, params={"more": "1"}, queries=1)
    assert answers.planned.columns(Book) == {"id", "title", "pages", "author_id"}


def test_one_relation_shown_twice():
    """Trap 46: as keys and nested, under one name and under two."""
    keys: Any = serializers.PrimaryKeyRelatedField(many=True, read_only=True, source="reviews")
    texts: Any = serializers.SlugRelatedField("body", many=True, read_only=True, source="reviews")
    answers = compare(viewset(shows(Book, keys=keys, texts=texts, reviews=Rating(many=True))), queries=2)
    assert answers.planned.columns(Review) == {"id", "book_id", "body", "rating"}
    key: Any = serializers.PrimaryKeyRelatedField(read_only=True, source="author")
    compare(viewset(shows(Book, "author_id", key=key, author=AuthorName())), queries=1)


def test_a_starred_source():
    """Trap 46: the same row once more, below another name."""
    inner = shows(Book, "pages", author=AuthorName())
    compare(viewset(shows(Book, "title", inner=inner(source="*"))), queries=1)
    below = shows(Book, "title", reviews=Rating(many=True), inner=inner(source="*"))
    compare(viewset(shows(Author, "name", books=below(many=True))), queries=3)


def test_a_nested_serializer_on_a_property():
    """Trap 46: hinted, it is followed; the rows behind it are those that were loaded."""
    compare(viewset(shows(Book, "title", writer=shows(Author, "name", "email")())), queries=1)
    compare(viewset(shows(Book, "title", writer=shows(Author, "name", city=shows(City, "name")())())))


def browsable(method: str = "get", **asked: Any) -> None:
    """Ask for the page that DRF makes for a browser."""
    serializer = shows(Book, "title", "author", "genres", reviews=Rating(many=True, read_only=True))
    view = viewset(serializer, renderer_classes=[BrowsableAPIRenderer], filter_backends=[SearchFilter, OrderingFilter])
    view.search_fields = ["title", "author__name"]  # type: ignore[attr-defined]
    view.ordering_fields = ["id", "title", "author__name"]  # type: ignore[attr-defined]
    compare(view, method, headers={"accept": "text/html"}, **asked)


@pytest.mark.urls("tests.urls")
@pytest.mark.parametrize("search", [{}, {"search": "Book"}, {"ordering": "-author__name,id"}])
def test_the_browsable_api(search: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap 47: forms build serializers and choices of their own, and ask the view once for every method."""
    monkeypatch.setattr(BrowsableAPIRenderer, "render", forms_of)
    browsable(params=search)
    browsable(pk=first(Book))


def forms_of(self: Any, data: Any, media: Any = None, context: Any = None) -> bytes:
    """Render the forms of the page, without the page around them: it wants static files."""
    self.accepted_media_type, self.renderer_context = media, context
    view, request = context["view"], context["request"]
    forms = [
        self.get_rendered_html_form(data, view, method, request) for method in ("POST", "PUT", "DELETE", "OPTIONS")
    ]
    raw = [self.get_raw_data_form(data, view, method, request) for method in ("POST", "PUT", "PATCH")]
    filters = self.get_filter_form(data, view, request)
    return repr((JSONRenderer().render(data), forms, [form and str(form.initial) for form in raw], filters)).encode()


def test_a_form_of_one_serializer():
    """Trap 47: `HTMLFormRenderer` on a row that was loaded by plan."""
    view = viewset(shows(Book, "title", "author", "genres"), renderer_classes=[JSONRenderer])

    def retrieve(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(self.get_object())
        return Response({"form": str(HTMLFormRenderer().render(serializer.data, None, {})), **serializer.data})

    view.retrieve = retrieve  # type: ignore[method-assign]
    compare(view, pk=first(Book))


@pytest.mark.parametrize("method", ["options", "head"])
def test_options_and_head(method: str) -> None:
    """Trap 47: metadata asks for choices and for permission; HEAD is a GET without a body."""
    view = viewset(Full)
    compare(view, method)
    compare(view, method, pk=first(Book))


def test_what_is_not_found():
    """Trap 47: no row, a key that is no key, a page that is not there."""
    assert compare(viewset(Full), pk=-1, queries=1).planned.status == 404
    assert compare(viewset(Full), pk="none").planned.status == 404
    pages = type("Pages", (PageNumberPagination,), {"page_size": 3})
    assert compare(viewset(Full, pagination_class=pages), params={"page": 99}).planned.status == 404


def test_what_is_forbidden():
    """Trap 47: by the view, without a query, and by the row."""

    class Nobody(BasePermission):
        def has_permission(self, request: Request, view: Any) -> bool:
            return False

    class Owner(BasePermission):
        @prefetch_hint("author__email")
        def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
            return bool(obj.author.email == "author0@example.com")

    assert compare(viewset(Full, permission_classes=[Nobody]), queries=0).planned.status == 403
    compare(viewset(Full), pk=first(Book), queries=2)  # the plan without the permission is another one
    view = viewset(Full, permission_classes=[Owner])
    assert compare(view, pk=first(Book), queries=2).planned.status == 200
    other = Book.objects.latest("pk").pk
    assert compare(view, pk=other).planned.status == 403


def test_a_permission_that_reads_rows_of_the_view():
    """Trap 55: `has_permission` asks `get_queryset()`, as DRF's own model permissions do."""

    class Some(BasePermission):
        def has_permission(self, request: Request, view: Any) -> bool:
            rows = view.get_queryset()
            return bool(rows.exists() and rows.first().summary and rows.model is Book)

    compare(viewset(Full, permission_classes=[Some]))
    compare(viewset(Full, permission_classes=[Some]), pk=first(Book))


class OfAuthors(BasePermission):
    """Reads a column of the row."""

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return bool(obj.author_id)


class OfPages(BasePermission):
    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return bool(obj.pages > 0)


@pytest.mark.parametrize("permission", [OfAuthors & OfPages, OfAuthors | OfPages, ~~(OfAuthors & ~(~OfPages))])
def test_permissions_made_of_others(permission: Any) -> None:
    """Trap 14: each of them is read, and each combination for itself."""
    answers = compare(viewset(shows(Book, "title"), permission_classes=[permission]), pk=first(Book), queries=1)
    assert answers.planned.columns(Book) == {"id", "title", "author_id", "pages"}


def test_a_row_that_is_refused_has_no_lists_loaded() -> None:
    """Trap 14: a permission that refuses comes before what is shown; one that looks at lists has them."""

    class Thick(BasePermission):
        def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
            return bool(obj.pages > 10_000)

    class Rated(BasePermission):
        def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
            return any(review.book.pages for review in obj.reviews.all())

    refused = compare(viewset(Full, permission_classes=[Thick]), pk=first(Book), queries=1)
    assert refused.planned.status == 403
    compare(viewset(Full, permission_classes=[~(~Thick)]), pk=first(Book), queries=1)
    compare(viewset(Full, permission_classes=[OfAuthors]), pk=first(Book), queries=2)
    compare(viewset(Full, permission_classes=[Rated]), pk=first(Book), queries=2)


def test_permissions_are_asked_for_no_more_often() -> None:
    """Trap 14: getting them may run a query, or change them."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = shows(Book, "title")

        def get_permissions(self) -> Any:
            return [OfPages()] if Author.objects.exists() else []

    for asked in ({}, {"pk": first(Book)}):
        answers = compare(Books, **asked)
        assert len(answers.planned.queries) == len(answers.plain.queries)


def test_methods_that_a_view_gives_itself() -> None:
    """Trap 14: what is watched while a request is checked is the view's own again afterwards."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = shows(Book, "title")

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.get_permissions = lambda: [OfPages()]  # type: ignore[method-assign]

    compare(Books, pk=first(Book), queries=1)
    with mixed(Books):
        view = Books()
        own = view.get_permissions
        view.check_permissions(Request(APIRequestFactory().get("/")))
        assert view.get_permissions is own


@pytest.mark.parametrize("pk", [0, 1])
def test_a_list_below_another_row(pk: int) -> None:
    """Trap 47: the URL names the row above by what views of one row are looked up by."""

    class Titled(PageNumberPagination):
        page_size = 3

        def paginate_queryset(self, *args: Any, **kwargs: Any) -> Any:
            rows: Any = super().paginate_queryset(*args, **kwargs)
            self.pages = [row.pages for row in rows]
            return rows

        def get_paginated_response(self, data: Any) -> Response:
            return Response({"pages": self.pages, "results": data})

    class Books(generics.ListAPIView[Book]):
        serializer_class = shows(Book, "title")

        def get_queryset(self) -> QuerySet[Book]:
            return Book.objects.filter(author__gte=self.kwargs["pk"]).order_by("pk")

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            rows = self.filter_queryset(self.get_queryset())
            return Response([{**self.get_serializer(row).data, "isbn": row.isbn} for row in rows])

    class Paged(generics.ListAPIView[Book]):
        serializer_class = Full
        pagination_class = Titled
        get_queryset = Books.get_queryset

    compare(Books, pk=pk, queries=1)
    compare(Paged, pk=pk, queries=3)


def test_a_serializer_that_names_another_model() -> None:
    """Trap 46: Django REST Framework does not mind; a page of it fails no plan."""
    serializer = shows(City, "name")

    class Authors(generics.ListAPIView[Author]):
        queryset = Author.objects.all()
        serializer_class = serializer
        pagination_class = LimitOffsetPagination

    compare(Authors, params={"limit": 3})


def test_permissions_that_are_composed_for_each_request() -> None:
    """Trap 14: the same operator is not the same permission."""

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = shows(Book, "title")

        def get_permissions(self) -> Any:
            return [((OfPages if "pages" in self.request.GET else OfAuthors) & BasePermission)()]

    for params in ({}, {"pages": "1"}, {}):
        compare(Books, pk=first(Book), params=params, queries=1)


class Upper(serializers.ListSerializer[Any]):
    """Does with its rows what it likes."""

    def to_representation(self, data: Any) -> Any:
        rows = data.all() if hasattr(data, "all") else data
        return [{"title": book.title.upper(), "pages": book.pages, "by": book.author.name} for book in rows]


def test_a_list_serializer_of_their_own():
    """Trap 48: as the page, below a relation, and on a single row's many rows."""

    class Book_(serializers.ModelSerializer[Book]):  # noqa: N801
        class Meta:
            model = Book
            fields = ["title"]
            list_serializer_class = Upper

    compare(viewset(Book_))
    compare(viewset(Book_), pk=first(Book))
    compare(viewset(shows(Author, "name", books=Book_(many=True))))


def test_data_of_a_page_and_of_a_manager():
    """Trap 48: `.data` in a handler, of a page, of one row and of a related manager."""

    class Authors(ModelViewSet[Author]):
        queryset = Author.objects.all()
        serializer_class = shows(Author, "name", books=shows(Book, "title")(many=True))
        pagination_class = type("Pages", (PageNumberPagination,), {"page_size": 3})

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
            assert page is not None
            rows = self.get_serializer(page, many=True).data
            one = self.get_serializer(page[0]).data
            books = shows(Book, "title", "pages")(page[0].books, many=True).data
            return self.get_paginated_response([*rows, one, *books])

    compare(Authors)


@pytest.mark.parametrize("paginator", [PageNumberPagination, LimitOffsetPagination, CursorPagination])
@pytest.mark.parametrize(
    "params", [{}, {"page": 2, "offset": 3}, {"ordering": "-author__name,id"}, {"search": "Author 4"}]
)
def test_pages(paginator: Any, params: dict[str, Any]) -> None:
    """Traps 14 and 49: the three paginators, with search and ordering over joins."""
    pages = type("Pages", (paginator,), {"page_size": 3, "default_limit": 3, "ordering": "-id"})
    view = viewset(Full, pagination_class=pages, filter_backends=[SearchFilter, OrderingFilter])
    view.search_fields = ["title", "author__name", "review__body"]  # type: ignore[attr-defined]
    view.ordering_fields = ["id", "title", "author__name"]  # type: ignore[attr-defined]
    view.ordering = ["id"]  # type: ignore[attr-defined]
    if paginator is CursorPagination:
        view.ordering_fields = ["title"]  # type: ignore[attr-defined]  # its position is an attribute of a row
    compare(view, params=params, queries=2 if paginator is CursorPagination else 3)


def test_no_serializer_is_built_that_drf_does_not_build():
    """Trap 50: once the shape is known."""

    class Counted(serializers.ModelSerializer[Book]):
        built = 0
        author = AuthorName()

        class Meta:
            model = Book
            fields = ["title", "author"]

        def get_fields(self) -> dict[str, Any]:
            Counted.built += 1
            return super().get_fields()

    def static() -> Any:
        return shows(Book, "title", author=AuthorName())

    view = viewset(Counted)
    ask(view)
    plain, Counted.built = Counted.built, 0
    with mixed(view):
        ask(view)
        Counted.built = 0
        ask(view)
    assert Counted.built <= plain + 1

    serializer = static()
    made: list[Any] = []

    def keep(self: Any) -> dict[str, Any]:
        made.append(self)
        return {}

    view = viewset(serializer)
    with mixed(view):
        ask(view)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("rest_framework.serializers.ModelSerializer.get_fields", keep)
            made.clear()
            ask(view)
    assert len([each for each in made if isinstance(each, serializer)]) <= 1


def test_a_filter_backend_that_reads_rows():
    """Traps 54 and 55: it looks at columns that no serializer shows."""

    class Thick(BaseFilterBackend):
        def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
            keep = [book.pk for book in queryset if len(book.summary) > 3 and book.publisher_id]
            return queryset.filter(pk__in=keep)

    compare(viewset(shows(Book, "title"), filter_backends=[Thick]))


def test_a_paginator_that_reads_rows():
    """Trap 55: it answers more than the serializer does."""

    class Pages(PageNumberPagination):
        page_size = 3

        def get_paginated_response(self, data: Any) -> Response:
            assert self.page is not None
            return Response({"rows": data, "pages": [book.pages for book in self.page]})

    compare(viewset(shows(Book, "title"), pagination_class=Pages))


@pytest.mark.parametrize("name", ["list", "retrieve", "get_object", "paginate_queryset", "get_paginated_response"])
def test_a_view_method_that_reads_columns(name: str) -> None:
    """Trap 55: whatever is overridden may read what it likes, with no reload for it."""
    read: list[Any] = []

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = shows(Book, "title")
        pagination_class = type("Pages", (PageNumberPagination,), {"page_size": 3})

    def override(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = getattr(super(Books, self), name)(*args, **kwargs)
        rows = found if isinstance(found, list) else [found] if isinstance(found, Book) else self.get_queryset()
        read.extend(book.summary for book in rows)
        return found

    setattr(Books, name, override)
    compare(Books)
    compare(Books, pk=first(Book))
    assert read


def test_a_list_page_with_another_serializer():
    """Trap 56: the handler builds one that `get_serializer()` does not know."""
    other = shows(Book, "summary", publisher=shows(Publisher, "name")())

    class Books(ModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

        def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            return Response(other(self.filter_queryset(self.get_queryset()), many=True).data)

    compare(Books)


@pytest.mark.parametrize("base", [generics.ListAPIView, generics.ListCreateAPIView])
def test_generic_list_views(base: Any) -> None:
    """Trap 43: views without actions."""
    view = type("Books", (base,), {"queryset": Book.objects.all(), "serializer_class": Full})
    compare(view, queries=2)
    if base is generics.ListCreateAPIView:
        title = shows(Author, "name", "email", "created")
        view = type("Authors", (base,), {"queryset": Author.objects.all(), "serializer_class": title})
        data = {"name": "A", "email": "a", "created": "2024-05-17T12:00:00Z"}
        assert compare(view, "post", data=data).planned.status == 201


@pytest.mark.parametrize("base", [generics.RetrieveAPIView, generics.RetrieveUpdateDestroyAPIView])
def test_generic_views_of_one_object(base: Any) -> None:
    """Trap 43: with `pk`, and with `lookup_field` across a relation."""
    view = type("Books", (base,), {"queryset": Book.objects.all(), "serializer_class": Full})
    compare(view, pk=first(Book), queries=2)
    far = {
        "queryset": Author.objects.all(),
        "serializer_class": shows(Author, "name", profile=shows(Profile, "website")()),
    }
    view = type("Authors", (base,), {**far, "lookup_field": "profile__website", "lookup_url_kwarg": "site"})
    compare(view, site="https://example.com/0", queries=1)
    assert compare(view, site="https://example.com/1").planned.status == 404


def test_a_generic_view_with_a_handler_of_its_own():
    """Trap 43: `GenericAPIView` with `get`, and a viewset with a list that is no list."""

    class Newest(generics.GenericAPIView[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

        def get(self, request: Request) -> Response:
            return Response(self.get_serializer(self.get_queryset().latest("id")).data)

    compare(Newest)

    class One(GenericViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = Full

        def list(self, request: Request) -> Response:
            book = self.get_queryset().first()
            assert book is not None
            return Response(self.get_serializer(book).data)

    compare(One)


def test_nested_routes():
    """Trap 42: rows of one parent, by the URL."""

    class Reviews(ModelViewSet[Review]):
        serializer_class = shows(Review, "rating", book=serializers.CharField(source="book.title"))

        def get_queryset(self) -> QuerySet[Review]:
            return Review.objects.filter(book=self.kwargs["book_pk"])

    class OfBook(ModelViewSet[Review]):
        serializer_class = shows(Review, "rating", book=serializers.CharField(source="book.title"))

        def get_queryset(self) -> Any:
            return generics.get_object_or_404(Book, pk=self.kwargs["book_pk"]).reviews.all()

    for view in (Reviews, OfBook):
        compare(view, action="list", book_pk=first(Book))
        compare(view, book_pk=first(Book), pk=first(Review))
