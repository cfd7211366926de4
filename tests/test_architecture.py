"""The shape of the package: imports that go one way, metadata asked for in one place, nothing large, nothing unsaid.

Each rule is a function from one module to a list of ``file:line: what is wrong``, so that it can be shown
a bad module and be seen to find it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
PACKAGE = "drf_autoprefetch"

FLOOR = ("conf", "exceptions", "notes", "signals", "suggestions")
"""What everybody may import, these each other included."""

LAYERS = (
    ("reading",),
    ("planning",),
    ("loading",),
    ("guarding",),
    ("explaining",),
    ("auditing",),
    ("mixins",),
    ("testing",),
    ("contrib",),
    ("apps", "management", "middleware"),
)
"""Lowest first: a part imports from the lines above its own, never from a neighbour on its line."""

RANKS = {part: rank for rank, parts in enumerate((FLOOR, *LAYERS)) for part in parts}

ASKS_META = ("reading/columns.py", "reading/indexes.py", "reading/relations.py")
MODULE_LINES = 250
FUNCTION_LINES = 40

ALLOWED: dict[str, str] = {}
"""``file:function`` or ``file`` that may be larger, and why."""

NOT_AT_IMPORT = ("rest_framework.views", "rest_framework.generics", "django.contrib.contenttypes.fields")
"""Each of these reads settings or the app registry, and Django imports the package before either is ready."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Found = Iterator[tuple[int, str]]


@dataclass(frozen=True)
class Module:
    """One module of the package; `path` is relative to the package."""

    path: str
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed source."""
        return ast.parse(self.source)

    @property
    def part(self) -> str:
        """The first name below the package: the layer's name, or `__init__`."""
        return self.path.split("/")[0].removesuffix(".py")

    def absolute(self, node: ast.ImportFrom) -> str:
        """Give the full dotted name that a (perhaps relative) `from` imports from."""
        here = [PACKAGE, *self.path.split("/")][: -node.level or None] if node.level else []
        return ".".join([*here, *([node.module] if node.module else [])])


def modules() -> list[Module]:
    """Read the package."""
    folder = ROOT / PACKAGE
    return [Module(path.relative_to(folder).as_posix(), path.read_text()) for path in sorted(folder.rglob("*.py"))]


def at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    """Walk everything below `node` except what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for statement in child.orelse:
                yield statement
                yield from at_run_time(statement)
        else:
            yield child
            yield from at_run_time(child)


def imported_parts(module: Module) -> Iterator[tuple[int, str]]:
    """Give line and name of each part of the package that `module` imports, inside functions too."""
    for node in at_run_time(module.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{module.absolute(node)}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] == PACKAGE:
                yield node.lineno, [*name.split("."), "__init__"][1]


def wrong_imports(module: Module) -> Found:
    """Imports go down. `__init__` is the front door: it may import everything, and nothing inside may import it."""
    if module.part == "__init__":
        return
    if module.part not in RANKS:
        yield 1, f"{module.part} has no place in LAYERS"
        return
    for line, part in imported_parts(module):
        if part not in RANKS:
            yield line, f"{part} is in no layer; import from the module that defines a name, not from the front door"
        elif not (part == module.part or RANKS[part] < RANKS[module.part] or {part, module.part} <= {*FLOOR}):
            yield line, f"{module.part} may not import {part}"


def wrong_meta(module: Module) -> Found:
    """Only one module asks `model._meta`, so that what is true of a relation is decided once."""
    if module.path in ASKS_META:
        return
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute(attr="_meta") | ast.Constant(value="_meta"):
                yield node.lineno, f"asks _meta, which is for {' and '.join(ASKS_META)} alone"


def wrong_sizes(module: Module) -> Found:
    """A module fits a short sitting, a function a screen."""
    lines = len(module.source.splitlines())
    if lines > MODULE_LINES and module.path not in ALLOWED:
        yield 1, f"{lines} lines; a module has at most {MODULE_LINES}"
    for node in ast.walk(module.tree):
        if isinstance(node, Function) and f"{module.path}:{node.name}" not in ALLOWED:
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield node.lineno, f"{node.name} has {lines} lines; a function has at most {FUNCTION_LINES}"


def wrong_docstrings(module: Module) -> Found:
    """Every public name says what it is for."""
    if module.tree.body and not ast.get_docstring(module.tree):
        yield 1, "the module has no docstring"
    for name, node in public(module.tree):
        if not ast.get_docstring(node):
            yield node.lineno, f"{name} has no docstring"


def public(parent: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Give the public functions and classes of a module, and the public methods of those classes."""
    for node in parent.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node, f"{prefix}{node.name}.")


RULES = (wrong_imports, wrong_meta, wrong_sizes, wrong_docstrings)


def check(module: Module, rule: Callable[[Module], Found]) -> list[str]:
    """Give one line for each thing that `rule` finds wrong."""
    return [f"{PACKAGE}/{module.path}:{line}: {message}" for line, message in rule(module)]


@pytest.mark.parametrize("rule", RULES)
def test_the_package_keeps_the_rule(rule):
    assert [line for module in modules() for line in check(module, rule)] == []


def test_the_package_is_found():
    assert "__init__.py" in {module.path for module in modules()}


def test_nothing_that_needs_settings_is_imported_with_the_package():
    code = f"import sys, {PACKAGE}; print(*[name for name in {NOT_AT_IMPORT} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)

    assert done.stdout.split() == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        pytest.param("planning/planner.py", "from drf_autoprefetch.reading.relations import Relation", id="down"),
        pytest.param("planning/planner.py", "from drf_autoprefetch.planning.plans import Plan", id="same part"),
        pytest.param("planning/planner.py", "from . import plans", id="same part, relative"),
        pytest.param("planning/planner.py", "from ..reading import relations", id="down, relative"),
        pytest.param("planning/__init__.py", "from .plans import Plan", id="in an __init__"),
        pytest.param("notes.py", "from drf_autoprefetch.exceptions import NoteError", id="within the floor"),
        pytest.param("reading/fields.py", "import django.db.models\nfrom . import methods", id="somebody else's"),
        pytest.param("__init__.py", "from drf_autoprefetch.mixins import AutoPrefetchMixin", id="the front door"),
        pytest.param(
            "reading/fields.py",
            "if TYPE_CHECKING:\n    from drf_autoprefetch.planning.plans import Plan",
            id="for type checkers",
        ),
    ],
)
def test_a_right_import_is_accepted(path, source):
    assert check(Module(path, source), wrong_imports) == []


@pytest.mark.parametrize(
    ("path", "source", "found"),
    [
        ("reading/fields.py", "import drf_autoprefetch.planning.plans", "1: reading may not import planning"),
        ("reading/fields.py", "from drf_autoprefetch import mixins", "1: reading may not import mixins"),
        ("reading/fields.py", "from ..planning.plans import Plan", "1: reading may not import planning"),
        ("reading/__init__.py", "from ..loading import querysets", "1: reading may not import loading"),
        ("conf.py", "\nfrom .reading import hints", "2: conf may not import reading"),
        ("guarding/checks.py", "from drf_autoprefetch.explaining import text", "1: guarding may not import explaining"),
        ("apps.py", "from drf_autoprefetch.management import commands", "1: apps may not import management"),
        ("mixins.py", "from drf_autoprefetch.contrib import spectacular", "1: mixins may not import contrib"),
        (
            "reading/fields.py",
            "def plan():\n    from drf_autoprefetch.planning import plans",
            "2: reading may not import planning",
        ),
        (
            "reading/fields.py",
            "if typing.TYPE_CHECKING:\n    pass\nelse:\n    import drf_autoprefetch.planning",
            "4: reading may not import planning",
        ),
        (
            "reading/fields.py",
            "from drf_autoprefetch import Plan",
            "1: Plan is in no layer; import from the module that defines a name, not from the front door",
        ),
        (
            "loading/querysets.py",
            "import drf_autoprefetch",
            "1: __init__ is in no layer; import from the module that defines a name, not from the front door",
        ),
        ("utils/strings.py", "", "1: utils has no place in LAYERS"),
    ],
)
def test_a_wrong_import_is_found(path, source, found):
    assert check(Module(path, source), wrong_imports) == [f"drf_autoprefetch/{path}:{found}"]


@pytest.mark.parametrize("source", ["model._meta.pk", "getattr(model, '_meta')"])
def test_asking_meta_is_found_everywhere_but_in_its_module(source):
    assert check(Module("reading/relations.py", source), wrong_meta) == []
    assert check(Module("reading/fields.py", source), wrong_meta) == [
        "drf_autoprefetch/reading/fields.py:1: asks _meta,"
        " which is for reading/columns.py and reading/indexes.py and reading/relations.py alone"
    ]


def test_a_large_module_is_found():
    assert check(Module("conf.py", "\n" * 250), wrong_sizes) == []
    assert check(Module("conf.py", "\n" * 251), wrong_sizes) == [
        "drf_autoprefetch/conf.py:1: 251 lines; a module has at most 250"
    ]


def test_a_long_function_is_found():
    assert check(Module("conf.py", "def read():" + "\n    pass" * 39), wrong_sizes) == []
    assert check(Module("conf.py", "class A:\n  async def read():" + "\n    pass" * 40), wrong_sizes) == [
        "drf_autoprefetch/conf.py:2: read has 41 lines; a function has at most 40"
    ]


def test_a_missing_docstring_is_found():
    source = "class Plan:\n  def apply(self): ...\n  def __or__(self): ...\ndef _private(): ...\nasync def make(): ..."

    found = check(Module("planning/plans.py", source), wrong_docstrings)

    assert found == [
        "drf_autoprefetch/planning/plans.py:1: the module has no docstring",
        "drf_autoprefetch/planning/plans.py:1: Plan has no docstring",
        "drf_autoprefetch/planning/plans.py:2: Plan.apply has no docstring",
        "drf_autoprefetch/planning/plans.py:5: make has no docstring",
    ]


def test_a_docstring_and_an_empty_module_are_accepted():
    source = '"""Plans."""\nclass Plan:\n  """How to load."""\n  @property\n  def x(self):\n    """X."""'

    assert check(Module("planning/plans.py", source), wrong_docstrings) == []
    assert check(Module("planning/__init__.py", ""), wrong_docstrings) == []
