"""The rows of those who buy books, and of what they do."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from django.db import models

from demo.shop import models as shop
from demo.shop.rows.drawing import Sizes, country_code, ids, key, moment, price, some
from demo.shop.words import CITIES, paragraphs, person, phrase

LANES = ("Mill Lane", "Station Road", "Quay Street", "Long Walk")


def addresses(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    for number in ids(sizes.customers):
        yield shop.Address(
            id=number,
            street=f"{rng.choice(LANES)} {rng.randint(1, 200)}",
            city=rng.choice(CITIES),
            country_id=country_code(rng),
            delivery_instructions=paragraphs(rng, 200),
        )


def customers(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    for number in ids(sizes.customers):
        yield shop.Customer(
            id=key("customer", number),
            name=" ".join(person(rng)),
            email=f"reader-{number}@example.com",
            address_id=number,
            service_notes=paragraphs(rng, 500),
            preferences={"newsletter": rng.random() < 0.5, "likes": [phrase(rng) for _ in range(4)]},
        )


def favourites(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    for customer in ids(sizes.customers):
        for book in some(rng, sizes.books, 8):
            yield shop.Customer.favourites.through(customer_id=key("customer", customer), book_id=book)


def reviews(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    for number in ids(sizes.books * 3):
        yield shop.Review(
            id=number,
            book_id=rng.choice(ids(sizes.books)),
            customer_id=key("customer", rng.choice(ids(sizes.customers))),
            rating=rng.randint(1, 5),
            headline=phrase(rng),
            body=paragraphs(rng, 600),
            moderation_log=paragraphs(rng, 100),
            created_at=moment(rng),
        )


def orders(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    for number in ids(sizes.orders):
        customer = rng.choice(ids(sizes.customers))
        yield shop.Order(
            id=key("order", number),
            customer_id=key("customer", customer),
            ship_to_id=customer,
            status=rng.choice(shop.Order.Status.values),
            placed_at=moment(rng),
            invoice_text=paragraphs(rng, 1200),
            internal_notes=paragraphs(rng, 300),
        )


def order_lines(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    number = 0
    for order in ids(sizes.orders):
        for position in range(rng.randint(1, 5)):
            number += 1
            yield shop.OrderLine(
                id=number,
                order_id=key("order", order),
                book_id=rng.choice(ids(sizes.books)),
                quantity=rng.randint(1, 4),
                unit_price=price(rng),
                position=position,
                dedication=paragraphs(rng, 100),
            )
