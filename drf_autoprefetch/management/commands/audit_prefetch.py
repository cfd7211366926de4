"""``manage.py audit_prefetch``: what all views have wrong, and, with ``--probe``, what grows with the rows."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...auditing.audits import audit, audited
from ...auditing.baselines import BaselineError, Difference, baseline, difference, read_baseline
from ...auditing.declared import declared_findings
from ...auditing.probing import Probe, probe
from ...auditing.rendering import FORMATS, Audit, Page, render
from ...auditing.slopes import growing, probed
from ...explaining.choosing import USAGE, choose
from ...explaining.finding_views import Registered
from ...explaining.findings import at_least, sorted_once
from ...guarding.findings import Finding
from ...mixins import AutoPrefetchMixin
from ..asking import AskingCommand, asking, check_unnamed, painted, read_kept, user_flags, write_file

_ROWS = "1,2,4"


class Command(AskingCommand):
    """Audits views, with the mixin or without. Runs no query unless a user, a URL or ``--probe`` asks for it."""

    help = "Find what is planned badly or not at all in the class-based views of Django REST Framework."
    format_names = tuple(FORMATS)

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what may be asked."""
        super().add_arguments(parser)
        parser.add_argument("--probe", action="store_true", help="run each view with its first rows; nothing is kept")
        parser.add_argument("--rows", default=_ROWS, help=f"how many rows to probe with; default: {_ROWS}")
        files = parser.add_mutually_exclusive_group()
        files.add_argument("--baseline", metavar="FILE", help="exit 1 where the findings differ from those in a file")
        files.add_argument("--write-baseline", metavar="FILE", help="keep all findings in a file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Audit what was asked for and show it. Raises CommandError where it is not as it should be."""
        check_unnamed(options, "A baseline has the findings", "baseline", "write_baseline")
        known = (
            read_kept(options, "baseline", read_baseline, BaselineError, _writing(options))
            if options["baseline"]
            else []
        )
        rows = _rows(options["rows"])
        chosen = choose(options["view"], audited(AutoPrefetchMixin))
        probes = self._probe(chosen, rows, options) if options["probe"] else []
        found = self._found(chosen, probes, options)
        differs = difference(known, found, set(probed(probes)))
        shown = differs.new if options["baseline"] else found
        if options["format"] or not options["write_baseline"]:
            seen = Audit(chosen, shown, probes, known=len(found) - len(shown))
            page = Page(self.style_of(options), self.width_of(options))
            self.put(render(seen, options["format"] or "text", page), options)
        if options["write_baseline"]:
            write_file(options["write_baseline"], baseline(found))
            self.say(f"Wrote {_findings(found)} to {options['write_baseline']}.", options)
        problems = [*self._compare(differs, options), *_too_severe(shown, options["fail_on"])]
        if problems:
            raise CommandError("\n".join(problems))

    def _found(self, chosen: Sequence[Registered], probes: Sequence[Probe], options: dict[str, Any]) -> list[Finding]:
        declared = [] if options["view"] else declared_findings(AutoPrefetchMixin)
        found = audit(self.stepping(chosen, options), asking(chosen, options), AutoPrefetchMixin, declared)
        return sorted_once([*found, *(one for each in probes for one in growing(each, AutoPrefetchMixin))])

    def _probe(self, chosen: Sequence[Registered], rows: Sequence[int], options: dict[str, Any]) -> list[Probe]:
        user, filled = asking(chosen, options).user, "/" in options["view"]
        return [probe(each, user, rows, filled=filled) for each in self.stepping(chosen, options)]

    def _compare(self, differs: Difference, options: dict[str, Any]) -> Iterator[str]:
        if not options["baseline"] or not (differs.new or differs.gone):
            return
        text = "".join(f"{painted(line, self.style_of(options))}\n" for line in differs.lines)
        self.stderr.write(text, str, ending="")
        counted = f"{len(differs.new)} new, {len(differs.gone)} gone"
        yield f"Findings differ from {options['baseline']}: {counted}. To accept them: {_writing(options)}"


def _too_severe(found: Sequence[Finding], severity: str | None) -> Iterator[str]:
    grave = at_least(found, severity) if severity else []
    if grave:
        yield f"--fail-on {severity}: {_findings(grave)} {'is' if len(grave) == 1 else 'are'} that severe."


def _findings(found: Sequence[Finding]) -> str:
    return f"{len(found)} {'finding' if len(found) == 1 else 'findings'}"


def _rows(given: str) -> list[int]:
    try:
        rows = sorted({int(number) for number in given.split(",")})
    except ValueError:
        rows = []
    if len(rows) < 2 or rows[0] < 1:
        raise CommandError(f"--rows {given}: write two or more numbers, as {_ROWS}.", returncode=USAGE)
    return rows


def _writing(options: dict[str, Any]) -> str:
    """The command that writes, for whoever asks, what ``--baseline`` has compared."""
    probing = ["--probe"] if options["probe"] else []
    rows = ["--rows", options["rows"]] if options["rows"] != _ROWS else []
    flags = [*user_flags(options), *probing, *rows]
    return shlex.join(["manage.py", "audit_prefetch", *flags, "--write-baseline", options["baseline"]])
