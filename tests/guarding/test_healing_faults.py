"""Whatever fails while rows are healed, they are loaded one by one, and one line of the log says so."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import DatabaseError

from drf_autoprefetch.guarding import watching
from tests.guarding.scenarios import Planned
from tests.guarding.unforeseen import Asked, unforeseen
from tests.testapp.models import Book, TaggedItem

pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.usefixtures("library")]

BODY = """
names = [row.author.name, [each.reader and each.reader.name for each in row.reviews.all()], row.reviews.count()]
return [*names, row.genres.count(), [each.name for each in row.genres.all()], row.author.city and row.author.city.name]
"""

#: Each is replaced by something that raises.
STAGES = [
    "kept.Loaded",
    "kept.key_of",
    "peers.cache_of",
    "peers.heal",
    "peers.healable",
    "peers.is_taken",
    "peers.key_of",
    "peers.knows_its_parent",
    "peers.lists",
    "peers.only_counts",
    "peers.own_manager",
    "peers.prefetch_related_objects",
    "peers.reads",
    "peers.ref",
    "peers.rows_in",
    "peers.set_aside",
    "peers.single",
    "peers.slot_of",
    "peers.OwnWay",
    "peers.Wish",
]


def answers(mode: str) -> list[tuple[int, bytes]]:
    views = [unforeseen(BODY), unforeseen("return str(row.content_object and row.content_object.pk)", TaggedItem)]
    return [(asked.status, asked.content) for asked in (Asked(view, mode) for view in views)]


@pytest.mark.parametrize("stage", STAGES)
def test_a_heal_that_fails_changes_nothing(stage, monkeypatch, caplog, settings):
    settings.DRF_AUTOPREFETCH = {"FETCH_PEERS": False}
    expected = answers("off")
    failures = []

    def fail(*args: Any, **kwargs: Any) -> Any:
        failures.append(stage)
        raise RuntimeError(f"{stage} failed")

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR, "drf_autoprefetch"):
        patch.setattr(f"drf_autoprefetch.loading.{stage}", fail)
        found = answers("heal")

    assert found == expected
    said = [record.getMessage() for record in caplog.records if record.name == "drf_autoprefetch"]
    assert len(said) == len(failures) <= 2
    assert all("is not healed: its rows are loaded one by one" in message for message in said)


def test_under_strict_it_is_raised(monkeypatch, settings):
    settings.DRF_AUTOPREFETCH = {"STRICT": True}

    def fail(*args: Any) -> Any:
        raise RuntimeError("failed")

    monkeypatch.setattr("drf_autoprefetch.loading.peers.prefetch_related_objects", fail)
    with pytest.raises(RuntimeError, match="failed"):
        Asked(unforeseen("return len(row.reviews.all())"), "heal")


def test_a_guard_that_fails_heals_no_further(monkeypatch, caplog):
    """Nobody would tell of it."""
    view = unforeseen("return len(row.reviews.all())")

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("failed")

    monkeypatch.setattr(watching, "sight_of", fail)
    found = Asked(view, "heal")

    assert found.count == 9
    assert found.content == Asked(view, "off").content
    assert [record.getMessage() for record in caplog.records][:1] == [
        "Queries are watched no further: the guard failed"
    ]


def test_an_error_of_the_database_is_the_applications_own(monkeypatch, caplog):
    class Books(Planned):
        serializer_class = unforeseen("return len(row.reviews.all())").serializer_class
        queryset = Book.objects.all()

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise DatabaseError("gone")

    monkeypatch.setattr("django.db.models.sql.compiler.SQLCompiler.execute_sql", fail)
    for mode in ("off", "heal"):
        with pytest.raises(DatabaseError, match="gone"):
            Asked(Books, mode)
