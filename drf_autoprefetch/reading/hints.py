"""Hints: what a developer declares about reads that cannot be seen, and what each asks of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model, Prefetch

from ..exceptions import HintError
from ..notes import Origin
from ..suggestions import did_you_mean
from . import attributes, columns, relations
from .requirements import Annotated, Declared, Edge, Requirement, everything, nothing, reads, through, union

ATTRIBUTE = "__prefetch_hint__"

if TYPE_CHECKING:
    Entry = str | Prefetch[Any, Any, Any] | Callable[[Mapping[str, Any]], Any]
Decorated = TypeVar("Decorated")


@dataclass(frozen=True, slots=True)
class Hint:
    """What one declaration asks for: paths, ``Prefetch`` objects, callables of the serializer context, annotations."""

    entries: tuple[Any, ...] = ()
    annotate: Any = field(default_factory=dict)


def prefetch_hint(*entries: Entry, annotate: Any = None) -> Callable[[Decorated], Decorated]:
    """Declare what a method, property or ``__str__`` reads. It replaces reading the body.

    Each entry is a path (``"title"``, ``"author"``, ``"reviews__rating"``), a ``Prefetch``, or a callable that takes
    the serializer context and returns any of these or a list of them. ``annotate`` maps names to expressions that the
    queryset computes, or is a callable that returns such a mapping. No entries at all declare that nothing is read.

    Paths are checked when a plan is made and by ``manage.py check``; raises HintError here only for an entry that can
    never be one.
    """
    hint = Hint(tuple(_checked(entry) for entry in entries), annotate if callable(annotate) else dict(annotate or {}))

    def declare(decorated: Decorated) -> Decorated:
        setattr(function_of(decorated), ATTRIBUTE, hint)
        return decorated

    return declare


def function_of(code: Any) -> Any:
    """Return the plain function inside a property, cached property, static or class method, or partial."""
    for name in ("fget", "func", "__func__"):
        if _has(code, name) and not isinstance(code, type) and (inner := getattr(code, name)) is not None:
            return function_of(inner)
    return code


def _has(code: Any, name: str) -> bool:
    """Whether ``code`` has an attribute for certain; mocks and proxies answer to every name."""
    return name in getattr(code, "__dict__", ()) or hasattr(type(code), name)


def hint_of(code: Any) -> Hint | None:
    """Return the hint declared on ``code``, also through decorators that keep ``__wrapped__``."""
    seen = function_of(code)
    while seen is not None:
        if isinstance(hint := getattr(seen, ATTRIBUTE, None), Hint):
            return hint
        seen = seen.__wrapped__ if _has(seen, "__wrapped__") else None
    return None


def as_hint(declared: Any) -> Hint:
    """Return what stands in ``Meta.prefetch_hints`` or a view's ``prefetch_hints`` as a ``Hint``."""
    if isinstance(declared, Hint):
        return declared
    alone = isinstance(declared, (str, Prefetch)) or callable(declared) or not isinstance(declared, Iterable)
    entries = (declared,) if alone else tuple(declared)
    return Hint(tuple(_checked(entry) for entry in entries))


def hint_requirement(
    hint: Hint, model: type[Model], context: Mapping[str, Any], origin: Origin, *, by_code: bool = True
) -> Requirement:
    """Return what ``hint`` asks of ``model``.

    ``by_code`` says that Python code reads what is loaded, so that nothing can be trimmed from declared querysets.
    Raises HintError, naming the nearest correct name, where the hint names what does not exist.
    """
    found = [_entry(entry, model, context, origin, by_code) for entry in hint.entries]
    annotate, volatile = hint.annotate, False
    if callable(annotate):
        annotate, volatile = annotate(context), True
    found += [_annotation(model, name, expression, origin) for name, expression in annotate.items()]
    total = union(model, found)
    return replace(total, volatile=True) if volatile else total


def _checked(entry: Any) -> Any:
    if isinstance(entry, (str, Prefetch)) or callable(entry):
        return entry
    raise HintError(f"A prefetch hint is a path, a Prefetch or a callable of the serializer context, not {entry!r}.")


def _entry(entry: Any, model: type[Model], context: Mapping[str, Any], origin: Origin, by_code: bool) -> Requirement:
    if isinstance(entry, str):
        return _path(model, entry.replace(".", "__").split("__"), entry, origin)
    if isinstance(entry, Prefetch):
        return _declared(model, entry, origin, by_code)
    return replace(_called(entry(context), model, context, origin, by_code), volatile=True)


def _called(answer: Any, model: type[Model], context: Mapping[str, Any], origin: Origin, by_code: bool) -> Requirement:
    if isinstance(answer, Mapping):
        return union(model, [_annotation(model, name, value, origin) for name, value in answer.items()])
    entries = [answer] if isinstance(answer, (str, Prefetch)) else list(answer or ())
    return union(model, [_entry(_checked(entry), model, context, origin, by_code) for entry in entries])


def _path(model: type[Model], names: list[str], whole: str, origin: Origin) -> Requirement:
    name, rest = names[0], names[1:]
    match attributes.get_attribute(model, name):
        case relations.Relation() as relation:
            return _beyond(relation, rest, whole, origin)
        case attributes.Column() as column if not rest or columns.is_json(model, name):
            return reads(model, column, origin)
        case attributes.Code() if attributes.get_column(model, name) and not rest:
            return everything(model, origin)
        case attributes.Code(function=function) if hint := hint_of(function):
            return hint_requirement(hint, model, {}, origin)
    raise _no_such(model, name, whole, origin)


def _beyond(relation: relations.Relation, rest: list[str], whole: str, origin: Origin) -> Requirement:
    target = relation.model
    if target is None:
        if rest:
            raise _error(
                origin,
                f"the hint {whole!r} goes beyond the generic foreign key {relation}, whose targets have"
                f" different models. Write a GenericPrefetch for it.",
            )
        return through(relation, origin)
    return through(relation, origin, _path(target, rest, whole, origin) if rest else everything(target, origin))


def _no_such(model: type[Model], name: str, whole: str, origin: Origin) -> HintError:
    if attributes.get_column(model, name):
        return _error(origin, f"the hint {whole!r} goes on beyond {model.__name__}.{name}, which is a column.")
    near = did_you_mean(name, attributes.attribute_names(model))
    found = f"the hint {whole!r} names {name!r}, which is no column or relation of {model.__name__}.{near}"
    return _error(origin, found)


def _error(origin: Origin, found: str) -> HintError:
    place = f" [{origin.place}]" if origin.place else ""
    return HintError(f"{origin.name}: {found}{place}")


def _declared(model: type[Model], prefetch: Prefetch[Any, Any, Any], origin: Origin, by_code: bool) -> Requirement:
    *way, last = prefetch.prefetch_through.split("__")
    steps: list[relations.Relation] = []
    for name in way:
        steps.append(_relation(model, name, prefetch.prefetch_through, origin))
        model = _target(steps[-1], origin)
    relation = _relation(model, last, prefetch.prefetch_through, origin)
    requirement = _declared_edge(model, relation, prefetch, origin, by_code)
    for step in reversed(steps):
        requirement = through(step, origin, requirement)
    return requirement


def _declared_edge(
    model: type[Model], relation: relations.Relation, prefetch: Prefetch[Any, Any, Any], origin: Origin, by_code: bool
) -> Requirement:
    to_attr = prefetch.to_attr or ""
    if to_attr:
        _check_free(model, to_attr, origin)
    targets = {}
    target = getattr(prefetch.queryset, "model", None) or relation.model
    if target is not None:
        _check_target(relation, target, origin)
        targets[target] = everything(target, origin) if by_code else nothing(target)
    declared = frozenset([Declared(prefetch, origin)])
    if prefetch.queryset is None and not to_attr and not hasattr(prefetch, "querysets"):
        declared = frozenset()
    edge = Edge(relation, targets, to_attr, declared, frozenset([origin]))
    return Requirement(model, edges={edge.name: edge})


def _relation(model: type[Model], name: str, whole: str, origin: Origin) -> relations.Relation:
    if relation := relations.get_relation(model, name):
        return relation
    near = did_you_mean(name, relations.relations(model))
    raise _error(origin, f"Prefetch({whole!r}) names {name!r}, no relation of {model.__name__}.{near}")


def _target(relation: relations.Relation, origin: Origin) -> type[Model]:
    if relation.model is None:
        raise _error(origin, f"a Prefetch cannot pass through the generic foreign key {relation}.")
    return relation.model


def _check_free(model: type[Model], to_attr: str, origin: Origin) -> None:
    """Django skips a prefetch without a word where the attribute exists already."""
    inert = isinstance(attributes.get_attribute(model, to_attr), attributes.Inert)
    if not inert or relations.has_attribute(model, to_attr):
        raise _error(
            origin,
            f"to_attr={to_attr!r} is an attribute of {model.__name__} already, and Django would not"
            f" prefetch into it. Choose another name.",
        )


def _check_target(relation: relations.Relation, target: type[Model], origin: Origin) -> None:
    expected = relation.model
    if expected is not None and not (issubclass(target, expected) or columns.same_table(target, expected)):
        raise _error(
            origin,
            f"the Prefetch for {relation} has a queryset of {target.__name__}; the relation leads to"
            f" {expected.__name__}.",
        )


def _annotation(model: type[Model], name: str, expression: Any, origin: Origin) -> Requirement:
    if not hasattr(expression, "resolve_expression"):
        raise _error(origin, f"annotate={{{name!r}: ...}} must be a Django expression, not {expression!r}.")
    if not isinstance(attributes.get_attribute(model, name), attributes.Inert):
        raise _error(
            origin,
            f"annotate={{{name!r}: ...}} has the name of an attribute of {model.__name__}. Choose another.",
        )
    return Requirement(model, annotations=frozenset([Annotated(name, expression, origin)]))
