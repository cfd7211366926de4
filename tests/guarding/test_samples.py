"""Samples: merged over responses and processes, kept as lines that say something new."""

from __future__ import annotations

import json
import multiprocessing
from typing import Any

import pytest

from drf_autoprefetch.guarding.reads import storing
from drf_autoprefetch.guarding.reads.samples import CodeSample, NodeSample, Sample
from drf_autoprefetch.guarding.reads.storing import Store, append, read_samples

KEY = ("shop.views.Books", "list")


def sample(*read: str, paths: tuple[str, ...] = ("author__name",), rows: int = 2) -> Sample:
    return Sample(
        responses=1,
        nodes={("", "shop.Book"): NodeSample(rows, {"title", "isbn"}, {"author"}, set(read))},
        functions={("shop/s.py", 4, 6, "S.get_x", "shop.Book"): CodeSample(rows, set(paths), set(), {"shop.s:S.x"})},
        fields={("shop.s:S", "x", "shop.Book"): CodeSample(rows, set(paths))},
        notes={("code-unread", "S.x", "shop/s.py", 5)},
    )


@pytest.fixture
def file(tmp_path):
    return str(tmp_path / "samples.jsonl")


def lines(file: str) -> list[dict[str, Any]]:
    with open(file, encoding="utf-8") as found:
        return [json.loads(line) for line in found]


def test_samples_add_up_and_say_whether_there_is_anything_new():
    whole = Sample()

    assert whole.merge(sample("title"))
    assert not whole.merge(sample("title"))
    assert whole.merge(sample("isbn"))
    assert whole.merge(sample(paths=("title",)))
    assert whole.merge(Sample(notes={("custom-field", "S.y", "", 0)}))

    node = whole.nodes["", "shop.Book"]
    assert (whole.responses, node.rows, node.read) == (4, 8, {"title", "isbn"})
    assert whole.fields["shop.s:S", "x", "shop.Book"].paths == {"author__name", "title"}


def test_what_is_written_is_read(file):
    store = Store(file)

    store.add(KEY, sample("title"))

    assert read_samples(file) == {KEY: sample("title")}
    assert len(lines(file)) == 1


def test_only_what_is_new_is_written_and_numbers_when_they_have_doubled(file):
    store = Store(file)

    for _ in range(100):
        store.add(KEY, sample("title"))

    assert [line["responses"] for line in lines(file)] == [1, 1, 2, 4, 8, 16, 32]
    store.add(KEY, sample("isbn"))
    assert [line["responses"] for line in lines(file)][7:] == [37]
    assert read_samples(file)[KEY].responses == 101


def test_the_rest_is_written_in_the_end(file):
    store = Store(file)
    for _ in range(3):
        store.add(KEY, sample("title"))

    store.flush()
    store.flush()

    assert read_samples(file)[KEY].responses == 3
    assert len(lines(file)) == 3


def test_a_process_writes_nothing_that_another_has_written(file):
    for _ in range(8):
        Store(file).add(KEY, sample("title"))
    before = len(lines(file))

    one = Store(file)
    one.add(KEY, sample("title"))

    assert before == 2
    assert len(lines(file)) == before


def test_broken_lines_are_passed_over(file):
    Store(file).add(KEY, sample("title"))
    (good,) = lines(file)
    others = [
        {},
        [],
        good | {"version": 2},
        good | {"responses": "many"},
        good | {"nodes": [["", "shop.Book"]]},
        good | {"notes": [1]},
        good | {"functions": [[1, 2]]},
    ]
    append(file, "\n".join(["{", '{"version":', *map(json.dumps, others), ""]))
    append(file, "\udcff".encode("utf-8", "surrogateescape").decode("latin-1") + "\n")
    append(file, json.dumps(good)[:50])

    assert read_samples(file) == {KEY: sample("title")}


def test_no_file_has_no_samples(file):
    assert read_samples(file) == {}


def test_a_file_that_has_grown_large_is_written_no_further(file, monkeypatch):
    store = Store(file)
    store.add(KEY, sample("title"))
    monkeypatch.setattr(storing, "MOST_BYTES", 10)

    store.add(KEY, sample("isbn"))

    assert len(lines(file)) == 1


def write(file: str, number: int) -> None:
    store = Store(file)
    for each in range(50):
        store.add(KEY, sample(f"column_{number}_{each}", "x" * 3000))


def test_processes_write_at_once(file):
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=write, args=(file, number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert len(lines(file)) == 200
    assert read_samples(file)[KEY].responses == 200
