"""Which hints to write: for code that could not be read, and for what was loaded row by row, by what was sampled."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ...guarding.reads.samples import CodeSample, Sample, trimmed
from .sources import from_here

#: Why a hint is wanted.
UNREAD, MISSING = "could not be read", "loads row by row"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A hint on a function, or for its one field where ``function`` is empty.

    ``fields`` are those that call the function, as ``module:Serializer.field``. ``models`` are those whose rows it is
    handed, by label; each path is right for all of them.
    """

    file: str
    line: int
    function: str
    fields: tuple[str, ...]
    models: tuple[str, ...]
    paths: tuple[str, ...]
    why: str
    rows: int

    @property
    def name(self) -> str:
        """How a person calls it."""
        return self.function or short(self.fields[0])

    @property
    def serializer(self) -> str:
        """The serializer of the first field, as ``module:Serializer``."""
        return self.fields[0].rpartition(".")[0]

    @property
    def field(self) -> str:
        """The name of the first field."""
        return self.fields[0].rpartition(".")[2]


@dataclass(slots=True)
class _Code:
    """What was sampled of one piece of code, by the models of its rows."""

    by_model: dict[str, CodeSample] = dataclasses.field(default_factory=dict)

    def add(self, model: str, sample: CodeSample) -> None:
        known = self.by_model.setdefault(model, CodeSample())
        known.rows += sample.rows
        known.paths |= sample.paths
        known.missing |= sample.missing
        known.fields |= sample.fields

    def all(self, name: str) -> set[str]:
        return {each for sample in self.by_model.values() for each in getattr(sample, name)}

    @property
    def rows(self) -> int:
        return sum(sample.rows for sample in self.by_model.values())

    @property
    def serves_all(self) -> bool:
        """Whether one hint can be right for the rows of all models."""
        return len(self.by_model) == 1


def wanted(samples: Iterable[Sample]) -> list[Wanted]:
    """Return the hints to write, by file and line; those for fields, whose code is not the project's, come last."""
    functions: dict[tuple[str, int, int, str], _Code] = defaultdict(_Code)
    fields: dict[str, _Code] = defaultdict(_Code)
    notes: set[tuple[str, str, str, int]] = set()
    for sample in samples:
        notes |= {(kind, about, file and from_here(file), line) for kind, about, file, line in sample.notes}
        for (file, line, end, name, model), each in sample.functions.items():
            functions[from_here(file), line, end, name].add(model, each)
        for (serializer, name, model), each in sample.fields.items():
            fields[f"{serializer}.{name}"].add(model, each)
    found = list(_for_functions(functions, notes))
    done = {name for each in found for name in each.fields}
    shared = {name for code in functions.values() if not code.serves_all for name in code.all("fields")}
    called = {name for code in functions.values() if code.serves_all for name in code.all("fields")}
    found += _for_fields({name: code for name, code in fields.items() if name not in done | called - shared}, notes)
    return sorted(found, key=lambda each: (not each.file, each.file, each.line, each.fields))


def _for_functions(functions: dict[tuple[str, int, int, str], _Code], notes: Any) -> Iterator[Wanted]:
    """A note is about the field; where none of its functions is known, about the function in which its line stands."""
    known = {short(name) for code in functions.values() for name in code.all("fields")}
    for (file, line, end, name), code in functions.items():
        shown = {short(each) for each in code.all("fields")}
        about = any(
            about in shown or (about not in known and place == file and line <= at <= end)
            for _, about, place, at in notes
        )
        entered = shown or name.rpartition(".")[2] == "to_representation"
        if code.serves_all and (about or (entered and code.all("missing"))):
            yield _made(code, file, line, name, code.all("fields"), about)


def _for_fields(fields: dict[str, _Code], notes: Any) -> Iterator[Wanted]:
    for name, code in fields.items():
        about = any(about == short(name) for _, about, *_ in notes)
        if about or code.all("missing"):
            yield _made(code, "", 0, "", {name}, about)


def _made(code: _Code, file: str, line: int, name: str, fields: Iterable[str], about: bool) -> Wanted:
    paths = tuple(sorted(trimmed(code.all("paths"))))
    why = UNREAD if about else MISSING
    return Wanted(file, line, name, tuple(sorted(fields)), tuple(sorted(code.by_model)), paths, why, code.rows)


def short(name: str) -> str:
    """Return ``Serializer.field`` of ``module:Outer.Serializer.field``."""
    return ".".join(name.rpartition(":")[2].split(".")[-2:])
