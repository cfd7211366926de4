"""``python -m tests.browser.server 8001``: fill an empty database, and serve until somebody ends it."""

from __future__ import annotations

import os
import sys

import django
from django.core.management import call_command


def main(port: str) -> None:
    """Serve at ``localhost:port``."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.browser.settings"
    django.setup()

    from demo.shop.seed import seed
    from tests.testapp.data import fill

    call_command("migrate", run_syncdb=True, verbosity=0)
    fill(rows=8)
    seed(0.03, lambda *progress: None)
    call_command("runserver", f"localhost:{port}", use_reloader=False)


if __name__ == "__main__":
    main(sys.argv[1])
