"""What ``functools``, ``operator``, ``itertools`` and ``collections`` do with rows."""

from __future__ import annotations

import collections
import functools
import heapq
import itertools
import operator

from .comparing import identify, truth
from .containers import pairs
from .expressions import pour
from .knowledge import called, called_late, each, means
from .machine import Machine
from .values import ANY, KEYS, NEVER, PLAIN, Call, Getter, Partial, Values, constants, known, union


@means(functools.reduce)
def _reduce(m: Machine, call: Call) -> Values:
    values = each(m, call, 1)
    total = call.arg(2) or values
    while True:
        more = total | called(m, call.arg(0), call, total, values)
        if more == total:
            return total
        total = more


@means(heapq.nlargest, heapq.nsmallest)
def _ranked(m: Machine, call: Call) -> Values:
    values = each(m, call, 1)
    key = call.arg(2, "key")
    identify(m, called(m, key, call, values) if key - known(None) else values, "<")
    return m.filled_box("list", values, "ranked", call.key)


@means(functools.partial)
def _partial(m: Machine, call: Call) -> Values:
    return frozenset([Partial(call.arg(0), call.args[1:], tuple(call.kwargs.items()))])


@means(operator.attrgetter)
def _attrgetter(m: Machine, call: Call) -> Values:
    return _getter(call, items=False)


@means(operator.itemgetter)
def _itemgetter(m: Machine, call: Call) -> Values:
    return _getter(call, items=True)


def _getter(call: Call, items: bool) -> Values:
    names = [constants(values) for values in call.args]
    if call.rest or not names or any(found is None or len(found) != 1 for found in names):
        return PLAIN
    return frozenset([Getter(tuple(found[0] for found in names if found), items)])


@means(itertools.chain)
def _chain(m: Machine, call: Call) -> Values:
    return m.filled_box("list", union(map(m.elements, (*call.args, call.rest))), "chain", call.key)


@means(itertools.chain.from_iterable)
def _flattened(m: Machine, call: Call) -> Values:
    return m.filled_box("list", m.elements(each(m, call)), "chain", call.key)


@means(itertools.islice, itertools.cycle, collections.deque)
def _same(m: Machine, call: Call) -> Values:
    values = each(m, call) if call.args or call.rest else NEVER
    return m.filled_box("list", values, "same", call.key)


@means(itertools.takewhile, itertools.dropwhile, itertools.filterfalse)
def _chosen(m: Machine, call: Call) -> Values:
    values = each(m, call, 1)
    truth(m, called_late(m, call.arg(0), call, values))
    return m.filled_box("list", values, "chosen", call.key)


@means(itertools.groupby)
def _groups(m: Machine, call: Call) -> Values:
    values = each(m, call)
    keys = called_late(m, call.arg(1, "key"), call, values) or values
    identify(m, keys)
    return pairs(m, [keys, m.filled_box("list", values, "group", call.key)], "groupby", call.key)


@means(itertools.zip_longest, itertools.product)
def _product(m: Machine, call: Call) -> Values:
    columns = [m.elements(values) | call.kwargs.get("fillvalue", known(None)) for values in call.args]
    if call.rest or "repeat" in call.kwargs:
        return _tuples(m, union([*columns, m.elements(call.rest)]), call)
    return pairs(m, columns, "product", call.key)


@means(itertools.combinations, itertools.permutations, *filter(None, [getattr(itertools, "pairwise", None)]))
def _combinations(m: Machine, call: Call) -> Values:
    return _tuples(m, each(m, call), call)


def _tuples(m: Machine, values: Values, call: Call) -> Values:
    return m.filled_box("list", m.filled_box("list", values, "tuple", call.key), "tuples", call.key)


@means(itertools.accumulate)
def _accumulate(m: Machine, call: Call) -> Values:
    values = each(m, call)
    function = call.arg(1, "func")
    total = values if function <= known(None) else values | called_late(m, function, call, values, values)
    total = total | (NEVER if function <= known(None) else called_late(m, function, call, total, values))
    return m.filled_box("list", total | PLAIN, "accumulate", call.key)


@means(collections.defaultdict)
def _default_dict(m: Machine, call: Call) -> Values:
    """A missing key calls the factory: one box stands for all that it makes."""
    box = m.box("dict", "defaultdict", call.key)
    m.put(box, ANY, called_late(m, call.arg(0), call))
    for values in call.args[1:]:
        pour(m, box, values)
    return frozenset([box])


@means(collections.OrderedDict)
def _ordered_dict(m: Machine, call: Call) -> Values:
    box = m.box("dict", "OrderedDict", call.key)
    for values in call.args:
        pour(m, box, values)
    for name, values in call.kwargs.items():
        m.put(box, ("slot", name), values)
    m.put(box, ANY, call.rest)
    return frozenset([box])


@means(collections.Counter)
def _counter(m: Machine, call: Call) -> Values:
    box = m.box("dict", "Counter", call.key)
    values = each(m, call) if call.args else NEVER
    identify(m, values)
    m.put(box, KEYS, values)
    m.put(box, ANY, PLAIN)
    return frozenset([box])
