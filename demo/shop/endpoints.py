"""The endpoints, each as a pair of views: the routers, the table of the demo and the benchmark all read this list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rest_framework.viewsets import GenericViewSet

from demo.shop import naive, views


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One URL of the shop, with the view that answers it naively and the one that has the mixin."""

    prefix: str
    shape: str
    naive: type[GenericViewSet]
    optimised: type[GenericViewSet]
    action: str = "list"
    kwargs: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What tables call it."""
        return "/".join([self.prefix, *map(str, self.kwargs.values())])

    def path(self, rows: int) -> str:
        """Return the path and query string that ask for so many rows.

        It is the same for both views, because links in an answer repeat it.
        """
        return f"/api/{self.name}/" + (f"?page_size={rows}" if self.action == "list" else "")

    def callable(self, view: type[GenericViewSet]) -> Callable[..., Any]:
        """Return what the URL resolver would call, made from any view of this endpoint."""
        return view.as_view({"get": self.action})


LISTS = (
    Endpoint("books", "flat list of a wide table", naive.BookViewSet, views.BookViewSet),
    Endpoint("catalogue", "four to-one, one many-to-many", naive.CatalogueViewSet, views.CatalogueViewSet),
    Endpoint("pages", "tree four levels deep", naive.BookPageViewSet, views.BookPageViewSet),
    Endpoint("ratings", "method fields with three kinds of hint", naive.RatedBookViewSet, views.RatedBookViewSet),
    Endpoint("audiobooks", "multi-table inheritance", naive.AudiobookViewSet, views.AudiobookViewSet),
    Endpoint("authors", "two reverse collections", naive.AuthorViewSet, views.AuthorViewSet),
    Endpoint("customers", "one-to-one, UUID keys, a list of keys", naive.CustomerViewSet, views.CustomerViewSet),
    Endpoint("orders", "orders with lines, hint on a property", naive.OrderViewSet, views.OrderViewSet),
    Endpoint("categories", "serializer that contains itself", naive.CategoryViewSet, views.CategoryViewSet),
    Endpoint("tags", "many-to-many from its other side, __str__", naive.TagViewSet, views.TagViewSet),
    Endpoint("feed", "cursor pagination", naive.FeedViewSet, views.FeedViewSet),
    Endpoint("press", "generic foreign key", naive.PressViewSet, views.PressViewSet),
)
DETAIL = Endpoint("books", "one book, four levels deep", naive.BookViewSet, views.BookViewSet, "retrieve", {"pk": 1})
ENDPOINTS = (*LISTS, DETAIL)
