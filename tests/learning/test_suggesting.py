"""From responses to hints: sampled, suggested, applied by git, and then the same endpoint is flat."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from drf_autoprefetch.conf import get_settings
from drf_autoprefetch.guarding.reads import sampling
from drf_autoprefetch.guarding.reads.sampling import learning
from drf_autoprefetch.guarding.reads.storing import Store
from drf_autoprefetch.loading.finding import clear_caches
from drf_autoprefetch.reading.origins import shorten
from tests.examples import answer
from tests.guarding.test_samples import KEY, sample

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

MIXINS = '''"""Shared by serializers."""


class Named:
    def get_who(self, book):
        return read(book, "author").name


def read(row, name):
    return getattr(row, "".join(name))
'''

SERIALIZERS = '''"""Serializers of the shop."""

from __future__ import annotations

import functools

from rest_framework import serializers, viewsets

from drf_autoprefetch import AutoPrefetchMixin
from tests.testapp.models import Author, Book

from learned_mixins import Named, read


def kept(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


class StarsField(serializers.Field):
    def get_attribute(self, book):
        return book

    def to_representation(self, book):
        return [review.rating for review in read(book, "reviews").all()]


class BookSerializer(Named, serializers.ModelSerializer):
    who = serializers.SerializerMethodField()
    genres = serializers.SerializerMethodField()
    stars = StarsField()
    awards = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = ["title", "who", "genres", "stars", "awards"]

    @kept
    def get_genres(self, book):
        return [genre.name for genre in read(book, "genres").all()]

    def get_awards(self, book):
        return read(book, "awards").count()


class Books(AutoPrefetchMixin, viewsets.ReadOnlyModelViewSet):
    queryset = Book.objects.all()
    serializer_class = BookSerializer
    authentication_classes = ()


class AuthorSerializer(serializers.ModelSerializer):
    books = BookSerializer(many=True)

    class Meta:
        model = Author
        fields = ["books"]

    def to_representation(self, author):
        return super().to_representation(author) | {"city": read(author, "city") and read(author, "city").name}


class Authors(AutoPrefetchMixin, viewsets.ReadOnlyModelViewSet):
    queryset = Author.objects.all()
    serializer_class = AuthorSerializer
    authentication_classes = ()
'''
MODULES = {"learned_mixins": MIXINS, "learned": SERIALIZERS}


def git(folder: Path, *arguments: str, given: str = "") -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of a project in a repository of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(text)
    git(tmp_path, "init", "-q")
    shorten.cache_clear()
    yield tmp_path
    forget()
    shorten.cache_clear()


def forget() -> None:
    for name in (*MODULES, "bought"):
        sys.modules.pop(name, None)
    sampling._stores.clear()
    clear_caches()


def load() -> ModuleType:
    forget()
    importlib.invalidate_caches()
    return importlib.import_module("learned")


def count(view: Any) -> tuple[bytes, int]:
    answer(view)
    with CaptureQueriesContext(connection) as queries:
        response = answer(view)
    assert response.status_code == 200
    return response.content, len(queries)


def suggested(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("suggest_prefetch_hints", *arguments, stdout=out, **options)
    return out.getvalue()


def test_what_was_learned_is_applied_by_git_and_makes_the_endpoints_flat(folder):
    module = load()
    before = {name: count(getattr(module, name)) for name in ("Books", "Authors")}
    with learning("samples.jsonl"):
        for name in ("Books", "Authors"):
            answer(getattr(module, name))

    git(folder, "apply", "-", given=suggested("samples.jsonl"))

    module = load()
    after = {name: count(getattr(module, name)) for name in ("Books", "Authors")}
    assert {name: content for name, (content, _) in after.items()} == {
        name: content for name, (content, _) in before.items()
    }
    assert {name: queries for name, (_, queries) in after.items()} == {"Books": 4, "Authors": 5}
    assert all(before[name][1] > 2 * after[name][1] for name in after)
    with learning("again.jsonl"):
        answer(module.Books)
        answer(module.Authors)
    assert suggested("again.jsonl", "--format=diff") == ""


def test_the_diff_is_exact(folder):
    with learning("samples.jsonl"):
        answer(load().Books)

    git(folder, "apply", "-", given=suggested("samples.jsonl", "--format=diff"))

    assert (folder / "learned_mixins.py").read_text() == MIXINS.replace(
        "\n\n\nclass Named:\n", "\n\nfrom drf_autoprefetch import prefetch_hint\n\n\nclass Named:\n"
    ).replace("    def get_who", '    @prefetch_hint("author__name")\n    def get_who')
    assert (folder / "learned.py").read_text() == SERIALIZERS.replace(
        "import AutoPrefetchMixin", "import AutoPrefetchMixin, prefetch_hint"
    ).replace("    @kept", '    @prefetch_hint("genres__name")\n    @kept').replace(
        "    def get_awards", '    @prefetch_hint("awards__pk")\n    def get_awards'
    ).replace(
        "    def to_representation(self, book)",
        '    @prefetch_hint("reviews__rating")\n    def to_representation(self, book)',
    )


def test_text_says_why_and_ends_with_the_diff(folder):
    with learning("samples.jsonl"):
        answer(load().Books)

    text = suggested("samples.jsonl", "--rows=2", "--responses=1")

    line = SERIALIZERS.split("    @kept")[0].count("\n") + 1
    # Python 3.10 does not tell the class of a function.
    named = "BookSerializer.get_genres" if sys.version_info >= (3, 11) else "get_genres"
    assert "Hints to write: 4.\n" in text
    assert (
        f"  {named} could not be read (2 rows sampled)."
        f' Write @prefetch_hint("genres__name") above it. [learned.py:{line}]\n'
    ) in text
    assert (
        "Loaded and never read: 1.\n  learned.Books:list: the rows themselves (testapp.Book): columns author_note,"
        in text
    )
    assert "updated: never read in 2 sampled rows of 1 responses.\n  Take the field out that asks for it" in text
    assert text.endswith(suggested("samples.jsonl", "--format=diff"))


def test_too_little_is_said_to_be_too_little(folder):
    with learning("samples.jsonl"):
        answer(load().Books)

    text = suggested("samples.jsonl")

    assert "Loaded and never read: nothing.\n  Too little was seen of learned.Books:list.\n" in text


def test_branches_are_merged(folder):
    """No response has read the author alone."""
    text = SERIALIZERS.replace(
        'read(book, "genres").all()]', 'read(book, "genres").all()] if book.pages else read(book, "author").name'
    )
    (folder / "learned.py").write_text(text)
    from tests.testapp.models import Book

    module = load()
    with learning("samples.jsonl"):
        for pages in (0, 1):
            Book.objects.update(pages=pages)
            answer(module.Books)

    assert '"author__name", "genres__name", "pages"' in suggested("samples.jsonl", "--format=diff")


def test_json_has_it_all(folder):
    with learning("samples.jsonl"):
        answer(load().Books)

    data = json.loads(suggested("samples.jsonl", "--format=json", "--responses=1", "--rows=1"))

    assert data["version"] == 1
    assert [hint["function"] for hint in data["hints"]] == [
        "StarsField.to_representation" if sys.version_info >= (3, 11) else "to_representation",
        "BookSerializer.get_genres" if sys.version_info >= (3, 11) else "get_genres",
        "BookSerializer.get_awards" if sys.version_info >= (3, 11) else "get_awards",
        "Named.get_who" if sys.version_info >= (3, 11) else "get_who",
    ]
    assert data["hints"][1] == {
        "file": "learned.py",
        "line": data["hints"][1]["line"],
        "function": data["hints"][1]["function"],
        "fields": ["learned:BookSerializer.genres"],
        "models": ["testapp.Book"],
        "paths": ["genres__name"],
        "why": "could not be read",
        "rows": 2,
        "hint": '@prefetch_hint("genres__name") above it',
        "without_place": "",
    }
    assert data["unused"][0]["path"] == ""
    assert data["unseen"] == []
    assert data["diff"] == suggested("samples.jsonl", "--format=diff")


BOUGHT = """
def read(row, name):
    return getattr(row, "".join(name))


class Shelved:
    def get_shelves(self, book):
        return [copy.barcode for copy in read(book, "copies").all()]
"""


def test_for_code_of_a_package_a_hint_stands_in_meta(folder, monkeypatch):
    package = folder / "site-packages"
    package.mkdir()
    (package / "bought.py").write_text(BOUGHT)
    monkeypatch.syspath_prepend(str(package))
    text = SERIALIZERS.replace("class BookSerializer(", "class BookSerializer(bought.Shelved, ")
    text = text.replace("import functools\n", "import functools\n\nimport bought\n")
    text = text.replace("    who =", "    shelves = serializers.SerializerMethodField()\n    who =")
    text = text.replace('"awards"]', '"awards", "shelves"]')
    (folder / "learned.py").write_text(text)
    before = count(load().Books)
    with learning("samples.jsonl"):
        answer(sys.modules["learned"].Books)

    said = suggested("samples.jsonl")
    git(folder, "apply", "-", given=said)

    assert 'BookSerializer.shelves could not be read (2 rows sampled). Write Meta.prefetch_hints = {"shelves": ' in said
    assert '        prefetch_hints = {"shelves": ["copies__barcode"]}\n' in (folder / "learned.py").read_text()
    after = count(load().Books)
    assert after[0] == before[0]
    assert after[1] == 5


def test_a_method_that_is_handed_rows_of_several_models_gets_hints_in_meta(folder):
    text = MIXINS.replace('read(book, "author").name', 'str(read(book, "pk"))[:0] + read(book, "city").name')
    text = text.replace(
        "        return str",
        '        if hasattr(book, "title"):\n            return read(book, "author").name\n        return str',
    )
    (folder / "learned_mixins.py").write_text(text)
    more = SERIALIZERS.replace("class AuthorSerializer(", "class AuthorSerializer(Named, ")
    more = more.replace("    books = Book", "    who = serializers.SerializerMethodField()\n    books = Book")
    more = more.replace('fields = ["books"]', 'fields = ["books", "who"]').replace('read(author, "city") and ', "")
    from tests.testapp.models import Author, City

    Author.objects.update(city=City.objects.earliest("pk"))
    (folder / "learned.py").write_text(more)
    module = load()
    with learning("samples.jsonl"):
        answer(module.Books)
        answer(module.Authors)

    git(folder, "apply", "-", given=suggested("samples.jsonl"))

    found = (folder / "learned.py").read_text()
    assert 'prefetch_hints = {"who": ["author__name", "title"]}' in found
    assert 'prefetch_hints = {"who": ["city__name"]}' in found
    assert (folder / "learned_mixins.py").read_text() == text
    module = load()
    assert count(module.Authors)[1] <= 6


def test_a_serializer_of_a_package_is_told_in_words(folder, monkeypatch):
    package = folder / "site-packages"
    package.mkdir()
    (package / "bought.py").write_text(
        BOUGHT
        + """
from rest_framework import serializers
from tests.testapp.models import Book

class BoughtSerializer(Shelved, serializers.ModelSerializer):
    shelves = serializers.SerializerMethodField()
    class Meta:
        model = Book
        fields = ["shelves"]
"""
    )
    monkeypatch.syspath_prepend(str(package))
    text = SERIALIZERS.replace("serializer_class = BookSerializer", "serializer_class = bought.BoughtSerializer")
    (folder / "learned.py").write_text(text.replace("import functools\n", "import functools\n\nimport bought\n"))
    with learning("samples.jsonl"):
        answer(load().Books)

    said = suggested("samples.jsonl")

    assert 'Write Meta.prefetch_hints = {"shelves": ["copies__barcode"]}.\n' in said
    assert "    Not in the diff: BoughtSerializer is not the project's own.\n" in said
    assert "diff" not in said.partition("\n\n")[2]


def test_a_serializer_that_is_gone_is_told_in_words(folder):
    found = sample("title", paths=("author__name",))
    found.functions.clear()
    Store("samples.jsonl").add(KEY, found)

    assert "Not in the diff: S is not found in shop.s: No module named 'shop'." in suggested("samples.jsonl")


def test_only_samples_of_a_view_may_be_asked_for(folder):
    module = load()
    with learning("samples.jsonl"):
        answer(module.Books)
        answer(module.Authors, "retrieve", pk=module.Author.objects.earliest("pk").pk)

    assert "learned.Authors:retrieve, learned.Books:list.\n" in suggested("samples.jsonl")
    assert "Authors:" not in suggested("samples.jsonl", "--view=Books")
    assert "Books:" not in suggested("samples.jsonl", "--view", "learned.Authors:retrieve")
    with pytest.raises(
        CommandError, match=r"--view Authors:list: no sample is of it\. There are learned\.Authors, learned"
    ):
        suggested("samples.jsonl", "--view", "Authors:list")


def test_several_files_are_one(folder):
    for file in ("a.jsonl", "b.jsonl"):
        Store(file).add(KEY, sample("title"))
    whole = sample("title", "isbn", "author")
    whole.responses = 2
    Store("b.jsonl").add(("shop.Whole", "list"), whole)
    Store("b.jsonl").add(("shop.Other", "list"), sample("title"))

    text = suggested("a.jsonl", "b.jsonl", "--responses=2", "--rows=4")

    assert "columns isbn; relations author: never read in 4 sampled rows of 2 responses" in text
    assert "Whole" not in text


def test_the_file_of_the_settings_is_read_and_the_output_written(folder):
    with override_settings(DRF_AUTOPREFETCH={"LEARN": 1.0}):
        answer(load().Books)
        assert get_settings().LEARN_FILE == "prefetch_samples.jsonl"

    assert suggested(format="diff", output="hints.diff") == ""

    assert (folder / "hints.diff").read_text() == suggested(format="diff")
    with pytest.raises(CommandError, match="nowhere/x cannot be written: No such file or directory"):
        suggested(output="nowhere/x")


@pytest.mark.parametrize(("text", "why"), [(None, "there is no such file"), ("{}\n", "there are no samples")])
def test_without_samples_the_command_says_how_to_get_them(folder, text, why):
    if text is not None:
        (folder / "prefetch_samples.jsonl").write_text(text)

    with pytest.raises(CommandError, match=f"{why}. Run your tests with --learn-prefetch-hints=FILE") as caught:
        suggested()

    assert caught.value.returncode == 2
