"""Locks that a forked process finds open."""

from __future__ import annotations

from threading import Thread

from drf_autoprefetch.reading.locks import Lock, _renew_all


def test_a_lock_may_be_taken_again_by_who_has_it():
    lock = Lock()
    with lock, lock:
        pass


def test_a_renewed_lock_is_open_whoever_held_it():
    lock = Lock()
    holder = Thread(target=lock.__enter__)
    holder.start()
    holder.join()
    _renew_all()

    with lock:
        pass
