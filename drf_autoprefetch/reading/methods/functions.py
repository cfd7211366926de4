"""Running a function of the project's own with known arguments."""

from __future__ import annotations

import ast
from collections.abc import Hashable
from types import FunctionType
from typing import Any

from ..hints import hint_of
from .comparing import tracked
from .escaping import escape, lose_if_writing
from .frames import Frame, Names
from .machine import MAX_CALLS, Machine
from .names import cells, defining_class, is_framework, is_sealed, mangling
from .probing import ANY_RELATION, probe
from .sources import FunctionNode, tree_of
from .values import ANY, NEVER, PLAIN, Box, Call, Func, Many, Row, Values, known, union

#: Names that mean a write whatever has them.
_WRITING = frozenset({"save", "delete", "create", "bulk_create", "bulk_update", "execute", "executemany"})


def unknown(m: Machine, call: Call) -> Values:
    """Call what cannot be read: everything that is passed is out of sight."""
    lose_if_writing(m, call.name, _WRITING)
    if call.name == "is_cached":
        probe(m, call.everything(), [ANY_RELATION])
    escape(m, call.everything(), f"passes {{it}} to {call.name}()")
    return PLAIN


def run_function(m: Machine, function: FunctionType, call: Call) -> Values:
    """Call a Python function."""
    if hint_of(function) is not None:
        return _declared(m, function, call)
    if is_framework(function) and not tracked(call.everything()):
        return PLAIN  # no row goes in, so none comes out, and nothing is asked of the database
    tree = None if is_sealed(function) else tree_of(function)
    if tree is None or m.depth >= MAX_CALLS:
        return unknown(m, call)
    defaults = [known(value) for value in function.__defaults__ or ()]
    keyword = {name: known(value) for name, value in (function.__kwdefaults__ or {}).items()}
    env = _bound(m, tree.args, defaults, keyword, call)
    frame = _frame(m, function, call, tree)
    frame.owner = call.args[0] if call.args else NEVER
    key = ("function", id(function), tuple(env.items()), m.certainty)
    return _once(m, key, frame, tree, env)


def _declared(m: Machine, function: Any, call: Call) -> Values:
    """A hint replaces reading the body, for the first instance that is given; it says nothing of others."""
    given = [*call.args, *call.kwargs.values(), call.rest]
    first = next((values for values in given if any(isinstance(atom, Row) for atom in values)), NEVER)
    for atom in first:
        if isinstance(atom, Row):
            atom.node.hinted[id(function)] = (function, m.place)
            atom.node.settle(id(function), always=m.runs_for(atom.node))
    beside = NEVER.union(*(values for values in given if values is not first))
    carrying = frozenset(atom for atom in beside if isinstance(atom, (Row, Many, Box)))
    escape(m, carrying, f"passes {{it}} to {function.__name__}(), whose hint is for one instance")
    return PLAIN


def run_inner(m: Machine, function: Func, call: Call) -> Values:
    """Call a function or lambda that the body defines."""
    if m.depth >= MAX_CALLS:
        return unknown(m, call)
    tree, outer = function.node, function.frame
    keyword = {
        argument.arg: values
        for argument, values in zip(tree.args.kwonlyargs, function.keyword_defaults, strict=True)
        if values is not None
    }
    env = _bound(m, tree.args, list(function.defaults), keyword, call)
    key = m.key("inner", call.key, tree, outer.key)
    frame = m.frames.get(key)
    if frame is None:
        name = getattr(tree, "name", outer.name)
        frame = Frame(key, outer.file, name, outer.namespace, outer.cells, outer, outer.cls, outer.mangle)
        m.frames[key] = frame
    frame.owner = outer.owner
    frame.lazy = frame.lazy or m.lazy > 0
    return _run(m, ("inner", key), frame, tree, env)


def _frame(m: Machine, function: FunctionType, call: Call, tree: FunctionNode) -> Frame:
    key = m.key("function", call.key, id(function))
    if key not in m.frames:
        code = function.__code__
        m.frames[key] = Frame(
            key,
            code.co_filename,
            code.co_name,
            function.__globals__,
            cells(function),
            cls=defining_class(function),
            mangle=mangling(function.__qualname__),
        )
    return m.frames[key]


def _once(m: Machine, key: Hashable, frame: Frame, tree: FunctionNode, env: Names) -> Values:
    """Do not read a function again that was given the same while nothing changed."""
    before = m.known.get(key)
    if before is not None and before[0] == m.version:
        return before[1]
    values = _run(m, key, frame, tree, env)
    m.known[key] = (m.version, values)
    return values


def _run(m: Machine, key: Hashable, frame: Frame, tree: FunctionNode, env: Names) -> Values:
    """Run a body, as often as its own recursion and late binding need."""
    if key in m.running:
        m.running[key][1] = True
        return m.running[key][0]  # type: ignore[no-any-return]
    state: list[Any] = [NEVER, False]
    m.running[key] = state
    m.depth += 1
    place = m.place
    while True:
        values = _pass(m, frame, tree, env)
        settled = values <= state[0] or not state[1]
        state[0] = state[0] | values
        m.version += not settled
        if settled and not frame.unsettled():
            break
    m.place = place
    m.depth -= 1
    del m.running[key]
    return state[0]  # type: ignore[no-any-return]


def _pass(m: Machine, frame: Frame, tree: FunctionNode, env: Names) -> Values:
    frame.begin(env)
    if isinstance(tree, ast.Lambda):
        return m.eval(frame, tree.body)
    generates = _generates(m, tree)
    late = generates or (isinstance(tree, ast.AsyncFunctionDef) and m.depth > 1)  # whoever calls the body waits for it
    frame.lazy = frame.lazy or late
    m.lazy += late
    depth = len(m.scopes)
    falls = m.run(frame, tree.body)
    del m.scopes[depth:]
    m.lazy -= late
    if generates:
        return m.filled_box("list", frame.yielded, "generator", frame.key)
    return frame.returned | known(None) if falls else frame.returned


def _generates(m: Machine, tree: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    if tree not in m.generators:
        m.generators[tree] = any(_yields(statement) for statement in tree.body)
    return m.generators[tree]


def _yields(node: ast.AST) -> bool:
    if isinstance(node, (ast.Yield, ast.YieldFrom)):
        return True
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
        return False
    return any(map(_yields, ast.iter_child_nodes(node)))


def _bound(m: Machine, spec: ast.arguments, defaults: list[Values], keyword: dict[str, Values], call: Call) -> Names:
    """Return what each parameter is given."""
    names = [argument.arg for argument in (*spec.posonlyargs, *spec.args)]
    env: Names = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True)) | keyword
    env = {name: env.get(name, NEVER) | call.rest for name in [*names, *(a.arg for a in spec.kwonlyargs)]}
    for name, values in zip(names, call.args, strict=False):
        env[name] = values | (call.rest if call.rest else NEVER)
    extra = call.args[len(names) :]
    more = {name: values for name, values in call.kwargs.items() if name not in env}
    env |= {name: values for name, values in call.kwargs.items() if name in env}
    if spec.vararg is not None:
        env[spec.vararg.arg] = _starred(m, extra, call)
    if spec.kwarg is not None:
        env[spec.kwarg.arg] = _keywords(m, more, call)
    lost = union([*([] if spec.vararg else extra), *([] if spec.kwarg else more.values())])
    escape(m, lost, f"passes {{it}} to {call.name}()")
    return env


def _starred(m: Machine, extra: tuple[Values, ...], call: Call) -> Values:
    box = m.box("tuple", "args", call.key)
    for index, values in enumerate(extra):
        m.put(box, ("slot", index), values)
    if call.rest:
        m.put(box, ANY, call.rest)
    return frozenset([box])


def _keywords(m: Machine, more: dict[str, Values], call: Call) -> Values:
    box = m.box("dict", "kwargs", call.key)
    for name, values in more.items():
        m.put(box, ("slot", name), values)
    m.put(box, ANY, call.rest | PLAIN)
    return frozenset([box])
