"""Run a command of a Django application with every response written down, with or without the mixin in its views.

python -m in_the_wild RECORD.jsonl plain|mixin|bare|bare-mixin manage.py test ...
python -m in_the_wild RECORD.jsonl plain|mixin|bare|bare-mixin -m pytest ...

Bare is an application without its own ``select_related()`` and the like in its views.
"""

from __future__ import annotations

import atexit
import runpy
import sys
from pathlib import Path

from .imports import after_import
from .steady import count_the_time, draw_the_same, hash_quickly


def main() -> None:
    """Watch Django REST Framework being imported, then become the command that was given."""
    record, mode, *command = sys.argv[1:]
    if mode not in {"plain", "mixin", "bare", "bare-mixin"}:
        raise SystemExit(f"{mode!r} is neither plain nor mixin, nor bare")
    draw_the_same()
    after_import("django.utils.timezone", count_the_time)
    after_import("django.conf.global_settings", hash_quickly)
    after_import("rest_framework.views", lambda views: _record(views, Path(record)))
    if mode.endswith("mixin"):
        after_import("rest_framework.generics", _force)
    if mode.startswith("bare"):
        after_import("django.db.models.query", _strip)
    sys.argv = command
    if command[0] == "-m":
        sys.argv = command[1:]
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, str(Path(command[0]).resolve().parent))
        runpy.run_path(command[0], run_name="__main__")


def _record(views: object, path: Path) -> None:
    from .recording import record_responses

    record_responses(views, path)


def _force(generics: object) -> None:
    from .forcing import force_mixin

    force_mixin(generics)


def _strip(query: object) -> None:
    from .stripping import report, strip_hints

    strip_hints(query)
    atexit.register(report)


main()
