"""What is loaded and never read, over all samples of an action. One page is never enough to say so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...guarding.reads.samples import Sample
from ...guarding.reads.storing import Samples


@dataclass(frozen=True, slots=True)
class Least:
    """How many rows and responses say something at all: the next one may take another branch."""

    rows: int = 20
    responses: int = 10


@dataclass(frozen=True, slots=True)
class Unused:
    """Columns and relations that rows at one place of a plan came with, and that nothing has read."""

    view: str
    path: str
    model: str
    columns: tuple[str, ...]
    relations: tuple[str, ...]
    rows: int
    responses: int

    def __str__(self) -> str:
        columns = f"columns {', '.join(self.columns)}" if self.columns else ""
        relations = f"relations {', '.join(self.relations)}" if self.relations else ""
        what = "; ".join(filter(None, (columns, relations)))
        where = self.path or "the rows themselves"
        return (
            f"{self.view}: {where} ({self.model}): {what}: never read in {self.rows} sampled rows of"
            f" {self.responses} responses"
        )


def unused(samples: Samples, least: Least) -> list[Unused]:
    """Return what was never read, where enough was seen to say so."""
    return [
        each
        for (view, action), sample in sorted(samples.items())
        if sample.responses >= least.responses
        for each in _of(f"{view}:{action}", sample)
        if each.rows >= least.rows
    ]


def _of(view: str, sample: Sample) -> Iterator[Unused]:
    for (path, model), node in sorted(sample.nodes.items()):
        columns, relations = (tuple(sorted(each - node.read)) for each in (node.columns, node.relations))
        if columns or relations:
            yield Unused(view, path, model, columns, relations, node.rows, sample.responses)


def too_few(samples: Samples, least: Least) -> list[str]:
    """Return the actions of which too little was seen."""
    return [f"{view}:{action}" for (view, action), each in sorted(samples.items()) if each.responses < least.responses]
