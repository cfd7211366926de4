"""What a file of samples teaches: a diff of the project's files, and words for what no diff can say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from ...guarding.reads.storing import Samples
from .edits import quoted
from .files import patched
from .metas import serializer_file
from .sources import NoPlaceError
from .unused import Least, Unused, too_few, unused
from .wanted import Wanted, wanted

VERSION = 1


@dataclass(slots=True)
class Lessons:
    """``hints`` are wanted, and ``diff`` writes them, but for those in ``without_place``, which says why.

    ``unseen`` are actions of which too little was seen to call anything unused.
    """

    hints: list[Wanted] = field(default_factory=list)
    diff: str = ""
    without_place: dict[Wanted, str] = field(default_factory=dict)
    unused: list[Unused] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)

    def refuse(self, hints: Iterable[Wanted], why: str) -> None:
        """Take in that some hints have no place."""
        self.without_place.update(dict.fromkeys(hints, why))


def learn(samples: Samples, least: Least) -> Lessons:
    """Return what ``samples`` teach. Reads the project's files, and writes none."""
    found = Lessons(wanted(samples.values()), unused=unused(samples, least), unseen=too_few(samples, least))
    files: dict[str, list[Wanted]] = defaultdict(list)
    for hint in found.hints:
        try:
            files[hint.file or serializer_file(hint.serializer)].append(hint)
        except NoPlaceError as error:
            found.refuse([hint], str(error))
    found.diff = "".join(patched(file, hints, found.refuse) for file, hints in sorted(files.items()))
    return found


def as_data(lessons: Lessons) -> dict[str, Any]:
    """Return lessons as a dict of JSON types."""
    return {
        "version": VERSION,
        "hints": [
            {**asdict(hint), "hint": written(hint), "without_place": lessons.without_place.get(hint, "")}
            for hint in lessons.hints
        ],
        "diff": lessons.diff,
        "unused": [asdict(each) for each in lessons.unused],
        "unseen": lessons.unseen,
    }


def as_text(lessons: Lessons) -> Iterator[str]:
    """Yield the lines that a person reads; the diff comes last, so that ``git apply`` takes the whole."""
    yield f"Hints to write: {len(lessons.hints) or 'none'}."
    for hint in lessons.hints:
        place = f" [{hint.file}:{hint.line}]" if hint.file else ""
        yield f"  {hint.name} {hint.why} ({hint.rows} rows sampled). Write {written(hint)}.{place}"
        if hint in lessons.without_place:
            yield f"    Not in the diff: {lessons.without_place[hint]}."
    yield ""
    yield f"Loaded and never read: {len(lessons.unused) or 'nothing'}."
    for each in lessons.unused:
        yield f"  {each}."
    if lessons.unused:
        yield "  Take the field out that asks for it, or give the code that may read it a hint; or leave it: code that"
        yield "  has not run yet may read it."
    if lessons.unseen:
        yield f"  Too little was seen of {', '.join(lessons.unseen)}."
    if lessons.diff:
        yield ""
        yield "The diff (nothing is applied; git apply does it):"
        yield ""


def written(hint: Wanted) -> str:
    """Return a hint as it is written: a decorator, or an entry of ``Meta``."""
    paths = ", ".join(map(quoted, hint.paths))
    if hint.function:
        return f"@prefetch_hint({paths}) above it"
    return f'Meta.prefetch_hints = {{"{hint.field}": [{paths}]}}'
