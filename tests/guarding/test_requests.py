"""What is done about unplanned queries: nothing, a signal, the log, a warning or an error."""

from __future__ import annotations

import datetime
import inspect
import logging
import pickle
import warnings
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.test import override_settings
from django.utils.decorators import method_decorator
from rest_framework.decorators import action
from rest_framework.routers import SimpleRouter
from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import ReadOnlyModelViewSet

from drf_autoprefetch import AutoPrefetchMixin, Finding
from drf_autoprefetch.exceptions import AutoPrefetchError, UnplannedQueryError, UnplannedQueryWarning
from drf_autoprefetch.guarding import requests
from drf_autoprefetch.guarding.findings import Kind
from drf_autoprefetch.signals import unplanned_queries
from tests.examples import ModelSerializer, answer
from tests.guarding.scenarios import AuthorShown, Planned, Unplanned
from tests.guarding.unforeseen import unforeseen
from tests.testapp.models import Book

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]


class BookSerializer(ModelSerializer):
    author = AuthorShown()

    class Meta:
        model = Book
        fields = ["title", "author"]


class Books(Unplanned):
    serializer_class = BookSerializer


DECLARED = inspect.getsourcelines(BookSerializer)[1] + 1
PLACE = f"tests/guarding/test_requests.py:{DECLARED}"
SAID = f'×8 BookSerializer.author | Book.author | to-one | {PLACE} | add .select_related("author") to the queryset'


@pytest.fixture(autouse=True)
def _forget():
    requests.forget_logged()


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.WARNING, "drf_autoprefetch.unplanned")
    return caplog


@pytest.fixture
def told():
    """What the signal's receivers are told."""
    calls = []

    def receive(**kwargs):
        calls.append(kwargs)

    unplanned_queries.connect(receive)
    yield calls
    unplanned_queries.disconnect(receive)


def test_count_tells_the_signal_and_nobody_else(told, log):
    assert answer(Books).status_code == 200

    (call,) = told
    assert (call["sender"], call["queries"], [str(finding) for finding in call["findings"]]) == (Books, 9, [SAID])
    assert call["request"].method == "GET"
    assert log.records == []


def test_a_planned_request_is_told_as_well(told):
    class Lean(Planned):
        serializer_class = BookSerializer

    answer(Lean)

    assert [(call["queries"], call["findings"]) for call in told] == [(1, [])]


def test_a_receiver_that_raises_changes_nothing(caplog):
    def receive(**kwargs):
        raise RuntimeError("receiver")

    unplanned_queries.connect(receive)
    try:
        assert answer(Books).status_code == 200
    finally:
        unplanned_queries.disconnect(receive)


def test_off_tells_nobody(told, monkeypatch):
    monkeypatch.setattr(Books, "auto_prefetch_unplanned", "off")

    assert answer(Books).status_code == 200
    assert told == []


@override_settings(DRF_AUTOPREFETCH={"UNPLANNED": "log"})
def test_the_log_says_each_finding_once(log):
    answer(Books)
    answer(Books)

    (record,) = log.records
    assert (record.getMessage(), record.levelno, record.name) == (SAID, logging.WARNING, "drf_autoprefetch.unplanned")
    assert (record.view, record.action, record.serializer_field) == ("Books", "list", "BookSerializer.author")
    assert (record.relation, record.kind, record.query_count, record.distinct_parameters) == (
        "Book.author",
        "to-one",
        8,
        4,
    )
    assert record.place == PLACE
    assert record.remedy == 'add .select_related("author") to the queryset'


def test_the_log_forgets_when_it_has_said_too_much(log, monkeypatch):
    monkeypatch.setattr(requests, "_LIMIT", 1)
    one, two = (Finding(path, "Book.author", Kind.TO_ONE) for path in ("A.x", "B.x"))

    requests.log_findings([one, one, two, one])

    assert [record.serializer_field for record in log.records] == ["A.x", "B.x", "A.x"]


@pytest.mark.parametrize(("debug", "mode"), [(True, "log"), (False, "count")])
def test_auto_logs_where_debug_is_on(debug, mode):
    with override_settings(DEBUG=debug):
        assert requests.mode_of(Books()) == mode


@override_settings(DRF_AUTOPREFETCH={"UNPLANNED": "warn"})
def test_warn_warns():
    with pytest.warns(UnplannedQueryWarning) as warned:
        answer(Books)

    assert [str(warning.message) for warning in warned] == [SAID]


@override_settings(DRF_AUTOPREFETCH={"UNPLANNED": "raise"})
def test_raise_raises_when_everything_has_been_seen():
    with pytest.raises(UnplannedQueryError) as raised:
        answer(Books)

    assert str(raised.value) == f"Rows are loaded one by one while they are shown:\n  {SAID}"
    assert [finding.path for finding in raised.value.findings] == ["BookSerializer.author"]
    assert isinstance(raised.value, AutoPrefetchError)
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


@override_settings(DRF_AUTOPREFETCH={"UNPLANNED": "raise"})
def test_what_is_planned_does_not_raise():
    class Lean(Planned):
        serializer_class = BookSerializer

    assert answer(Lean).status_code == 200
    assert answer(Books, "retrieve", pk=Book.objects.all()[0].pk).status_code == 200


@override_settings(DRF_AUTOPREFETCH={"UNPLANNED": "raise"})
def test_a_view_may_say_otherwise(monkeypatch):
    monkeypatch.setattr(Books, "auto_prefetch_unplanned", "count")
    assert answer(Books).status_code == 200

    monkeypatch.setattr(Books, "auto_prefetch_unplanned", "cure")
    message = r"^Books\.auto_prefetch_unplanned must be one of auto, off, count, log, warn, raise, heal, not 'cure'\.$"
    with pytest.raises(ImproperlyConfigured, match=message):
        answer(Books)


#: Who is told of what was loaded row by row, and what becomes of the response, in each mode.
WHAT_IS_DONE: dict[str, set[str]] = {
    "off": set(),
    "auto": {"signal"},
    "count": {"signal"},
    "log": {"signal", "log"},
    "warn": {"signal", "warning"},
    "raise": {"signal", "error"},
    "heal": {"signal", "log", "healed"},
}


Unforeseen: Any = unforeseen("return [each.rating for each in row.reviews.all()]")


class Recent(Unforeseen):  # type: ignore[misc]
    """A view of which each mode has an action of its own."""


def say(mode: str) -> Any:
    def recent(self: Any, request: Any) -> Any:
        return self.list(request)

    recent.__name__ = f"in_mode_{mode}"
    return action(detail=False, auto_prefetch_unplanned=mode)(recent)


for each in WHAT_IS_DONE:
    setattr(Recent, f"in_mode_{each}", say(each))

router = SimpleRouter()
router.register("recent", Recent, basename="recent")


def what_is_done(handler: Any, log: Any, told: Any) -> set[str]:
    done: set[str] = set()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            assert handler(APIRequestFactory().get("/")).status_code == 200
        except UnplannedQueryError:
            done.add("error")
    found = [finding for call in told for finding in call["findings"]]
    assert {finding.path for finding in found} <= {"BookSerializer.shown"}
    seen = {"signal": found, "log": log.records, "warning": warned, "healed": [each for each in found if each.healed]}
    return done | {name for name, what in seen.items() if what}


@pytest.mark.parametrize("other", ["off", "raise"])
@pytest.mark.parametrize("mode", WHAT_IS_DONE)
def test_a_view_says_each_mode_for_itself(mode, other, log, told, settings):
    settings.DRF_AUTOPREFETCH = {"UNPLANNED": other}
    view: Any = type("Books", (Unforeseen,), {"auto_prefetch_unplanned": mode})

    assert what_is_done(view.as_view({"get": "list"}), log, told) == WHAT_IS_DONE[mode]


@pytest.mark.parametrize("other", ["off", "raise"])
@pytest.mark.parametrize("mode", WHAT_IS_DONE)
def test_an_action_says_each_mode_for_itself(mode, other, log, told, settings, monkeypatch):
    settings.DRF_AUTOPREFETCH = {"UNPLANNED": "raise"}
    monkeypatch.setattr(Recent, "auto_prefetch_unplanned", other)
    urls: Any = router.urls
    (handler,) = (url.callback for url in urls if url.name == f"recent-in-mode-{mode}")

    assert what_is_done(handler, log, told) == WHAT_IS_DONE[mode]


@pytest.mark.parametrize("path", ["BookSerializer.author", "Other.book.author"])
def test_what_the_settings_allow_is_not_told(path, told):
    allowed = {"path": path, "reason": "one page only", "until": datetime.date(9999, 1, 1)}
    with override_settings(DRF_AUTOPREFETCH={"ALLOW_UNPLANNED": [allowed]}):
        answer(Books)

    assert [len(call["findings"]) for call in told] == [int(path.startswith("Other"))]


def test_a_finding_is_one_line():
    finding = Finding("A.x", "Book.author", Kind.TO_ONE, count=3)

    assert str(finding) == "×3 A.x | Book.author | to-one"
    assert str(Finding("A.x", "", Kind.STALE, remedy="drop it")) == "A.x | stale allowance | drop it"


def test_what_decorators_say_of_a_base_s_dispatch_is_kept():
    """Django copies it from the class's own ``dispatch()``, which is now the mixin's."""

    @method_decorator(transaction.non_atomic_requests, name="dispatch")
    class Base(ReadOnlyModelViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = BookSerializer

    class Mixed(AutoPrefetchMixin, Base):
        pass

    plain, mixed = (vars(view.as_view({"get": "list"})) for view in (Base, Mixed))
    assert mixed["_non_atomic_requests"] == plain["_non_atomic_requests"] == {"default"}
    assert mixed.keys() == plain.keys()
