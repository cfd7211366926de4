"""The demo, as a stranger starts it."""

from __future__ import annotations

import io
import json
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from django.db import connection

from demo.databases import database_from_url
from demo.measuring import traffic
from demo.progress import Progress
from demo.tables import markdown_table, plain_table
from tests.bookshop import CHECKOUT, SCALE, Bookshop
from tests.commands import Terminal

pytestmark = pytest.mark.once

ENDPOINTS = [
    "books",
    "catalogue",
    "pages",
    "ratings",
    "audiobooks",
    "authors",
    "customers",
    "orders",
    "categories",
    "tags",
    "feed",
    "press",
    "books/1",
]


@pytest.fixture(scope="module")
def bookshop(tmp_path_factory: pytest.TempPathFactory) -> Bookshop:
    shop = Bookshop(tmp_path_factory.mktemp("bookshop") / "shop.sqlite3")
    result = shop.demo("--check")
    assert result.returncode == 0, result.stdout + result.stderr
    return shop


# ---- The database that a URL names


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///shop.sqlite3", {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite3"}),
        ("sqlite:////tmp/my%20shop", {"ENGINE": "django.db.backends.sqlite3", "NAME": "/tmp/my shop"}),
        ("sqlite://:memory:", {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}),
        (
            "postgres://ann:s%40fe@db.example:5433/shop?sslmode=require",
            {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "shop",
                "USER": "ann",
                "PASSWORD": "s@fe",
                "HOST": "db.example",
                "PORT": 5433,
                "OPTIONS": {"sslmode": "require"},
            },
        ),
        ("postgresql:///shop", {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"}),
        (
            "mysql://root@127.0.0.1/shop",
            {"ENGINE": "django.db.backends.mysql", "NAME": "shop", "USER": "root", "HOST": "127.0.0.1"},
        ),
        ("mariadb://[::1]/shop", {"ENGINE": "django.db.backends.mysql", "NAME": "shop", "HOST": "::1"}),
    ],
)
def test_url_names_a_database(url: str, expected: dict[str, object]) -> None:
    assert database_from_url(url) == expected


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("oracle://scott@db/shop", "DATABASE_URL starts with 'oracle'. Start it with one of: sqlite, postgres, "),
        ("shop.sqlite3", "DATABASE_URL starts with 'shop.sqlite3'. Start it with one of: "),
        ("postgres://ann@db.example", "DATABASE_URL names no database. Write postgres://…/name."),
        ("sqlite://", "DATABASE_URL names no database. Write sqlite://…/name."),
    ],
)
def test_url_that_names_none_says_what_to_write(url: str, message: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL") as error:
        database_from_url(url)

    assert str(error.value).startswith(message)


# ---- What is measured, and how it is shown


@pytest.mark.django_db
@pytest.mark.parametrize("fetch", ["fetchone", "fetchmany", "fetchall", "__iter__"])
def test_traffic_counts_queries_columns_and_the_size_of_values(fetch: str) -> None:
    with traffic() as seen, connection.cursor() as cursor:
        cursor.execute("SELECT 'né', 1234, NULL")
        rows = getattr(cursor, fetch)()
        assert rows == ("né", 1234, None) if fetch == "fetchone" else list(rows) == [("né", 1234, None)]

    assert (seen.queries, seen.columns, seen.bytes) == (1, 3, len("né".encode()) + len("1234"))


@pytest.mark.django_db
def test_traffic_counts_binary_values_as_they_are_and_the_end_of_rows_as_nothing() -> None:
    with traffic() as seen, connection.cursor() as cursor:
        cursor.execute("SELECT %s", [b"\x00\xff"])
        cursor.fetchone()
        assert cursor.fetchone() is None

    assert seen.bytes == 2


def test_progress_stays_on_one_line_of_a_terminal() -> None:
    stream = Terminal()
    progress = Progress(stream)

    progress("books", 0, 20)
    progress("books", 20, 20)

    assert stream.getvalue() == "\r  books                 0/20\r  books                20/20\n"


def test_progress_is_one_line_per_label_in_a_file() -> None:
    stream = io.StringIO()
    progress = Progress(stream)

    progress("books", 0, 20)
    progress("books", 20, 20)

    assert stream.getvalue() == "  books                20/20\n"


def test_tables_line_up() -> None:
    head, rows = ["name", "rows"], [["books", "1"], ["tags", "20"]]

    assert plain_table(head, rows).splitlines() == ["name   rows", "-----  ----", "books     1", "tags     20"]
    assert markdown_table(head, rows).splitlines() == [
        "| name | rows |",
        "| --- | ---: |",
        "| books | 1 |",
        "| tags | 20 |",
    ]


# ---- python -m demo


def test_check_prints_a_line_for_every_endpoint_with_the_same_bytes(bookshop: Bookshop) -> None:
    result = bookshop.demo("--check", "--fresh")

    lines = [line for line in result.stdout.splitlines() if " → " in line and ";" not in line]
    assert [line.split()[0] for line in lines] == ENDPOINTS
    assert all(line.endswith(" yes") and "MORE" not in line for line in lines)
    assert result.returncode == 0


def test_shop_is_built_once_and_again_when_asked_or_when_it_would_differ(tmp_path: Path) -> None:
    shop = Bookshop(tmp_path / "shop.sqlite3")

    assert "publishers            2/2" in build(shop, SCALE)
    assert build(shop, SCALE) == ""
    assert "publishers            4/4" in build(shop, "0.05")
    assert "publishers" in build(shop, "0.05, fresh=True")


def build(shop: Bookshop, arguments: str) -> str:
    """Ask for a shop and return what was printed about its rows."""
    return shop.script(f"from demo.building import ensure_shop; ensure_shop({arguments})").stderr


def test_shop_has_the_same_rows_wherever_it_is_built(bookshop: Bookshop, tmp_path: Path) -> None:
    other = Bookshop(tmp_path / "other.sqlite3")
    build(other, SCALE)

    assert dump(other.file) == dump(bookshop.file)


def dump(file: Path) -> list[str]:
    database = sqlite3.connect(file)
    try:
        return list(database.iterdump())
    finally:
        database.close()


REPLACE_A_VIEW = """
from dataclasses import replace
from demo import comparing
from demo.__main__ import main
from demo.shop import naive

{view}

comparing.ENDPOINTS = [replace(comparing.ENDPOINTS[0], optimised=View)]
raise SystemExit(main(["--check", "--scale", "{scale}", "--rows", "10"]))
"""


def test_check_fails_when_the_bytes_differ(bookshop: Bookshop) -> None:
    view = "class View(naive.BookViewSet): serializer_class = naive.people.BibliographySerializer"

    result = bookshop.script(REPLACE_A_VIEW.format(view=view, scale=SCALE))

    assert result.stdout.rstrip().endswith(" NO")
    assert result.returncode == 1


def test_check_fails_when_there_are_more_queries(bookshop: Bookshop) -> None:
    view = "class View(naive.BookViewSet): queryset = naive.Book.objects.only('title')"

    result = bookshop.script(REPLACE_A_VIEW.format(view=view, scale=SCALE))

    assert " MORE " in result.stdout
    assert result.stdout.rstrip().endswith(" yes")
    assert result.returncode == 1


def test_view_that_answers_with_an_error_is_not_measured(bookshop: Bookshop) -> None:
    result = bookshop.script(
        "from dataclasses import replace\n"
        "from demo.answering import asker\n"
        "from demo.shop.endpoints import DETAIL\n"
        "asker(replace(DETAIL, kwargs={'pk': 0}), DETAIL.naive, rows=1)()"
    )

    assert "RuntimeError: /api/books/0/ answered 404: " in result.stderr


VISIT = """
import json
from django.test import Client
from demo.shop.endpoints import ENDPOINTS

client = Client()
paths = [endpoint.path(rows=2) for endpoint in ENDPOINTS]
paths += [path.replace("/api/", "/naive/") for path in paths]
paths += ["/api/", "/naive/", "/schema/"]
paths += ["/api/books/?search=garden&ordering=-price", "/api/catalogue/?explain_prefetch=json"]
answers = {path: client.get(path, headers={"accept": "application/json"}) for path in paths}
print(json.dumps({path: [answer.status_code, answer.json()] for path, answer in answers.items()}))
"""


def test_both_routers_answer_everywhere(bookshop: Bookshop) -> None:
    answers = json.loads(bookshop.script(VISIT).stdout)

    assert {path: status for path, (status, _) in answers.items() if status != 200} == {}
    assert len(answers["/api/"][1]) == len(answers["/naive/"][1]) == len(ENDPOINTS) - 1
    assert (
        answers["/api/catalogue/?page_size=2"][1]["results"] == answers["/naive/catalogue/?page_size=2"][1]["results"]
    )
    assert "results" not in answers["/api/catalogue/?explain_prefetch=json"][1]


def test_pages_for_people_have_forms_that_work(bookshop: Bookshop) -> None:
    code = (
        "from django.test import Client\nprint(Client().get('/api/books/1/', headers={'accept': 'text/html'}).content)"
    )

    assert "<form" in bookshop.script(code).stdout


def test_demo_serves_after_the_table(bookshop: Bookshop) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "demo", "--scale", SCALE, "--rows", "10", "--address", address]

    with subprocess.Popen(
        command, cwd=CHECKOUT, env=bookshop.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            answer = wait_for(f"http://{address}/api/tags/?page_size=1&format=json")
        finally:
            process.terminate()
        output = process.communicate()[0]

    assert len(json.loads(answer)["results"]) == 1
    assert f"Try, at http://{address}:" in output


def wait_for(url: str) -> bytes:
    """Return what a server that is starting answers, once it does."""
    deadline = time.monotonic() + 120
    while True:
        try:
            with urlopen(url) as response:
                return bytes(response.read())
        except URLError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
