"""Serializers whose making runs queries, or refuses the request: what the view's own code does, it does as often."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.functional import cached_property
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.viewsets import ModelViewSet

from drf_autoprefetch.loading.finding import clear_caches
from tests.examples import answer
from tests.testapp.models import Author, Book, Review
from tests.traps.answers import Answers, ask, compare, mixed, shows, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

AuthorName = shows(Author, "name")
Rating = shows(Review, "rating")
Full: Any = shows(Book, "title", author=AuthorName(), reviews=Rating(many=True))


class ByGroup(Full):  # type: ignore[misc]
    """Asks the database which fields to show, each time it is made."""

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        if not Group.objects.filter(name="editors").exists():
            del fields["author"]
        return fields


class ByPermission(Full):  # type: ignore[misc]
    """Asks the database once for a request: Django remembers the permissions of a user."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.context["request"].user.has_perm("testapp.view_author"):
            self.fields.pop("author")


class ByPart(Full):  # type: ignore[misc]
    """Depends on what only the view's own context has."""

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        if not self.context["editors"]:
            del fields["author"]
        return fields


class InContext(ModelViewSet[Book]):
    """Asks the database for the context."""

    queryset = Book.objects.all()
    serializer_class = ByPart

    def get_serializer_context(self) -> Any:
        return {**super().get_serializer_context(), "editors": Group.objects.filter(name="editors").exists()}


class ByClass(ModelViewSet[Book]):
    """Asks the database which serializer to use."""

    queryset = Book.objects.all()

    def get_serializer_class(self) -> Any:
        return Full if Group.objects.filter(name="editors").exists() else Rating


VIEWS: dict[str, Any] = {
    "fields": viewset(ByGroup),
    "permission": viewset(ByPermission),
    "context": InContext,
    "class": ByClass,
}


@pytest.fixture(params=list(VIEWS.values()), ids=list(VIEWS))
def view(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A view whose serializer costs queries, which nobody has asked before."""
    monkeypatch.setattr(request.param, "pagination_class", LimitOffsetPagination)
    Group.objects.create(name="editors")
    clear_caches()
    yield request.param
    clear_caches()


def somebody() -> User:
    """Return a user whose permissions are not remembered yet."""
    return User.objects.get_or_create(username="somebody")[0]


def ask_both(view: Any, **asked: Any) -> Answers:
    """Ask with and without the mixin, each for a user of its own."""
    plain = ask(view, user=somebody(), **asked)
    with mixed(view):
        planned = ask(view, user=somebody(), **asked)
    assert (planned.status, planned.content) == (plain.status, plain.content)
    return Answers(plain, planned)


def of_making(queries: list[str]) -> int:
    """Count the queries that the making of the serializer has run."""
    return sum("auth_" in sql for sql in queries)


PAGE: dict[str, Any] = {"params": {"limit": 5}}
EMPTY: dict[str, Any] = {"params": {"limit": 5, "offset": 100}}
NONE: dict[str, Any] = {"pk": 0}


def warm(view: Any) -> None:
    """Ask once for a page and for a row, as the first requests of a process do."""
    ask_both(view, **PAGE)
    ask_both(view, pk=Book.objects.earliest("pk").pk)


@pytest.mark.parametrize("asked", [PAGE, EMPTY, NONE], ids=["page", "empty", "none"])
def test_what_the_making_asks_is_asked_no_more_often(view: Any, asked: Any) -> None:
    """Trap 50: also where there is nothing to show, and no serializer is needed."""
    warm(view)
    answers = ask_both(view, **asked)
    assert of_making(answers.planned.queries) == of_making(answers.plain.queries)
    assert len(answers.planned.queries) <= len(answers.plain.queries)


def test_it_is_asked_once_more_the_first_time(view: Any) -> None:
    answers = ask_both(view, **PAGE)
    assert of_making(answers.planned.queries) <= 2 * of_making(answers.plain.queries)


def test_rows_are_joined_as_the_first_time_and_lists_loaded_when_they_are_shown(view: Any) -> None:
    warm(view)
    for asked, more in ((PAGE, 1), ({"pk": Book.objects.earliest("pk").pk}, 0)):
        answers = ask_both(view, **asked)
        queries = [sql for sql in answers.planned.queries if "auth_" not in sql]
        assert len(queries) == 2 + more, answers.planned.sql


def test_another_shape_than_the_first_time(view: Any) -> None:
    """What is joined and not shown costs no query; what is shown and not joined is loaded once."""
    warm(view)
    if view is not ByClass:
        Group.objects.all().delete()
        answers = ask_both(view, **PAGE)
        assert len(answers.planned.queries) <= len(answers.plain.queries)


def test_the_plan_says_so(view: Any, settings: Any) -> None:
    warm(view)
    settings.DEBUG = True
    with mixed(view):
        plan = json.loads(answer(view, user=somebody(), data={"explain_prefetch": "json"}).content)
    late = [] if view is VIEWS["permission"] else ["late-serializer"]
    assert [note["id"] for note in plan["notes"]] == late
    assert plan["queries"] == 2


def test_what_is_asked_once_for_a_request_is_asked_when_planning(view: Any) -> None:
    """Permissions that Django remembers: lists are planned to the last column, as if nothing had been asked."""
    warm(view)
    with mixed(view):
        answered = ask(view, user=somebody(), **PAGE)
    assert ("summary" not in answered.columns(Book)) == (view is VIEWS["permission"])


def test_what_was_asked_once_may_be_asked_twice_in_another_request() -> None:
    """What one user's permissions say is remembered; what somebody else's need may be asked each time."""

    class ByUser(Full):  # type: ignore[misc]
        def get_fields(self) -> dict[str, Any]:
            fields: dict[str, Any] = super().get_fields()
            user = self.context["request"].user
            if user.is_staff:
                user.has_perm("testapp.view_author")
            elif Group.objects.exists():
                del fields["author"]
            return fields

    view = viewset(ByUser, pagination_class=LimitOffsetPagination)
    clear_caches()
    with mixed(view):
        staff = ask(view, user=User.objects.create(username="staff", is_staff=True), **PAGE)
        counts = [of_making(ask(view, user=AnonymousUser(), **PAGE).queries) for _ in range(3)]
    assert of_making(staff.queries) > 0
    assert counts == [2, 1, 1]


@pytest.mark.parametrize("kind", ["page", "row", "list"])
def test_code_of_the_view_is_never_stopped_half_way(kind: str) -> None:
    """What it writes is written, once."""
    asked: dict[str, Any] = {"page": PAGE, "row": {"pk": Book.objects.earliest("pk").pk}, "list": {}}[kind]

    class Saving(ModelViewSet[Book]):
        queryset = Book.objects.all()
        pagination_class = LimitOffsetPagination

        @cached_property
        def version(self) -> str:
            user: Any = self.request.user
            if not user.last_name:
                user.last_name = "v2"
                user.save()
            return str(user.last_name)

        def get_serializer_class(self) -> Any:
            return {"v2": Full}[self.version]

    answers = ask_both(Saving, **asked)
    for one in (answers.plain, answers.planned):
        assert sum(sql.startswith("UPDATE") for sql in one.queries) == 1


@pytest.mark.parametrize("refusal", [ValidationError("no such field"), Http404(), PermissionDenied()])
def test_a_refusal_is_the_view_s_to_say(refusal: Exception, caplog: pytest.LogCaptureFixture, settings: Any) -> None:
    """Trap 46: it comes when it would have come, and is no failure of ours."""
    settings.DRF_AUTOPREFETCH = {}

    class Refusing(ModelViewSet[Book]):
        queryset = Book.objects.all()
        pagination_class = LimitOffsetPagination

        def get_serializer_class(self) -> Any:
            raise refusal

    with caplog.at_level(logging.DEBUG, logger="drf_autoprefetch"):
        assert compare(Refusing, **PAGE).planned.status in (400, 403, 404)
        assert compare(Refusing, pk=0).planned.status == 404
    assert not caplog.records
