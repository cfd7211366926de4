"""How a file calls ``prefetch_hint``, and the import that it lacks, in its place among the others."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence

from .edits import Edit, call
from .sources import Source

_PACKAGE, _NAME = "drf_autoprefetch", "prefetch_hint"

Import = ast.Import | ast.ImportFrom


def importing(source: Source) -> tuple[str, Edit | None]:
    """Return the name by which ``source`` can call ``prefetch_hint``, and the edit that is needed for it, if any."""
    imports = list(_imports(source.tree))
    for node in imports:
        if isinstance(node, ast.ImportFrom) and node.module == _PACKAGE and not node.level:
            return _from_package(source, node)
    for node in imports:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == _PACKAGE:
                    return f"{alias.asname or alias.name}.{_NAME}", None
    return _NAME, _new_import(source, imports)


def _imports(tree: ast.Module) -> Iterator[Import]:
    """The imports at the top of a module, up to its first function or class."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return
        if isinstance(node, Import):
            yield node


def _from_package(source: Source, node: ast.ImportFrom) -> tuple[str, Edit | None]:
    for alias in node.names:
        if alias.name in (_NAME, "*"):
            return alias.asname or _NAME, None
    lines = source.lines[node.lineno - 1 : node.end_lineno]
    if len(lines) > 1 and lines[0].split("#")[0].rstrip().endswith("("):
        after = [alias for alias in node.names if alias.name < _NAME]
        line = after[-1].lineno if after else node.lineno
        sample = source.lines[node.names[0].lineno - 1]
        indent = sample[: len(sample) - len(sample.lstrip())]
        return _NAME, Edit(line, line, (f"{indent}{_NAME},",))
    names = sorted([*(ast.unparse(alias) for alias in node.names), _NAME])
    rest = source.lines[(node.end_lineno or node.lineno) - 1].encode()[node.end_col_offset :].decode().rstrip()
    whole = f"from {_PACKAGE} import {', '.join(names)}"
    made = [whole] if len(whole) <= 88 else call(f"from {_PACKAGE} import ", names)
    made[-1] += rest
    return _NAME, Edit(node.lineno - 1, node.end_lineno or node.lineno, tuple(made))


def _new_import(source: Source, imports: Sequence[Import]) -> Edit:
    line = f"from {_PACKAGE} import {_NAME}"
    others = [node for node in imports if not _is_future(node)]
    block = _third_party(source, others)
    if block:
        foreign = [node for node in block if not _is_relative(node)]
        before = [node for node in foreign if isinstance(node, ast.ImportFrom) and str(node.module) < _PACKAGE]
        plain = [node for node in block if isinstance(node, ast.Import)]
        after = before or plain
        at = _end(after[-1]) if after else block[0].lineno - 1
        return Edit(at, at, (line,))
    return _alone(source, imports, line)


def _alone(source: Source, imports: Sequence[Import], line: str) -> Edit:
    """A group of its own: after those of Python's own modules, before those of the project."""
    above = [node for node in imports if _is_future(node) or _is_python(node)]
    if above:
        at = _end(above[-1])
        return Edit(at, at, ("", line))
    if imports:
        at = imports[0].lineno - 1
        return Edit(at, at, (line, ""))
    doc = source.tree.body[0] if ast.get_docstring(source.tree, clean=False) is not None else None
    if doc is not None:
        at = doc.end_lineno or doc.lineno
        return Edit(at, at, ("", line))
    at = next((number for number, text in enumerate(source.lines) if not text.startswith("#")), len(source.lines))
    return Edit(at, at, (line, "", ""))


def _third_party(source: Source, imports: Sequence[Import]) -> list[Import]:
    """The block of imports in which those of packages stand: the one with Django in it, if there is one."""
    blocks: list[list[Import]] = []
    for node in imports:
        if not blocks or node.lineno != _end(blocks[-1][-1]) + 1:
            blocks.append([])
        blocks[-1].append(node)
    foreign = [block for block in blocks if not any(_is_python(node) or _is_relative(node) for node in block)]
    known = [block for block in foreign if any(_root(node) in ("django", "rest_framework") for node in block)]
    mixed = [block for block in blocks if any(_root(node) in ("django", "rest_framework") for node in block)]
    return (known or mixed or foreign or [[]])[0]


def _end(node: Import) -> int:
    return node.end_lineno or node.lineno


def _root(node: Import) -> str:
    name = node.names[0].name if isinstance(node, ast.Import) else node.module or ""
    return name.partition(".")[0]


def _is_relative(node: Import) -> bool:
    return isinstance(node, ast.ImportFrom) and node.level > 0


def _is_future(node: Import) -> bool:
    return not _is_relative(node) and _root(node) == "__future__"


def _is_python(node: Import) -> bool:
    return not _is_relative(node) and _root(node) in sys.stdlib_module_names
