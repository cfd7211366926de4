"""Running management commands as a terminal, a pipe or a job in CI does."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError


class Terminal(StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def run(command: str, *arguments: Any, **options: Any) -> str:
    """Run a command; return what it writes to standard output."""
    out = options.pop("stdout", StringIO())
    call_command(command, *arguments, stdout=out, **options)
    written: str = out.getvalue()
    return written


def refused(command: str, *arguments: Any, **options: Any) -> tuple[int, str]:
    """Run a command; return the exit code and the message that it ends with."""
    with pytest.raises(CommandError) as caught:
        run(command, *arguments, **options)
    return caught.value.returncode, str(caught.value)
