"""What Python's builtin functions do with rows, lists of rows and functions of rows."""

from __future__ import annotations

from .assigning import set_attribute
from .comparing import identify, render, truth
from .containers import pairs
from .escaping import escape, look
from .expressions import pour, store
from .knowledge import called, called_late, each, means
from .machine import Machine
from .values import ANY, KEYS, NEVER, PLAIN, Box, Call, Row, Self, Values, constants, known, union


@means(len)
def _len(m: Machine, call: Call) -> Values:
    truth(m, call.everything())
    return PLAIN


@means(bool)
def _bool(m: Machine, call: Call) -> Values:
    truth(m, call.everything())
    return PLAIN


@means(any, all)
def _any(m: Machine, call: Call) -> Values:
    truth(m, each(m, call))
    return PLAIN


@means(callable, id, isinstance)
def _asked(m: Machine, call: Call) -> Values:
    return PLAIN


@means(sum)
def _sum(m: Machine, call: Call) -> Values:
    values = each(m, call)
    escape(m, frozenset(atom for atom in values if isinstance(atom, Row)), "adds up {it}")
    boxes = frozenset(atom for atom in values | call.arg(1, "start") if isinstance(atom, Box))
    return m.filled_box("list", m.elements(boxes), "sum", call.key) | PLAIN if boxes else PLAIN


@means(min, max)
def _extreme(m: Machine, call: Call) -> Values:
    values = each(m, call) if len(call.args) < 2 else call.everything()
    if "key" in call.kwargs:
        identify(m, called(m, call.kwargs["key"], call, values), "<")
    else:
        identify(m, values, "<")
    return values | call.kwargs.get("default", NEVER)


@means(sorted)
def _sorted(m: Machine, call: Call) -> Values:
    values = each(m, call)
    identify(m, called(m, call.kwargs["key"], call, values) if "key" in call.kwargs else values, "<")
    return m.filled_box("list", values, "sorted", call.key)


@means(list, reversed, iter, aiter, tuple)
def _list(m: Machine, call: Call) -> Values:
    if len(call.args) > 1:
        return m.filled_box("list", called_late(m, call.arg(0), call), "iter", call.key)
    values = each(m, call) if call.args or call.rest else NEVER
    return m.filled_box("list", values, "list", call.key)


@means(enumerate)
def _enumerate(m: Machine, call: Call) -> Values:
    return pairs(m, [PLAIN, each(m, call)], "enumerate", call.key)


@means(set, frozenset)
def _set(m: Machine, call: Call) -> Values:
    values = each(m, call) if call.args or call.rest else NEVER
    identify(m, values)
    return m.filled_box("set", values, "set", call.key)


@means(dict)
def _dict(m: Machine, call: Call) -> Values:
    box = m.box("dict", "dict", call.key)
    for values in call.args:
        pour(m, box, values)
    for name, values in call.kwargs.items():
        store(m, box, known(name), values)
    m.put(box, ANY, call.rest)
    return frozenset([box])


@means(dict.fromkeys)
def _from_keys(m: Machine, call: Call) -> Values:
    box = m.box("dict", "fromkeys", call.key)
    identify(m, each(m, call))
    m.put(box, KEYS, each(m, call))
    m.put(box, ANY, call.arg(1) or known(None))
    return frozenset([box])


@means(zip)
def _zip(m: Machine, call: Call) -> Values:
    columns = [m.elements(values) for values in call.args]
    if call.rest:
        inner = m.elements(call.rest)
        return m.filled_box("list", m.filled_box("list", union([*columns, inner]), "zip", call.key), "zips", call.key)
    return pairs(m, columns, "zip", call.key)


@means(map)
def _map(m: Machine, call: Call) -> Values:
    columns = [m.elements(values) for values in (*call.args[1:], *([call.rest] if call.rest else []))]
    return m.filled_box("list", called_late(m, call.arg(0), call, *columns), "map", call.key)


@means(filter)
def _filter(m: Machine, call: Call) -> Values:
    values = each(m, call, 1)
    truth(m, called_late(m, call.arg(0), call, values) or values)
    return m.filled_box("list", values, "filter", call.key)


@means(next, anext)
def _next(m: Machine, call: Call) -> Values:
    return each(m, call) | call.arg(1)


@means(str, repr, format, print, ascii)
def _text(m: Machine, call: Call) -> Values:
    render(m, call.everything())
    return PLAIN


@means(hash)
def _hash(m: Machine, call: Call) -> Values:
    identify(m, call.everything(), "__hash__")
    return PLAIN


@means(type)
def _type(m: Machine, call: Call) -> Values:
    if len(call.args) != 1:
        escape(m, call.everything(), "passes {it} to type()")
    found = [known(atom.node.model) if isinstance(atom, Row) else PLAIN for atom in call.arg(0)]
    return union(found) or PLAIN


@means(vars)
def _vars(m: Machine, call: Call) -> Values:
    look(m, call.everything(), f"calls {call.name}() on {{it}}")
    return PLAIN


@means(hasattr)
def _hasattr(m: Machine, call: Call) -> Values:
    _getattr(m, call)
    return PLAIN


@means(getattr)
def _getattr(m: Machine, call: Call) -> Values:
    owner, names = call.arg(0), constants(call.arg(1))
    if names is None or call.rest:
        hidden = frozenset(atom for atom in owner if not isinstance(atom, Self))
        look(m, hidden | call.rest, "reads an attribute of {it} whose name is not constant")
        return PLAIN | call.arg(2)
    found = union(m.attribute(owner, str(name)) for name in names)
    return found | call.arg(2)


@means(delattr)
def _delattr(m: Machine, call: Call) -> Values:
    escape(m, call.everything(), "deletes an attribute of {it}")
    return PLAIN


@means(setattr)
def _setattr(m: Machine, call: Call) -> Values:
    names = constants(call.arg(1))
    for name in names or ():
        set_attribute(m, call.arg(0), str(name), call.arg(2))
    if names is None:
        escape(m, call.everything(), f"calls {call.name}() on {{it}} with a name that is not constant")
    return PLAIN
