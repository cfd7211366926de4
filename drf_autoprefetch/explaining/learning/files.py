"""The hints of one file: each in its place, and the import that they need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from .edits import Edit, decorating, edited
from .imports import importing
from .metas import hinting
from .patches import patch
from .sources import NoPlaceError, Source, read_source
from .wanted import Wanted

#: Told of hints that have no place, and why.
Refuse = Callable[[Iterable[Wanted], str], None]


def patched(file: str, hints: Iterable[Wanted], refuse: Refuse) -> str:
    """Return the diff that writes ``hints`` in ``file``: above functions, and for code of others in ``Meta``."""
    hints = list(hints)
    try:
        source = read_source(file)
    except NoPlaceError as error:
        refuse(hints, str(error))
        return ""
    edits = [*_decorators(source, [hint for hint in hints if hint.function], refuse)]
    edits += _metas(source, [hint for hint in hints if not hint.function], refuse)
    return patch(source, edited(source, edits))


def _decorators(source: Source, hints: Iterable[Wanted], refuse: Refuse) -> list[Edit]:
    name, new_import = importing(source)
    edits: dict[Edit, None] = {}
    for hint in hints:
        try:
            edit = decorating(source, source.function(hint.line, hint.function), name, hint.paths)
        except NoPlaceError as error:
            refuse([hint], str(error))
            continue
        if edit is not None:
            edits[edit] = None
    needed = any(edit.start == edit.end for edit in edits)
    return [*edits, *([new_import] if needed and new_import is not None else [])]


def _metas(source: Source, hints: Iterable[Wanted], refuse: Refuse) -> list[Edit]:
    by_serializer: dict[str, list[Wanted]] = defaultdict(list)
    for hint in hints:
        by_serializer[hint.serializer].append(hint)
    edits = []
    for serializer, its in by_serializer.items():
        try:
            edit = hinting(source, serializer.partition(":")[2], {hint.field: hint.paths for hint in its})
        except NoPlaceError as error:
            refuse(its, str(error))
            continue
        if edit is not None:
            edits.append(edit)
    return edits
