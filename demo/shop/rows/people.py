"""The rows of those who make books."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from django.db import models

from demo.shop import models as shop
from demo.shop.rows.drawing import Sizes, country_code, day, ids
from demo.shop.words import CITIES, COUNTRIES, paragraphs, person, phrase


def countries(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    for number, (code, name) in enumerate(COUNTRIES.items(), 1):
        yield shop.Country(id=number, code=code, name=name, customs_rules=paragraphs(rng, 1500))


def publishers(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    for number in ids(sizes.publishers):
        yield shop.Publisher(
            id=number,
            name=f"{person(rng)[1]} & {person(rng)[1]} {number}",
            country_id=country_code(rng),
            founded=rng.randint(1840, 2020),
            website=f"https://publisher-{number}.example",
            about=paragraphs(rng, 1000),
            contract_terms=paragraphs(rng, 2000),
            address=paragraphs(rng, 100),
            vat_number=f"{number:010}",
        )


def authors(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    for number in ids(sizes.authors):
        first_name, last_name = person(rng)
        yield shop.Author(
            id=number,
            first_name=first_name,
            last_name=last_name,
            born=day(rng, 1940) if number % 7 else None,
            country_id=country_code(rng) if number % 9 else None,
            email=f"author-{number}@example.com",
            website=f"https://author-{number}.example",
            biography=paragraphs(rng, 1200),
            bibliography=paragraphs(rng, 600),
            agent_notes=paragraphs(rng, 300),
        )


def profiles(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    for number in ids(sizes.authors):
        if number % 4:
            motto, portrait = phrase(rng), f"portraits/{number}.jpg"
            interview = paragraphs(rng, 1000)
            yield shop.Profile(id=number, author_id=number, motto=motto, portrait=portrait, interview=interview)


def awards(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    for number in ids(sizes.authors * 2):
        yield shop.Award(
            id=number,
            author_id=rng.choice(ids(sizes.authors)),
            name=f"Prize of {rng.choice(CITIES)}",
            year=rng.randint(1980, 2025),
            citation=paragraphs(rng, 400),
        )
