"""Name the bookshop's tables so that they cannot be mistaken for anybody else's."""

from __future__ import annotations

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """The bookshop; its tables are called ``demo_shop_…`` because the demo drops them when it starts afresh."""

    name = "demo.shop"
    label = "demo_shop"
