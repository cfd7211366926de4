"""Finding the syntax tree of a function, and proving that it is the code that will run."""

from __future__ import annotations
import __future__

import ast
import inspect
import linecache
from collections.abc import Iterable, Iterator
from tokenize import TokenError
from types import CodeType, FunctionType, ModuleType
from typing import Any

from ..parsing import compile_tree, parse

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

_FUTURE = getattr(__future__, "annotations").compiler_flag  # noqa: B009 - the module's attribute, not the import
_found: dict[tuple[int, str], tuple[CodeType, FunctionNode | None]] = {}
_MAX_FOUND = 8192


def tree_of(function: Any) -> FunctionNode | None:
    """Return the syntax tree of a Python function with its true line numbers.

    None where there is no source, or where the source is not the one that the function was compiled from: changed
    since, typed at a prompt, made by ``exec``.
    """
    # A copy of a function may say that it stands elsewhere, and is not found there.
    code, key = function.__code__, (id(function.__code__), function.__qualname__)
    found = _found.get(key)
    if found is None:
        if len(_found) >= _MAX_FOUND:
            _found.clear()
        found = _found[key] = (code, _search(function))
    return found[1]


def _search(function: Any) -> FunctionNode | None:
    code, namespace = function.__code__, function.__globals__
    lines = linecache.getlines(code.co_filename, namespace)
    node = _match(function, lines)
    if node is None and lines:
        linecache.checkcache(code.co_filename)
        fresh = linecache.getlines(code.co_filename, namespace)
        node = _match(function, fresh) if fresh != lines else None
    return node


def _match(function: Any, lines: list[str]) -> FunctionNode | None:
    """Return the function of the file that compiles to the code at hand."""
    code = function.__code__
    start = code.co_firstlineno - 1
    if not 0 <= start < len(lines):
        return None
    try:
        found = _whole_file(lines) if code.co_name == "<lambda>" else _block(lines, start)
        candidates = [node for node in found if _same_name(node, code)]
        return next((node for node in candidates if _compiles(node, function, lines)), None)
    except (SyntaxError, ValueError, RecursionError, TokenError):
        return None


def _same_name(node: FunctionNode, code: CodeType) -> bool:
    if isinstance(node, ast.Lambda):
        return code.co_name == "<lambda>" and abs(node.lineno - code.co_firstlineno) <= 1
    return node.name == code.co_name


def _block(lines: list[str], start: int) -> Iterable[FunctionNode]:
    """The function that begins (with its decorators) at a line."""
    first = lines[start]
    indent = len(first) - len(first.lstrip())
    try:
        tree = _parse(lines[start : _end(lines, start, indent)], start)
    except SyntaxError:
        tree = _parse(inspect.getblock(lines[start:]), start)
    return [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def _parse(lines: list[str], start: int) -> ast.Module:
    """Parse the lines as they stand: taking indentation away would change what strings of several lines hold."""
    if not lines[0][:1].isspace():
        return _moved(parse("".join(lines)), start)
    (block,) = parse("".join(["if True:\n", *lines])).body
    return _moved(ast.Module(block.body, []), start - 1)  # type: ignore[attr-defined]


def _moved(tree: ast.Module, lines: int) -> ast.Module:
    return ast.increment_lineno(tree, lines) if lines else tree


def _end(lines: list[str], start: int, indent: int) -> int:
    """Guess where the block ends: at the first line that is not indented further, after a ``def``."""
    inside = False
    for number in range(start, len(lines)):
        line = lines[number].strip()
        depth = len(lines[number]) - len(lines[number].lstrip())
        if inside and line and not line.startswith((")", "#")) and depth <= indent:
            return number
        inside = inside or line.startswith(("def ", "async def "))
    return len(lines)


def _whole_file(lines: list[str]) -> Iterator[FunctionNode]:
    for node in ast.walk(parse("".join(lines))):
        if isinstance(node, ast.Lambda):
            yield node


def _compiles(node: FunctionNode, function: Any, lines: list[str]) -> bool:
    """Whether ``node``, compiled where it stands, is the code of ``function``.

    Since Python 3.12 a method call is compiled in another way where its object was imported by name. What was imported
    is guessed from the objects, and looked up in the file where the guess was wrong.
    """
    called = {call.func.value.id for call in ast.walk(node) if _is_named_method(call)}  # type: ignore[attr-defined]
    called &= function.__globals__.keys()
    guess = {name for name in called if _looks_imported(name, function, lines)}
    if _same(node, function, guess):
        return True
    return bool(called) and (exact := called & _imported(lines)) != guess and _same(node, function, exact)


def _is_named_method(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)


def _looks_imported(name: str, function: Any, lines: list[str]) -> bool:
    value = function.__globals__[name]
    if issubclass(type(value), (type, FunctionType)):
        return bool(value.__module__ != function.__module__)
    return type(value) is ModuleType or not any(line.startswith((f"{name} =", f"{name}:")) for line in lines)


def _imported(lines: list[str]) -> set[str]:
    names: set[str] = set()
    todo: list[ast.AST] = [parse("".join(lines))]
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
            todo.extend(ast.iter_child_nodes(node))
    return names


def _same(node: FunctionNode, function: Any, imported: set[str]) -> bool:
    code = function.__code__
    imports: list[ast.stmt] = [ast.fix_missing_locations(ast.Import([ast.alias(name)])) for name in sorted(imported)]
    module = ast.Module([*imports, _nested(node, code, function.__qualname__)], [])
    made = compile_tree(module, code.co_filename, code.co_flags & _FUTURE)
    return any(_equal(candidate, code) for candidate in _codes(made, code.co_name))


def _nested(node: FunctionNode, code: CodeType, qualname: str) -> ast.stmt:
    """Put the function into classes and functions as they were: names and cells depend on them."""
    statement: ast.stmt = ast.copy_location(ast.Expr(node), node)  # type: ignore[arg-type]
    if not isinstance(node, ast.Lambda):
        statement = type(node)(**{**dict(ast.iter_fields(node)), "decorator_list": [], "returns": None})
        ast.copy_location(statement, node)
    cells = [name for name in code.co_freevars if name != "__class__"]
    parts = qualname.split(".")[:-1]
    while parts:
        part = parts.pop()
        if part != "<locals>":
            statement = _class(part, statement)
        elif parts:
            statement, cells = _function(parts.pop(), cells, [statement]), []
    return _function("outer", cells, [statement]) if cells else statement


def _class(name: str, statement: ast.stmt) -> ast.stmt:
    made = parse(f"class {name if name.isidentifier() else 'Anonymous'}: pass").body[0]
    assert isinstance(made, ast.ClassDef)
    made.body = [statement]
    return made


def _function(name: str, cells: list[str], body: list[ast.stmt]) -> ast.stmt:
    made = parse(f"def {name if name.isidentifier() else 'anonymous'}({', '.join(cells)}): pass").body[0]
    assert isinstance(made, ast.FunctionDef)
    made.body = body
    return made


def _codes(code: CodeType, name: str) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_name == name:
                yield constant
            yield from _codes(constant, name)


def _equal(one: CodeType, other: CodeType) -> bool:
    """Whether two code objects do the same; where they stand does not matter."""
    return (
        one.co_code == other.co_code
        and one.co_names == other.co_names
        and one.co_varnames == other.co_varnames
        and one.co_freevars == other.co_freevars
        and one.co_cellvars == other.co_cellvars
        and one.co_argcount == other.co_argcount
        and _equal_constants(one.co_consts, other.co_consts)
    )


def _equal_constants(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return len(one) == len(other) and all(map(_equal_constant, one, other))


def _equal_constant(one: Any, other: Any) -> bool:
    if isinstance(one, CodeType) and isinstance(other, CodeType):
        return _equal(one, other)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return _equal_constants(one, other)
    # Until Python 3.10 the qualified names of inner functions stand among the constants.
    is_name = isinstance(one, str) and isinstance(other, str) and "<locals>" in one and "<locals>" in other
    return is_name or (type(one) is type(other) and one == other)
