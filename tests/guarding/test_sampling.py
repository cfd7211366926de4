"""Which responses are sampled: none by default, a share of them by the settings, all of a test run."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from rest_framework import serializers
from rest_framework.response import Response

from drf_autoprefetch.conf import get_settings
from drf_autoprefetch.guarding.reads import sampling
from drf_autoprefetch.guarding.reads.sampling import flush, learning
from drf_autoprefetch.guarding.reads.storing import read_samples
from drf_autoprefetch.loading.watching import listening
from tests.examples import ModelSerializer, answer, shows
from tests.guarding.scenarios import Planned, Unplanned
from tests.testapp.models import Author, Book

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]


class BookSerializer(ModelSerializer):
    who = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = ["title", "who"]

    def get_who(self, book: Any) -> str:
        name: str = getattr(book, "".join(["auth", "or"])).name
        return name


class Books(Planned):
    serializer_class = BookSerializer


KEY = (f"{__name__}.Books", "list")


@pytest.fixture
def file(tmp_path):
    sampling._stores.clear()
    yield str(tmp_path / "samples.jsonl")
    sampling._stores.clear()


def test_nothing_is_sampled_unless_somebody_asks(file):
    with override_settings(DRF_AUTOPREFETCH={"LEARN_FILE": file}):
        answer(Books)
    flush()

    assert sampling._stores == {}
    assert sampling.sampled(Books(), len) is len


def test_settings_sample_a_share(file, monkeypatch):
    drawn = iter([0.3, 0.7, 0.4])
    monkeypatch.setattr("random.random", lambda: next(drawn))

    with override_settings(DRF_AUTOPREFETCH={"LEARN": 0.5, "LEARN_FILE": file}):
        for _ in range(3):
            answer(Books)
    flush()

    assert read_samples(file)[KEY].responses == 2


def test_a_share_is_one_at_most():
    with (
        override_settings(DRF_AUTOPREFETCH={"LEARN": 2}),
        pytest.raises(ImproperlyConfigured, match=r"'LEARN'\] must be a share .*, not 2"),
    ):
        get_settings()


def test_a_sample_has_names_and_numbers_and_no_values(file):
    with learning(file):
        answer(Books)

    sample = read_samples(file)[KEY]
    (function,) = sample.functions
    assert function[0].endswith("tests/guarding/test_sampling.py")
    assert (function[3].rpartition(".")[2], function[4]) == ("get_who", "testapp.Book")
    assert sample.functions[function].paths == {"author__name"}
    assert sample.functions[function].missing == {"author__name"}
    assert sample.functions[function].fields == {f"{__name__}:BookSerializer.who"}
    assert sample.fields[f"{__name__}:BookSerializer", "title", "testapp.Book"].paths == {"title"}
    assert {(kind, about) for kind, about, *_ in sample.notes} == {("code-unread", "BookSerializer.who")}
    root = sample.nodes["", "testapp.Book"]
    assert {"title", "isbn"} <= root.columns
    assert root.read == {"title", "author"}
    with open(file, encoding="utf-8") as written:
        text = written.read()
    assert not any(value in text for book in Book.objects.all() for value in (book.title, book.isbn, book.author.name))


def test_writes_are_sampled_for_hints_alone(file):
    book = Book.objects.earliest("pk")

    with learning(file):
        answer(Books, "partial_update", method="patch", pk=book.pk, data={"title": "New"})

    sample = read_samples(file)[f"{__name__}.Books", "partial_update"]
    assert sample.nodes == {}
    assert [each.paths for each in sample.functions.values()] == [{"author__name"}]


@pytest.mark.parametrize("view", [type("Off", (Unplanned,), {"serializer_class": BookSerializer})])
def test_what_no_plan_has_loaded_is_not_sampled(view, file):
    with learning(file):
        answer(view)

    assert read_samples(file) == {}


def test_refusals_and_empty_lists_are_not_sampled(file):
    class Empty(Books):
        queryset = Book.objects.none()

    class Refusing(Books):
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            super().list(request, *args, **kwargs)
            return Response(status=409)

    with learning(file):
        answer(Empty)
        answer(Refusing)

    assert read_samples(file) == {}


def test_the_views_inside_a_view_have_samples_of_their_own(file):
    class Outer(Planned):
        serializer_class = shows(Author, "name")
        queryset = Author.objects.all()

        def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            answer(Books)
            return super().list(request, *args, **kwargs)

    with learning(file):
        answer(Outer)

    found = read_samples(file)
    assert {view.rpartition(".")[2] for view, _ in found} == {"Outer", "Books"}
    assert [path for path, _ in found[KEY].nodes] == [""]
    assert found[KEY].nodes["", "testapp.Book"].read == {"title", "author"}


def test_async_handlers_are_sampled_while_they_run(file, monkeypatch):
    seen, kept = [], []
    monkeypatch.setattr(sampling, "_keep", lambda *about: kept.append(about))

    async def dispatch(request: str) -> str:
        seen.append(listening.get())
        return f"{request} answered"

    with learning(file):
        coming = sampling.sampled("view", dispatch)("request")
        assert (seen, kept) == ([], [])
        assert asyncio.run(coming) == "request answered"

    assert seen[0] is not None
    ((view, recorder, _, response, where),) = kept
    assert (view, response, where) == ("view", "request answered", file)
    assert seen == [recorder.loaded]
    assert listening.get() is None


def test_what_fails_is_logged_and_the_response_stays(file, monkeypatch, caplog):
    def broken(*args: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(sampling, "sample_of", broken)
    plain = answer(Books)
    caplog.set_level(logging.ERROR)

    with learning(file):
        assert answer(Books).content == plain.content

    assert "A response is not learned from: the guard failed" in caplog.text


def test_a_file_that_cannot_be_written_is_logged(tmp_path, caplog):
    caplog.set_level(logging.ERROR)

    with learning(str(tmp_path)):
        assert answer(Books).status_code == 200
    flush()
    sampling._stores.clear()

    assert "A response is not learned from: the guard failed" in caplog.text


def test_what_cannot_be_written_in_the_end_is_logged(file, monkeypatch, caplog):
    caplog.set_level(logging.ERROR)
    store = sampling.store_for(file)
    monkeypatch.setattr(store, "flush", lambda: 1 / 0)

    flush()

    assert "Samples are not written: the guard failed" in caplog.text
