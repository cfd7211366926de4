"""Where classes stand, and trees made by many threads at once."""

from __future__ import annotations

import inspect
import linecache
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from rest_framework import serializers

from drf_autoprefetch.reading import parsing
from drf_autoprefetch.reading.parsing import compile_tree, find_class, parse


def decorated(cls: Any) -> Any:
    return cls


class Outer:
    try:

        @decorated
        class Inner:
            one: int = 1
            two = three = 2

    except ImportError:
        pass


def made() -> Any:
    class Local:
        here = True

    return Local


def line_of(text: str) -> int:
    lines = Path(__file__).read_text().split("\n")
    return 1 + next(number for number, line in enumerate(lines) if line.strip() == text)


def test_a_class_stands_where_its_decorators_begin():
    found = find_class(Outer.Inner)
    assert found is not None
    assert (found[0], found[1].line) == (__file__, line_of("@decorated"))
    assert found[1].assignments == {
        name: line_of(f"{name}{rest}") for name, rest in (("one", ": int = 1"), ("two", " = three = 2"))
    } | {"three": line_of("two = three = 2")}


def test_a_class_of_a_function_is_found():
    found = find_class(made())

    assert found is not None
    assert found[1].assignments == {"here": line_of("here = True")}


@pytest.mark.parametrize("cls", [int, type("Made", (), {}), type("Nowhere", (), {"__module__": "builtins"})])
def test_a_class_without_source_is_not_found(cls):
    assert find_class(cls) is None


def test_many_threads_may_parse_at_once():
    """Until Python 3.11 they fail each other, if nobody keeps them apart."""
    source = "".join(linecache.getlines(inspect.getsourcefile(serializers) or ""))[:40_000].rpartition("\nclass ")[0]

    def work(number: int) -> bool:
        module = parse(source)
        return bool(module.body and compile_tree(module, f"{number}.py", 0).co_consts)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(24)))


def test_a_file_is_parsed_once(monkeypatch):
    found = find_class(made())
    monkeypatch.setattr(parsing, "parse", lambda source: pytest.fail("It was parsed again."))

    assert found == find_class(made()) is not None
