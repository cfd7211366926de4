"""Whatever fails inside the guards, one function after the other: responses are the same, to the byte."""

from __future__ import annotations

import importlib
import inspect
import logging
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import FunctionType
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import path

from drf_autoprefetch import guarding, middleware
from drf_autoprefetch.guarding import requests, responses, watching
from drf_autoprefetch.guarding.counting import current_tally
from tests.guarding.monitored import AsyncExport, Export
from tests.guarding.scenarios import FOUND

pytestmark = [
    pytest.mark.django_db,
    # What fails is ours, whatever the database.
    pytest.mark.once,
    pytest.mark.usefixtures("library"),
    pytest.mark.urls("tests.guarding.test_faults"),
]

#: Between them these come by every function: relations of all kinds, raw SQL, a list in a list, streams.
ASKED = [
    "generic foreign key",
    "keys of a many-to-many",
    "method, cursor",
    "method, filter",
    "method, filtered count",
    "method, generic relation",
    "method, loop",
]
VIEWS: dict[str, Any] = {name: FOUND[name].view.as_view({"get": "list"}) for name in ASKED}
VIEWS |= {"export": Export.as_view(), "aexport": AsyncExport.as_view()}
urlpatterns = [path(f"{number}/", view) for number, view in enumerate(VIEWS.values())]

#: Run by commands and checks, at the start, or in blocks that tests enter; not while a request is answered.
ELSEWHERE = {"allowance_checks", "allowing", "budgets", "checks"}

#: They enter and leave the blocks around a request, a step or a query, and guard what they call: else they do nothing.
SHELL = {
    "counting.Tally.__init__",
    "counting.counted",
    "counting.current_tally",
    "middleware.PrefetchMonitorMiddleware.__call__",
    "middleware.PrefetchMonitorMiddleware.__init__",
    "middleware.PrefetchMonitorMiddleware._answer",
    "middleware._sampled",
    "requests._awaited",
    "requests.forget_logged",
    "requests.watched",
    "responses.forget_logged",
    "streams.Turns.__enter__",
    "streams.Turns.__exit__",
    "streams._AsyncSteps.__anext__",
    "streams._AsyncSteps._finish_in_thread",
    "streams._Ending._finish",
    "streams._Ending.close",
    "streams._Steps.__next__",
    "watching.Guarded.__enter__",
    "watching.Guarded.__exit__",
    "watching.Guarded.__init__",
    "watching.Watch.__init__",
    "watching.Watch._saw",
    "watching.complain",
    "watching.entered",
    "watching.observe",
    "watching._counted",
}

failures: list[str] = []


def strike() -> None:
    """Be where a function of the guards was."""
    failures.append("called")
    raise RuntimeError("failed")


def _fail(*args: Any, **kwargs: Any) -> Any:
    from tests.guarding.test_faults import strike

    strike()


def functions() -> Iterator[tuple[str, FunctionType]]:
    """Give every function and method of the guards, and of the middleware."""
    names = {found.name for found in pkgutil.iter_modules(guarding.__path__)} - ELSEWHERE
    modules = [middleware, *(importlib.import_module(f"{guarding.__name__}.{name}") for name in sorted(names))]
    for module in modules:
        short = module.__name__.rpartition(".")[2]
        for name, value in vars(module).items():
            if inspect.isclass(value) and value.__module__ == module.__name__:
                for inner, method in vars(value).items():
                    yield from _function(f"{short}.{name}.{inner}", method, module)
            else:
                yield from _function(f"{short}.{name}", value, module)


def _function(name: str, value: Any, module: Any) -> Iterator[tuple[str, FunctionType]]:
    value = getattr(value, "fget", value)
    function = inspect.unwrap(value) if callable(value) else value
    if isinstance(function, FunctionType) and function.__code__.co_filename == module.__file__:
        yield name, function


#: What an audit says, which answers no request.
AUDITED = {"findings.Finding.about", "findings.Finding.text"}

FUNCTIONS = {name: function for name, function in functions() if name not in SHELL | AUDITED}


@pytest.fixture(autouse=True)
def _monitored(settings):
    settings.MIDDLEWARE = ["drf_autoprefetch.middleware.PrefetchMonitorMiddleware"]
    settings.DRF_AUTOPREFETCH = {"UNPLANNED": "log", "BUDGETS": {"*": 3}, "OVER_BUDGET": ["log", "header"]}
    settings.DEBUG = True
    failures.clear()


@pytest.fixture(scope="module")
def client():
    return Client()


def ask(client: Any) -> list[bytes]:
    requests.forget_logged()
    responses.forget_logged()
    answers = [client.get(f"/{number}/") for number in range(len(VIEWS))]
    return [b"".join(each) for each in answers]


@cache
def as_without(client: Any) -> list[bytes]:
    with override_settings(MIDDLEWARE=[], DRF_AUTOPREFETCH={"UNPLANNED": "off"}):
        return ask(Client())


@pytest.mark.filterwarnings(
    "ignore:StreamingHttpResponse must consume", "ignore:Assigning a code object of non-matching"
)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_fails_changes_nothing(name, client, monkeypatch, caplog):
    expected = as_without(client)

    with monkeypatch.context() as patch:
        patch.setattr(FUNCTIONS[name], "__code__", _fail.__code__)
        found = ask(client)

    assert found == expected
    assert watching._watching.get() is None
    assert current_tally() is None
    said = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert all(record.getMessage().endswith(": the guard failed") for record in said)
    assert bool(said) is bool(failures)
