"""The cache of plans: bounded, and shared by threads."""

from __future__ import annotations

import threading

import pytest
from django.test import override_settings

from drf_autoprefetch.planning.cache import Cache, Identity


def test_what_is_put_is_found():
    cache: Cache[str] = Cache()

    assert (cache.get("a"), cache.put("a", "plan"), cache.get("a")) == (None, "plan", "plan")


@override_settings(DRF_AUTOPREFETCH={"CACHE_SIZE": 2})
def test_the_least_recently_used_is_dropped():
    cache: Cache[int] = Cache()
    for number, key in enumerate("ab"):
        cache.put(key, number)
    cache.get("a")
    cache.put("c", 2)

    assert [cache.get(key) for key in "abc"] == [0, None, 2]


@override_settings(DRF_AUTOPREFETCH={"CACHE_SIZE": 0})
def test_a_cache_of_size_zero_keeps_nothing():
    cache: Cache[int] = Cache()

    assert (cache.put("a", 1), cache.get("a")) == (1, None)


def test_everything_can_be_forgotten():
    cache: Cache[int] = Cache()
    cache.put("a", 1)
    cache.get("a")
    cache.clear()

    assert (len(cache), cache.get("a")) == (0, None)


def test_what_is_missing_is_made_once():
    cache: Cache[list[int]] = Cache()
    made: list[list[int]] = []

    def make() -> list[int]:
        made.append([])
        return made[-1]

    assert cache.get_or_make("a", make) is cache.get_or_make("a", make)
    assert len(made) == 1


def test_an_identity_equals_only_what_holds_the_same_object():
    one, other = ["plan"], ["plan"]

    assert Identity(one) == Identity(one)
    assert hash(Identity(one)) == hash(Identity(one))
    assert Identity(one) != Identity(other)
    assert Identity(one) != one


@override_settings(DRF_AUTOPREFETCH={"CACHE_SIZE": 8})
def test_threads_share_a_cache():
    cache: Cache[int] = Cache()
    start = threading.Barrier(4)
    found: list[tuple[int, int | None]] = []

    def work() -> None:
        start.wait()
        for number in range(2000):
            key = number % 16
            found.append((key, cache.get(key)))
            cache.put(key, key)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    wrong = [(key, value) for key, value in found if value not in (None, key)]
    assert (wrong, len(cache)) == ([], 8)


@pytest.mark.parametrize("key", ["a", ("a", 1), Identity(object())])
def test_any_hashable_is_a_key(key):
    cache: Cache[int] = Cache()
    cache.put(key, 1)

    assert cache.get(key) == 1
