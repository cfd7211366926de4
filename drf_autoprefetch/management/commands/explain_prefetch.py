"""``manage.py explain_prefetch``: the plans of requests that nobody has sent."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...explaining.choosing import USAGE, choose, names_one, with_mixin
from ...explaining.findings import at_least, findings
from ...explaining.formats import FORMATS
from ...explaining.rendering import FORMAT_NAMES, Page, render
from ...explaining.snapshots import SnapshotError, difference, normal, snapshot
from ...explaining.unasked import Explained, explain_unasked
from ...mixins import AutoPrefetchMixin
from ..asking import AskingCommand, asking, check_unnamed, painted, read_kept, user_flags, write_file


class Command(AskingCommand):
    """Explains plans. Runs no permission, no handler but to analyze, and no query that nobody has asked for."""

    help = "Show which queries and columns the views with AutoPrefetchMixin load, and why."
    format_names = FORMAT_NAMES

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what may be asked."""
        super().add_arguments(parser)
        parser.add_argument("--analyze", action="store_true", help="run the handlers, with the plan and without")
        plans = parser.add_mutually_exclusive_group()
        plans.add_argument("--write", metavar="PLANS.json", help="keep all plans in a file")
        plans.add_argument("--check", metavar="PLANS.json", help="exit 1 where the plans differ from those in a file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Explain what was asked for and show it. Raises CommandError where it is not as it should be."""
        check_unnamed(options, "A file of plans has those", "check", "write")
        _check_analyzed(options)
        chosen = choose(options["view"], with_mixin(AutoPrefetchMixin))
        who = asking(chosen, options, analyzed=options["analyze"])
        explained = [explain_unasked(each, who) for each in self.stepping(chosen, options)]
        if options["format"] or not (options["write"] or options["check"]):
            self._show(explained, options)
        problems = [*self._compare(explained, options), *_too_severe(explained, options["fail_on"])]
        if problems:
            raise CommandError("\n".join(problems))

    def _show(self, explained: Sequence[Explained], options: dict[str, Any]) -> None:
        page = Page(
            format=options["format"] or "text",
            one=names_one(options["view"]),
            table=not options["view"],
            width=self.width_of(options),
            style=self.style_of(options),
        )
        self.put(render(explained, page), options)

    def _compare(self, explained: Sequence[Explained], options: dict[str, Any]) -> Iterator[str]:
        now = snapshot(explained)
        if options["write"]:
            write_file(options["write"], now)
            self.say(f"Wrote {_plans(explained)} to {options['write']}.", options)
        if not options["check"]:
            return
        lines = difference(read_kept(options, "check", normal, SnapshotError, _writing(options)), now, options["check"])
        if not lines:
            self.say(f"{options['check']} has the same {_plans(explained)}.", options)
            return
        text = "".join(f"{painted(line, self.style_of(options))}\n" for line in lines)
        if options["format"]:
            self.stderr.write(text, str, ending="")
        else:
            self.put(text, options)
        yield f"Plans differ from {options['check']}. To accept them: {_writing(options)}"


def _check_analyzed(options: dict[str, Any]) -> None:
    """What handlers do beside the database is done: nobody wants that of all views at once."""
    if options["analyze"] and not options["view"]:
        raise CommandError("--analyze runs what is explained: name a URL, a view or an action.", returncode=USAGE)
    if options["analyze"] and (options["format"] or "text") not in FORMATS:
        raise CommandError(f"--format {options['format']} shows notes of plans, not what happened.", returncode=USAGE)


def _too_severe(explained: Sequence[Explained], severity: str | None) -> Iterator[str]:
    found = at_least(findings(explained), severity) if severity else []
    if found:
        yield f"--fail-on {severity}: {len(found)} {'note is' if len(found) == 1 else 'notes are'} that severe."


def _plans(explained: Sequence[Explained]) -> str:
    return f"{len(explained)} {'plan' if len(explained) == 1 else 'plans'}"


def _writing(options: dict[str, Any]) -> str:
    """The command that writes, for whoever asks, what ``--check`` has compared."""
    return shlex.join(["manage.py", "explain_prefetch", *user_flags(options), "--write", options["check"]])
