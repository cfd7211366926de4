"""Hints are taken away from the views of an application in the wild, and from nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models import Manager, Prefetch, QuerySet

from tests.testapp.models import Book
from tests.wild.in_the_wild import stripping

HINTED = "select_related('author').prefetch_related('genres').only('title')"


class Stripped(QuerySet[Any]):
    """A queryset of its own, so that Django's is left as it is."""


stripping.strip_hints(SimpleNamespace(QuerySet=Stripped))


class Library(Manager.from_queryset(Stripped)):  # type: ignore[misc]
    model = Book


@pytest.fixture(autouse=True)
def counted() -> None:
    stripping.stripped.clear()


def written(path: str, source: str, **names: Any) -> Any:
    """Return ``hinted`` as a module of the application has it."""
    exec(compile(source, f"{stripping.ROOT}{path}", "exec"), names)
    return names["hinted"]


def hinted_in(path: str) -> Any:
    return written(path, f"def hinted(books):\n    return books.{HINTED}")


def is_bare(queryset: Any) -> bool:
    query = queryset.query
    return not (query.select_related or queryset._prefetch_related_lookups or query.deferred_loading[0])


@pytest.mark.parametrize("path", ["shop/views.py", "shop/api/queries.py", "shop/api_views.py", "views/book.py"])
@pytest.mark.parametrize("books", [Stripped(Book), Library()])
def test_hints_of_views_are_taken_away_and_counted(path, books):
    assert is_bare(hinted_in(path)(books))
    assert stripping.stripped == {f"{path}:2": 3}


@pytest.mark.parametrize("path", ["shop/models.py", "shop/reviews.py", "shop/capital.py", "shop/tests/test_views.py"])
def test_hints_of_other_modules_stay(path):
    assert not is_bare(hinted_in(path)(Stripped(Book)))
    assert not stripping.stripped


def test_hints_of_installed_packages_stay():
    assert not is_bare(hinted_in("lib/site-packages/shop/views.py")(Stripped(Book)))


def test_a_helper_is_bare_where_a_view_calls_it():
    helper = hinted_in("shop/queries.py")
    view = written("shop/views.py", "def hinted(books):\n    return helper(books)", helper=helper)
    assert is_bare(view(Stripped(Book)))
    assert stripping.stripped == {"shop/queries.py:2": 3}
    assert not is_bare(helper(Stripped(Book)))


def test_a_prefetch_with_an_attribute_of_its_own_stays():
    source = "def hinted(books):\n    return books.prefetch_related('author', kept)"
    kept = Prefetch("genres", to_attr="of")
    assert written("shop/views.py", source, kept=kept)(Stripped(Book))._prefetch_related_lookups == (kept,)
    assert stripping.stripped == {"shop/views.py:2": 1}
    alone = written("shop/views.py", "def hinted(books):\n    return books.prefetch_related(kept)", kept=kept)
    assert alone(Stripped(Book))._prefetch_related_lookups == (kept,)
    assert stripping.stripped == {"shop/views.py:2": 1}


def test_joining_whatever_there_is_is_a_hint_too():
    assert is_bare(written("shop/views.py", "def hinted(books):\n    return books.select_related()")(Stripped(Book)))
    assert stripping.stripped == {"shop/views.py:2": 1}


def test_the_report_says_where(capsys):
    hinted_in("shop/views.py")(Stripped(Book))
    stripping.report()
    assert capsys.readouterr().err == "3 calls in 1 places had hints taken away\n  shop/views.py:2: 3\n"
