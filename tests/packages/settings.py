"""The settings of the test suite, with the packages that it is tried with."""

from __future__ import annotations

from tests import settings as base
from tests.settings import *  # noqa: F403

INSTALLED_APPS = [
    "modeltranslation",
    "polymorphic",
    *base.INSTALLED_APPS,
    "debug_toolbar",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "guardian",
    "mptt",
    "parler",
    "simple_history",
    "taggit",
    "treebeard",
    "tests.packages",
]
MIGRATION_MODULES = {**base.MIGRATION_MODULES, "debug_toolbar": None, "guardian": None, "taggit": None}
STATIC_URL = "static/"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "guardian.backends.ObjectPermissionBackend"]
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "German")]
PARLER_LANGUAGES = {None: [{"code": "en"}, {"code": "de"}], "default": {"fallbacks": ["en"]}}
ROOT_URLCONF = "tests.packages.urls"
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
