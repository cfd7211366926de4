"""The views as one writes them first: a queryset and a serializer, and nothing about loading."""

from __future__ import annotations

from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ModelViewSet, ReadOnlyModelViewSet

from demo.shop.models import Audiobook, Author, Book, Category, Customer, Order, PressMention, Review, Tag
from demo.shop.pagination import Newest
from demo.shop.serializers import books, people, trade


class BookViewSet(ModelViewSet):
    """Books: a flat list to search and sort, and a page with everything for each one."""

    queryset = Book.objects.all()
    serializer_class = books.BookSerializer
    filter_backends = [SearchFilter, OrderingFilter]
    search_fields = ["title", "author__last_name"]
    ordering_fields = ["title", "price", "published_on", "publisher__name"]

    def get_serializer_class(self) -> type[BaseSerializer]:
        return books.BookPageSerializer if self.action == "retrieve" else self.serializer_class


class CatalogueViewSet(ReadOnlyModelViewSet):
    """Books with author, publisher, category, stock and tags."""

    queryset = Book.objects.all()
    serializer_class = books.CatalogueSerializer


class BookPageViewSet(ReadOnlyModelViewSet):
    """A list of everything about every book, four levels deep."""

    queryset = Book.objects.all()
    serializer_class = books.BookPageSerializer


class RatedBookViewSet(ReadOnlyModelViewSet):
    """Books with what methods work out from their reviews and admirers."""

    queryset = Book.objects.all()
    serializer_class = books.RatedBookSerializer


class AudiobookViewSet(ReadOnlyModelViewSet):
    """Audiobooks, which are books too."""

    queryset = Audiobook.objects.all()
    serializer_class = books.AudiobookSerializer


class AuthorViewSet(ReadOnlyModelViewSet):
    """Authors with their books and their awards."""

    queryset = Author.objects.all()
    serializer_class = people.AuthorSerializer


class CustomerViewSet(ReadOnlyModelViewSet):
    """Customers with their address and the keys of their favourite books."""

    queryset = Customer.objects.all()
    serializer_class = trade.CustomerSerializer


class OrderViewSet(ReadOnlyModelViewSet):
    """Orders with their lines, and a total."""

    queryset = Order.objects.all()
    serializer_class = trade.OrderSerializer


class CategoryViewSet(ReadOnlyModelViewSet):
    """The departments of the shop, with all that is in them."""

    queryset = Category.objects.filter(parent=None)
    serializer_class = books.CategorySerializer


class TagViewSet(ReadOnlyModelViewSet):
    """Tags with the titles that carry them."""

    queryset = Tag.objects.all()
    serializer_class = books.TagSerializer


class FeedViewSet(ReadOnlyModelViewSet):
    """The newest reviews, without numbered pages."""

    queryset = Review.objects.all()
    serializer_class = trade.FeedSerializer
    pagination_class = Newest


class PressViewSet(ReadOnlyModelViewSet):
    """Press mentions with the book, author or publisher that each is about."""

    queryset = PressMention.objects.all()
    serializer_class = books.PressSerializer
