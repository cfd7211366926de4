"""Take the rules of the reader away, one at a time: some test must go red each time (``nox -s mutate``).

A rule is an entry of one of the reader's tables, or a name in one of the lists of names that its modules keep. Each is
removed in a process of its own, and narrow tests are run until one is red: the bodies of test_methods.py, those of the
corpus, and the lines of test_methods_names.py, beginning with the one that is said to guard the rule.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import django
import pytest

#: The lists of names that the reader knows: methods of containers and of managers, functions of libraries.
LISTS = {
    "containers": ("_ADD", "_EXTEND", "_SAME", "_READ", "_QUIET"),
    "managers": ("_ONE", "_NO_ROWS", "_FACTS"),
    "knowledge": ("_SHOWS", "_QUERIES"),
}

#: Where the few rules are tested that no single body needs.
_OTHERS = ("tests/test_methods_edges.py", "tests/test_methods_corners.py", "tests/test_methods_entry.py")


@dataclass(frozen=True)
class Rule:
    """A rule, how it is taken away, and the body that is said to guard it."""

    name: str
    remove: Callable[[], Any]
    guard: str = ""


def entries() -> Iterator[Rule]:
    """Give each entry of the reader's tables."""
    from tests import test_methods_rules as rules

    for param in rules.rules():
        table, key = param.values
        name = str(param.id)
        yield Rule(name, partial(table.pop, key), rules.GUARDS[name])


def names() -> Iterator[Rule]:
    """Give each name in the lists of names of the reader's modules."""
    from drf_autoprefetch.reading import methods

    for part, titles in LISTS.items():
        module: ModuleType = getattr(methods, part)
        for title in titles:
            for each in sorted(getattr(module, title), key=str):
                name = f"{part}.{title} {each if isinstance(each, str) else '.'.join(each)}"
                yield Rule(name, _without(module, title, each), name)


def _without(module: ModuleType, title: str, name: Any) -> Callable[[], Any]:
    value = getattr(module, title)
    return lambda: setattr(module, title, type(value)(each for each in value if each != name))


def first_red(rule: Rule) -> str:
    """Return the name of the first test that is red without ``rule``, or nothing."""
    from tests import test_method_bodies as corpus
    from tests import test_methods as methods
    from tests import test_methods_names as lines

    bodies: dict[str, Callable[[], None]] = {
        str(case.id): lambda case=case: methods.test_the_body_reads(*case.values)  # type: ignore[misc]
        for case in methods.CASES
    }
    for body in corpus.CORPUS:
        bodies[body.name] = lambda body=body: corpus.test_a_body_is_planned_as_by_hand(body)  # type: ignore[misc]
    for name, values in lines.NAMES.items():
        bodies[name] = lambda values=values: lines.test_a_name_is_known(*values)  # type: ignore[misc]
    rule.remove()
    for name in sorted(bodies, key=lambda name: name != rule.guard):
        try:
            bodies[name]()
        except Exception:
            return name
    return _red_elsewhere()


class _Watch:
    """Remembers the first test that failed."""

    red = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.red:
            self.red = report.nodeid.rpartition("/")[2]


def _red_elsewhere() -> str:
    watch = _Watch()
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["-xqWignore", "-pno:randomly", "-pno:cacheprovider", *_OTHERS], plugins=[watch])
    return watch.red


def apart(work: Callable[[], str]) -> str:
    """Return what ``work`` returns in a process of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as file:
            file.write(work())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        found = file.read()
    os.waitpid(child, 0)
    return found


def main() -> int:
    """Print each rule and the test that guards it; return 1 where there is none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only rules whose name contains one of these")
    wanted = parser.parse_args().names
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    survivors = 0
    for rule in (*entries(), *names()):
        if wanted and not any(name in rule.name for name in wanted):
            continue
        red = apart(lambda rule=rule: first_red(rule))  # type: ignore[misc]
        survivors += not red
        print(f"{rule.name} | {red or 'NOTHING GOES RED'}", flush=True)
    print(f"{survivors} rules that nothing guards" if survivors else "Every rule is guarded.")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
