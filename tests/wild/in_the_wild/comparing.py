"""Compare records: what a run with the mixin answered differently, and where it ran more queries.

    python -m in_the_wild.comparing PLAIN.jsonl PLAIN_AGAIN.jsonl MIXIN.jsonl

A response that differs between two plain runs (clocks, random keys) says nothing and is counted apart.

    python -m in_the_wild.comparing --bare WRITTEN.jsonl BARE.jsonl BARE_MIXIN.jsonl
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

Key = tuple[str, int]


def read_record(path: str) -> dict[Key, dict[str, Any]]:
    """Return the lines of a record by test and number."""
    lines = map(json.loads, Path(path).read_text().splitlines())
    return {(line["test"], line["number"]): line for line in lines}


def compare(plain: dict[Key, Any], again: dict[Key, Any], mixin: dict[Key, Any]) -> dict[str, Any]:
    """Return the figures, and the lines that differ or cost more."""
    steady = [key for key, line in plain.items() if _answer(line) == _answer(again.get(key)) and key in mixin]
    pairs = [(plain[key], mixin[key]) for key in steady]
    counted = [
        (before, after)
        for key, (before, after) in zip(steady, pairs, strict=True)
        if plain[key]["queries"] == again[key]["queries"] and _answer(before) == _answer(after)
    ]
    return {
        "responses": len(plain),
        "unsteady": len(plain) - len(steady),
        "tests": len({test for test, _ in steady}),
        "views": len({after["view"] for _, after in pairs}),
        "same": sum(_answer(before) == _answer(after) for before, after in pairs),
        "queries": [sum(before["queries"] for before, _ in counted), sum(after["queries"] for _, after in counted)],
        "fewer": sum(before["queries"] > after["queries"] for before, after in counted),
        "more": sum(before["queries"] < after["queries"] for before, after in counted),
        "differing": [(before, after) for before, after in pairs if _answer(before) != _answer(after)],
        "costlier": [(before, after) for before, after in counted if before["queries"] < after["queries"]],
        "logged": Counter(text for _, after in pairs for text in after["logged"]),
    }


def compare_bare(written: dict[Key, Any], bare: dict[Key, Any], mixin: dict[Key, Any]) -> dict[str, Any]:
    """Return what the responses of a run without the application's own hints cost, without the mixin and with it.

    ``needed`` has the same for those on which the authors' hints saved anything.
    """
    steady = [key for key, line in written.items() if _answer(line) == _answer(bare.get(key)) and key in mixin]
    same = [key for key in steady if _answer(bare[key]) == _answer(mixin[key])]
    needed = [key for key in same if bare[key]["queries"] > written[key]["queries"]]
    costlier = [(bare[key], mixin[key]) for key in same if mixin[key]["queries"] > bare[key]["queries"]]
    return {
        "responses": len(written),
        "steady": len(steady),
        "same": len(same),
        "written, bare, mixin": [sum(run[key]["queries"] for key in same) for run in (written, bare, mixin)],
        "needed": len(needed),
        "of those": [sum(run[key]["queries"] for key in needed) for run in (written, bare, mixin)],
        "differing": [(bare[key], mixin[key]) for key in steady if key not in set(same)],
        "costlier": costlier,
        "logged": Counter(text for key in same for text in mixin[key]["logged"]),
    }


def _answer(line: Any) -> Any:
    return line and (line["status"], line["body"], line["method"], line["path"])


def _line(line: dict[str, Any]) -> str:
    return f"{line['method']} {line['path']} {line['view']}.{line['action']} [{line['test']}]"


def main() -> int:
    """Print the comparison; return 1 where anything differs, costs more or was logged."""
    bare = sys.argv[1] == "--bare"
    found = (compare_bare if bare else compare)(*map(read_record, sys.argv[1 + bare : 4 + bare]))
    faults = found.pop("differing"), found.pop("costlier"), found.pop("logged")
    print(json.dumps(found, indent=2))
    for before, after in faults[0]:
        print(f"DIFFERS {_line(after)}\n  plain {before['status']} {before['body'][:2000]}")
        print(f"  mixin {after['status']} {after['body'][:2000]}")
    for before, after in faults[1]:
        print(f"COSTS MORE {before['queries']} → {after['queries']}: {_line(after)}")
    for text, times in faults[2].items():
        print(f"LOGGED {times} times: {text}")
    return 1 if any(faults) else 0


if __name__ == "__main__":
    sys.exit(main())
