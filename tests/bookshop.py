"""Run the demo as a person does: in a process of its own, on a database of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent

SCALE = "0.03"
"""A shop of this size is built in a fraction of a second."""


@dataclass(frozen=True)
class Bookshop:
    """A checkout's demo with its SQLite file somewhere else."""

    file: Path

    @property
    def environment(self) -> dict[str, str]:
        """What the process finds in ``os.environ``."""
        return os.environ | {"DATABASE_URL": f"sqlite:///{self.file}", "DJANGO_SETTINGS_MODULE": "demo.settings"}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``python`` with these arguments and return what it printed."""
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True, timeout=300)

    def demo(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``python -m demo`` on a small shop and short pages."""
        return self.run("-m", "demo", "--scale", SCALE, "--rows", "10", *arguments)

    def script(self, code: str) -> subprocess.CompletedProcess[str]:
        """Run code in which Django is set up."""
        return self.run("-c", f"import django\ndjango.setup()\n{code}")
