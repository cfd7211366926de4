"""The same views with the mixin. This is the whole change."""

from __future__ import annotations

from demo.shop import naive
from drf_autoprefetch import AutoPrefetchMixin


class BookViewSet(AutoPrefetchMixin, naive.BookViewSet): ...


class CatalogueViewSet(AutoPrefetchMixin, naive.CatalogueViewSet): ...


class BookPageViewSet(AutoPrefetchMixin, naive.BookPageViewSet): ...


class RatedBookViewSet(AutoPrefetchMixin, naive.RatedBookViewSet): ...


class AudiobookViewSet(AutoPrefetchMixin, naive.AudiobookViewSet): ...


class AuthorViewSet(AutoPrefetchMixin, naive.AuthorViewSet): ...


class CustomerViewSet(AutoPrefetchMixin, naive.CustomerViewSet): ...


class OrderViewSet(AutoPrefetchMixin, naive.OrderViewSet): ...


class CategoryViewSet(AutoPrefetchMixin, naive.CategoryViewSet): ...


class TagViewSet(AutoPrefetchMixin, naive.TagViewSet): ...


class FeedViewSet(AutoPrefetchMixin, naive.FeedViewSet): ...


class PressViewSet(AutoPrefetchMixin, naive.PressViewSet): ...
