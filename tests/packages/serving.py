"""Settings of a real server, and how to run it: ``python -m tests.packages.serving`` prints its port and serves."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from tests.packages.settings import *  # noqa: F403

FOLDER = Path(os.environ.get("SERVED", "."))
DATABASES = {
    alias: {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": FOLDER / f"{alias}.sqlite3",
        # It is thrown away: nothing waits for the disk.
        "OPTIONS": {"init_command": "PRAGMA synchronous=OFF"},
    }
    for alias in ("default", "other")
}
ROOT_URLCONF = "tests.packages.served"
MIDDLEWARE = ["drf_autoprefetch.middleware.PrefetchMonitorMiddleware", *os.environ.get("MIDDLEWARE", "").split()]
ALLOWED_HOSTS = ["127.0.0.1"]
DRF_AUTOPREFETCH = {"STRICT": True}
LOGGING_CONFIG = None


def main() -> None:
    import django

    django.setup()
    import uvicorn
    from django.core.handlers.asgi import ASGIHandler
    from django.core.management import call_command
    from django.db import connections

    from tests.testapp.data import fill

    call_command("migrate", "--run-syncdb", verbosity=0)
    fill(rows=8)
    connections.close_all()
    here = socket.socket()
    here.bind(("127.0.0.1", 0))
    # Who comes before the server does waits.
    here.listen(100)
    sys.stdout.write(f"{here.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(ASGIHandler(), log_level="critical", lifespan="off", loop="asyncio", http="h11", ws="none")
    uvicorn.Server(config).run(sockets=[here])


if __name__ == "__main__":
    main()
