"""Code of the view's own that sees rows on their way: paginators, filter backends, and the methods that DRF calls."""

# The views are what strangers write, untyped and in any style.
# mypy: ignore-errors

from __future__ import annotations

import base64

import pytest
from django.core.paginator import EmptyPage, InvalidPage, Paginator
from django.db.models import Max
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.filters import BaseFilterBackend, OrderingFilter
from rest_framework.pagination import BasePagination, CursorPagination, LimitOffsetPagination, PageNumberPagination
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from drf_autoprefetch.loading.finding import clear_caches
from drf_autoprefetch.notes import Origin
from drf_autoprefetch.reading.bodies import read_code, view_subject
from tests.examples import outline
from tests.testapp.models import Author, Book, Review
from tests.traps.answers import compare, shows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

Shown = shows(Book, "title", author=shows(Author, "name")(), reviews=shows(Review, "rating")(many=True))


class Books(ModelViewSet):
    queryset = Book.objects.all()
    serializer_class = Shown


def paginated(paginator, **attributes):
    return type("PaginatedBooks", (Books,), {"pagination_class": paginator, **attributes})


class Enveloped(PageNumberPagination):
    """Only wraps what is shown."""

    page_size = 3

    def get_paginated_response(self, data):
        return Response(
            {
                "meta": {"count": self.page.paginator.count, "pages": self.page.paginator.num_pages,
                         "page": self.page.number, "size": self.get_page_size(self.request)},
                "links": {"next": self.get_next_link(), "previous": self.get_previous_link()},
                "data": data,
            }
        )  # fmt: skip


class Remembering(PageNumberPagination):
    """Keeps what it was handed, and rows."""

    page_size = 3

    def paginate_queryset(self, queryset, request, view=None):
        self.total_pages = queryset.aggregate(most=Max("pages"))["most"]
        self.view = view
        self.rows = super().paginate_queryset(queryset, request, view=view)
        return self.rows

    def get_paginated_response(self, data):
        response = super().get_paginated_response(data)
        response.data["most"] = self.total_pages
        response.data["isbns"] = [book.isbn for book in self.rows]
        response.data["action"] = self.view.action
        return response


class LookingBack(PageNumberPagination):
    page_size = 3

    def get_paginated_response(self, data):
        first, *_ = self.page.object_list
        last = self.page[-1]
        return Response({"from": first.published, "to": last.published, "by": last.author.email, "data": data})


class ReadingLists(PageNumberPagination):
    page_size = 3

    def get_paginated_response(self, data):
        genres = sorted({genre.name for book in self.page for genre in book.genres.all()})
        return Response({"genres": genres, "data": data})


class Peeking(PageNumberPagination):
    """Fetches a row of its own before the page."""

    page_size = 3

    def paginate_queryset(self, queryset, request, view=None):
        newest = queryset.order_by("-pk").first()
        self.newest = newest.summary if newest else None
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data):
        return Response({"newest": self.newest, "data": data})


class ByHand(PageNumberPagination):
    """Does by itself what DRF does."""

    page_size_query_param = "size"

    page_size = 3

    def paginate_queryset(self, queryset, request, view=None):
        self.request = request
        page_size = self.get_page_size(request)
        paginator = self.django_paginator_class(queryset, page_size)
        page_number = self.get_page_number(request, paginator)
        try:
            self.page = paginator.page(page_number)
        except InvalidPage as exc:
            raise NotFound(self.invalid_page_message.format(page_number=page_number, message=str(exc))) from exc
        self.display_page_controls = paginator.num_pages > 1 and self.template is not None
        return list(self.page)


class Clamped(PageNumberPagination):
    page_size = 3

    def paginate_queryset(self, queryset, request, view=None):
        paginator = Paginator(queryset, self.page_size)
        try:
            self.page = paginator.page(int(request.query_params.get("page", 1)))
        except EmptyPage:
            self.page = paginator.page(paginator.num_pages)
        self.request = request
        return [book for book in self.page if book.status != "hidden"]


class Optional(PageNumberPagination):
    page_size = 3

    def paginate_queryset(self, queryset, request, view=None):
        if request.query_params.get("page_size") == "all":
            return None
        return super().paginate_queryset(queryset, request, view)


class Sliced(LimitOffsetPagination):
    default_limit = 3

    def paginate_queryset(self, queryset, request, view=None):
        self.request = request
        self.limit = self.get_limit(request)
        self.count = queryset.count()
        self.offset = self.get_offset(request)
        page = list(queryset[self.offset : self.offset + self.limit])
        page.sort(key=lambda book: book.isbn)
        return page


class Infinite(BasePagination):
    """Made of nothing."""

    def paginate_queryset(self, queryset, request, view=None):
        size = int(request.query_params.get("size", 3))
        found = list(queryset[: size + 1])
        self.more = len(found) > size
        self.last = found[size - 1] if self.more else None
        return found[:size]

    def get_paginated_response(self, data):
        after = base64.b64encode(self.last.isbn.encode()).decode() if self.more else None
        return Response({"after": after, "data": data})


class Cursor(CursorPagination):
    page_size = 3
    ordering = "-pk"

    def get_paginated_response(self, data):
        response = super().get_paginated_response(data)
        response.data["last"] = self.page[-1].published
        return response


class OwnPosition(CursorPagination):
    page_size = 3
    ordering = ("published", "id")

    def _get_position_from_instance(self, instance, ordering):
        return str(instance.updated)


class Counter(Paginator):
    @cached_property
    def count(self):
        return self.object_list.order_by().values("pk").count()


class CountedFast(PageNumberPagination):
    page_size = 3
    django_paginator_class = Counter


class Watching(Paginator):
    def page(self, number):
        page = super().page(number)
        self.seen = [book.summary[:5] for book in page.object_list]
        return page


class CountedWatching(PageNumberPagination):
    page_size = 3
    django_paginator_class = Watching

    def get_paginated_response(self, data):
        return Response({"seen": self.page.paginator.seen, "data": data})


class Through(PageNumberPagination):
    page_size = 3

    def paginate_queryset(self, queryset, request, view=None):
        self.summaries = [book.summary for book in view.get_queryset()[:2]]
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data):
        return Response({"summaries": self.summaries, "data": data})


class WithExtras(PageNumberPagination):
    """Methods of every kind."""

    page_size = 3
    results_field = "results"

    @property
    def isbns(self):
        return [book.isbn for book in self.page[:2]]

    @staticmethod
    def label(data):
        return f"{len(data)} rows"

    def get_page_size(self, request):
        return int(request.query_params.get("size", self.page_size))

    def get_paginated_response(self, data):
        number = self.page.number
        return Response({"label": self.label(data), "isbns": self.isbns, self.results_field: data, "page": number,
                         "more": self.page.has_next(), "from": self.page.start_index()})  # fmt: skip


class Itself(PageNumberPagination):
    """Makes pages of its own, and goes through all of them."""

    page_size = 3

    def paginate_queryset(self, queryset, request, view=None):
        pages = Paginator(object_list=list(queryset), per_page=self.page_size)
        self.request, self.page = request, pages.get_page(request.query_params.get("page"))
        self.sizes = [len(page.object_list) for page in pages]
        self.subtitles = [book.subtitle for page in pages for book in reversed(page)]
        return self.page.object_list

    def get_paginated_response(self, data):
        index = self.page.index(self.page[0])
        return Response({"sizes": self.sizes, "subtitles": self.subtitles, "index": index, "data": data})


class Related(PageNumberPagination):
    """Keeps rows behind rows."""

    page_size = 3

    def paginate_queryset(self, queryset, request, view=None):
        page = super().paginate_queryset(queryset, request, view)
        self.authors = [book.author for book in page]
        return page

    def get_paginated_response(self, data):
        return Response({"authors": [author.biography for author in self.authors], "data": data})


PAGINATORS = {
    Enveloped: "",
    Remembering: "isbn",
    LookingBack: "published author(email)",
    ReadingLists: "genres(name)",
    Peeking: "summary",
    ByHand: "",
    Clamped: "status",
    Optional: "",
    Sliced: "isbn",
    Infinite: "isbn",
    Cursor: "published",
    OwnPosition: "updated",
    CountedFast: "",
    CountedWatching: "summary",
    Through: "summary",
    Related: "author(biography)",
    WithExtras: "isbn",
    Itself: "id subtitle",
}


@pytest.mark.parametrize(("paginator", "read"), PAGINATORS.items(), ids=[each.__name__ for each in PAGINATORS])
def test_a_paginator_of_ones_own_is_read(paginator, read):
    view = paginated(paginator)()

    found = read_code(paginator, view_subject(Book, Origin("", ""), view, view))

    assert (outline(found), found.notes) == (read, frozenset())


@pytest.mark.parametrize("paginator", PAGINATORS, ids=lambda cls: cls.__name__)
def test_a_paginator_of_ones_own_costs_nothing(paginator):
    compare(paginated(paginator))
    compare(paginated(paginator), params={"page": "2", "page_size": "all", "offset": "2"})
    compare(paginated(paginator), params={"page": "99", "size": "2"})


class Bare(PageNumberPagination):
    page_size = 1

    def paginate_queryset(self, queryset, request, view=None):
        self.first = queryset.first()
        return super().paginate_queryset(queryset, request, view)


def test_rows_that_a_paginator_fetches_beside_the_page_load_no_lists():
    serializer = shows(Book, "title", reviews=shows(Review, "rating")(many=True))

    compare(paginated(Bare, serializer_class=serializer), queries=4)  # the first, the number, the page, its reviews


class Visible(BaseFilterBackend):
    def filter_queryset(self, request, queryset, view):
        return queryset.filter(pages__gt=0)


class Iterating(BaseFilterBackend):
    def filter_queryset(self, request, queryset, view):
        keys = [book.pk for book in queryset if book.summary and book.author.email]
        return queryset.filter(pk__in=keys)


class Listing(BaseFilterBackend):
    def filter_queryset(self, request, queryset, view):
        return sorted(queryset, key=lambda book: book.isbn)


class Evaluating(BaseFilterBackend):
    def filter_queryset(self, request, queryset, view):
        view.total = sum(book.pages for book in queryset)
        return queryset


class Own(OrderingFilter):
    def get_default_ordering(self, view):
        return ("-title",)


@pytest.mark.parametrize("backend", [Visible, Iterating, Listing, Evaluating, Own], ids=lambda cls: cls.__name__)
def test_a_filter_backend_of_ones_own_costs_nothing(backend):
    class Filtered(Books):
        filter_backends = [backend]

    compare(Filtered)
    compare(Filtered, pk=Book.objects.earliest("pk").pk)


class Filtering(Books):
    """Filters by itself, and looks at rows for it."""

    def filter_queryset(self, queryset):
        queryset = super().filter_queryset(queryset)
        keys = [book.pk for book in queryset if book.summary]
        return queryset.filter(pk__in=keys)


class Choosing(Books):
    def get_queryset(self):
        queryset = super().get_queryset()
        return queryset.filter(pk__in=[book.pk for book in queryset if book.summary])


class Starting(Books):
    """Looks before anything is answered."""

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if self.kwargs.get("pk"):
            self.summary = self.get_object().summary
        else:
            self.summary = [book.isbn for book in self.get_queryset()]

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        response["X-Summary"] = str(len(self.summary))
        return response


class Ending(Books):
    pagination_class = Enveloped

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        response["X-Isbns"] = ",".join(book.isbn for book in self.paginator.page.object_list)
        return response


class EndingAnew(Books):
    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        response["X-Isbns"] = ",".join(book.isbn for book in self.get_queryset())
        return response


class EndingThrough(Books):
    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        rows = response.data.serializer.instance
        response["X-Isbns"] = ",".join(book.isbn for book in rows)
        return response


class ListingMore(Books):
    pagination_class = Enveloped

    def list(self, request, *args, **kwargs):
        response = super().list(request, *args, **kwargs)
        response.data["isbns"] = [book.isbn for book in self.paginator.page.object_list]
        return response


class Responding(Books):
    pagination_class = Enveloped

    def get_paginated_response(self, data):
        response = super().get_paginated_response(data)
        response.data["first"] = self.paginator.page[0].summary
        response.data["size"] = self.paginator.page.paginator.per_page
        return response


class ListingByHand(Books):
    pagination_class = Remembering

    def list(self, request, *args, **kwargs):
        page = self.paginator.paginate_queryset(self.get_queryset(), request, view=self)
        data = {"data": self.get_serializer(page, many=True).data, "subtitles": [book.subtitle for book in page]}
        return Response({**data, "summaries": [book.summary for book in self.paginator.rows]})


class Knowing(Books):
    """Its serializers know something of rows."""

    def get_serializer_context(self):
        return {**super().get_serializer_context(), "isbns": [book.isbn for book in self.get_queryset()[:2]]}


class Paging(Books):
    pagination_class = Enveloped

    def paginate_queryset(self, queryset):
        page = super().paginate_queryset(queryset)
        self.summaries = [book.summary for book in page]
        return page

    def get_paginated_response(self, data):
        response = super().get_paginated_response(data)
        response.data["summaries"] = self.summaries
        return response


class ListingTwice(Books):
    """The rows of a list view, kept on the view."""

    pagination_class = Enveloped

    def paginate_queryset(self, queryset):
        self.rows = super().paginate_queryset(queryset)
        return self.rows

    def get_paginated_response(self, data):
        response = super().get_paginated_response(data)
        response.data["summaries"] = [row.summary for row in self.rows]
        return response


@pytest.mark.parametrize(
    "view",
    [
        *(Filtering, Choosing, Starting, Ending, EndingAnew, EndingThrough, ListingMore, Responding, Knowing, Paging),
        *(ListingTwice, ListingByHand),
    ],
    ids=lambda cls: cls.__name__,
)
def test_a_view_that_looks_at_its_rows_on_their_way_costs_nothing(view):
    compare(view)
    if view not in (Ending, EndingThrough):  # which end lists
        compare(view, pk=Book.objects.earliest("pk").pk)


def test_bodies_are_read_once_and_not_for_a_warm_request(monkeypatch):
    from drf_autoprefetch.reading.methods import bodies

    counted = []
    read = bodies._read
    monkeypatch.setattr(bodies, "_read", lambda *args: counted.append(args) or read(*args))

    def get_label(self, book):
        return f"{book.title} by {book.author.name}"

    label = {"label": serializers.SerializerMethodField(), "get_label": get_label}
    serializer = shows(Book, "pk", **label)
    clear_caches()
    for paginator in (None, PageNumberPagination):
        compare(paginated(paginator, serializer_class=serializer))
        assert len(counted) == 1

    view = paginated(Enveloped)
    compare(view)
    before = len(counted)
    compare(view)
    compare(view, pk=Book.objects.earliest("pk").pk)
    assert len(counted) == before
