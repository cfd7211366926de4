"""Fixtures shared by the whole suite."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import transaction

from tests.testapp.data import fill

pytest_plugins = ["pytester"]

# Some tests want what only their own session installs: `nox -s packages`, `nox -s browser`.
collect_ignore = [] if "mptt" in settings.INSTALLED_APPS else ["packages"]
collect_ignore += [] if "BROWSER_CHROMIUM" in os.environ else ["browser"]


@pytest.fixture(scope="module")
def library(django_db_setup: None, django_db_blocker: pytest.DjangoDbBlocker) -> Iterator[None]:  # type: ignore[name-defined]
    """Fill the database once for a module of tests that only read."""
    with django_db_blocker.unblock(), transaction.atomic():
        fill(rows=8)
        yield
        transaction.set_rollback(True)
