"""Explaining without a database."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import connections

from drf_autoprefetch.explaining import offline
from drf_autoprefetch.explaining.offline import QueryRefused, no_queries
from tests.testapp.models import Book

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ('SELECT "a"."id", "a"."b" FROM "a" WHERE "a"."id" = %s', 'SELECT … FROM "a" WHERE "a"."id" = %s'),
        ("SELECT\n VERSION()", "SELECT VERSION()"),
        ("DELETE FROM a", "DELETE FROM a"),
        ("SELECT a FROM b WHERE " + "c = 1 AND " * 20, "SELECT … FROM b WHERE " + "c = 1 AND " * 9 + "c = 1 …"),
    ],
)
def test_a_refused_query_is_named_shortly(sql, shown):
    assert str(QueryRefused(sql)) == shown


@pytest.mark.django_db(databases=["default", "other"])
@pytest.mark.parametrize("alias", ["default", "other"])
def test_no_database_is_asked(alias):
    with no_queries(), pytest.raises(QueryRefused):
        Book.objects.using(alias).count()
    assert Book.objects.using(alias).count() == 0


@pytest.mark.django_db(databases=["default", "other"])
def test_a_connection_that_was_opened_to_be_refused_is_closed(tmp_path, monkeypatch):
    new = connections.create_connection("other")
    new.settings_dict = new.settings_dict | {"NAME": tmp_path / "shop.sqlite3"}
    monkeypatch.setattr(offline, "connections", SimpleNamespace(all=lambda: [new]))

    with no_queries(), pytest.raises(QueryRefused), new.cursor() as cursor:
        cursor.execute("SELECT 1")

    assert new.connection is None
