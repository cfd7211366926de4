"""The sentences of notes, and the hints they tell people to write."""

from __future__ import annotations

from .escaping import noun
from .rewriting import rewrite
from .trails import Node, Unserved

__all__ = ["hint", "not_planned", "noun", "paths", "remark"]


def paths(root: Node) -> list[str]:
    """Return everything that was seen to be read, as paths that a hint understands."""
    return sorted(set(_paths(root, "")))


def _paths(node: Node, prefix: str) -> list[str]:
    found = [prefix + name for name in node.reads]
    for name in node.touched:
        followed = [child for child in node.behind(name) if child.relation is not None and child.relation.model]
        below = [path for child in followed for path in _paths(child, f"{prefix}{name}__")]
        found += below or [prefix + name]
    return found


def hint(seen: list[str]) -> str:
    """Return the sentence that tells which hint to write."""
    if not seen:
        return 'Write @prefetch_hint("…") above it, with the columns and relations that it reads.'
    return f"Write @prefetch_hint({', '.join(map(_quoted, seen))}) above it."


def _quoted(path: str) -> str:
    return f'"{path}"'


def not_planned(name: str, node: Node, unserved: Unserved) -> tuple[str, str]:
    """Return what is said of a query that no prefetch can serve, and the hint that replaces it."""
    call = ".".join([*node.path(), unserved.relation.name, *unserved.chain])
    message = f"{name} calls {call}, which runs a query for each {noun(node)}, whatever is prefetched."
    return message, rewrite(node, unserved)


def instead_of_own(model: str, relation: str) -> str:
    """Return what to write instead of a query of the body's own, which ``relation`` may stand for."""
    if relation:
        return f"Choose among the rows of {relation}.all() in Python instead, which is prefetched."
    return f"Declare what it finds: a Prefetch of {model} or an annotation in @prefetch_hint(…) above it."


def remark(kind: str, name: str, node: Node, what: str, extra: str) -> tuple[str, str]:
    """Return message and remedy of the other notes about a body."""
    if kind == "not-planned" and not extra:
        message = f"{name} calls {what} of the rows that it is handed, which asks the database again."
        return message, "Declare the rows as it shall show them: a Prefetch with that queryset in Meta.prefetch_hints."
    if kind == "not-planned":
        message = f"{name} runs a query of its own for each {noun(node)}: {what}."
        return message, extra
    if kind == "generic-target":
        message = f"{name} follows {what}, which may lead to any model: {extra}."
        return message, "Write a GenericPrefetch hint if rows of others turn up and show what lies beyond them."
    message = f"{name} follows {what} again and again; what lies beyond the planned levels is loaded row by row."
    return message, f'Write @prefetch_hint("{what}__{what}__{what}") above it, as deep as the data is.'
