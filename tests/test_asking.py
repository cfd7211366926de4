"""Asking a view what it shows: as little as possible, and nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

from drf_autoprefetch import prefetch_hint
from drf_autoprefetch.exceptions import NotAskedError
from drf_autoprefetch.loading.asking import Answer, Question, answer_for_instances, answers, ask_for_rows
from drf_autoprefetch.loading.building import Context
from drf_autoprefetch.planning.written import UNWRITTEN
from drf_autoprefetch.reading.views import handling
from tests.examples import ModelSerializer, asked_view, outline, shows, view_of
from tests.testapp.models import Book


@pytest.fixture(autouse=True)
def _forget():
    answers.clear()


def asked(serializer: Any, *, kwargs: Any = None, **attributes: Any) -> Any:
    """Make a view in the middle of a GET."""
    return asked_view(view_of(Book, serializer, **attributes), "retrieve" if kwargs else "list", **kwargs or {})


def rows_of(view: Any) -> Answer:
    """Ask a view for what it shows of all books."""
    return question_of(view).answer()


def question_of(view: Any) -> Question:
    return ask_for_rows(view, handling(view), Book.objects.all(), UNWRITTEN)


TITLE = shows(Book, "title")


class Chosen(ModelSerializer):
    class Meta:
        model = Book
        fields = ["title", "isbn"]

    def get_fields(self) -> Any:
        return {name: field for name, field in super().get_fields().items() if name in self.context["show"]}


def showing(*names: str) -> Any:
    def get_serializer_context(self: Any) -> Any:
        self.asked = getattr(self, "asked", 0) + 1
        return {"request": self.request, "view": self, "format": None, "show": names}

    return get_serializer_context


def test_the_second_answer_is_remembered():
    view = asked(TITLE)
    first, second = rows_of(view), rows_of(asked_view(type(view)))

    assert (outline(first.requirement), second is first) == ("title", True)


def test_a_serializer_whose_fields_are_known_is_built_only_once(monkeypatch):
    built: list[Any] = []

    def build(view: Any) -> Any:
        built.append(view.serializer_class)
        return view.serializer_class(many=True)

    class Counted(ModelSerializer):
        class Meta:
            model = Book
            fields = ["title"]

    monkeypatch.setattr("drf_autoprefetch.loading.asking.build", build)
    view = asked(Counted)
    for _ in range(3):
        rows_of(view)

    assert built == [Counted]


def test_the_answer_follows_the_live_fields():
    view = view_of(Book, Chosen, get_serializer_context=lambda self: {"show": [self.kwargs["shown"]]})
    first, other, again = (rows_of(asked_view(view, shown=name)) for name in ("title", "isbn", "title"))

    assert (outline(first.requirement), outline(other.requirement), again is first) == ("title", "isbn", True)


def test_an_object_is_another_question_than_a_list():
    listed, retrieved = asked(TITLE), asked(TITLE, kwargs={"pk": 1})

    assert question_of(listed).key == question_of(asked_view(type(listed))).key != question_of(retrieved).key


def test_hints_of_the_view_are_part_of_the_question():
    found = [rows_of(asked(TITLE, prefetch_hints=hints)) for hints in ([], ["author"], ["isbn"])]

    assert [outline(answer.requirement) for answer in found] == ["title", "title author(*)", "isbn title"]


def test_what_depends_on_the_request_is_never_remembered():
    class Volatile(ModelSerializer):
        class Meta:
            model = Book
            fields = ["title"]

        @prefetch_hint(lambda context: "isbn")
        def to_representation(self, instance: Any) -> Any: ...

    view = asked(Volatile)
    first, second = rows_of(view), rows_of(view)

    assert (outline(first.requirement), second is first, len(answers)) == ("isbn", False, 0)


def test_a_serializer_that_the_view_builds_itself_is_asked_of_the_view():
    def get_serializer(self: Any, *args: Any, **kwargs: Any) -> Any:
        return shows(Book, "isbn")(*args, **kwargs)

    assert outline(rows_of(asked(TITLE, get_serializer=get_serializer)).requirement) == "isbn"


@pytest.mark.parametrize("name", ["get_serializer_class", "get_serializer"])
def test_a_view_that_asks_for_rows_to_choose_its_serializer_is_not_asked(name):
    choose = lambda self, *args, **kwargs: self.get_queryset() and TITLE  # noqa: E731

    with pytest.raises(NotAskedError, match=rf"^{name}\(\) asks for rows itself$"):
        rows_of(asked(TITLE, **{name: choose}))


def test_a_context_that_asks_for_rows_is_not_asked():
    view = asked(Chosen, get_serializer_context=lambda self: {"show": ["title"], "first": self.get_object()})

    with pytest.raises(NotAskedError, match=r"^get_serializer_context\(\) asks for rows itself$"):
        rows_of(view)


def test_a_context_that_nobody_needs_is_not_asked_for():
    view = asked(TITLE, get_serializer_context=showing("title"))
    rows_of(view)

    assert not hasattr(view, "asked")


def context(*names: str) -> tuple[Any, Context]:
    view = asked(Chosen, get_serializer_context=showing(*names))
    return view, Context(view, view.get_serializer_context)


def test_the_request_is_known_without_asking():
    view, found = context()

    assert (found["request"], found["view"], "format" in found, hasattr(view, "asked")) == (
        *(view.request, view, True, False),
    )


@pytest.mark.parametrize(
    "take",
    [
        lambda found: found["show"],
        lambda found: found.get("show"),
        lambda found: dict(list(zip(found, map(found.__getitem__, found), strict=True)))["show"],
        lambda found: "show" in found and found["show"],
    ],
    ids=["item", "get", "iteration", "contains"],
)
def test_what_a_view_adds_is_asked_for_when_it_is_taken(take):
    view, found = context("title")

    assert (take(found), view.asked) == (("title",), 1)
    assert (take(found), view.asked) == (("title",), 1)


@pytest.mark.parametrize(
    "take",
    [
        lambda found: {**found},
        lambda found: dict(found),
        lambda found: dict(found.items()),
        lambda found: dict(zip(found.keys(), found.values(), strict=True)),
        lambda found: found.copy(),
        lambda found: found | {"more": 1},
        lambda found: {"more": 1} | found,
    ],
    ids=["unpacked", "dict", "items", "keys and values", "copy", "or", "or from the left"],
)
def test_a_whole_context_has_what_the_view_adds(take):
    assert take(context("title")[1]).get("show") == ("title",)


def test_a_context_can_be_changed_as_a_dict_can():
    _, found = context("title")
    found["more"] = 1
    length = len(found)
    del found["show"]

    assert (found["more"], length, found.get("show")) == (1, 5, None)


def test_what_a_view_does_not_add_is_missing():
    _, found = context()

    with pytest.raises(KeyError, match=r"^'user'$"):
        found["user"]
    assert (found.get("user"), found.get("user", 3), "user" in found) == (None, 3, False)


def test_instances_are_asked_for_by_their_serializer():
    view = asked(TITLE)
    first, second = (answer_for_instances(view, TITLE(), Book) for _ in range(2))

    assert (outline(first.requirement), second is first) == ("title", True)


def test_an_answer_knows_whether_code_of_the_view_sees_the_rows():
    def retrieve(self: Any, request: Any, pk: Any) -> Any:
        return vars(self)

    found = [rows_of(asked(TITLE, kwargs={"pk": 1}, **own)) for own in ({}, {"retrieve": retrieve})]

    assert [answer.seen for answer in found] == [False, True]
