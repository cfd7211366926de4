"""Assertions for test suites that know nothing of pytest."""

from __future__ import annotations

import unittest
from typing import Any

import pytest
from django.core.management import call_command
from rest_framework.viewsets import ModelViewSet

from drf_autoprefetch.testing import (
    NoUnplannedQueriesMixin,
    QueryAssertionError,
    assert_flat,
    assert_plans_unchanged,
    no_unplanned_queries,
    query_budget,
)
from tests.examples import answer, shows
from tests.guarding.scenarios import AuthorShown, Planned, Unplanned
from tests.testapp.models import Author, Book

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

SHOWN = shows(Book, "title", author=AuthorShown())
FOUND = 'BookSerializer.author | Book.author | to-one | add .select_related("author") to the queryset'


class Naive(Unplanned):
    serializer_class = SHOWN


class Lean(Planned):
    serializer_class = SHOWN


def ask(view: type[ModelViewSet[Any]]) -> Any:
    """Ask for the first rows."""

    def first(number: int) -> Any:
        return answer(type(view.__name__, (view,), {"queryset": Book.objects.all()[:number]}))

    return first


def test_what_is_planned_is_flat():
    assert_flat(ask(Lean))


def test_more_queries_for_more_rows_are_told_with_their_cause():
    with pytest.raises(QueryAssertionError) as raised:
        assert_flat(ask(Naive))

    assert str(raised.value) == f"Naive.list: ×2 {FOUND}\nThe number of queries grows with the rows: 2 for 1, 3 for 2."


def test_rows_are_grown_before_they_are_asked_for():
    grown = []

    assert_flat(lambda number: answer(Lean), rows=(2, 3), grow=lambda number: grown.append(Author.objects.count()))

    assert grown == [8, 8]


def test_fewer_queries_are_right():
    asked = iter([3, 1])

    assert_flat(lambda number: [Author.objects.count() for _ in range(next(asked))], rows=(1, 2))


def test_a_budget_is_kept_or_the_culprit_is_told():
    with query_budget(9):
        answer(Naive)

    with pytest.raises(QueryAssertionError) as raised, query_budget(8):
        answer(Naive)
    assert str(raised.value) == f"Naive.list: ×8 {FOUND}\n9 queries, and 8 are allowed."


def test_a_budget_without_a_culprit():
    with pytest.raises(QueryAssertionError, match=r"^1 queries, and 0 are allowed\.$"), query_budget(0):
        Author.objects.count()


def test_a_budget_leaves_the_block_s_own_error():
    with pytest.raises(KeyError), query_budget(0):
        raise KeyError(Author.objects.count())


def test_a_block_without_unplanned_queries():
    with no_unplanned_queries():
        answer(Lean)

    with pytest.raises(QueryAssertionError) as raised, no_unplanned_queries():
        assert answer(Naive).content == answer(Naive).content
    assert str(raised.value) == f"Naive.list: ×8 {FOUND}\nRows are loaded one by one while they are shown."


@pytest.mark.urls("tests.guarding.monitored")
@pytest.mark.parametrize("signed_in", [False, True])
def test_plans_in_a_file_are_compared_with_those_of_now(signed_in, tmp_path):
    file = tmp_path / "plans.json"
    assert_plans_unchanged(file, signed_in=signed_in, write=True)
    assert_plans_unchanged(file, signed_in=signed_in)
    call_command("explain_prefetch", check=str(file), signed_in=signed_in, verbosity=0)
    file.write_text(file.read_text().replace('"BookSerializer"', '"OldSerializer"'))

    with pytest.raises(QueryAssertionError) as raised:
        assert_plans_unchanged(file, signed_in=signed_in)
    lines = str(raised.value).splitlines()
    assert lines[0] == f"--- {file}"
    assert [line for line in lines if line.startswith("+ ") and "BookSerializer" in line]
    assert lines[-1] == f"Plans differ from {file}."


@pytest.mark.urls("tests.guarding.monitored")
@pytest.mark.parametrize(("text", "problem"), [(None, "there is no such file. Make it: "), ("[]", "it is no file of ")])
def test_a_file_without_plans_is_told_with_how_to_make_it(text, problem, tmp_path):
    file = tmp_path / "plans.json"
    if text is not None:
        file.write_text(text)

    with pytest.raises(QueryAssertionError) as raised:
        assert_plans_unchanged(file)
    assert str(raised.value).startswith(f"{file}: {problem}")
    assert str(raised.value).endswith(f". Make it: manage.py explain_prefetch --write {file}")


class Tests(NoUnplannedQueriesMixin):
    __test__ = False

    def lean(self) -> None:
        answer(Lean)

    def naive(self) -> None:
        answer(Naive)

    def broken(self) -> None:
        answer(Naive)
        raise KeyError("own")


@pytest.mark.parametrize(
    ("name", "failures", "errors"), [("lean", [], []), ("naive", [FOUND], []), ("broken", [FOUND], ["own"])]
)
def test_every_test_of_a_class_fails_for_what_its_views_load(name, failures, errors):
    result = unittest.TestResult()

    Tests(name).run(result)

    for expected, told in ((failures, result.failures), (errors, result.errors)):
        assert len(expected) == len(told)
        assert all(text in trace for text, (_, trace) in zip(expected, told, strict=True))
