"""The sentences of notes, and the hints they tell people to write."""

from __future__ import annotations

import keyword

from .escaping import noun
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
    relation = unserved.relation
    call = ".".join([relation.name, *unserved.chain])
    message = f"{name} calls {call}, which runs a query for each {noun(node)}, whatever is prefetched."
    return message, f"{_rewrite(node, unserved)} above it."


def _rewrite(node: Node, unserved: Unserved) -> str:
    relation, chain = unserved.relation, unserved.chain
    model = relation.model
    target = model.__name__ if model is not None else "…"
    path = "__".join([*node.path(), relation.name])
    last = _name(chain[-1]) if chain else ""
    if last in ("count", "exists", "aggregate", "values", "values_list") and len(chain) <= 2:
        return _annotation(path, relation.name, last, chain)
    steps = [step for step in chain if _name(step) not in _ENDS]
    steps += [f'order_by("{"-" if last == "last" else ""}pk")'] if last in ("first", "last") and not steps else []
    queryset = ".".join([f"{target}.objects", *(steps or ["all()"])])
    declared = f'Prefetch("{path}", {queryset}, to_attr="{_attribute(relation.name, chain)}")'
    return (
        f"Write @prefetch_hint({declared})"
        if unserved.constant
        else f"Write @prefetch_hint(lambda context: {declared})"
    )


def _name(step: str) -> str:
    """The method of a step, or that for which it waits."""
    name = step.split("(", 1)[0]
    return name.removeprefix("a") if name.removeprefix("a") in _ENDS else name


_ENDS = ("first", "last", "get", "count", "exists", "iterator", "all", "latest", "earliest", "aggregate")


def _annotation(path: str, name: str, last: str, chain: tuple[str, ...]) -> str:
    inner = chain[0].split("(", 1)[1][:-1] if len(chain) == 2 else ""
    only = f", filter=Q({inner})" if inner else ""
    if last in ("count", "exists"):
        return f'Write @prefetch_hint(annotate={{"{name}_count": Count("{path}"{only})}})'
    arguments = chain[-1].split("(", 1)[1][:-1].strip("'\"")
    if last == "aggregate":
        return f'Write @prefetch_hint(annotate={{"{name}_total": {arguments}}})'
    return f'Read the rows of {name}.all() instead, or write @prefetch_hint("{path}__{arguments}")'


def _attribute(name: str, chain: tuple[str, ...]) -> str:
    """A name for the list: ``public_reviews`` for ``reviews.filter(public=True)``."""
    for step in chain:
        word = step.split("(", 1)[1].split("=")[0].split("__")[0].strip("-'\" )")
        if word.isidentifier() and not keyword.iskeyword(word):
            return f"{word}_{name}"
    return f"{chain[0].split('(', 1)[0]}_{name}" if chain else f"own_{name}"


def remark(kind: str, name: str, node: Node, what: str, extra: str) -> tuple[str, str]:
    """Return message and remedy of the other notes about a body."""
    if kind == "not-planned" and not extra:
        message = f"{name} calls {what} of the rows that it is handed, which asks the database again."
        return message, "Declare the rows as it shall show them: a Prefetch with that queryset in Meta.prefetch_hints."
    if kind == "not-planned":
        message = f"{name} runs a query of its own for each {noun(node)}: {what}."
        return message, f"Declare what it finds: a Prefetch of {extra} or an annotation in @prefetch_hint(…) above it."
    if kind == "generic-target":
        message = f"{name} follows {what}, which may lead to any model: {extra}."
        return message, "Write a GenericPrefetch hint if rows of others turn up and show what lies beyond them."
    message = f"{name} follows {what} again and again; what lies beyond the planned levels is loaded row by row."
    return message, f'Write @prefetch_hint("{what}__{what}__{what}") above it, as deep as the data is.'
