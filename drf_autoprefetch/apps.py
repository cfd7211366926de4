"""The Django app: settings are read and hints are checked once at start, so that a wrong one is an error then."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core import checks

from .conf import get_settings


class AutoPrefetchConfig(AppConfig):
    """Put ``"drf_autoprefetch"`` in INSTALLED_APPS for system checks; the mixin works without."""

    name = "drf_autoprefetch"
    verbose_name = "DRF autoprefetch"

    def ready(self) -> None:
        """Read the settings, and register the checks. Raises ImproperlyConfigured where the settings are wrong."""
        get_settings()
        checks.register(_check, "drf_autoprefetch")


def _check(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    from .guarding.checks import check_hints
    from .mixins import AutoPrefetchMixin

    return check_hints(AutoPrefetchMixin)
