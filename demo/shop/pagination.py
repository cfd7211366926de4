"""How the bookshop cuts its lists; ``?page_size=`` chooses the length."""

from __future__ import annotations

from rest_framework.pagination import CursorPagination, PageNumberPagination


class Pages(PageNumberPagination):
    """Numbered pages, counted: every list but the feed."""

    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000


class Newest(CursorPagination):
    """An endless list, newest first: it reads from each row the column that it sorts by, which nothing shows."""

    ordering = ("-created_at", "-id")
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000
