"""Rows for the models of this package."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.testapp.data import WIDE, fill
from tests.testapp.models import Author, Book, Publisher
from tests.traps.models import Crate, Invoice, Parcel, Stamp, Tracked


@pytest.fixture(scope="module")
def parcels(library: None, django_db_blocker: pytest.DjangoDbBlocker) -> Iterator[None]:  # type: ignore[name-defined]
    """Add to the library what authors send and receive."""
    with django_db_blocker.unblock(), transaction.atomic():
        fill_traps()
        yield
        transaction.set_rollback(True)


def fill_traps() -> None:
    """Give each author one of each kind, and crates two stamps."""
    books = list(Book.objects.all())
    for i, author in enumerate(Author.objects.order_by("pk")):
        Invoice.objects.create(number=f"I{i}", amount=f"{i}.5", currency="EUR", terms=WIDE, author=author)
        Tracked.objects.create(name=f"T{i}", level=i, history=WIDE, author=author)
        book = None if i % 3 == 1 else books[i]
        Parcel.objects.create(label=f"P{i}", contents=WIDE, weight=i, sender=author, book=book)
        name = "" if i % 4 == 1 else f"C{i}"
        inside = Crate.objects.order_by("pk").first() if i % 2 else None
        crate = Crate.objects.create(name=name, note=WIDE, sender=author, inside=inside)
        Stamp.objects.create(crate=crate, number=1, valid=True, picture=WIDE)
        Stamp.objects.create(crate=crate, number=2, valid=False, picture=WIDE)


@pytest.fixture(scope="module")
def other_library(parcels: None, django_db_blocker: pytest.DjangoDbBlocker) -> Iterator[None]:  # type: ignore[name-defined]
    """Put fewer rows, by other names, into the other database."""
    with django_db_blocker.unblock(), transaction.atomic("other"), pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.router.db_for_write", lambda model, **hints: "other")
        patch.setattr("django.db.router.db_for_read", lambda model, **hints: "other")
        fill(rows=4)
        patch.undo()
        Publisher.objects.using("other").update(name="elsewhere")
        Author.objects.using("other").update(name="somebody else")
        yield
        transaction.set_rollback(True, "other")
