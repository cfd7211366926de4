"""How long it takes to read a body that nobody has read before: ``python -m tests.bodies.timing``."""

# ruff: noqa: T201

from __future__ import annotations

import os
from collections.abc import Iterator
from time import process_time

import django


def clear() -> None:
    """Forget every body, and where its source is."""
    from drf_autoprefetch.reading import methods
    from drf_autoprefetch.reading.methods import sources

    methods.clear()
    sources._found.clear()


def cold(rounds: int = 5) -> dict[str, float]:
    """Return the milliseconds of each body of the corpus, longest first: the shortest of some rounds."""
    from tests.test_method_bodies import CORPUS, read

    def times() -> Iterator[tuple[str, float]]:
        for body in CORPUS:
            clear()
            start = process_time()
            read(body)
            yield body.name, (process_time() - start) * 1000

    found = [dict(times()) for _ in range(rounds)]
    shortest = {name: min(each[name] for each in found) for name in found[0]}
    return dict(sorted(shortest.items(), key=lambda pair: -pair[1]))


def part(times: dict[str, float], share: float) -> float:
    """Return the time that ``share`` of the bodies stay below."""
    return sorted(times.values())[int(len(times) * share)]


def main() -> None:
    """Print how long reading takes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    times = cold()
    print(f"{len(times)} bodies, each read for the first time: median {part(times, 0.5):.2f} ms,"
          f" 90th percentile {part(times, 0.9):.2f} ms of CPU time. The longest:")  # fmt: skip
    for name, milliseconds in [*times.items()][:5]:
        print(f"   {milliseconds:6.2f} ms  {name}")


if __name__ == "__main__":
    main()
