"""The settings of the test suite, serving pages of the demo and of awkward plans from a file of its own."""

from __future__ import annotations

import os
from typing import Any

from tests import settings as base
from tests.settings import *  # noqa: F403

DEBUG = True
ALLOWED_HOSTS = ["localhost"]
DATABASES = {"default": base.database(f"sqlite:///{os.environ['BROWSER_DATABASE']}", "default")}
INSTALLED_APPS = [*base.INSTALLED_APPS, "demo.shop"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "tests.browser.urls"
STATIC_URL = "static/"
# The demo asks for it.
HAS_SPECTACULAR = False
# A page shows what a person gets, also of a plan that cannot be made.
DRF_AUTOPREFETCH: dict[str, Any] = {"MAX_DEPTH": 4}  # type: ignore[no-redef]
