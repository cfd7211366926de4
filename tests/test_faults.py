"""Whatever breaks inside the library, responses and rows are as without it, and one line of the log says so."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from drf_autoprefetch.loading.finding import clear_caches
from tests.testapp.models import Author, Book, Review, TaggedItem
from tests.traps.answers import ask, mixed, shows

pytestmark = [
    pytest.mark.django_db,
    # What breaks is ours, whatever the database.
    pytest.mark.once,
    pytest.mark.usefixtures("library"),
]

Tagged = shows(TaggedItem, "id", shown=serializers.StringRelatedField[Any](source="content_object"))

#: Each is replaced by something that raises.
STAGES = [
    "loading.requests.handling",
    "loading.finding.read_queryset",
    "loading.finding.ask_for_rows",
    "loading.finding.make_plan",
    "loading.requests.find_plan",
    "loading.requests.with_plan",
    "loading.requests.without_plan",
    "loading.requests.answer_for_instances",
    "loading.requests.load_for_now",
    "loading.asking.build",
    "loading.asking.is_static",
    "loading.asking.live_shape",
    "loading.asking.read_serializer",
    "loading.asking.read_view",
    "loading.asking.view_key",
    "loading.instances.make_plan",
    "loading.instances.prefetch_for",
    "loading.late.fitted",
    "loading.late.prefetch_for",
    "loading.late.reached",
    "loading.querysets.base_queryset",
    "loading.querysets.keep_order",
    "loading.querysets.prefetch_for",
    "loading.querysets.read_queryset",
    "loading.querysets.target_plan",
    "planning.planner.rewrite",
    "planning.planner.choose",
    "planning.planner.columns_of",
    "reading.fields.follow",
    "reading.serializers.own_code",
    "reading.bodies.read_body",
    "reading.views.read_code",
]


class Asking(BasePermission):
    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        return bool(obj.pages >= 0)


class Books(ModelViewSet[Book]):
    queryset = Book.objects.all()
    permission_classes = [Asking]
    serializer_class = shows(
        Book,
        "title",
        author=shows(Author, "name")(read_only=True),
        reviews=shows(Review, "rating")(many=True, read_only=True),
        line=serializers.SerializerMethodField(),
        get_line=lambda self, book: book.author.name + book.title + (str(book.tags.count()) if book.pages else ""),
    )

    @action(detail=True)
    def own(self, request: Request, pk: Any = None) -> Response:
        return Response(self.get_serializer(self.get_object()).data)


class Tags(ModelViewSet[TaggedItem]):
    queryset = TaggedItem.objects.order_by("pk")
    serializer_class = Tagged


def answers() -> list[tuple[int, bytes, Any]]:
    """Ask for a list, a row, a handler of the view's own, a list over a generic foreign key, and a change."""
    pk = Book.objects.all()[0].pk
    asked = [
        ask(Books),
        ask(Books, pk=pk),
        ask(Books, action="own", pk=pk),
        ask(Tags),
        ask(Books, "patch", pk=pk, data={"title": "New"}),
    ]
    return [(answer.status, answer.content, answer.rows) for answer in asked]


def test_under_strict_it_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("failed")

    for stage in ("loading.querysets.target_plan", "loading.finding.make_plan"):
        clear_caches()
        with monkeypatch.context() as patch, mixed(Tags):
            patch.setattr(f"drf_autoprefetch.{stage}", fail)
            with pytest.raises(RuntimeError, match="failed"):
                ask(Tags)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_fails_changes_nothing(
    stage: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    settings.DRF_AUTOPREFETCH = {}
    expected = answers()
    failures: list[str] = []

    def fail(*args: Any, **kwargs: Any) -> Any:
        failures.append(stage)
        raise RuntimeError(f"{stage} failed")

    clear_caches()
    monkeypatch.setattr(f"drf_autoprefetch.{stage}", fail)
    with mixed(Books), mixed(Tags), caplog.at_level(logging.ERROR, "drf_autoprefetch"):
        found = answers()
    monkeypatch.undo()
    clear_caches()

    assert found == expected
    assert failures
    # Each answer has a line of its own, and each model behind a generic foreign key.
    said = [(record.name, record.message) for record in caplog.records]
    assert len(said) == len(failures)
    assert all(name == "drf_autoprefetch" and message.startswith("No plan for ") for name, message in said)
