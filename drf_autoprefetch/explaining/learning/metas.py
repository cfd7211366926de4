"""``Meta.prefetch_hints`` on a serializer of the project, for code that is somebody else's."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from ...guarding.frames import is_project
from ...reading.origins import shorten
from .edits import Edit, call, quoted, segment
from .sources import NoPlaceError, Source

_ATTRIBUTE = "prefetch_hints"


def serializer_file(name: str) -> str:
    """Return the file of ``module:Serializer``. Raises NoPlaceError where it is none of the project's."""
    module, _, qualname = name.partition(":")
    try:
        found: Any = sys.modules.get(module) or import_module(module)
        for part in qualname.split("."):
            found = getattr(found, part)
        file = inspect.getsourcefile(found) or ""
    except (ImportError, AttributeError, TypeError) as error:
        raise NoPlaceError(f"{qualname} is not found in {module}: {error}") from error
    if not is_project(file):
        raise NoPlaceError(f"{qualname} is not the project's own")
    return shorten(file)


def hinting(source: Source, qualname: str, hints: Mapping[str, Sequence[str]]) -> Edit | None:
    """Return the edit that says ``hints`` in the ``Meta`` of a serializer; None where they are there already.

    Raises NoPlaceError where it has no ``Meta`` of its own, or says something there that is not to be changed.
    """
    cls = source.class_of(qualname)
    meta = next((node for node in cls.body if isinstance(node, ast.ClassDef) and node.name == "Meta"), None)
    if meta is None:
        raise NoPlaceError(f"{qualname} has no Meta of its own in {source.file}")
    there = next(filter(_assigns, meta.body), None)
    if there is None:
        last = meta.body[-1]
        indent = source.lines[meta.body[0].lineno - 1][: meta.body[0].col_offset]
        at = last.end_lineno or last.lineno
        return Edit(at, at, tuple(_dict(f"{indent}{_ATTRIBUTE} = ", _listed(hints))))
    return _merged(source, there, hints)


def _assigns(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and target.id == _ATTRIBUTE for target in targets)


def _merged(source: Source, node: Any, hints: Mapping[str, Sequence[str]]) -> Edit | None:
    if not isinstance(node.value, ast.Dict):
        raise NoPlaceError(f"{_ATTRIBUTE} at {source.file}:{node.lineno} is no dict")
    pairs = zip(node.value.keys, node.value.values, strict=True)
    known = {key.value: each for key, each in pairs if isinstance(key, ast.Constant)}
    if len(known) < len(node.value.keys):
        raise NoPlaceError(f"{_ATTRIBUTE} at {source.file}:{node.lineno} has names that are computed")
    before = {quoted(str(name)): segment(source, each) for name, each in known.items()}
    entries = before | {quoted(name): _entry(source, known.get(name), paths) for name, paths in hints.items()}
    if entries == before:
        return None
    indent = source.lines[node.lineno - 1][: node.col_offset]
    return Edit(node.lineno - 1, node.end_lineno, tuple(_dict(f"{indent}{_ATTRIBUTE} = ", entries)))


def _entry(source: Source, there: Any, paths: Sequence[str]) -> str:
    """What is declared for a field, and the paths that it lacks."""
    if there is None:
        return _list(paths)
    elements = there.elts if isinstance(there, (ast.List, ast.Tuple)) else [there]
    known = {each.value for each in elements if isinstance(each, ast.Constant)}
    more = [quoted(path) for path in paths if path not in known]
    return f"[{', '.join([*(segment(source, each) for each in elements), *more])}]" if more else segment(source, there)


def _listed(hints: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {quoted(name): _list(paths) for name, paths in sorted(hints.items())}


def _list(paths: Sequence[str]) -> str:
    return f"[{', '.join(map(quoted, paths))}]"


def _dict(head: str, entries: Mapping[str, str]) -> list[str]:
    return call(head, (f"{name}: {value}" for name, value in entries.items()), "}")
