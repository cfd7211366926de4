"""What commands that ask views for their plans have in common: whom they ask, as which user, and where they write."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.color import no_style
from django.db import Error

from ..explaining.choosing import USAGE
from ..explaining.finding_views import Registered
from ..explaining.placeholders import made_up_user
from ..explaining.unasked import Asking
from ..notes import Severity

_T = TypeVar("_T")

_SEVERITIES = [severity.value for severity in Severity]
_CLEAR_LINE = "\r\x1b[K"


class AskingCommand(BaseCommand):
    """A command about views: what is asked for is shown on standard output, everything else on standard error."""

    #: What ``--format`` may be, ``text`` by default.
    format_names: ClassVar[Sequence[str]]

    # A wrong hint is shown as what it does to a plan, with the rest.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what may be asked, of whom, and by whom."""
        about = "a URL (/api/books/?page=2), a view (shop.views.BookViewSet) or an action of it (…:list); default: all"
        parser.add_argument("view", nargs="?", default="", metavar="URL | VIEW[:ACTION]", help=about)
        parser.add_argument("--format", choices=self.format_names, help="default: text")
        parser.add_argument("--output", metavar="FILE", help="write there, not to standard output")
        users = parser.add_mutually_exclusive_group()
        users.add_argument("--signed-in", action="store_true", help="ask as a user who is made up, without a database")
        users.add_argument("--user", metavar="USERNAME", help="ask as this user; views may then run queries")
        parser.add_argument("--fail-on", choices=_SEVERITIES, help="exit 1 where what is found is as severe, or more")

    def stepping(self, chosen: Sequence[Registered], options: dict[str, Any]) -> Iterator[Registered]:
        """Yield one after the other, and name it on a terminal meanwhile."""
        shown = options["verbosity"] > 0 and len(chosen) > 1 and self.stderr.isatty()
        for number, registered in enumerate(chosen, 1):
            if shown:
                step = f"{number}/{len(chosen)} {registered.name}"[: shutil.get_terminal_size().columns - 1]
                self.stderr.write(_CLEAR_LINE + step, str, ending="")
            yield registered
        if shown:
            self.stderr.write(_CLEAR_LINE, str, ending="")

    def style_of(self, options: dict[str, Any]) -> Any:
        """Return the style in which standard output is written, without colours where it is no terminal."""
        coloured = options["force_color"] or self.stdout.isatty()
        return self.style if coloured and not options["output"] else no_style()

    def width_of(self, options: dict[str, Any]) -> int | None:
        """Return the width of the terminal, None where something else is written to."""
        terminal = not options["output"] and self.stdout.isatty()
        return shutil.get_terminal_size().columns if terminal else None

    def put(self, text: str, options: dict[str, Any]) -> None:
        """Write what was asked for."""
        if options["output"]:
            write_file(options["output"], text)
        else:
            self.stdout.write(text, ending="")

    def say(self, message: str, options: dict[str, Any]) -> None:
        """Write something beside it. What a format shows stays by itself, for the program that reads it."""
        if options["verbosity"] > 0:
            (self.stderr if options["format"] else self.stdout).write(message, str)


def asking(chosen: Sequence[Registered], options: dict[str, Any], *, analyzed: bool = False) -> Asking:
    """Return who asks. A URL with parts was written for rows that are there, which a view may look up.

    Raises CommandError where there is no such user.
    """
    match = chosen[0].match if "/" in options["view"] else None
    has_parts = bool(match and (match.args or match.kwargs))
    try:
        if options["user"]:
            return Asking(_find_user(options["user"]), may_query=True, analyzed=analyzed)
        return Asking(made_up_user() if options["signed_in"] else None, has_parts or analyzed, analyzed)
    except ImproperlyConfigured as error:
        raise CommandError(f"This project has no users: {error}", returncode=USAGE) from error


def user_flags(options: dict[str, Any]) -> Iterable[str]:
    """Return what says on a command line who asks."""
    return ["--user", options["user"]] if options["user"] else ["--signed-in"] if options["signed_in"] else []


def _find_user(name: str) -> Any:
    model = get_user_model()
    try:
        return model._default_manager.get(**{model.USERNAME_FIELD: name})
    except ObjectDoesNotExist:
        raise CommandError(f"--user: no {model.USERNAME_FIELD} is {name!r}.", returncode=USAGE) from None
    except Error as error:
        raise CommandError(f"--user: the database answers {error}", returncode=USAGE) from error


def check_unnamed(options: dict[str, Any], what: str, *files: str) -> None:
    """Raise CommandError where a file that has ``what`` of all views is asked for, and a view is named."""
    if options["view"] and any(options[file] for file in files):
        raise CommandError(f"{what} of all views: name none beside it.", returncode=USAGE)


def read_kept(options: dict[str, Any], file: str, read: Callable[[str], _T], wrong: type[Exception], how: str) -> _T:
    """Return what ``read`` makes of the file that ``--file`` names; ``how`` is the command that makes one.

    Raises CommandError where there is none, or ``read`` raises what says that it is ``wrong``.
    """
    name = options[file]
    try:
        return read(Path(name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = f"there is no such file. Make it: {how}"
    except (OSError, UnicodeDecodeError, wrong) as error:
        problem = str(error)
    raise CommandError(f"--{file} {name}: {problem}", returncode=USAGE)


def painted(line: str, style: Any) -> str:
    """Return a line of a diff in its colour."""
    paint = {"+": style.SUCCESS, "-": style.ERROR, "@": style.MIGRATE_LABEL}.get(line[:1], str)
    return str(paint(line))


def write_file(name: str, text: str) -> None:
    """Write a file that somebody has named. Raises CommandError where that cannot be."""
    try:
        Path(name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise CommandError(f"{name} cannot be written: {error.strerror}.", returncode=USAGE) from error
