"""``manage.py explain_prefetch``: what is explained, how it is shown, and what a job in CI may rely on."""

from __future__ import annotations

import json
import re
import textwrap
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection, connections
from django.urls import path
from jsonschema import Draft202012Validator

from drf_autoprefetch.explaining import placeholders
from drf_autoprefetch.explaining.formats import FORMATS, Format
from drf_autoprefetch.explaining.offline import QueryRefused
from drf_autoprefetch.explaining.rendering import FORMAT_NAMES
from drf_autoprefetch.explaining.schema import json_schema
from drf_autoprefetch.explaining.text import render_text
from drf_autoprefetch.loading.finding import clear_caches
from drf_autoprefetch.management import asking
from drf_autoprefetch.management.commands import explain_prefetch
from tests import commands, registered
from tests.commands import Terminal
from tests.examples import shows
from tests.testapp.models import Author, Book

pytestmark = pytest.mark.once

HERE = "tests.registered"


@pytest.fixture(autouse=True)
def _project(settings):
    """A project with all kinds of views, whose plans nobody has made yet."""
    settings.ROOT_URLCONF = registered.WHOLE
    clear_caches()


@pytest.fixture
def statements(db):
    """Every statement that reaches SQLite; refused ones do not."""
    seen: list[str] = []
    connection.ensure_connection()
    raw: Any = connection.connection
    raw.set_trace_callback(seen.append)
    yield seen
    raw.set_trace_callback(None)


run, refused = partial(commands.run, "explain_prefetch"), partial(commands.refused, "explain_prefetch")


def reports(*arguments: str, **options: Any) -> list[dict[str, Any]]:
    """Return the reports of many views."""
    data = json.loads(run(*arguments, "--format", "json", **options))
    assert data["version"] == 1
    views: list[dict[str, Any]] = data["views"]
    return views


# ---- All views


TABLE = """\
  view                action    serializer        queries  joins  columns  notes

tests.registered
  AuthorBooksViewSet  list      BookSerializer          1      0     2/25
  AuthorBooksViewSet  retrieve  BookSerializer          1      0     2/25
  BookViewSet         list      BookSerializer          2      1     8/40
  BookViewSet         retrieve  BookSerializer          2      1     8/40
  BookViewSet         similar   BookSerializer          2      1     8/40
  BookViewSet         titles    BookSerializer          1      0     2/25
  HeadOnly            get       BookSerializer          1      0     2/25
  MineViewSet         list      BookSerializer          1      0     2/25  needs-request
  MineViewSet         retrieve  BookSerializer          1      0     2/25  needs-request
  OneAuthor           get       AuthorSerializer        1      0      2/9
  RatedViewSet        list      RatedSerializer         1      0    25/25  code-unread
  ShelfViewSet        list      BookSerializer          1      0     2/25  needs-request
  ShelfViewSet        retrieve  BookSerializer          1      0     2/25  needs-request
  WrongViewSet        list      BookSerializer          -      -        -  planning-failed: planning failed: \
WrongViewSet.prefetch_hints: the hint 'autor' names 'autor', which is no column or relation of Book. \
Did you mean 'author'? [tests/registered.py:…]

14 actions of 8 views, 1 without a plan, 4 planned without a request (try --signed-in), 1 error, 1 warning, 4 notes. \
One in full: manage.py explain_prefetch tests.registered.AuthorBooksViewSet:list
"""


def without_lines(text: str) -> str:
    """Forget line numbers, which any edit moves."""
    return re.sub(r"(\.py):\d+", r"\1:…", text)


def test_without_an_argument_all_views_are_a_table(statements):
    shown = run()

    assert without_lines(shown) == TABLE
    assert statements == []


def test_an_action_that_is_registered_in_two_ways_has_two_lines(settings):
    settings.ROOT_URLCONF = registered.urls(
        path("a/", registered.TitleList.as_view()),
        path("b/", registered.TitleList.as_view(serializer_class=registered.BOOK)),
    )

    assert [line.split() for line in run().splitlines() if line.startswith("  TitleList")] == [
        ["TitleList", "get", "/a/", "BookSerializer", "1", "0", "2/25"],
        ["TitleList", "get", "/b/", "BookSerializer", "2", "1", "8/40"],
    ]
    assert run("TitleList:get").count("TitleList.get → BookSerializer") == 2


def test_no_database_is_even_connected_to(monkeypatch):
    monkeypatch.setattr(type(connections["default"]), "ensure_connection", lambda self: pytest.fail("connected"))
    views = ("BookViewSet", "AuthorBooksViewSet", "OneAuthor", "RatedViewSet", "WrongViewSet")

    assert [run(view)[:4] for view in views] == ["Book", "Auth", "OneA", "Rate", "Wron"]


def test_on_a_terminal_notes_stay_inside_it_and_lines_have_colours(monkeypatch, db):
    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.setenv("DJANGO_COLORS", "dark")

    shown = run(stdout=Terminal(), stderr=StringIO(), force_color=True)

    plain = re.sub(r"\x1b\[[\d;]*m", "", shown).splitlines()
    assert max(map(len, plain[:-1])) <= 110
    red, yellow = (next(line for line in shown.splitlines() if name in line) for name in ("WrongV", "RatedV"))
    assert red.startswith("\x1b[31;1m")
    assert yellow.startswith("\x1b[33;1m")


def test_on_a_narrow_terminal_notes_keep_some_room(monkeypatch, db):
    monkeypatch.setenv("COLUMNS", "40")

    lines = run(stdout=Terminal(), no_color=True).splitlines()

    start = next(line for line in lines if line.startswith("  WrongViewSet"))
    assert start.endswith("  planning-failed:")


def test_elsewhere_there_are_no_colours(db, monkeypatch):
    monkeypatch.setattr("django.core.management.base.color_style", lambda *args: pytest.fail("coloured"))
    command = explain_prefetch.Command(no_color=True)

    call_command(command, stdout=(out := StringIO()))

    assert "\x1b" not in out.getvalue()


def test_a_project_without_views_says_so(settings):
    settings.ROOT_URLCONF = registered.urls(path("other/", registered.plain_function))

    assert run().splitlines()[-1] == "No URL leads to a view with AutoPrefetchMixin."
    assert run("--format", "github") == ""
    assert refused("BookViewSet") == (
        2,
        "No view that a URL leads to, with the mixin and something to read, is 'BookViewSet'."
        " No URL of this project leads to a view with the mixin. Inherit AutoPrefetchMixin in one.",
    )


# ---- A view, an action, a URL


def test_an_action_is_shown_in_full():
    text = textwrap.dedent(
        """\
        BookViewSet.titles → BookSerializer
        1 query; 2 of 25 columns

        testapp.Book  [root] the rows of this query
            only 2 of 25 columns: id, title

        SQL
        """
    )

    assert run(f"{HERE}.BookViewSet:titles").startswith(text)


@pytest.mark.parametrize("name", [f"{HERE}.BookViewSet", "BookViewSet", "tests.BookViewSet", "registered.BookViewSet"])
def test_a_view_is_all_its_actions(name):
    shown = run(name)

    assert re.findall(r"^BookViewSet\.(\w+) →", shown, re.MULTILINE) == ["list", "retrieve", "similar", "titles"]


def test_a_terminal_is_as_wide_as_it_is(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")

    narrow, wide = (run("BookViewSet:list", stdout=out) for out in (Terminal(), StringIO()))

    assert len(narrow.splitlines()) > len(wide.splitlines())


def test_a_terminal_shows_the_colours_of_notes(monkeypatch):
    monkeypatch.setenv("DJANGO_COLORS", "dark")
    wrong, plain = (run(view, stdout=Terminal(), force_color=True) for view in ("WrongViewSet", "BookViewSet:titles"))

    red = [line for line in wrong.splitlines() if line.startswith("\x1b[31;1m")]
    assert red[0].startswith("\x1b[31;1m  error planning-failed: WrongViewSet.list")
    assert "[tests/registered.py:" in red[-1]
    assert [line for line in plain.splitlines() if "\x1b" in line] == [plain.splitlines()[0]]


@pytest.mark.parametrize(
    ("url", "headline"),
    [
        ("/api/books/", "BookViewSet.list → BookSerializer"),
        ("/api/books/?page=2&x=%20", "BookViewSet.list → BookSerializer"),
        ("/api/books.json", "BookViewSet.list → BookSerializer"),
        ("/api/books/7/similar/", "BookViewSet.similar → BookSerializer"),
        ("http://127.0.0.1:8000/api/books/titles/", "BookViewSet.titles → BookSerializer"),
        ("/authors/7/", "OneAuthor.get → AuthorSerializer"),
        ("/head/", "HeadOnly.get → BookSerializer"),
    ],
)
def test_a_url_is_what_answers_it(url, headline):
    assert run(url).splitlines()[0] == headline


def test_the_query_string_and_the_parts_of_a_url_are_those_of_the_request(settings):
    class Asked(registered.TitleList):
        def get_queryset(self) -> Any:
            return Book.objects.filter(title=f"{self.request.GET['name']} {self.kwargs['part']} {self.request.path}")

    settings.DEBUG = True
    settings.ROOT_URLCONF = registered.urls(path("asked/<str:part>/", Asked.as_view()))

    report = json.loads(run("/asked/a%C3%A9/?name=x", "--format", "json"))

    assert report["plan"]["sql"]["parameters"] == ["x aé /asked/aé/"]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("/api/boks/", r"No URL of this project is '/api/boks/'\. Did you mean '/api/books/' or .*\?"),
        (
            "/zzzzzzzzzzzz/zzzzzzzz/",
            r"No URL of this project is '/zz.*/'\. Choices are: .*, /api/books/1/similar/, .*\.",
        ),
        (
            "/plain/books/",
            r"/plain/books/ is answered by tests\.registered\.PlainViewSet, which has no AutoPrefetchMixin\."
            r" Inherit it before the view class\.",
        ),
        ("/other/", r"/other/ is answered by tests\.registered\.plain_function, which has no AutoPrefetchMixin\. .*"),
        (
            "/create/",
            r"/create/ is answered by tests\.registered\.CreateOnly, which has nothing for GET there\."
            r" Only what is read has a plan\.",
        ),
        (
            "tests.registered.BokViewSet",
            r"No view that a URL leads to, with the mixin and something to read, is 'tests\.registered\.BokViewSet'\."
            r" Did you mean 'tests\.registered\.BookViewSet' or .*\?",
        ),
        ("shop.OneAuther", r"No view .* is 'shop\.OneAuther'\. Did you mean 'tests\.registered\.OneAuthor'\?"),
        ("Zzzz", r"No view .* is 'Zzzz'\. Choices are: tests\.registered\.AuthorBooksViewSet, .*\."),
        ("PlainViewSet", r"No view .*, with the mixin .*"),
        ("CreateOnly", r"No view .* something to read, .*"),
        (
            "BookViewSet:buy",
            r"tests\.registered\.BookViewSet has no action 'buy' that answers GET\."
            r" Choices are: list, retrieve, similar, titles\.",
        ),
    ],
)
def test_an_argument_that_names_nothing_is_answered_with_what_there_is(argument, message):
    code, said = refused(argument)

    assert code == 2
    assert re.fullmatch(message, said)


def test_a_name_of_two_views_is_answered_with_both(settings):
    other = type("BookViewSet", (registered.RatedViewSet,), {"__module__": "shop.views"})
    settings.ROOT_URLCONF = registered.urls(
        path("a/", registered.routed("books", registered.BookViewSet)), path("b/", registered.routed("books", other))
    )

    assert refused("BookViewSet") == (
        2,
        "'BookViewSet' may be shop.views.BookViewSet or tests.registered.BookViewSet. Write which.",
    )
    assert run("shop.BookViewSet:list").startswith("BookViewSet.list → RatedSerializer")


def test_an_instance_that_is_called_has_a_name_too(settings):
    class Callback:
        def __call__(self, request: Any) -> Any: ...

    settings.ROOT_URLCONF = registered.urls(path("other/", Callback()))

    assert refused("/other/")[1].startswith("/other/ is answered by tests.test_explain_command.")


# ---- What a plan needs


def test_a_user_is_who_asks(library, statements):
    User.objects.create_user("ada", email="ada@example.com")

    shown = run("MineViewSet:list", "--user", "ada", "--format", "json")

    assert json.loads(shown)["queries"] == 1
    assert [sql for sql in statements if "auth_user" in sql][-1].startswith("SELECT")


def test_a_view_may_run_queries_for_a_user(library):
    User.objects.create_user("ada")

    assert "it raises DoesNotExist: Author matching query" in run("ShelfViewSet:list", "--user", "ada")


@pytest.mark.parametrize("name", ["nobody", ""])
def test_a_user_who_does_not_exist_is_named(db, name):
    if name:
        assert refused("--user", name) == (2, "--user: no username is 'nobody'.")
    else:
        assert without_lines(run("--user", name)) == TABLE


def test_a_project_without_users_says_so(monkeypatch):
    def no_users() -> Any:
        raise ImproperlyConfigured("AUTH_USER_MODEL refers to no model")

    for module in (asking, placeholders):
        monkeypatch.setattr(module, "get_user_model", no_users)

    for flags in (["--user", "ada"], ["--signed-in"]):
        assert refused(*flags) == (2, "This project has no users: AUTH_USER_MODEL refers to no model")


def test_a_database_that_is_down_has_no_user(db, monkeypatch):
    def down(*args: Any) -> Any:
        raise OperationalError("connection refused")

    with connection.execute_wrapper(down):
        assert refused("--user", "ada") == (2, "--user: the database answers connection refused")


def test_somebody_who_is_signed_in_needs_no_database(statements):
    text = run("MineViewSet:list", "--signed-in")

    assert text.startswith("MineViewSet.list → BookSerializer\n1 query; 2 of 25 columns\n")
    assert statements == []


def test_who_is_signed_in_is_not_advised_to_be(db):
    assert "14 actions of 8 views, 1 without a plan, 2 planned without a request, 1 error" in run("--signed-in")


def test_somebody_who_is_signed_in_is_in_no_database(statements):
    """What a view asks of the database for that user is asked of nobody."""
    assert "needs the database" in run("ShelfViewSet:list", "--signed-in")
    assert statements == []


def test_who_is_signed_in_is_one_user():
    with pytest.raises(CommandError, match="not allowed with argument"):
        run("--user", "ada", "--signed-in")


def test_a_url_with_its_parts_may_be_looked_up(library, settings):
    author = Author.objects.first()
    assert author is not None

    shelf = registered.routed("books", registered.ShelfViewSet)
    settings.ROOT_URLCONF = registered.urls(path("shelves/<int:author_pk>/", shelf))

    known, unknown = (json.loads(run(f"/shelves/{key}/books/", "--format", "json")) for key in (author.pk, 999))
    assert (known["queries"], known["notes"]) == (1, [])
    (note,) = unknown["notes"]
    assert (note["id"], note["message"]) == (
        "needs-request",
        "it raises DoesNotExist: Author matching query does not exist. The plan shown is that of all rows of Book.",
    )


def test_a_url_without_parts_is_not(db, statements, settings):
    class Newest(registered.TitleList):
        def get_queryset(self) -> Any:
            return Book.objects.filter(author=Author.objects.latest("id"))

    settings.ROOT_URLCONF = registered.urls(path("newest/", Newest.as_view()))

    (note,) = json.loads(run("/newest/", "--format", "json"))["notes"]

    assert note["message"].startswith('it needs the database: SELECT … FROM "testapp_author" ORDER BY')
    assert statements == []


def test_what_get_queryset_needs_a_request_for_is_planned_for_the_declared_rows(statements, settings):
    """In many projects every ``get_queryset()`` asks the request for a tenant; serializers can be read all the same."""

    class Scoped(registered.TitleList):
        queryset = Book.objects.select_related("author")

        def get_queryset(self) -> Any:
            return super().get_queryset().filter(author=self.request.author)  # type: ignore[attr-defined]

    settings.ROOT_URLCONF = registered.urls(path("scoped/", Scoped.as_view()))

    (report,) = reports()

    (note,) = report["notes"]
    assert note["message"].endswith(
        "has no attribute 'author'. The plan shown is that of the rows that its class declares."
    )
    assert [node["path"] for node in report["plan"]["related"]] == ["author"]
    assert statements == []


def test_rows_may_be_picked_before_the_handler_is_called(statements, settings):
    class Restricted(registered.TitleList):
        def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
            super().initial(request, *args, **kwargs)
            self.queryset = self.queryset.filter(author=Author.objects.get())

    settings.ROOT_URLCONF = registered.urls(path("restricted/", Restricted.as_view()))

    (report,) = reports()

    assert (report["queries"], [note["about"] for note in report["notes"]]) == (1, ["Restricted.initial"])
    assert statements == []


def test_a_manager_declares_rows_too(settings):
    class Managed(registered.TitleList):
        queryset: Any = Book.objects

        def get_queryset(self) -> Any:
            return self.request.books  # type: ignore[attr-defined]

    settings.ROOT_URLCONF = registered.urls(path("managed/", Managed.as_view()))

    assert "planned without a request" in run()


def test_what_needs_a_request_elsewhere_has_no_plan(settings):
    class Chosen(registered.TitleList):
        def get_serializer_class(self) -> Any:
            return self.request.serializer  # type: ignore[attr-defined]

    class Counted(registered.TitleList):
        def get_queryset(self) -> Any:
            return self.request.books  # type: ignore[attr-defined]

        def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
            return super().get_serializer(self.get_queryset(), *args, **kwargs)

    settings.ROOT_URLCONF = registered.urls(path("chosen/", Chosen.as_view()), path("counted/", Counted.as_view()))

    assert "2 actions of 2 views, 2 without a plan (try --signed-in), 2 notes." in run()


def test_code_that_goes_on_without_what_it_asked_for_is_not_believed(db, statements, settings):
    class Careful(registered.TitleList):
        def get_queryset(self) -> Any:
            try:
                return Book.objects.filter(author=Author.objects.latest("id"))
            except Exception:
                return Book.objects.all()

    settings.ROOT_URLCONF = registered.urls(path("careful/", Careful.as_view()))

    assert "needs-request" in run()
    assert statements == []


def test_a_database_that_is_down_is_a_note(db, settings, monkeypatch):
    class Down(registered.TitleList):
        def get_queryset(self) -> Any:
            raise OperationalError("connection\nrefused")

    settings.ROOT_URLCONF = registered.urls(path("down/", Down.as_view()))

    (note,) = reports()[0]["notes"]
    assert note["message"].startswith("it needs the database, which answers OperationalError: connection refused.")


def test_an_error_without_a_line_of_the_project_is_that_of_the_view(settings):
    class Bare(registered.TitleList):
        queryset = None  # type: ignore[assignment]

    settings.ROOT_URLCONF = registered.urls(path("bare/", Bare.as_view(serializer_class=None)))

    (report,) = reports()
    (note,) = report["notes"]
    assert (report["serializer"], note["about"]) == ("BookSerializer", "Bare.get")
    assert note["message"].startswith("it raises AssertionError: 'Bare' should either include a `queryset` attribute")


def test_an_error_does_not_say_where_objects_lie(settings):
    class Fails(registered.TitleList):
        def get_queryset(self) -> Any:
            raise ValueError(f"who is {object()}?")

    settings.ROOT_URLCONF = registered.urls(path("fails/", Fails.as_view()))

    assert reports()[0]["notes"][0]["message"] == (
        "it raises ValueError: who is <object object>?. The plan shown is that of the rows that its class declares."
    )


def test_an_error_in_a_function_names_its_module(settings):
    def chosen() -> Any:
        raise ValueError

    class Fails(registered.TitleList):
        serializer_class = None  # type: ignore[assignment]
        queryset = Book.objects.all()

        def get_serializer_class(self) -> Any:
            return chosen()

    settings.ROOT_URLCONF = registered.urls(path("fails/", Fails.as_view()))

    (report,) = reports()
    assert (report["serializer"], report["notes"][0]["about"]) == ("?", f"{__name__}.chosen")
    assert report["notes"][0]["place"].startswith("tests/test_explain_command.py:")


# ---- What happens


BOOK_LIST = f"{HERE}.BookViewSet:list"


def test_a_request_that_nobody_has_sent_is_analyzed(library):
    shown = run(BOOK_LIST, "--analyze")
    queries = 1 + 2 * Book.objects.count()

    assert shown.splitlines()[1] == f"2 queries instead of {queries}; 8 of 40 columns; same response"
    assert "planned: the rows themselves (testapp.Book)" in shown
    assert "rows for 8 parents, median" in shown


@pytest.mark.parametrize("format", FORMATS)
def test_an_analysis_has_every_format_of_one_plan(library, format):
    assert "same response" in run(BOOK_LIST, "--analyze", "--format", format)


def test_an_analysis_is_as_documented(library):
    data = json.loads(run(f"/api/books/{Book.objects.latest('pk').pk}/", "--analyze", "--format", "json"))

    Draft202012Validator(json_schema()).validate(data)
    assert (data["analysis"]["status"], data["action"]) == (200, "retrieve")


def test_all_actions_of_a_view_are_analyzed(library):
    found = {
        each["name"].rpartition(":")[2]: each["analysis"]["status"] for each in reports("BookViewSet", "--analyze")
    }
    # Nobody has said which book: it is the one with the key 1, if there is one.
    one = 200 if Book.objects.filter(pk=1).exists() else 404

    assert found == {"list": 200, "retrieve": one, "similar": one, "titles": 200}


def test_an_analysis_is_that_of_a_user(library):
    User.objects.create(username="ann", email=Author.objects.earliest("pk").email)

    assert run("MineViewSet:list", "--analyze", "--user", "ann").splitlines()[1].startswith("1 query instead of")


def test_who_runs_the_command_needs_no_permission_for_an_object(library, settings):
    class NotThis(registered.Never):
        def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
            raise AssertionError("a permission was run")

    class Closed(registered.BookViewSet):
        permission_classes = [NotThis]

    settings.ROOT_URLCONF = registered.urls(path("<int:pk>/", Closed.as_view({"get": "retrieve"})))
    data = json.loads(run(f"/{Book.objects.latest('pk').pk}/", "--analyze", "--format", "json"))

    assert (data["analysis"]["status"], data["analysis"]["error"]) == (200, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--analyze"], "--analyze runs what is explained: name a URL, a view or an action."),
        ([BOOK_LIST, "--analyze", "--format", "sarif"], "--format sarif shows notes of plans, not what happened."),
        ([BOOK_LIST, "--analyze", "--format", "github"], "--format github shows notes of plans, not what happened."),
    ],
)
def test_what_cannot_be_analyzed_is_a_usage_error(arguments, message):
    assert refused(*arguments) == (2, message)


def test_a_view_whose_rows_need_a_request_is_not_analyzed(db):
    data = json.loads(run("MineViewSet:list", "--analyze", "--format", "json"))

    assert (data["queries"], data["analysis"], data["notes"][0]["id"]) == (1, None, "needs-request")


# ---- Formats


def test_one_plan_is_the_documented_report():
    data = json.loads(run("BookViewSet:list", "--format", "json"))

    Draft202012Validator(json_schema()).validate(data)
    assert (data["view"], data["action"], data["queries"]) == ("BookViewSet", "list", 2)


def test_many_plans_are_reports_without_times(db):
    views = reports()

    assert [(view["name"], view["view"], view["action"]) for view in views[:3]] == [
        (f"{HERE}.AuthorBooksViewSet:list", "AuthorBooksViewSet", "list"),
        (f"{HERE}.AuthorBooksViewSet:retrieve", "AuthorBooksViewSet", "retrieve"),
        (f"{HERE}.BookViewSet:list", "BookViewSet", "list"),
    ]
    for view in views:
        assert "timing" not in view
        Draft202012Validator(json_schema()).validate(view | {"timing": {"cached": False, "plan_milliseconds": 1}})
    assert reports() == views


def test_all_actions_of_a_view_are_many_even_if_they_are_one(db):
    assert [view["view"] for view in reports("OneAuthor")] == ["OneAuthor"]


def test_a_page_shows_one_plan(tmp_path):
    file = tmp_path / "plan.html"

    run("BookViewSet:list", "--format", "html", "--output", str(file))

    assert "BookViewSet.list" in file.read_text(encoding="utf-8")
    assert refused("BookViewSet", "--format", "html") == (
        2,
        f"--format html shows one plan. Name one: {HERE}.BookViewSet:list or {HERE}.BookViewSet:retrieve"
        f" or {HERE}.BookViewSet:similar.",
    )


def test_a_format_runs_no_query(monkeypatch, statements):
    known = Format(("image/svg+xml",), lambda report: f"<svg>{report.view} {report.queryset}</svg>")
    monkeypatch.setitem(FORMATS, "svg", known)
    monkeypatch.setattr(explain_prefetch.Command, "format_names", (*FORMAT_NAMES, "svg"))

    with pytest.raises(QueryRefused, match="SELECT … FROM"):
        run("BookViewSet:list", "--format", "svg")
    assert statements == []


def test_an_unknown_format_is_a_usage_error():
    with pytest.raises(CommandError, match="invalid choice: 'yaml'"):
        run("--format", "yaml")


def test_a_file_is_written_instead(tmp_path):
    file = tmp_path / "plan.txt"

    assert run("BookViewSet:list", "--output", str(file), stdout=Terminal(), force_color=True) == ""
    assert file.read_text(encoding="utf-8").startswith("BookViewSet.list → BookSerializer\n")


def test_a_file_that_cannot_be_written_is_a_usage_error(tmp_path):
    file = tmp_path / "missing" / "plan.txt"

    assert refused("BookViewSet:list", "--output", str(file)) == (
        2,
        f"{file} cannot be written: No such file or directory.",
    )


def test_github_shows_notes_beside_the_code(db):
    shown = run("--format", "github")

    assert without_lines(re.sub(r"line=\d+", "line=…", shown)).splitlines()[:2] == [
        "::error file=tests/registered.py,line=…,title=drf_autoprefetch planning-failed::WrongViewSet.list:"
        " planning failed: WrongViewSet.prefetch_hints: the hint 'autor' names 'autor', which is no column or relation"
        " of Book. Did you mean 'author'? [tests/registered.py:…] Requests load their rows as without the library"
        " until this is mended.",
        "::warning file=tests/registered.py,line=…,title=drf_autoprefetch code-unread::"
        "RatedSerializer: what to_representation reads is unknown because it passes the book to"
        ' unread(); all columns of Book are loaded. Write @prefetch_hint("…") above it, with the columns and'
        " relations that it reads.",
    ]
    assert [line.split(" ")[0] for line in shown.splitlines()] == ["::error", "::warning", "::notice", "::notice"]


# ---- What a job in CI relies on


@pytest.mark.parametrize(
    ("severity", "view", "message"),
    [
        ("error", "RatedViewSet", None),
        ("warning", "RatedViewSet", "--fail-on warning: 1 note is that severe."),
        ("note", "RatedViewSet", "--fail-on note: 1 note is that severe."),
        ("error", "WrongViewSet", "--fail-on error: 1 note is that severe."),
        ("note", "BookViewSet", None),
        ("note", "", "--fail-on note: 4 notes are that severe."),
    ],
)
def test_a_note_may_fail_a_job(db, severity, view, message):
    if message is None:
        assert run(view, "--fail-on", severity)
    else:
        assert refused(view, "--fail-on", severity) == (1, message)


def test_what_was_asked_for_is_shown_before_the_job_fails(db):
    out = StringIO()

    refused("RatedViewSet:list", "--fail-on", "warning", stdout=out)

    assert out.getvalue().startswith("RatedViewSet.list → RatedSerializer")


@pytest.fixture
def plans(db, tmp_path):
    """A file with the plans of the project."""
    file: Path = tmp_path / "plans.json"
    assert run("--write", str(file)) == f"Wrote 14 plans to {file}.\n"
    return file


def test_plans_are_kept_without_what_changes_by_itself(plans):
    kept = plans.read_text(encoding="utf-8")

    assert json.loads(kept)["views"][f"{HERE}.BookViewSet:list"] == {
        "serializer": "BookSerializer",
        "queries": 2,
        "plan": [
            {"path": "", "model": "testapp.Book", "strategy": "root", "columns": ["id", "title", "author_id"]},
            {"path": "author", "model": "testapp.Author", "strategy": "join", "columns": ["id", "name"]},
            {
                "path": "reviews",
                "model": "testapp.Review",
                "strategy": "prefetch",
                "columns": ["id", "book_id", "rating"],
            },
        ],
        "notes": [],
    }
    for changing in ("SELECT", ".py", "seconds", str(Path.cwd())):
        assert changing not in kept


def test_plans_that_are_as_they_were_are_fine(plans):
    assert run("--check", str(plans)) == f"{plans} has the same 14 plans.\n"
    assert run("--check", str(plans), verbosity=0) == ""


def test_a_plan_that_changes_is_shown_as_a_difference(plans, monkeypatch):
    monkeypatch.setattr(
        registered.BookViewSet, "serializer_class", shows(Book, "title", "isbn", author=registered.AUTHOR())
    )
    out = StringIO()

    code, message = refused("--check", str(plans), stdout=out)

    assert (code, message) == (
        1,
        f"Plans differ from {plans}. To accept them: manage.py explain_prefetch --write {plans}",
    )
    lines = out.getvalue().splitlines()
    assert lines[:2] == [f"--- {plans}", "+++ the plans now"]
    assert lines[2].endswith(f'@@ "{HERE}.AuthorBooksViewSet:retrieve"')
    changed = [line for line in lines[2:] if line[:1] in "+-"][:6]
    assert [re.sub(r"\s+", " ", line) for line in changed] == [
        '- "queries": 2,',
        '+ "queries": 1,',
        '- {"path": "", "model": "testapp.Book", "strategy": "root", "columns": ["id", "title", "author_id"]},',
        '- {"path": "author", "model": "testapp.Author", "strategy": "join", "columns": ["id", "name"]},',
        '- {"path": "reviews", "model": "testapp.Review", "strategy": "prefetch",'
        ' "columns": ["id", "book_id", "rating"]}',
        '+ {"path": "", "model": "testapp.Book", "strategy": "root", "columns": ["id", "title", "isbn", "author_id"]},',
    ]


def test_who_asked_is_part_of_how_to_accept(db, tmp_path, settings):
    User.objects.create_user("ada lovelace", email="ada@example.com")
    settings.ROOT_URLCONF = registered.urls(path("titles/", registered.TitleList.as_view()))
    file = tmp_path / "plans.json"

    for flags, shown in ((["--signed-in"], "--signed-in"), (["--user", "ada lovelace"], "--user 'ada lovelace'")):
        code, message = refused("--check", str(file), *flags)
        assert (code, message.partition("Make it: ")[2]) == (2, f"manage.py explain_prefetch {shown} --write {file}")
    assert run("--signed-in", "--write", str(file)) == f"Wrote 1 plan to {file}.\n"


def test_a_difference_is_coloured_on_a_terminal(plans, monkeypatch):
    monkeypatch.setenv("DJANGO_COLORS", "dark")
    monkeypatch.setattr(registered.BookViewSet, "serializer_class", registered.TITLE)
    out = Terminal()

    refused("--check", str(plans), stdout=out, force_color=True)

    assert {line[:7] for line in out.getvalue().splitlines() if "queries" in line} == {"\x1b[31;1m", "\x1b[32;1m"}


def test_a_difference_does_not_disturb_a_format(plans, monkeypatch, tmp_path):
    monkeypatch.setattr(registered.BookViewSet, "serializer_class", registered.TITLE)
    out, err, file = StringIO(), StringIO(), tmp_path / "plans.sarif"

    refused("--check", str(plans), "--format", "sarif", stdout=out, stderr=err)
    refused("--check", str(plans), "--output", str(file))

    assert json.loads(out.getvalue())["version"] == "2.1.0"
    assert err.getvalue() == file.read_text(encoding="utf-8")
    assert err.getvalue().startswith(f"--- {plans}\n")


def test_what_is_said_does_not_disturb_a_format(plans):
    out, err = StringIO(), StringIO()

    run("--check", str(plans), "--format", "json", stdout=out, stderr=err)

    assert (len(json.loads(out.getvalue())["views"]), err.getvalue()) == (14, f"{plans} has the same 14 plans.\n")


def test_all_problems_are_named_at_once(plans, monkeypatch):
    monkeypatch.setattr(registered.BookViewSet, "serializer_class", registered.TITLE)

    code, message = refused("--check", str(plans), "--fail-on", "error")

    assert (code, message.splitlines()) == (
        1,
        [
            f"Plans differ from {plans}. To accept them: manage.py explain_prefetch --write {plans}",
            "--fail-on error: 1 note is that severe.",
        ],
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "there is no such file. Make it: manage.py explain_prefetch --write {file}"),
        ("[]", "it is no file of plans (TypeError: list indices must be integers or slices, not str)"),
        ("{}", "it is no file of plans (KeyError: 'version')"),
        ("no", "it is no file of plans (JSONDecodeError: Expecting value: line 1 column 1 (char 0))"),
        ('{"version": 9, "views": {}}', "it is of version 9, and 1 is read. Make it anew with --write"),
        (
            '{"version": 1, "views": [1]}',
            "it is no file of plans (AttributeError: 'list' object has no attribute 'items')",
        ),
    ],
)
def test_a_file_that_holds_no_plans_is_a_usage_error(db, tmp_path, content, problem):
    file = tmp_path / "plans.json"
    if content is not None:
        file.write_text(content)

    assert refused("--check", str(file)) == (2, f"--check {file}: {problem.format(file=file)}")


def test_a_file_that_cannot_be_read_is_a_usage_error(db, tmp_path):
    code, message = refused("--check", str(tmp_path))

    assert (code, "Is a directory" in message) == (2, True)


@pytest.mark.parametrize("flag", ["--write", "--check"])
def test_a_file_of_plans_has_those_of_all_views(flag, tmp_path):
    file = tmp_path / "plans.json"

    assert refused("BookViewSet", flag, str(file)) == (
        2,
        "A file of plans has those of all views: name none beside it.",
    )
    assert not file.exists()


def test_writing_and_checking_are_two_things(tmp_path):
    with pytest.raises(CommandError, match="not allowed with argument"):
        run("--write", "a", "--check", "b")


# ---- Progress


def test_progress_is_shown_on_a_terminal(db):
    err = Terminal()

    run(stderr=err)

    steps = err.getvalue().split("\r\x1b[K")
    assert (len(steps), steps[1], steps[-1]) == (16, f"1/14 {HERE}.AuthorBooksViewSet:list", "")


@pytest.mark.parametrize(
    ("err", "options"), [(Terminal(), {"verbosity": 0}), (StringIO(), {})], ids=["silenced", "elsewhere"]
)
def test_progress_is_shown_nowhere_else(db, err, options):
    run(stderr=err, **options)

    assert err.getvalue() == ""


def test_one_plan_has_no_progress():
    run("BookViewSet:list", stderr=(err := Terminal()))

    assert err.getvalue() == ""


def test_text_is_that_of_the_endpoint():
    data = json.loads(run("BookViewSet:list", "--format", "json"))
    times = r"planned in [\d.]+ ms \(.*\)"

    assert re.sub(times, "", run("BookViewSet:list")) == re.sub(times, "", render_text(data))
