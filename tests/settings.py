"""Settings of the test suite: SQLite in memory, or what ``DATABASE_URL`` names.

``postgres://user:password@host:port/name`` and ``mysql://user:password@host:port/name`` are understood.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import unquote, urlsplit

ENGINES = {"postgres": "postgresql", "postgresql": "postgresql", "mysql": "mysql", "sqlite": "sqlite3"}


def database(url: str, alias: str) -> dict[str, Any]:
    """Return what Django wants in ``DATABASES`` for a URL; each alias gets a test database of its own."""
    parts = urlsplit(url)
    name = unquote(parts.path[1:])
    return {
        "ENGINE": f"django.db.backends.{ENGINES[parts.scheme]}",
        "NAME": name or ":memory:",
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "TEST": {
            # Two runs at once want two names in their URLs.
            "NAME": f"test_{name}_{alias}" if name else None,
            "CHARSET": "utf8mb4" if parts.scheme == "mysql" else None,
        },
    }


DATABASE_URL = os.environ.get("DATABASE_URL", "sqlite://")
if DATABASE_URL.startswith("mysql"):  # pragma: no cover - only where MariaDB is
    import pymysql

    pymysql.install_as_MySQLdb()

SECRET_KEY = "only for tests"
USE_TZ = True
ROOT_URLCONF = "tests.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_URL = "/media/"

# "other" is for what `using()` and routers promise.
DATABASES = {alias: database(DATABASE_URL, alias) for alias in ("default", "other")}

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "rest_framework",
    "drf_spectacular",
    "drf_autoprefetch",
    "tests.testapp",
    "tests.traps",
    "tests.bodies",
]

TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}

# Pillow is not needed to load an image whose dimensions are stored beside it.
SILENCED_SYSTEM_CHECKS = ["fields.E210"]

# Without migrations all tables are made in one go, those that ours point at included.
MIGRATION_MODULES: dict[str, None] = {"contenttypes": None, "auth": None}

# A plan that cannot be made is an error here, not a slower response.
DRF_AUTOPREFETCH = {"STRICT": True}
