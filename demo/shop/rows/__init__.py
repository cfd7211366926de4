"""Make the rows of the shop, out of nothing but a number: the same ones every time.

Each table draws from a generator of its own, so that a new table changes none of the others. Primary keys are given,
not asked for, so that rows can point at each other before the database has seen them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from django.db import models

from demo.shop import models as shop
from demo.shop.rows import books, people, trade
from demo.shop.rows.drawing import Sizes

Rows = Callable[[Random, Sizes], Iterator[models.Model]]

#: One function per table, in an order in which every row finds those that it points at.
TABLES: dict[str, tuple[type[models.Model], Rows]] = {
    "countries": (shop.Country, people.countries),
    "publishers": (shop.Publisher, people.publishers),
    "authors": (shop.Author, people.authors),
    "profiles": (shop.Profile, people.profiles),
    "awards": (shop.Award, people.awards),
    "categories": (shop.Category, books.categories),
    "tags": (shop.Tag, books.tags),
    "books": (shop.Book, books.books),
    "audiobooks": (shop.Audiobook, books.audiobooks),
    "contributions": (shop.Contribution, books.contributions),
    "book tags": (shop.Book.tags.through, books.book_tags),
    "similar books": (shop.Book.similar.through, books.similar_books),
    "stock": (shop.Stock, books.stock),
    "addresses": (shop.Address, trade.addresses),
    "customers": (shop.Customer, trade.customers),
    "favourites": (shop.Customer.favourites.through, trade.favourites),
    "reviews": (shop.Review, trade.reviews),
    "orders": (shop.Order, trade.orders),
    "order lines": (shop.OrderLine, trade.order_lines),
    "press mentions": (shop.PressMention, books.press_mentions),
}
