"""Ask every view of an application for rows that are made up, with plans and without, and compare.

    DJANGO_SETTINGS_MODULE=… python -m in_the_wild.asking [--bare] [QUERY ...]

Its tests show one or two rows; here each list has four, then twelve. Every view has the mixin, which is switched off
for the plain answer. Tables are made without migrations. ``--bare`` takes the application's own hints away before;
each view is asked without a query string, and with each ``QUERY``.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from .forcing import force_mixin
from .imports import after_import
from .steady import begin, draw_the_same, stop_the_clock
from .stripping import report, strip_hints

QUERIES = ["", *(f"?{query}" for query in sys.argv[1:] if query != "--bare")]

draw_the_same()
after_import("django.utils.timezone", stop_the_clock)
after_import("rest_framework.generics", force_mixin)
if "--bare" in sys.argv:
    after_import("django.db.models.query", strip_hints)
    atexit.register(report)
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
Answer = tuple[int, bytes, int]
_CLOCK = re.compile(rb'"timestamp":"[^"]*"|DTSTAMP:\w+')


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
    """The URL of a list, or those of the first two rows, with each query string."""
    yield from (view.path + query for query in QUERIES)
    if view.match.kwargs and "/1/" in view.path:
        yield from ("/2/".join(view.path.rsplit("/1/", 1)) + query for query in QUERIES)


def _compare(client: APIClient, url: str, found: Counter[str], faults: list[str]) -> None:
    plain, again = _ask(client, url, ENABLED=False)
    if plain != again:
        found["unsteady"] += 1
        return
    # What is worked out but once in the life of a process is forgotten with each change of settings: both answers
    # are compared, and the cost of the second.
    answers = _ask(client, url, STRICT=True, UNPLANNED="count")
    found["responses"] += 1
    found["answered with rows"] += plain[0] == 200
    for answer in answers:
        if plain[:2] != answer[:2]:
            found["in another order"] += sorted(plain[1]) == sorted(answer[1])
            faults.append(f"DIFFERS {url}\n  plain {plain[0]} {plain[1][:2000]!r}")
            faults.append(f"  mixin {answer[0]} {answer[1][:2000]!r}")
            return
    _count(url, plain, answers[1], found, faults)


def _count(url: str, plain: Answer, answer: Answer, found: Counter[str], faults: list[str]) -> None:
    before, after = plain[2], answer[2]
    found["same"] += 1
    found["queries without"] += before
    found["queries with"] += after
    found["fewer"] += after < before
    found["more"] += after > before
    if after > before:
        faults.append(f"COSTS MORE {before} → {after}: {url} ({plain[0]})")


def _ask(client: APIClient, url: str, **library: Any) -> list[Answer]:
    """Ask twice, and return status, body and number of queries of each answer."""
    with override_settings(DRF_AUTOPREFETCH=library):
        return [_asked(client, url) for _ in range(2)]


def _asked(client: APIClient, url: str) -> Answer:
    queries: list[str] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        queries.append(sql)
        return execute(sql, params, many, context)

    begin(url)
    with transaction.atomic(), connection.execute_wrapper(count):
        try:
            response = client.get(url, headers={"accept": "application/json"})
            status, body = response.status_code, response.getvalue()
        except Exception as error:  # an application may not take what was made up for it
            status, body = 0, f"{type(error).__name__}: {error}".encode()
        transaction.set_rollback(True)
    return status, _CLOCK.sub(b"", body), len(queries)


if __name__ == "__main__":
    sys.exit(main())
