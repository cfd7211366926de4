"""``manage.py explain_prefetch``: the plans of requests that nobody has sent."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.color import no_style
from django.db import Error

from ...explaining.choosing import USAGE, choose, names_one
from ...explaining.finding_views import Registered
from ...explaining.findings import at_least, findings
from ...explaining.formats import FORMATS
from ...explaining.placeholders import made_up_user
from ...explaining.rendering import FORMAT_NAMES, Page, render
from ...explaining.snapshots import SnapshotError, difference, normal, snapshot
from ...explaining.unasked import Asking, Explained, explain_unasked
from ...mixins import AutoPrefetchMixin
from ...notes import Severity

_SEVERITIES = [severity.value for severity in Severity]
_CLEAR_LINE = "\r\x1b[K"


class Command(BaseCommand):
    """Explains plans. Runs no permission, no handler but to analyze, and no query that nobody has asked for."""

    help = "Show which queries and columns the views with AutoPrefetchMixin load, and why."
    # A wrong hint is shown here as what it does to a plan, with the rest.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what may be asked."""
        about = "a URL (/api/books/?page=2), a view (shop.views.BookViewSet) or an action of it (…:list); default: all"
        parser.add_argument("view", nargs="?", default="", metavar="URL | VIEW[:ACTION]", help=about)
        parser.add_argument("--analyze", action="store_true", help="run the handlers, with the plan and without")
        parser.add_argument("--format", choices=FORMAT_NAMES, help="default: text")
        parser.add_argument("--output", metavar="FILE", help="write there, not to standard output")
        users = parser.add_mutually_exclusive_group()
        users.add_argument("--signed-in", action="store_true", help="ask as a user who is made up, without a database")
        users.add_argument("--user", metavar="USERNAME", help="ask as this user; views may then run queries")
        parser.add_argument("--fail-on", choices=_SEVERITIES, help="exit 1 where a note is as severe, or more")
        plans = parser.add_mutually_exclusive_group()
        plans.add_argument("--write", metavar="PLANS.json", help="keep all plans in a file")
        plans.add_argument("--check", metavar="PLANS.json", help="exit 1 where the plans differ from those in a file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Explain what was asked for and show it. Raises CommandError where it is not as it should be."""
        asked, kept = options["view"], options["write"] or options["check"]
        if asked and kept:
            raise CommandError("A file of plans has those of all views: name none beside it.", returncode=USAGE)
        _check_analyzed(options)
        explained = list(self._explained(choose(asked, AutoPrefetchMixin), options))
        if options["format"] or not kept:
            self._show(explained, options)
        problems = [*self._compare(explained, options), *_too_severe(explained, options["fail_on"])]
        if problems:
            raise CommandError("\n".join(problems))

    def _explained(self, chosen: Sequence[Registered], options: dict[str, Any]) -> Iterator[Explained]:
        asking = _asking(chosen, options)
        shown = options["verbosity"] > 0 and len(chosen) > 1 and self.stderr.isatty()
        for number, registered in enumerate(chosen, 1):
            if shown:
                step = f"{number}/{len(chosen)} {registered.name}"[: shutil.get_terminal_size().columns - 1]
                self.stderr.write(_CLEAR_LINE + step, str, ending="")
            yield explain_unasked(registered, asking)
        if shown:
            self.stderr.write(_CLEAR_LINE, str, ending="")

    def _show(self, explained: Sequence[Explained], options: dict[str, Any]) -> None:
        terminal = not options["output"] and self.stdout.isatty()
        page = Page(
            format=options["format"] or "text",
            one=names_one(options["view"]),
            table=not options["view"],
            width=shutil.get_terminal_size().columns if terminal else None,
            style=self._style(options),
        )
        self._put(render(explained, page), options)

    def _compare(self, explained: Sequence[Explained], options: dict[str, Any]) -> Iterator[str]:
        now = snapshot(explained)
        if options["write"]:
            _write(options["write"], now)
            self._say(f"Wrote {_plans(explained)} to {options['write']}.", options)
        if not options["check"]:
            return
        lines = difference(_read(options), now, options["check"])
        if not lines:
            self._say(f"{options['check']} has the same {_plans(explained)}.", options)
            return
        text = "".join(f"{_painted(line, self._style(options))}\n" for line in lines)
        if options["format"]:
            self.stderr.write(text, str, ending="")
        else:
            self._put(text, options)
        yield f"Plans differ from {options['check']}. To accept them: {_writing(options)}"

    def _style(self, options: dict[str, Any]) -> Any:
        coloured = options["force_color"] or self.stdout.isatty()
        return self.style if coloured and not options["output"] else no_style()

    def _put(self, text: str, options: dict[str, Any]) -> None:
        if options["output"]:
            _write(options["output"], text)
        else:
            self.stdout.write(text, ending="")

    def _say(self, message: str, options: dict[str, Any]) -> None:
        """What a format shows stays by itself, for the program that reads it."""
        if options["verbosity"] > 0:
            (self.stderr if options["format"] else self.stdout).write(message, str)


def _asking(chosen: Sequence[Registered], options: dict[str, Any]) -> Asking:
    """A URL with parts was written for rows that are there, which a view may look up."""
    match = chosen[0].match if "/" in options["view"] else None
    has_parts, analyzed = bool(match and (match.args or match.kwargs)), options["analyze"]
    try:
        if options["user"]:
            return Asking(_find_user(options["user"]), may_query=True, analyzed=analyzed)
        return Asking(made_up_user() if options["signed_in"] else None, has_parts or analyzed, analyzed)
    except ImproperlyConfigured as error:
        raise CommandError(f"This project has no users: {error}", returncode=USAGE) from error


def _check_analyzed(options: dict[str, Any]) -> None:
    """What handlers do beside the database is done: nobody wants that of all views at once."""
    if options["analyze"] and not options["view"]:
        raise CommandError("--analyze runs what is explained: name a URL, a view or an action.", returncode=USAGE)
    if options["analyze"] and (options["format"] or "text") not in FORMATS:
        raise CommandError(f"--format {options['format']} shows notes of plans, not what happened.", returncode=USAGE)


def _find_user(name: str) -> Any:
    model = get_user_model()
    try:
        return model._default_manager.get(**{model.USERNAME_FIELD: name})
    except ObjectDoesNotExist:
        raise CommandError(f"--user: no {model.USERNAME_FIELD} is {name!r}.", returncode=USAGE) from None
    except Error as error:
        raise CommandError(f"--user: the database answers {error}", returncode=USAGE) from error


def _too_severe(explained: Sequence[Explained], severity: str | None) -> Iterator[str]:
    found = at_least(findings(explained), severity) if severity else []
    if found:
        yield f"--fail-on {severity}: {len(found)} {'note is' if len(found) == 1 else 'notes are'} that severe."


def _painted(line: str, style: Any) -> str:
    paint = {"+": style.SUCCESS, "-": style.ERROR, "@": style.MIGRATE_LABEL}.get(line[:1], str)
    return str(paint(line))


def _plans(explained: Sequence[Explained]) -> str:
    return f"{len(explained)} {'plan' if len(explained) == 1 else 'plans'}"


def _writing(options: dict[str, Any]) -> str:
    """The command that writes, for whoever asks, what ``--check`` has compared."""
    user = ["--user", options["user"]] if options["user"] else ["--signed-in"] if options["signed_in"] else []
    return shlex.join(["manage.py", "explain_prefetch", *user, "--write", options["check"]])


def _read(options: dict[str, Any]) -> str:
    name = options["check"]
    try:
        return normal(Path(name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = f"there is no such file. Make it: {_writing(options)}"
    except (OSError, UnicodeDecodeError, SnapshotError) as error:
        problem = str(error)
    raise CommandError(f"--check {name}: {problem}", returncode=USAGE)


def _write(name: str, text: str) -> None:
    try:
        Path(name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise CommandError(f"{name} cannot be written: {error.strerror}.", returncode=USAGE) from error
