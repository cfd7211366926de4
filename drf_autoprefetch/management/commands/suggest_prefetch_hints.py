"""``manage.py suggest_prefetch_hints``: the hints that sampled requests show, as a diff, and what is never read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...conf import get_settings
from ...explaining.choosing import USAGE
from ...explaining.learning.lessons import Lessons, as_data, as_text, learn
from ...explaining.learning.unused import Least
from ...guarding.reads.sampling import flush
from ...guarding.reads.storing import Samples, read_samples
from ..asking import write_file

_FORMATS = ("text", "diff", "json")


class Command(BaseCommand):
    """Suggests hints. It reads samples and the project's files; it writes none, and runs no query."""

    help = "Suggest hints for what samples of requests have read, as a diff; and tell what is loaded and never read."
    # A hint that is wrong already is a check's to tell.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what may be asked."""
        least = Least()
        parser.add_argument("file", nargs="*", metavar="FILE", help="files of samples; default: LEARN_FILE")
        parser.add_argument("--view", metavar="VIEW[:ACTION]", help="only samples of this view, or of one action of it")
        parser.add_argument(
            "--format", choices=_FORMATS, default="text", help="default: text, with the diff at its end"
        )
        parser.add_argument("--output", metavar="FILE", help="write there, not to standard output")
        about = "how many {} must have been seen before something is never read; default: {}"
        parser.add_argument("--rows", type=int, default=least.rows, help=about.format("rows", least.rows))
        parser.add_argument(
            "--responses", type=int, default=least.responses, help=about.format("responses", least.responses)
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Show what the samples teach. Raises CommandError where there are none."""
        # What this process has seen itself may wait to be written.
        flush()
        samples = _samples(options["file"] or [get_settings().LEARN_FILE], options["view"] or "")
        lessons = learn(samples, Least(options["rows"], options["responses"]))
        text = _rendered(lessons, options["format"])
        if options["output"]:
            write_file(options["output"], text)
        else:
            self.stdout.write(text, ending="")


def _samples(files: list[str], view: str) -> Samples:
    found: Samples = {}
    for file in files:
        if not Path(file).is_file():
            raise CommandError(f"{file}: there is no such file. {_HOW}", returncode=USAGE)
        for key, sample in read_samples(file).items():
            if key in found:
                found[key].merge(sample)
            else:
                found[key] = sample
    if not found:
        raise CommandError(f"{', '.join(files)}: there are no samples. {_HOW}", returncode=USAGE)
    chosen = {key: sample for key, sample in found.items() if _is_named(key, view)}
    if not chosen:
        names = sorted({name for name, _ in found})
        raise CommandError(f"--view {view}: no sample is of it. There are {', '.join(names)}.", returncode=USAGE)
    return chosen


_HOW = "Run your tests with --learn-prefetch-hints=FILE, or requests with DRF_AUTOPREFETCH = {'LEARN': 1.0}."


def _is_named(key: tuple[str, str], asked: str) -> bool:
    name, _, action = asked.partition(":")
    view, its_action = key
    return f".{view}".endswith(f".{name}" if name else "") and action in ("", its_action)


def _rendered(lessons: Lessons, form: str) -> str:
    if form == "json":
        return json.dumps(as_data(lessons), indent=2, ensure_ascii=False) + "\n"
    if form == "diff":
        return lessons.diff
    return "".join(f"{line}\n" for line in as_text(lessons)) + lessons.diff
