"""Where hints and their import go in a file, and the diff of that, which git applies."""

from __future__ import annotations

import subprocess
from pathlib import Path
from textwrap import dedent

import pytest

from drf_autoprefetch.explaining.learning.files import patched
from drf_autoprefetch.explaining.learning.patches import patch
from drf_autoprefetch.explaining.learning.sources import NoPlaceError, Source, read_source
from drf_autoprefetch.explaining.learning.wanted import UNREAD, Wanted

pytestmark = pytest.mark.once

FILE = "shop/serializers.py"


def wanted(function: str, *paths: str, line: int = 0) -> Wanted:
    return Wanted(FILE, line, function, (), ("shop.Book",), paths, UNREAD, 4)


def declared(field: str, *paths: str) -> Wanted:
    return Wanted("", 0, "", (field,), ("shop.Book",), paths, UNREAD, 4)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop").mkdir()
    return tmp_path


def git(folder: Path, *arguments: str, given: bytes = b"") -> None:
    done = subprocess.run(["git", *arguments], cwd=folder, input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def applied(folder: Path, text: str, *hints: Wanted, repository: bool = True) -> str:
    """Write a file, have git apply the diff that puts hints in it, and return what it is then."""
    file = folder / FILE
    file.write_bytes(text.encode())
    if repository:
        git(folder, "init", "-q")
    refused: list[str] = []
    diff = patched(FILE, hints, lambda hints, why: refused.append(why))
    assert refused == []
    if diff:
        git(folder, "apply", "--whitespace=nowarn", "-", given=diff.encode())
    return file.read_bytes().decode()


METHOD = """
class S:
    def get_stars(self, book):
        return 1
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", "from drf_autoprefetch import prefetch_hint\n\n\n", id="nothing"),
        pytest.param(
            '"""The shop."""\n', '"""The shop."""\n\nfrom drf_autoprefetch import prefetch_hint\n', id="docstring"
        ),
        pytest.param(
            "#!/usr/bin/env python\n# The shop\n",
            "#!/usr/bin/env python\n# The shop\nfrom drf_autoprefetch import prefetch_hint\n\n\n",
            id="comments",
        ),
        pytest.param(
            '"""The shop."""\nfrom __future__ import annotations\n',
            '"""The shop."""\nfrom __future__ import annotations\n\nfrom drf_autoprefetch import prefetch_hint\n',
            id="future",
        ),
        pytest.param(
            "from __future__ import annotations\n\nimport os\nfrom typing import Any\n\nfrom . import models\n",
            "from __future__ import annotations\n\nimport os\nfrom typing import Any\n\n"
            "from drf_autoprefetch import prefetch_hint\n\nfrom . import models\n",
            id="before those of the project",
        ),
        pytest.param(
            "from . import models\n",
            "from drf_autoprefetch import prefetch_hint\n\nfrom . import models\n",
            id="none but the project's",
        ),
        pytest.param(
            "import os\n\nfrom django.db import models\nfrom rest_framework import serializers\n\nfrom shop import x\n",
            "import os\n\nfrom django.db import models\nfrom drf_autoprefetch import prefetch_hint\n"
            "from rest_framework import serializers\n\nfrom shop import x\n",
            id="in order",
        ),
        pytest.param(
            "from rest_framework import serializers\n",
            "from drf_autoprefetch import prefetch_hint\nfrom rest_framework import serializers\n",
            id="first",
        ),
        pytest.param(
            "import rest_framework\nfrom rest_framework import serializers\n",
            "import rest_framework\nfrom drf_autoprefetch import prefetch_hint\n"
            "from rest_framework import serializers\n",
            id="after plain ones",
        ),
        pytest.param(
            "import os\nfrom django.db import (\n    models,\n)\nfrom . import x\n",
            "import os\nfrom django.db import (\n    models,\n)\n"
            "from drf_autoprefetch import prefetch_hint\nfrom . import x\n",
            id="in one block",
        ),
        pytest.param(
            "import celery\n", "import celery\nfrom drf_autoprefetch import prefetch_hint\n", id="another package"
        ),
        pytest.param(
            "from drf_autoprefetch import AutoPrefetchMixin  # the mixin\n",
            "from drf_autoprefetch import AutoPrefetchMixin, prefetch_hint  # the mixin\n",
            id="more of it",
        ),
        pytest.param(
            "from drf_autoprefetch import (\n    AutoPrefetchMixin,  # the mixin\n    watch,\n)\n",
            "from drf_autoprefetch import (\n    AutoPrefetchMixin,  # the mixin\n    prefetch_hint,\n    watch,\n)\n",
            id="a line each",
        ),
        pytest.param(
            "from drf_autoprefetch import (\n    watch,\n)\n",
            "from drf_autoprefetch import (\n    prefetch_hint,\n    watch,\n)\n",
            id="first of a line each",
        ),
        pytest.param(
            "from drf_autoprefetch import AutoPrefetchMixin, allow, apply_plan, autoprefetch_disabled, optimize\n",
            "from drf_autoprefetch import (\n    AutoPrefetchMixin,\n    allow,\n    apply_plan,\n"
            "    autoprefetch_disabled,\n    optimize,\n    prefetch_hint,\n)\n",
            id="too long for one line",
        ),
        pytest.param(
            "from drf_autoprefetch import prefetch_hint\n", "from drf_autoprefetch import prefetch_hint\n", id="there"
        ),
        pytest.param("from drf_autoprefetch import *\n", "from drf_autoprefetch import *\n", id="all of it"),
    ],
)
def test_the_import_finds_its_place(folder, before, after):
    found = applied(folder, before + METHOD, wanted("S.get_stars", "title"))

    assert found == after + METHOD.replace("    def", '    @prefetch_hint("title")\n    def')


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("import drf_autoprefetch", "drf_autoprefetch.prefetch_hint"),
        ("import drf_autoprefetch as dap", "dap.prefetch_hint"),
        ("from drf_autoprefetch import prefetch_hint as reads", "reads"),
    ],
)
def test_a_name_that_is_there_is_used(folder, line, name):
    found = applied(folder, f"{line}\n{METHOD}", wanted("S.get_stars", "title"))

    assert found == f"{line}\n{METHOD}".replace("    def", f'    @{name}("title")\n    def')


def in_place(folder: Path, body: str, *hints: Wanted) -> str:
    top = "from drf_autoprefetch import prefetch_hint\n\n"
    return applied(folder, top + dedent(body), *hints).removeprefix(top)


def test_a_hint_stands_above_all_other_decorators(folder):
    body = """
        class Book:
            @property
            @kept  # for a while
            def stars(self):
                return 1

            @kept(
                "long",
            )
            async def get_line(self): return 2

        class Other:
            def stars(self):
                def inner(): pass
    """

    found = in_place(folder, body, wanted("Book.stars", "reviews__rating", "title"), wanted("Book.get_line", line=9))

    assert found == dedent(body).replace(
        "    @property", '    @prefetch_hint("reviews__rating", "title")\n    @property'
    ).replace("    @kept(\n", "    @prefetch_hint()\n    @kept(\n")


def test_a_long_hint_has_a_line_for_each_path(folder):
    paths = [f"reviews__reader__favourites__{name}" for name in ("title", "subtitle", "isbn")]

    found = in_place(folder, METHOD, wanted("S.get_stars", *paths))

    lines = "".join(f'        "{path}",\n' for path in paths)
    assert found == METHOD.replace("    def", f"    @prefetch_hint(\n{lines}    )\n    def")


@pytest.mark.parametrize(
    ("there", "then"),
    [
        ('@prefetch_hint("title")', '@prefetch_hint("title", "author__name")'),
        ('@prefetch_hint("author__name", "title")', '@prefetch_hint("author__name", "title")'),
        ('@prefetch_hint("author.name")', '@prefetch_hint("author.name", "title")'),
        (
            '@prefetch_hint("title", annotate={"n": Count("reviews")})  # counted',
            '@prefetch_hint("title", "author__name", annotate={"n": Count("reviews")})',
        ),
        (
            '@prefetch_hint(Prefetch("reviews", to_attr="all"))',
            '@prefetch_hint(Prefetch("reviews", to_attr="all"), "author__name", "title")',
        ),
        ('@prefetch_hint(\n        "title",\n    )', '@prefetch_hint("title", "author__name")'),
        ('@dap.prefetch_hint("title")', '@dap.prefetch_hint("title", "author__name")'),
        (
            "@prefetch_hint(lambda context: [\n        1])",
            '@prefetch_hint(lambda context: [1], "author__name", "title")',
        ),
    ],
)
def test_a_hint_that_is_there_is_extended(folder, there, then):
    before = METHOD.replace("    def", f"    {there}\n    def")

    found = in_place(folder, before, wanted("S.get_stars", "author__name", "title"))

    assert found == METHOD.replace("    def", f"    {then}\n    def")


def test_several_hints_are_one_diff(folder):
    body = "class S:\n    def get_a(self, book):\n        return 1\n\n    def get_b(self, book):\n        return 2\n"
    hints = [wanted("S.get_a", "title"), wanted("S.get_b", "isbn"), wanted("S.get_b", "isbn")]

    found = applied(folder, body, *hints)

    assert found.count("@prefetch_hint") == 2
    assert found.count("import prefetch_hint") == 1


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_line_endings_stay(folder, end, last):
    text = f"\ufeff{METHOD}".replace("\n", end)
    text = text if last else text.removesuffix(end)

    found = applied(folder, text, wanted("S.get_stars", "title"))

    assert found.count("\n") == found.count(end)
    assert f'    @prefetch_hint("title"){end}    def' in found
    assert found.endswith(end) is last


def test_a_last_line_without_an_end_may_be_followed(folder):
    body = "class S:\n    class Meta:\n        model = 1"

    assert applied(folder, body, declared("shop.s:S.tags", "tags__name")) == (
        f'{body}\n        prefetch_hints = {{"tags": ["tags__name"]}}\n'
    )


def test_files_are_named_from_the_root_of_the_repository(folder, monkeypatch):
    (folder / FILE).write_text(METHOD)
    git(folder, "init", "-q")
    monkeypatch.chdir(folder / "shop")

    diff = patched("serializers.py", [wanted("S.get_stars", "title")], lambda hints, why: None)

    assert diff.startswith(f"diff --git a/{FILE} b/{FILE}\n--- a/{FILE}\n+++ b/{FILE}\n@@ ")
    git(folder, "apply", given=diff.encode())
    assert '@prefetch_hint("title")' in (folder / FILE).read_text()


def test_outside_a_repository_files_are_named_from_the_folder(folder):
    found = applied(folder, METHOD, wanted("S.get_stars", "title"), repository=False)

    assert '@prefetch_hint("title")' in found


def test_a_file_that_lies_elsewhere_is_named_in_full(tmp_path_factory, folder):
    file = tmp_path_factory.mktemp("elsewhere") / "s.py"

    diff = patch(Source(str(file), "a\n"), "b\n")

    assert diff.startswith(f"--- a{file}\n+++ b{file}\n")


META = """
class Outer:
    class S:
        tags = 1

        class Meta:
            model = 1
"""


@pytest.mark.parametrize(
    ("there", "then"),
    [
        ("", 'prefetch_hints = {"tags": ["tags__name"]}'),
        ("prefetch_hints = {}", 'prefetch_hints = {"tags": ["tags__name"]}'),
        (
            "prefetch_hints: dict = {'a': ['b'], 'tags': 'tags__pk'}",
            'prefetch_hints = {"a": [\'b\'], "tags": [\'tags__pk\', "tags__name"]}',
        ),
        (
            'prefetch_hints = {"tags": ["tags__name", "tags__pk"]}',
            'prefetch_hints = {"tags": ["tags__name", "tags__pk"]}',
        ),
        (
            'prefetch_hints = {"tags": ["tags__name"], "a": x}',
            'prefetch_hints = {"tags": ["tags__name"], "a": x}',
        ),
    ],
)
def test_hints_for_code_of_others_stand_in_meta(folder, there, then):
    before, after = (META + (f"            {text}\n" if text else "") for text in (there, then))

    assert applied(folder, before, declared("shop.s:Outer.S.tags", "tags__name")) == after


def test_several_fields_are_one_entry(folder):
    hints = [declared("shop.s:Outer.S.tags", "tags__name"), declared("shop.s:Outer.S.line", "author__name")]

    found = applied(folder, META, *hints)

    assert found == META + '            prefetch_hints = {"line": ["author__name"], "tags": ["tags__name"]}\n'


@pytest.mark.parametrize(
    ("text", "hint", "why"),
    [
        (METHOD, wanted("S.get_other", "title"), "has no S.get_other any more, or more than one"),
        ("def f():\n  pass\ndef f():\n  pass\n", wanted("f", "title"), "has no f any more, or more than one"),
        ("def f(", wanted("f", "title"), "cannot be read: "),
        (METHOD, declared("shop.s:Gone.tags", "title"), "has no class Gone"),
        (METHOD, declared("shop.s:S.tags", "title"), "S has no Meta of its own in"),
        (META + "            prefetch_hints = x\n", declared("shop.s:Outer.S.tags", "title"), "is no dict"),
        (META + "            prefetch_hints = {**x}\n", declared("m:Outer.S.tags", "title"), "names that are computed"),
    ],
)
def test_a_hint_without_a_place_is_refused(folder, text, hint, why):
    (folder / FILE).write_text(text)
    refused = []

    diff = patched(FILE, [hint], lambda hints, why: refused.append((list(hints), why)))

    assert diff == ""
    ((hints, said),) = refused
    assert hints == [hint]
    assert why in said


def test_a_file_in_another_encoding_is_refused(folder):
    (folder / FILE).write_bytes(b"# -*- coding: latin-1 -*-\nx = '\xe4'\n")

    with pytest.raises(NoPlaceError, match="cannot be read"):
        read_source(FILE)


def test_a_function_is_found_by_its_line_its_path_or_its_name():
    source = Source(FILE, "class A:\n    def f(self): pass\nclass B:\n    @x\n    def f(self): pass\ndef g(): pass\n")

    assert source.function(4, "whatever.f").lineno == 5
    assert source.function(99, "A.f").lineno == 2
    assert source.function(99, "elsewhere.g").lineno == 6


def test_a_file_may_have_nothing_but_a_function_in_a_block(folder):
    found = applied(folder, "import os\n\nif os:\n    def f(book): return book\n", wanted("f", "title"))

    assert found == (
        "import os\n\nfrom drf_autoprefetch import prefetch_hint\n\nif os:\n"
        '    @prefetch_hint("title")\n    def f(book): return book\n'
    )
