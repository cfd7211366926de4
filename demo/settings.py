"""Settings of the bookshop: SQLite beside this file, or the database that ``DATABASE_URL`` names."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from demo.databases import database_from_url, install_mysql_driver

HERE = Path(__file__).resolve().parent
HAS_SPECTACULAR = find_spec("drf_spectacular") is not None

SECRET_KEY = "a bookshop that only ever runs on your own machine"
DEBUG = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_autoprefetch",
    "demo.shop",
]
if HAS_SPECTACULAR:
    INSTALLED_APPS.append("drf_spectacular")

ROOT_URLCONF = "demo.urls"
STATIC_URL = "static/"
MEDIA_URL = "media/"
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

BESIDE_THIS_FILE = "sqlite:///" + quote((HERE / "bookshop.sqlite3").as_posix())
DATABASES = {"default": database_from_url(os.environ.get("DATABASE_URL") or BESIDE_THIS_FILE)}
if DATABASES["default"]["ENGINE"].endswith("mysql"):
    install_mysql_driver()

# The tables are made straight from the models (``migrate --run-syncdb``): a demo is rebuilt, never migrated.
MIGRATION_MODULES = {"contenttypes": None}

REST_FRAMEWORK = {
    "DEFAULT_PAGINATION_CLASS": "demo.shop.pagination.Pages",
    # No accounts in this shop, so that neither django.contrib.auth nor its tables are needed.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}
if HAS_SPECTACULAR:
    REST_FRAMEWORK["DEFAULT_SCHEMA_CLASS"] = "drf_spectacular.openapi.AutoSchema"
    SPECTACULAR_SETTINGS = {"TITLE": "Bookshop", "VERSION": "1"}

DRF_AUTOPREFETCH = {
    # The departments of the shop go four levels deep, one more than a recursive serializer is followed by default.
    "MAX_DEPTH": 4,
}
