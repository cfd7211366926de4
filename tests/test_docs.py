"""The documents say what is so: their code runs, what they show is what is printed, and nothing is left out.

In README.md and docs/*.md, the Python blocks of a document run in order, as one module beside the demo. A line that
ends in ``# → value`` prints that value, and a ``text`` block right after a Python block is what that block prints.
In a block that starts with ``$ curl 'http://127.0.0.1:8000/…'``, the rest is what the demo answers, and after
``$ python manage.py explain_prefetch …`` what the command prints there, up to ``…`` if it ends so.
``UPDATE_DOCS=1 pytest tests/test_docs.py`` writes what is printed now into the documents.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

import drf_autoprefetch
from drf_autoprefetch import conf
from drf_autoprefetch.auditing.rules import RULES
from drf_autoprefetch.explaining.endpoint import choices
from drf_autoprefetch.mixins import AutoPrefetchMixin
from drf_autoprefetch.notes import CATALOGUE
from tests.bookshop import CHECKOUT, Bookshop

pytestmark = pytest.mark.once

README = CHECKOUT / "README.md"
DOCS = CHECKOUT / "docs"
DOCUMENTS = [README, *sorted(DOCS.glob("*.md"))]
WITH_PYTHON = [path for path in DOCUMENTS if "\n```python\n" in path.read_text()]
COMMANDS = re.compile(r"^python3 -m venv .*(?:demo|pytest)$", re.MULTILINE)
UPDATE = bool(os.environ.get("UPDATE_DOCS"))
START = "\x00"


@pytest.fixture(scope="module")
def bookshop(tmp_path_factory: pytest.TempPathFactory) -> Bookshop:
    """The demo's shop as `python -m demo` builds it."""
    shop = Bookshop(tmp_path_factory.mktemp("bookshop") / "shop.sqlite3")
    ask(shop, "from demo.building import ensure_shop; ensure_shop(1)")
    return shop


def ask(shop: Bookshop, code: str) -> str:
    """Run code in the demo and return what it prints."""
    done = shop.script(code)
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---- Blocks of code


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is the number of its opening fence."""

    language: str
    text: str
    line: int

    @property
    def end(self) -> int:
        """The number of its closing fence."""
        return self.line + len(self.text.splitlines()) + 1


def blocks(document: str) -> list[Block]:
    """Return the fenced blocks of a document."""
    found = re.finditer(r"^```(\w+)\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    return [Block(match[1], match[2], document.count("\n", 0, match.start()) + 1) for match in found]


def follower(document: str, block: Block) -> Block | None:
    """Return the text block that stands right after another block, if one does."""
    after = next((other for other in blocks(document) if other.line > block.line), None)
    return after if after and after.language == "text" and after.line <= block.end + 2 else None


def replaced(document: str, block: Block, text: str) -> str:
    """Return the document with other text in a block."""
    lines = document.splitlines(keepends=True)
    lines[block.line : block.end - 1] = [text]
    return "".join(lines)


def as_module(document: str) -> str:
    """Return the Python blocks as a module, each line where it is in the document; it prints where blocks start."""
    lines = [""] * len(document.splitlines())
    for block in blocks(document):
        if block.language == "python":
            lines[block.line - 1] = f'print("{START}{block.line}")'.replace(START, "\\x00")
            lines[block.line : block.end - 1] = printing(block.text).splitlines()
    return "\n".join(lines) + "\n"


def printing(code: str) -> str:
    """Return the code with each ``expression  # → value`` as a call of ``print``."""
    lines = code.splitlines()
    for node in ast.parse(code).body:
        if isinstance(node, ast.Expr) and "# → " in lines[node.lineno - 1]:
            assert node.lineno == node.end_lineno, "an expression with a result stands on one line"
            lines[node.lineno - 1] = f"print({ast.unparse(node)})"
    return "\n".join(lines)


def promised_values(block: Block) -> str:
    """Return what a Python block is said to print, line by line."""
    return "".join(line.partition("# → ")[2] + "\n" for line in block.text.splitlines() if "# → " in line)


def without_places(printed: str) -> str:
    """Forget line numbers: a document's examples stand in no file."""
    return re.sub(r"(\.py):\d+", r"\1:…", printed)


def run(shop: Bookshop, document: str, folder: Path) -> dict[int, str]:
    """Run a document's Python; return what each block printed, by the block's line."""
    (folder / "shop").mkdir()
    (folder / "shop" / "serializers.py").write_text(as_module(document))
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup(); import shop.serializers"],
        cwd=folder,
        env=shop.environment | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    parts = [part.partition("\n") for part in done.stdout.split(START)[1:]]
    return {int(line): printed for line, _, printed in parts}


def settle(path: Path, block: Block, text: str, *, update: bool = UPDATE) -> None:
    """Complain that a block differs from what is printed, or update it."""
    text = text.rstrip("\n") + "\n"
    if update:
        path.write_text(replaced(path.read_text(), block, text))
        return
    shown, printed = block.text.splitlines(keepends=True), text.splitlines(keepends=True)
    diff = "".join(unified_diff(shown, printed, f"{path.name}:{block.line}", "what is printed now"))
    assert not diff, f"{diff}\nUPDATE_DOCS=1 pytest tests/test_docs.py writes it into the document."


@pytest.mark.parametrize("path", WITH_PYTHON, ids=lambda path: path.name)
def test_the_python_of_a_document_runs_and_prints_what_it_says(path: Path, bookshop: Bookshop, tmp_path: Path) -> None:
    document = path.read_text()
    printed = run(bookshop, document, tmp_path)

    for block in reversed([block for block in blocks(document) if block.language == "python"]):
        says = without_times(printed[block.line])
        values, shown = promised_values(block), follower(document, block)
        assert says.startswith(values) if shown else says == values, f"{path.name}:{block.line} prints\n{says}"
        if shown:
            text = says.removeprefix(values)
            same = without_places(shown.text) == without_places(text)
            settle(path, shown, shown.text if same else text)


CURL = re.compile(r"\A\$ curl (?:-H '([\w-]+): ([^']+)' )?'http://127\.0\.0\.1:8000(/[^']*)'\n")
GET = "from django.test import Client\nprint(Client().get({path!r}, headers={headers!r}).content.decode(), end='')"


def test_the_demo_answers_what_the_documents_show(bookshop: Bookshop) -> None:
    asked = 0
    for path in DOCUMENTS:
        for block in reversed(blocks(path.read_text())):
            if curl := CURL.match(block.text):
                headers = {curl[1]: curl[2]} if curl[1] else {}
                answer = without_times(ask(bookshop, GET.format(path=curl[3], headers=headers)))
                settle(path, block, curl[0] + as_long_as(block.text, answer))
                asked += 1

    assert asked >= 2


COMMAND = re.compile(r"\A\$ python manage\.py (explain_prefetch\b.*)\n")
RUN = "from django.core.management import execute_from_command_line as run\nrun(['manage.py', *{arguments!r}])"


def test_the_command_prints_what_the_documents_show(bookshop: Bookshop) -> None:
    run = 0
    for path in DOCUMENTS:
        for block in reversed(blocks(path.read_text())):
            if command := COMMAND.match(block.text):
                printed = without_times(ask(bookshop, RUN.format(arguments=shlex.split(command[1]))))
                settle(path, block, command[0] + beginning(block.text.partition("\n")[2], printed))
                run += 1

    assert run >= 2


CHANGED = """
import os
from django.core.management import CommandError, call_command
from rest_framework.serializers import CharField
from demo.shop.serializers.books import CatalogueSerializer
from drf_autoprefetch.loading.finding import clear_caches

os.chdir({folder!r})
call_command("explain_prefetch", write="plans.json", verbosity=0)
CatalogueSerializer._declared_fields["country"] = CharField(source="publisher.country.name")
CatalogueSerializer.Meta.fields.append("country")
clear_caches()
try:
    call_command("explain_prefetch", check="plans.json")
except CommandError as error:
    assert error.returncode == 1
"""


def test_the_documents_show_how_a_plan_differs(bookshop: Bookshop, tmp_path: Path) -> None:
    path = DOCS / "explain.md"
    (block,) = (block for block in blocks(path.read_text()) if block.language == "diff")

    settle(path, block, beginning(block.text, ask(bookshop, CHANGED.format(folder=str(tmp_path)))))


def beginning(shown: str, printed: str) -> str:
    """Cut what is printed where the document cuts it."""
    if not shown.endswith("\n…\n"):
        return printed
    return "".join(printed.splitlines(keepends=True)[: shown.count("\n") - 1]) + "…\n"


def test_what_is_printed_is_cut_where_the_document_cuts_it() -> None:
    assert beginning("a\nb\n…\n", "a\nc\nd\n") == "a\nc\n…\n"
    assert beginning("a\nb\n", "a\nc\nd\n") == "a\nc\nd\n"


def without_times(report: str) -> str:
    """Forget how long planning took, and where this checkout lies."""
    report = re.sub(r"planned in [\d.]+ ms", "planned in 1.0 ms", report)
    report = re.sub(r'"plan_milliseconds": [\d.]+', '"plan_milliseconds": 1.0', report)
    return report.replace(f"{CHECKOUT}/", "")


def as_long_as(shown: str, answer: str) -> str:
    """Cut an answer where the document cuts it: before the SQL, which its last line stands for."""
    head, cut, _ = answer.partition("\nSQL\n")
    return f"{head}…\n" if cut and shown.endswith("…\n") else answer


def test_blocks_are_found_and_made_a_module() -> None:
    document = "Text.\n\n```python\na = 1\na + 1  # → 2\nprint(3)\n```\n\n```text\n3\n```\n\n```sh\nls\n```\n"
    code, text, shell = blocks(document)

    assert [(block.language, block.line, block.end) for block in (code, text, shell)] == [
        ("python", 3, 7),
        ("text", 9, 11),
        ("sh", 13, 15),
    ]
    assert as_module(document).splitlines()[2:7] == ['print("\\x003")', "a = 1", "print(a + 1)", "print(3)", ""]
    assert (follower(document, code), follower(document, text)) == (text, None)
    assert (promised_values(code), promised_values(shell)) == ("2\n", "")


def test_a_block_that_differs_is_shown_as_a_diff_or_updated(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("```text\nold\n```\nend\n")
    (block,) = blocks(path.read_text())

    with pytest.raises(AssertionError, match="-old\n  \\+new"):
        settle(path, block, "new\n", update=False)
    settle(path, block, "new\n", update=True)

    assert path.read_text() == "```text\nnew\n```\nend\n"


# ---- README.md


def test_the_readme_fits_a_sitting() -> None:
    assert len(README.read_text().splitlines()) <= 150


def test_the_readme_and_contributing_give_the_same_two_commands() -> None:
    commands = COMMANDS.findall(README.read_text())

    assert len(commands) == 2
    assert COMMANDS.findall((CHECKOUT / "CONTRIBUTING.md").read_text()) == commands


def test_the_readme_shows_a_serializer_of_the_demo() -> None:
    shown = blocks(README.read_text())[0].text
    (serializer,) = (node for node in ast.parse(shown).body if getattr(node, "name", "") == "CatalogueSerializer")
    demo = (CHECKOUT / "demo/shop/serializers/books.py").read_text()
    (real,) = (node for node in ast.parse(demo).body if getattr(node, "name", "") == "CatalogueSerializer")

    assert [ast.unparse(node) for node in serializer.body] == [ast.unparse(node) for node in real.body[1:]]  # type: ignore[attr-defined]


COMPARE = """
from demo.comparing import compare
from demo.shop.endpoints import ENDPOINTS
(catalogue,) = (endpoint for endpoint in ENDPOINTS if endpoint.name == "catalogue")
name, queries, columns, size, times, same = compare(catalogue, 100).cells()
print(queries, columns, size, same)
"""


def test_the_readme_has_the_figures_of_the_demo(bookshop: Bookshop) -> None:
    printed = ask(bookshop, COMPARE)
    queries, columns, size = re.findall(r"([\d,]+) → ([\d,]+)", printed)

    document = README.read_text()
    assert f"A page of 100 books takes {queries[0]} queries." in document
    assert f"Now it takes {queries[1]}, " in document
    assert f"selects {columns[1]} columns instead of {columns[0]}" in document
    assert f"fetches {size[1]} bytes from the database instead of {size[0]}." in document
    assert printed.rstrip().endswith(" yes")


def test_the_readme_names_the_versions_of_the_package() -> None:
    classifiers = re.findall(r'"Framework :: Django :: ([\d.]+)"', (CHECKOUT / "pyproject.toml").read_text())

    assert f"Django {', '.join(classifiers)} ·" in README.read_text()


# ---- Nothing is left out


def headings(document: str, level: str) -> list[str]:
    """Return the headings of a level, without their backticks."""
    return [match.replace("`", "") for match in re.findall(rf"^{level} (.+)$", document, re.MULTILINE)]


def first_column(document: str, heading: str) -> list[str]:
    """Return the first cell of each row of the table below a heading, without its backticks."""
    section = re.split(r"^#+ ", document.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)


def test_every_note_has_a_section() -> None:
    assert headings((DOCS / "notes.md").read_text(), "##") == list(CATALOGUE)


@pytest.mark.parametrize("note", list(CATALOGUE))
def test_the_section_of_a_note_says_how_severe_it_is(note: str) -> None:
    section = (DOCS / "notes.md").read_text().partition(f"## `{note}`\n")[2].partition("\n## ")[0]

    assert section.startswith(f"\nSeverity: {CATALOGUE[note][0].value}.\n")


def test_every_rule_of_the_audit_is_in_its_table_and_has_a_section() -> None:
    document = (DOCS / "audit.md").read_text()

    rows = re.findall(r"^\| `([a-z-]+)` \| (\S+) \| (\w+) \| (.+) \|$", document, re.MULTILINE)
    assert rows == [
        (name, f"`{rule.check}`" if rule.check else "none", rule.severity.value, rule.meaning)
        for name, rule in RULES.items()
    ]
    sections = [heading for heading in headings(document, "##") if heading in RULES]
    assert sorted(sections) == sorted({*RULES} - {*CATALOGUE})


def settings_table() -> str:
    """Return the table of settings, made of their defaults and the ``#:`` comments above them."""
    source = Path(conf.__file__).read_text()
    rows = re.findall(r"((?:^    #: .*\n)+)^    ([A-Z_]+): \w+ = (.+)$", source, re.MULTILINE)
    lines = [f"| `{name}` | `{written(default)}` | {reason(comment)} |" for comment, name, default in rows]
    return "\n".join(["| setting | default | what it does |", "| --- | --- | --- |", *lines]) + "\n"


def written(default: str) -> str:
    """Return a default as a project would write it."""
    return default.replace("field(default_factory=dict)", "{}")


def reason(comment: str) -> str:
    """Return a ``#:`` comment as a line of Markdown."""
    return " ".join(line.strip().removeprefix("#: ") for line in comment.splitlines()).replace("``", "`")


def test_the_table_of_settings_is_made_of_the_code() -> None:
    path = DOCS / "settings.md"
    table = re.search(r"\| setting .*\n(?:\|.*\n)+", path.read_text())

    assert table is not None
    settle_text(path, table[0], settings_table())


def settle_text(path: Path, shown: str, text: str, *, update: bool = UPDATE) -> None:
    """The same as `settle`, for what stands in no block."""
    if update:
        path.write_text(path.read_text().replace(shown, text))
    else:
        assert shown == text


def test_a_text_that_differs_is_updated(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("an old text\n")

    settle_text(path, "old", "new", update=True)

    assert path.read_text() == "an new text\n"


def test_every_setting_is_in_the_table() -> None:
    assert first_column((DOCS / "settings.md").read_text(), "Settings") == list(conf.Settings.__dataclass_fields__)


def test_every_attribute_of_a_view_is_documented() -> None:
    documented = first_column((DOCS / "settings.md").read_text(), "Views")

    assert sorted(documented) == sorted(inspect.get_annotations(AutoPrefetchMixin))


def test_every_public_name_is_documented() -> None:
    assert first_column((DOCS / "how-it-works.md").read_text(), "Public names") == drf_autoprefetch.__all__


def test_every_format_is_documented() -> None:
    assert set(first_column((DOCS / "explain.md").read_text(), "Formats")) == {*choices()}


REPORTS = """
import json
from django.test import Client
from demo.shop.endpoints import ENDPOINTS
paths = [f"/api/{endpoint.name}/?explain_prefetch=analyze-json" for endpoint in ENDPOINTS]
print(json.dumps([Client().get(path).json() for path in paths]))
"""


def test_every_key_of_the_json_is_documented(bookshop: Bookshop) -> None:
    document = (DOCS / "explain.md").read_text()
    reports = json.loads(ask(bookshop, REPORTS))

    found: dict[str, set[str]] = {}
    for report in reports:
        collect(report, "The report", found)

    assert {title: set(first_column(document, title)) for title in found} == found


#: What stands under a key of the report, by the title of the section that describes it.
SECTIONS = {
    "notes": "A note",
    "plan": "A node",
    "related": "A node",
    "origins": "An origin",
    "reads": "An origin",
    "sql": "The SQL of a query",
    "timing": "Timing",
    "analysis": "The analysis",
    "statements": "A statement",
    "database_plan": "A database's plan",
    "rows_per_parent": "Rows per parent",
    "unread": "What was not read",
    "nodes": "Rows with something unread",
    "without_plan": "A run",
}
#: The times of these are described beside them.
TIMED = ("The analysis", "A run", "A statement")


def collect(data: dict[str, Any], title: str, found: dict[str, set[str]]) -> None:
    """Add the keys of a report, and of everything in it, to what was found under each title."""
    found.setdefault(title, set()).update(data)
    if title == "The analysis":
        run = found.setdefault("A run", set())
        run.update(data["without_plan"] or ())
        found[title] -= run
    for key, value in data.items():
        if key == "timing" and title in TIMED:
            continue
        below = value if isinstance(value, list) else [value]
        if key == "reads":
            below = [origin for origins in value.values() for origin in origins]
        for each in below:
            if key in SECTIONS and each:
                collect(each, SECTIONS[key], found)


# ---- Names and links


NAME = re.compile(r"`((?:reading|planning|loading|explaining|guarding|conf|notes|mixins|exceptions)(?:\.\w+)+)`")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_name_in_the_package_exists(path: Path) -> None:
    missing = [name for name in NAME.findall(path.read_text()) if not exists(name)]

    assert missing == []


def exists(name: str) -> bool:
    """Tell whether ``reading.fields.requirement`` is there: a module, or something in one."""
    package = CHECKOUT / "drf_autoprefetch"
    parts = name.split(".")
    depth = next((depth for depth in (3, 2, 1) if package.joinpath(*parts[:depth]).with_suffix(".py").is_file()), 0)
    if not depth:
        return False
    found: Any = importlib.import_module(".".join(["drf_autoprefetch", *parts[:depth]]))
    for part in parts[depth:]:
        found = getattr(found, part, None)
    return found is not None


def test_a_name_that_is_gone_is_noticed() -> None:
    assert exists("reading.fields.requirement")
    assert not exists("reading.fields.requirements")
    assert not exists("reading.flields.requirement")


LINK = re.compile(r"\]\((?!\w+://)([^)#]*)(?:#([^)]*))?\)")


@pytest.mark.parametrize("path", [*DOCUMENTS, CHECKOUT / "CONTRIBUTING.md"], ids=lambda path: path.name)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    broken = [match[0] for match in LINK.finditer(path.read_text()) if not leads(path, match[1], match[2])]

    assert broken == []


def leads(path: Path, link: str, anchor: str | None) -> bool:
    """Tell whether a link in a document leads to a file, and its anchor to a heading."""
    target = path.parent / link if link else path
    if not target.exists() or not anchor:
        return target.exists()
    return anchor in [slug(heading) for heading in headings(target.read_text(), "#+")]


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_a_link_that_leads_nowhere_is_noticed() -> None:
    assert leads(README, "docs/notes.md", "code-unread")
    assert not leads(README, "docs/notes.md", "no-such-note")
    assert not leads(README, "docs/nothing.md", None)
