"""How many rows there are, and how single values are drawn."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random

from demo.shop.words import COUNTRIES

OPENING_DAY = datetime(2020, 1, 1, 9, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many rows of each kind there are; what hangs on them follows."""

    departments: int
    publishers: int
    authors: int
    tags: int
    books: int
    customers: int
    orders: int
    mentions: int

    @classmethod
    def scaled(cls, scale: float) -> Sizes:
        """Return the sizes of a shop that is so many times as big as the usual one."""
        usual = {"departments": 12, "publishers": 80, "authors": 800, "tags": 600, "books": 2400}
        usual |= {"customers": 800, "orders": 1200, "mentions": 1500}
        return cls(**{name: max(2, round(rows * scale)) for name, rows in usual.items()})

    @property
    def audiobooks(self) -> int:
        """How many of the books are audiobooks: the last quarter."""
        return self.books // 4


def ids(count: int) -> range:
    """Return the primary keys of so many rows."""
    return range(1, count + 1)


def some(rng: Random, count: int, most: int) -> list[int]:
    """Return up to ``most`` different ids out of so many."""
    return sorted(rng.sample(ids(count), min(rng.randint(0, most), count)))


def moment(rng: Random) -> datetime:
    """Return a time with microseconds, which every database keeps."""
    return OPENING_DAY + timedelta(minutes=rng.randrange(60 * 24 * 2000), microseconds=rng.randrange(1_000_000))


def day(rng: Random, first_year: int) -> date:
    """Return a day in the forty years from the first of that year."""
    return date(first_year, 1, 1) + timedelta(days=rng.randrange(365 * 40))


def price(rng: Random) -> Decimal:
    """Return a price between 4.95 and 99.90."""
    return Decimal(rng.randrange(495, 9995, 5)) / 100


def key(kind: str, number: int) -> uuid.UUID:
    """Return the UUID of the row with that number."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"bookshop:{kind}:{number}")


def country_code(rng: Random) -> str:
    """Return what a foreign key to a country holds."""
    return rng.choice([*COUNTRIES])
