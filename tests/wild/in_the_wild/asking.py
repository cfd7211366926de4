"""Ask every view of an application for rows that are made up, with plans and without, and compare.

    DJANGO_SETTINGS_MODULE=… python -m in_the_wild.asking

Its tests show one or two rows; here each list has four, then twelve. Every view has the mixin, which is switched off
for the plain answer. Tables are made without migrations.
"""

from __future__ import annotations

import json
import logging
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from .forcing import force_mixin
from .imports import after_import

after_import("rest_framework.generics", force_mixin)
sys.path.insert(0, os.getcwd())

import django  # noqa: E402
from django.conf import settings  # noqa: E402

settings.ALLOWED_HOSTS = ["*"]
settings.DEBUG = False
settings.CACHES = {name: {"BACKEND": "django.core.cache.backends.dummy.DummyCache"} for name in settings.CACHES}
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test.utils import override_settings, setup_test_environment  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from drf_autoprefetch import AutoPrefetchMixin  # noqa: E402
from drf_autoprefetch.explaining.finding_views import Registered, registered_views  # noqa: E402

from .making_up import keys, make_rows  # noqa: E402

ROWS = (4, 12)
_CLOCK = re.compile(rb'"timestamp":"[^"]*"')


def main() -> int:
    """Print what was asked, what differed and what took more queries; return 1 where anything did."""
    logging.disable(logging.ERROR)
    setup_test_environment()
    connection.settings_dict["TEST"] |= {"MIGRATE": False, "NAME": None}
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    found: Counter[str] = Counter()
    faults: list[str] = []
    views, before = registered_views(AutoPrefetchMixin), 0
    try:
        for rows in ROWS:
            make_rows(before, rows)
            client, before = _client(), rows
            for view in views:
                for url in _urls(view):
                    _compare(client, url, found, faults)
    finally:
        connection.creation.destroy_test_db("default", verbosity=0)
    print(json.dumps({"views": len(views), **found}, indent=2))
    print(*faults, sep="\n")
    return 1 if faults else 0


def _client() -> APIClient:
    users: Any = get_user_model()
    names = {field.name for field in users._meta.concrete_fields} & {"is_superuser", "is_staff", "is_active"}
    users._base_manager.filter(pk=keys[users][0]).update(**dict.fromkeys(names, True))
    user, client = users._base_manager.get(pk=keys[users][0]), APIClient()
    client.force_login(user)
    client.force_authenticate(user)
    return client


def _urls(view: Registered) -> Iterator[str]:
    """The URL of a list, or those of the first two rows."""
    yield view.path
    if view.match.kwargs and "/1/" in view.path:
        yield "/2/".join(view.path.rsplit("/1/", 1))


def _compare(client: APIClient, url: str, found: Counter[str], faults: list[str]) -> None:
    plain, again = (_ask(client, url, ENABLED=False) for _ in range(2))
    if plain != again:
        found["unsteady"] += 1
        return
    status, body, before = plain
    shown_status, shown, after = _ask(client, url, STRICT=True, UNPLANNED="count")
    found["responses"] += 1
    found["answered with rows"] += status == 200
    if (status, body) != (shown_status, shown):
        faults.append(f"DIFFERS {url}\n  plain {status} {body[:2000]!r}\n  mixin {shown_status} {shown[:2000]!r}")
        return
    found["same"] += 1
    found["queries without"] += before
    found["queries with"] += after
    found["fewer"] += after < before
    found["more"] += after > before
    if after > before:
        faults.append(f"COSTS MORE {before} → {after}: {url} ({status})")


def _ask(client: APIClient, url: str, **library: Any) -> tuple[int, bytes, int]:
    queries: list[str] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        queries.append(sql)
        return execute(sql, params, many, context)

    random.seed(0)
    with override_settings(DRF_AUTOPREFETCH=library), transaction.atomic(), connection.execute_wrapper(count):
        try:
            response = client.get(url, headers={"accept": "application/json"})
            status, body = response.status_code, response.getvalue()
        except Exception as error:  # an application may not take what was made up for it
            status, body = 0, f"{type(error).__name__}: {error}".encode()
        transaction.set_rollback(True)
    return status, _CLOCK.sub(b"", body), len(queries)


if __name__ == "__main__":
    sys.exit(main())
