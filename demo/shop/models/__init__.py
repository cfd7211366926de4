"""The bookshop's tables: every kind of relation that Django has, and columns too wide to put in a list.

Everything that is ever listed inside something else has a total ordering, so that two answers can be compared byte by
byte on any database.
"""

from __future__ import annotations

from demo.shop.models.books import Audiobook, Book, Category, Contribution, PressMention, Stock, Tag
from demo.shop.models.people import Author, Award, Country, Profile, Publisher
from demo.shop.models.trade import Address, Customer, Opening, Order, OrderLine, Review

__all__ = [
    "Address",
    "Audiobook",
    "Author",
    "Award",
    "Book",
    "Category",
    "Contribution",
    "Country",
    "Customer",
    "Opening",
    "Order",
    "OrderLine",
    "PressMention",
    "Profile",
    "Publisher",
    "Review",
    "Stock",
    "Tag",
]
