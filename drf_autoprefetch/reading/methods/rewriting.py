"""What to write instead of a query that a body runs for each row: a hint for all rows, and what to read then."""

from __future__ import annotations

import ast
import keyword
import re
from dataclasses import dataclass

from ..columns import default_ordering
from .trails import Node, Unserved

_CONDITIONS = ("filter", "exclude")
_ONE = ("first", "last", "get", "latest", "earliest")
_AGGREGATES = ("count", "exists", "aggregate")
_SHAPES = ("values", "values_list")
_KNOWN = (*_ONE, *_AGGREGATES, *_SHAPES, "iterator", "all", "in_bulk", *_CONDITIONS)


@dataclass(frozen=True)
class _Step:
    """One call of a chain: the method, or that for which it waits, and its arguments."""

    name: str
    args: tuple[str, ...]
    keywords: tuple[tuple[str, str], ...]

    @property
    def inside(self) -> str:
        return ", ".join([*self.args, *(f"{name}={value}" for name, value in self.keywords)])

    def __str__(self) -> str:
        return f"{self.name}({self.inside})"


def _step(text: str) -> _Step:
    call: ast.Call = ast.parse(re.sub(r"\bself\.context\b", "context", text), mode="eval").body  # type: ignore[assignment]
    name = text.split("(", 1)[0]
    twin = name.removeprefix("a")
    args = tuple(map(ast.unparse, call.args))
    starred = tuple(f"**{ast.unparse(each.value)}" for each in call.keywords if each.arg is None)
    keywords = tuple((each.arg, ast.unparse(each.value)) for each in call.keywords if each.arg is not None)
    return _Step(twin if twin in _KNOWN else name, args + starred, keywords)


def rewrite(node: Node, unserved: Unserved) -> str:
    """Return the sentence that tells what to write, and what to read then."""
    steps = [step for step in map(_step, unserved.chain) if step.name not in ("all", "iterator")]
    *before, last = steps or [_step("all()")]
    name = unserved.relation.name
    if last.name in _SHAPES and not before and not [key for key, _ in last.keywords if key not in ("flat", "named")]:
        columns = " and ".join(ast.literal_eval(arg) for arg in last.args if arg[:1] in "'\"")
        return f"Read {columns or 'the columns'} of each row of {name}.all() instead, which is prefetched."
    if unserved.local or (last.name in ("latest", "earliest") and not last.args):
        return f"Choose among the rows of {name}.all() in Python instead, which is prefetched."
    computed = _computed(node, unserved, before, last)
    return _annotation(unserved, computed) if computed else _prefetched(node, unserved, before, last)


def _annotation(unserved: Unserved, computed: dict[str, str]) -> str:
    mapping = "{" + ", ".join(f'"{name}": {expression}' for name, expression in computed.items()) + "}"
    given = mapping if unserved.constant else f"lambda context: {mapping}"
    return f"Write @prefetch_hint(annotate={given}) above it, and read {' and '.join(computed)} there."


def _computed(node: Node, unserved: Unserved, before: list[_Step], last: _Step) -> dict[str, str]:
    """What the database can compute with the rows, by the names that it gets; nothing where that is not so plain."""
    way = [each.relation for each in reversed([*node.lineage()]) if each.relation is not None]
    conditions = [step for step in before if step.name in _CONDITIONS]
    plain = all(not step.args and step.name in (*_CONDITIONS, "distinct") for step in before)
    if last.name not in _AGGREGATES or not plain or any(step.to_many for step in way) or _is_filled(node):
        return {}
    path = "__".join(step.query_name for step in (*way, unserved.relation))
    only = " & ".join(_condition(step, path) for step in conditions)
    name, where = _attribute(unserved.relation.name, before), f", filter={only}" if only else ""
    if last.name != "aggregate":
        return {f"{name}_count": f'Count("{path}"{where}, distinct=True)'}
    found = [*((None, arg) for arg in last.args), *last.keywords]
    expressions = {key or f"{name}_{_function(value)}": _aggregate(value, path, where) for key, value in found}
    return expressions if all(expressions.values()) else {}


def _is_filled(node: Node) -> bool:
    """Whether rows on the way are of a declared list, of which queries know nothing."""
    return any(each.edge is not None for each in node.lineage())


def _condition(step: _Step, path: str) -> str:
    inside = ", ".join(f"{path}__{name}={value}" for name, value in step.keywords)
    return f"{'~' if step.name == 'exclude' else ''}Q({inside})"


def _function(text: str) -> str:
    return text.split("(", 1)[0].rpartition(".")[2].lower()


def _aggregate(text: str, path: str, where: str) -> str:
    """An aggregate of a column, as one of a column behind ``path``."""
    match ast.parse(text, mode="eval").body:
        case ast.Call(func=function, args=[ast.Constant(value=str(column))], keywords=[]):
            return f'{ast.unparse(function)}("{path}__{column}"{where})'
    return ""


def _prefetched(node: Node, unserved: Unserved, before: list[_Step], last: _Step) -> str:
    """A ``Prefetch`` of the rows that the query finds."""
    relation = unserved.relation
    target = relation.model.__name__ if relation.model is not None else "…"
    ordered = any(step.name == "order_by" for step in before) or (
        relation.model is not None and default_ordering(relation.model)
    )
    steps = [*before, *_rows_of(last, ordered)]
    if not steps:
        return f"Read {relation.name}.all() instead, which is prefetched."
    name = _attribute(relation.name, [*before, last])
    queryset = ".".join([f"{target}.objects", *map(str, steps)])
    declared = f'Prefetch("{"__".join([*node.path(), relation.name])}", {queryset}, to_attr="{name}")'
    given = declared if unserved.constant else f"lambda context: {declared}"
    read = f"the first of {name}" if last.name in _ONE else name
    return f"Write @prefetch_hint({given}) above it, and read {read} there."


def _rows_of(last: _Step, ordered: bool) -> list[_Step]:
    """The last call of a chain as one that gives rows, the one that is wanted before the others."""
    match last.name:
        case "get":
            return [_Step("filter", last.args, last.keywords)] if last.inside else []
        case "first":
            return [] if ordered else [_step("order_by('pk')")]
        case "last":
            return [_step("reverse()" if ordered else "order_by('-pk')")]
        case "latest" | "earliest":
            return [_Step("order_by", tuple(_turned(arg) if last.name == "latest" else arg for arg in last.args), ())]
        case "all" | "count" | "exists" | "aggregate" | "values" | "values_list" | "in_bulk":
            return []
    return [last]


def _turned(column: str) -> str:
    """The other direction of a column that is a constant, or of an expression."""
    if column[:1] not in "'\"":
        return f"{column}.desc()"
    name = str(ast.literal_eval(column))
    return repr(name[1:] if name.startswith("-") else f"-{name}")


def _attribute(name: str, steps: list[_Step]) -> str:
    """A name for the rows: ``public_reviews`` for ``reviews.filter(public=True)``."""
    for step in steps:
        words = [key for key, _ in step.keywords] or [arg.strip("-'\"") for arg in step.args]
        word = words[0].split("__")[0] if words and step.name not in (*_AGGREGATES, "distinct") else ""
        if word.isidentifier() and not keyword.iskeyword(word):
            return f"{word}_{name}"
    first = next((step.name for step in steps if step.name not in _AGGREGATES), "")
    return f"{first}_{name}" if first else name
