"""Turn ``DATABASE_URL`` into what Django's ``DATABASES`` wants."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

ENGINES = {
    "sqlite": "django.db.backends.sqlite3",
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
    "mysql": "django.db.backends.mysql",
    "mariadb": "django.db.backends.mysql",
}


def database_from_url(url: str) -> dict[str, Any]:
    """Return the settings of the database that a URL names.

    The forms are the usual ones: ``postgres://user:password@host:5432/name?sslmode=require`` (and ``mysql://…``, whose
    user, password, host and port may all be left out), ``sqlite:///relative/file``, ``sqlite:////absolute/file`` and
    ``sqlite://:memory:``. What follows ``?`` becomes ``OPTIONS``.

    Raises ``ValueError`` when the URL names no database or an engine that is not in ``ENGINES``.
    """
    parts = urlsplit(url)
    if parts.scheme not in ENGINES:
        msg = f"DATABASE_URL starts with {parts.scheme or url!r}. Start it with one of: {', '.join(ENGINES)}."
        raise ValueError(msg)
    in_memory = parts.scheme == "sqlite" and parts.netloc == ":memory:"
    name = ":memory:" if in_memory else unquote(parts.path.removeprefix("/"))
    if not name:
        msg = f"DATABASE_URL names no database. Write {parts.scheme}://…/name."
        raise ValueError(msg)
    database: dict[str, Any] = {"ENGINE": ENGINES[parts.scheme], "NAME": name}
    if not in_memory:
        database |= _server(parts.username, parts.password, parts.hostname, parts.port)
    if options := dict(parse_qsl(parts.query)):
        database["OPTIONS"] = options
    return database


def _server(user: str | None, password: str | None, host: str | None, port: int | None) -> dict[str, Any]:
    """Return only what the URL said, so that the driver's own defaults hold for the rest."""
    found = {
        "USER": user and unquote(user),
        "PASSWORD": password and unquote(password),
        "HOST": host and unquote(host),
        "PORT": port,
    }
    return {key: value for key, value in found.items() if value}


def install_mysql_driver() -> None:
    """Let PyMySQL, which needs no compiler, stand in for mysqlclient where that is not installed."""
    if find_spec("MySQLdb") is None:
        import pymysql

        # Django compares this with the version of mysqlclient that it wants.
        pymysql.version_info = (2, 2, 7, "final", 0)
        pymysql.install_as_MySQLdb()
