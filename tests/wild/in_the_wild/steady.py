"""The same clock and the same random keys in every run, test by test: what differs is then the application's answer."""

from __future__ import annotations

import datetime
import random
import secrets
import uuid
import zlib
from typing import Any

_random = random.Random(0)
_base = datetime.datetime.now(datetime.timezone.utc).replace(hour=12, minute=0, second=0, microsecond=0)
_ticks = 0


def begin(test: str) -> None:
    """Begin again, for a test of this name."""
    global _ticks
    _ticks, seed = 0, zlib.crc32(test.encode())
    _random.seed(seed)
    random.seed(seed)


def draw_the_same() -> None:
    """Have keys and tokens drawn from a seeded generator."""
    uuid.uuid4 = lambda: uuid.UUID(int=_random.getrandbits(128), version=4)
    secrets.choice = _random.choice
    secrets.token_hex = lambda nbytes=None: _random.randbytes(nbytes or 32).hex()
    secrets.token_bytes = lambda nbytes=None: _random.randbytes(nbytes or 32)
    secrets.token_urlsafe = lambda nbytes=None: _random.randbytes(nbytes or 32).hex()


def count_the_time(timezone: Any) -> None:
    """Have Django's clock go a thousandth of a second further each time it is looked at, unless a test froze it."""
    now, real = timezone.now, datetime.datetime

    def counted() -> Any:
        global _ticks
        found = now()
        if type(found) is not real:
            return found
        _ticks += 1
        moment = _base + datetime.timedelta(milliseconds=_ticks)
        return moment if found.tzinfo else moment.replace(tzinfo=None)

    timezone.now = counted


def stop_the_clock(timezone: Any) -> None:
    """Have it be noon, for Django."""
    real = timezone.now
    timezone.now = lambda: _base if real().tzinfo else _base.replace(tzinfo=None)


def hash_quickly(settings: Any) -> None:
    """Spend no time on passwords, where the application says nothing about them."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
