"""A real server under load: every query belongs to the request that ran it, whoever else is served meanwhile."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

CLIENTS, GONE = 32, 16
CHECKOUT = Path(__file__).parents[2]
ONLY_SYNC = "tests.guarding.monitored.only_sync"


@contextmanager
def serving(folder: Path, middleware: str) -> Iterator[tuple[int, Callable[[], list[dict[str, Any]]]]]:
    """Serve; give the port, and what reads the lines that the server has written down."""
    told = folder / "told"
    told.touch()
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.packages.serving", "SERVED": str(folder), "TOLD": str(told)}
    command = [sys.executable, "-m", "tests.packages.serving"]
    with (folder / "stderr").open("w") as errors:
        server = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env=env | {"MIDDLEWARE": middleware},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert server.stdout is not None
        port = server.stdout.readline()
        assert port, (folder / "stderr").read_text()
        yield int(port), lambda: [json.loads(line) for line in told.read_text().splitlines()]
    finally:
        server.kill()
        server.communicate()


def asked(random: Random, number: int) -> tuple[str, list[dict[str, Any]]]:
    """Return what to ask for, and what has to be written down about it."""
    rows, name = random.randrange(2, 9), random.choice([*QUERIES])
    path, view, queries, unplanned, other = QUERIES[name](rows)
    response = {"what": "response", "view": name, "databases": {"default": queries} if queries else {}}
    if other:
        response["databases"]["other"] = other
    streamed = "export" in name
    lines = [response | {"unplanned": unplanned}]
    if view:
        lines.append({"what": "view", "view": view, "queries": 0 if streamed else queries, "unplanned": []})
        if streamed:
            lines.append({"what": "view", "view": view, "queries": queries, "unplanned": unplanned})
        else:
            lines[-1]["unplanned"] = unplanned
    return f"{path}?id={number}&rows={rows}", [line | {"id": str(number)} for line in lines]


def rows_of(view: str, serializer: str = "BookSerializer") -> Any:
    def loads(rows: int) -> Any:
        return view, rows + 1, [[view, f"{serializer}.writer", rows]]

    return loads


#: By the name of the URL: path, view class, queries, findings, queries of the other database.
QUERIES: dict[str, Callable[[int], Any]] = {
    "plain": lambda rows: (f"/plain/{rows}/", "", rows, [], 0),
    "waiting": lambda rows: (f"/waiting/{rows}/", "", rows, [], 0),
    "both": lambda rows: ("/both/", "", 1, [], 2),
    "failing": lambda rows: ("/failing/", "", 1, [], 0),
    "naive": lambda rows: ("/naive/", *rows_of("Naive")(rows), 0),
    "lean": lambda rows: ("/lean/", "Lean", 1, [], 0),
    "async-naive": lambda rows: ("/async-naive/", *rows_of("AsyncNaive", "AsyncBookSerializer")(rows), 0),
    "async-lean": lambda rows: ("/async-lean/", "AsyncLean", 1, [], 0),
    "export": lambda rows: ("/export/", *rows_of("Export")(rows), 0),
    "async-export": lambda rows: ("/async-export/", *rows_of("AsyncExport")(rows), 0),
}


def run_client(port: int, paths: list[str]) -> list[int]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    found = []
    for path in paths:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        found.append(response.status)
    connection.close()
    return found


def go_away(port: int, number: int) -> None:
    """Ask for what has no end, and leave when it has begun."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(f"GET /endless/?id={number}&rows=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        while b"row" not in client.recv(4096):
            pass


def key(line: dict[str, Any]) -> str:
    return json.dumps(line, sort_keys=True)


@pytest.mark.parametrize(("middleware", "inside", "requests"), [("", 0, 12), (ONLY_SYNC, 1, 4)])
def test_every_query_belongs_to_its_request(middleware: str, inside: int, requests: int, tmp_path: Path) -> None:
    random, numbers = Random(7), count()
    plans = [[asked(random, next(numbers)) for _ in range(requests)] for _ in range(CLIENTS)]
    gone = [next(numbers) for _ in range(GONE)]
    expected = [line for plan in plans for _, lines in plan for line in lines]
    for line in expected:
        if line["what"] == "response" and inside:
            line["databases"]["default"] = line["databases"].get("default", 0) + inside
    for number in gone:
        about = {"id": str(number), "unplanned": []}
        databases = {"other": 1} | ({"default": inside} if inside else {})
        expected.append(about | {"what": "response", "view": "endless", "databases": databases})
        expected += [about | {"what": "view", "view": "Endless", "queries": queries} for queries in (0, 1)]

    with serving(tmp_path, middleware) as (port, told), ThreadPoolExecutor(CLIENTS + GONE) as pool:
        leaving = [pool.submit(go_away, port, number) for number in gone]
        clients = [pool.submit(run_client, port, [path for path, _ in plan]) for plan in plans]
        statuses = Counter(status for client in clients for status in client.result())
        for each in leaving:
            each.result()
        until = time.monotonic() + 30
        while len(told()) < len(expected) and time.monotonic() < until:
            time.sleep(0.05)
        lines = told()

    failures = sum("/failing/" in path for plan in plans for path, _ in plan)
    assert statuses == {200: CLIENTS * requests - failures, 500: failures}
    missing = Counter(map(key, expected)) - Counter(map(key, lines))
    besides = Counter(map(key, lines)) - Counter(map(key, expected))
    assert (dict(missing), dict(besides)) == ({}, {})
