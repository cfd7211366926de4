"""An analysis where no test holds a transaction open: each query of a request would be committed by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection, connections, transaction
from rest_framework.response import Response

from tests.examples import answer, shows, view_of
from tests.testapp.models import Genre

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])

GENRES = view_of(Genre, shows(Genre, "name"))


def analyzed(view: Any) -> dict[str, Any]:
    response = answer(view, data={"explain_prefetch": "analyze"})
    assert response.status_code == 200
    analysis: dict[str, Any] = json.loads(response.content)["analysis"]
    return analysis


@pytest.fixture(autouse=True)
def debug(settings: Any) -> None:
    """Switch DEBUG on: then everybody may ask."""
    settings.DEBUG = True


@pytest.mark.parametrize("alias", ["default", "other"])
def test_what_is_written_is_rolled_back_and_what_waits_for_a_commit_does_not_run(alias):
    class Writes(GENRES):  # type: ignore[misc, valid-type]
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            with transaction.atomic(using=alias):
                Genre.objects.using(alias).create(name="new")
                transaction.on_commit(lambda: committed.append(alias), using=alias)
            Genre.objects.using(alias).create(name="newer")
            return Response(Genre.objects.using(alias).count())

    committed: list[str] = []
    analysis = analyzed(Writes)

    assert (analysis["status"], analysis["error"], analysis["same_response"]) == (200, "", True)
    assert (Genre.objects.using(alias).count(), committed) == (0, [])
    assert [each.in_atomic_block for each in connections.all()] == [False, False]
    assert {each["role"] for each in analysis["statements"]} == {"beside the plan"}
    assert analysis["queries"] == 3


def test_a_block_that_must_be_the_outermost_is_told_as_an_error():
    class Durable(GENRES):  # type: ignore[misc, valid-type]
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            with transaction.atomic(durable=True):
                return Response()

    analysis = analyzed(Durable)

    assert (analysis["status"], analysis["error"].partition(":")[0]) == (500, "RuntimeError")


def test_a_request_with_a_transaction_of_its_own_goes_on_in_it(monkeypatch):
    class Fails(GENRES):  # type: ignore[misc, valid-type]
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            Genre.objects.create(name="new")
            raise ValueError("broken")

    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    with transaction.atomic():
        Genre.objects.create(name="kept")
        analysis = analyzed(Fails)
        names = [genre.name for genre in Genre.objects.all()]

    assert (analysis["status"], names) == (500, ["kept"])
    assert Genre.objects.get().name == "kept"


def test_a_query_that_fails_leaves_the_connection_as_it_was():
    class Wrong(GENRES):  # type: ignore[misc, valid-type]
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            with connection.cursor() as cursor:
                cursor.execute("SELECT nothing FROM nowhere")
            return Response()

    assert analyzed(Wrong)["status"] == 500
    assert (connection.in_atomic_block, Genre.objects.count()) == (False, 0)
