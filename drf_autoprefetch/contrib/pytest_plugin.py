"""The pytest plugin: off unless it is asked for, and nothing of Django or DRF is imported before it is."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import pytest

MODES = ("raise", "warn", "off")
_INI = "drf_autoprefetch_unplanned"
_OPTION = "--unplanned-queries"
_LEARN_INI = "drf_autoprefetch_learn"
_LEARN = "--learn-prefetch-hints"
_WRITE = "--write-plans"
#: What a worker of pytest-xdist tells.
_NEEDED = "drf_autoprefetch_needed"
_STOPPED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the ini line, in a group of their own."""
    told = "what to do when a view with AutoPrefetchMixin loads rows one by one: raise, warn or off"
    group = parser.getgroup("drf-autoprefetch", "Django REST Framework queries")
    group.addoption(_OPTION, choices=MODES, default=None, help=f"{told} (default: the ini line, or off)")
    group.addoption(_WRITE, action="store_true", help="have plan_snapshot keep the plans of now in its file")
    parser.addini(_INI, told, default="off")
    told = "a file for what is read of the rows that views load, for manage.py suggest_prefetch_hints"
    group.addoption(_LEARN, metavar="FILE", default=None, help=f"{told} (default: the ini line, or none)")
    parser.addini(_LEARN_INI, told, default="")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and refuse an ini line that means nothing."""
    config.addinivalue_line("markers", "query_budget(queries): fail when the test runs more queries than that")
    if _mode(config) not in MODES:
        raise pytest.UsageError(f"{_INI} must be one of {', '.join(MODES)}, not {_mode(config)!r}.")


def _mode(config: pytest.Config) -> str:
    return str(config.getoption(_OPTION) or config.getini(_INI))


def _samples(config: pytest.Config) -> str:
    return str(config.getoption(_LEARN) or config.getini(_LEARN_INI))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Watch the test where it asks for that, or the whole run does. A failure of its own comes first."""
    mode, marker, file = _mode(item.config), item.get_closest_marker("query_budget"), _samples(item.config)
    with ExitStack() as stack:
        if file:
            stack.enter_context(_learning(file))
        if mode != "off":
            stack.enter_context(_watched(mode))
        if marker is not None:
            stack.enter_context(_budget(*marker.args, **marker.kwargs))
        return (yield)


@contextmanager
def _learning(file: str) -> Iterator[None]:
    from ..guarding.reads.sampling import learning

    with learning(file):
        yield


@contextmanager
def _watched(mode: str) -> Iterator[None]:
    from ..exceptions import UnplannedQueryWarning
    from ..testing import fail_for, unplanned_findings

    with unplanned_findings() as findings:
        yield
    if mode == "raise":
        with _telling():
            fail_for(findings)
    for finding in findings:
        warnings.warn(str(finding), UnplannedQueryWarning, stacklevel=2)


@contextmanager
def _telling() -> Iterator[None]:
    """Fail with the message alone: what is to be read stands in it, not in a traceback."""
    from ..testing import QueryAssertionError

    try:
        yield
    except QueryAssertionError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@contextmanager
def _budget(queries: int) -> Iterator[None]:
    from ..testing import query_budget

    with _telling(), query_budget(queries):
        yield


@pytest.fixture
def assert_flat() -> Callable[..., None]:
    """``assert_flat(lambda n: ..., rows=(1, 2, 4), grow=...)`` fails where more rows take more queries."""
    from ..testing import assert_flat as check

    return _telling()(check)


@pytest.fixture
def query_budget() -> Callable[[int], AbstractContextManager[None]]:
    """``with query_budget(4):`` fails where the block runs more queries."""
    return _budget


@pytest.fixture
def plan_snapshot(pytestconfig: pytest.Config) -> Callable[..., None]:
    """``plan_snapshot("plans.json")`` fails where a view's plan is another than in that file of the root directory."""
    from ..testing import assert_plans_unchanged

    def check(file: str, *, signed_in: bool = False) -> None:
        writes = pytestconfig.getoption(_WRITE)
        try:
            with _telling():
                assert_plans_unchanged(pytestconfig.rootpath / file, signed_in=signed_in, write=writes)
        except pytest.fail.Exception as error:
            told = f"{error}\nTo accept the plans of now: pytest {_WRITE}"
            raise pytest.fail.Exception(told, pytrace=False) from None

    return check


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep whether the run came to its end, and what it learned; a worker of xdist tells which allowances it needed."""
    config = session.config
    config.stash[_STOPPED] = bool(session.shouldstop or session.shouldfail)
    told = getattr(config, "workeroutput", None)
    if told is not None and _mode(config) != "off":
        from ..guarding.allowing import needed_allowances

        told[_NEEDED] = needed_allowances()
    if _samples(config):
        from ..guarding.reads.sampling import flush

        flush()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take in what a worker tells."""
    paths = getattr(node, "workeroutput", {}).get(_NEEDED)
    if paths:
        from ..guarding.allowing import need

        need(paths)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say which entries of the allow list are of no use any more."""
    if _mode(config) == "off":
        return
    from ..guarding.allowing import useless_allowances

    useless = useless_allowances(stale=_ran_all(terminalreporter, config))
    if useless:
        terminalreporter.section("unplanned queries that are allowed for nothing")
    for finding in useless:
        terminalreporter.write_line(str(finding))


def _ran_all(terminalreporter: Any, config: pytest.Config) -> bool:
    """Return whether no test was left out: it may need what the others do not."""
    chosen = any(config.getoption(name, None) for name in ("keyword", "markexpr", "lf"))
    parts = any("::" in argument or argument.endswith(".py") for argument in config.args)
    stopped = config.stash.get(_STOPPED, False)
    return not (chosen or parts or stopped or terminalreporter.stats.get("deselected"))
