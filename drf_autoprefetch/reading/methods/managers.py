"""Related managers and querysets: what the prefetch cache serves, and what asks the database for each row."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from types import FunctionType
from typing import Any

from django.db.models.manager import BaseManager
from django.db.models.query import QuerySet

from ..columns import default_ordering
from ..relations import relations
from .comparing import identify, look_up
from .escaping import escape, lose_if_writing
from .machine import ATTRIBUTES, Machine, rule
from .names import is_framework, static
from .probing import probe_list
from .trails import Unserved
from .values import PLAIN, Call, Known, Many, Method, Query, Row, Values, known
from .wording import instead_of_own

_ONE = {"get", "first", "last", "latest", "earliest", "create"}
_NO_ROWS = {"values", "values_list", "aggregate", "count", "exists", "contains", "dates", "datetimes", "explain",
            "delete", "update", "none", "add", "remove", "clear", "set", "bulk_create"}  # fmt: skip
_WRITING = frozenset(
    (
        *("create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"),
        *("add", "remove", "clear", "set"),
    )
)
_FACTS = {"ordered", "query", "db", "core_filters", "source_field_name", "target_field_name", "through", "name"}

_LOADED = {"_result_cache", "_prefetch_done"}


@rule(ATTRIBUTES, Many)
def _attribute(m: Machine, many: Many, name: str) -> Values:
    if name == "model":
        return known(many.node.model)
    if name == "instance" and many.manager:
        return frozenset([Row(many.owner)])
    if name in _LOADED and not many.chain:
        probe_list(m, many)
        return PLAIN
    return PLAIN if name in _FACTS else frozenset([Method(many, name)])


def waited_for(name: str) -> str:
    """Return the name of what Django's method ``name`` waits for: ``count`` for ``acount``; else the name itself."""
    twin = name.removeprefix("a")
    return twin if twin in _ONE | _NO_ROWS | _WRITING | {"in_bulk"} else name


def _meant(name: str, find: Callable[[str], Any]) -> tuple[str, Any]:
    """Return name and function of a method, of the one that it waits for if it is such a method of Django's."""
    function, twin = find(name), waited_for(name)
    return (name, function) if twin == name or _is_own(function) else (twin, find(twin))


def _is_own(function: Any) -> bool:
    return isinstance(function, FunctionType) and not is_framework(function)


def classes(model: Any, manager: bool) -> list[type]:
    """Return the classes in which a method of a related manager, or of a queryset, is looked up."""
    default: Any = model._default_manager
    queryset = getattr(default, "_queryset_class", QuerySet)
    return [type(default), queryset] if manager else [queryset]


def call_many(m: Machine, many: Many, method: Method, call: Call) -> Values:
    """Call a method of a related manager or of a queryset made of one."""
    name, function = _meant(
        method.name, lambda name: method.function or _own_method(many.node.model, many.manager, name)
    )
    lose_if_writing(m, method.name, _WRITING)
    if _is_own(function):
        return _run(m, many, replace(many, manager=False), function, call)
    if many.relation is None:
        return _given(m, many, name, call)
    if many.node.detached:
        return _fresh(m, many, name, call)
    return _cached(m, many, name, call)


def _given(m: Machine, rows: Many, name: str, call: Call) -> Values:
    """The rows that a list serializer is handed: a queryset made of them may still carry the plan."""
    look_up(m, call.everything())
    if name == "in_bulk":
        escape(m, frozenset([rows]), "takes {it} by their keys")
        return PLAIN
    if name in _NO_ROWS:
        return PLAIN
    if name in _ONE:
        return m.elements(frozenset([rows]))
    if name not in ("all", "get_queryset") and hasattr(m.receiver, "to_representation"):
        m.root.notes[("not-planned", m.place)] = (f"{call.name}({call.text})", "")
    return frozenset([replace(rows, manager=False)])


def _own_method(model: Any, manager: bool, name: str) -> Any:
    for cls in classes(model, manager):
        found = static(cls, name)
        if found is not None:
            return found
    return None


def _run(m: Machine, manager: Any, queryset: Any, function: FunctionType, call: Call) -> Values:
    """A method of the project's own. Those of a queryset class are copied to its manager, which wraps them."""
    inner = inspect.unwrap(function)
    owner = manager if inner is function else queryset
    return m.call(known(inner), replace(call, args=(frozenset([owner]), *call.args)))


def _cached(m: Machine, many: Many, name: str, call: Call) -> Values:
    """What a prefetched relation answers without a query."""
    rows: Values = frozenset([Row(many.node)])
    if name == "none":
        return frozenset([Query(many.node.model)])
    if name in ("all", "get_queryset", "_clone"):
        return frozenset([replace(many, manager=False)])
    if name in ("count", "exists", "contains", "__len__", "__contains__"):
        m.touch(many.node)
        if "contains" in name:
            identify(m, call.everything() | rows)
        return PLAIN
    if name in ("__iter__", "__getitem__") or (name == "first" and default_ordering(many.node.model)):
        m.touch(many.node)
        return rows if name == "first" else m.filled_box("list", rows, "rows", many.node)
    return _fresh(m, many, name, call)


def _fresh(m: Machine, many: Many, name: str, call: Call) -> Values:
    """What runs a query for each row: its rows are whole, and what was called is told in a note."""
    look_up(m, call.everything())
    step = _written(name, call)
    place = many.place if many.chain else m.place
    chain = (*many.chain, step) if len(many.chain) < 8 and step not in many.chain else many.chain
    constant, local = many.constant and call.constant, many.local or call.local
    owner = many.owner
    if not owner.detached and many.relation is not None:
        owner.read(many.relation.near, m.place)
        seen = owner.unserved.get(place)
        if seen is None or len(seen.chain) <= len(chain):
            owner.unserved[place] = Unserved(many.relation, chain, constant, local)
    loose = owner.outside(many.node.model)
    if name in _ONE:
        return frozenset([Row(loose)])
    if name in _NO_ROWS:
        return frozenset([Query(many.node.model)]) if name.startswith(("values", "dat", "none")) else PLAIN
    if name in ("get_or_create", "update_or_create"):
        return m.filled_box("tuple", frozenset([Row(loose)]) | PLAIN, "made", call.key)
    return frozenset(
        [replace(many, node=loose, manager=False, chain=chain, constant=constant, local=local, place=place)]
    )


def _written(name: str, call: Call) -> str:
    """A call as it stands in the code."""
    return f"{call.name if waited_for(call.name) == name else name}({call.text})"


def call_own(m: Machine, owner: Known, name: str, call: Call) -> Values:
    """Call a method of a manager that the body reaches by itself: ``Review.objects.filter(book=book)``."""
    manager: Any = owner.object
    name, function = _meant(name, lambda name: static(type(manager), name))
    query = Query(manager.model)
    if _is_own(function):
        return _run(m, owner, query, function, call)
    if name == "get_for_model":
        return PLAIN
    if isinstance(manager, (BaseManager, QuerySet)) and name not in ("none", "model", "db"):
        model = getattr(manager.model, "__name__", "")
        remedy = instead_of_own(model, _back(m, manager.model, call))
        m.root.notes[("not-planned", m.place)] = (f"{model}.objects.{_written(name, call)}", remedy)
    return _standard(m, query, name, call)


def _back(m: Machine, model: Any, call: Call) -> str:
    """The relation that leads to the same rows from the one that ``Review.objects.filter(book=book)`` names."""
    for keyword, values in call.kwargs.items():
        for relation in relations(m.root.model).values() if Row(m.root) in values else ():
            if (relation.model, relation.back, relation.kind) == (model, keyword, "reverse_many"):
                return relation.name
    return ""


def call_query(m: Machine, method: Method, call: Call) -> Values:
    """Call a method of such a manager's queryset."""
    query = method.owner

    def find(name: str) -> Any:
        return method.function or _own_method(query.model, False, name) if query.model is not None else None

    name, function = _meant(method.name, find)
    if _is_own(function):
        return _run(m, query, query, function, call)
    return _standard(m, query, name, call)


def _standard(m: Machine, query: Query, name: str, call: Call) -> Values:
    """Rows of such queries are whole: nothing is planned for them."""
    lose_if_writing(m, name, _WRITING)
    look_up(m, call.everything())
    return PLAIN if name in _ONE | _NO_ROWS else frozenset([query])
