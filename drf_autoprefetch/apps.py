"""The Django app: settings are read and hints are checked once at start, so that a wrong one is an error then."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import AppConfig, apps
from django.core import checks

from .conf import get_settings

#: The apps that have a registry of their own for what others add to them, and the module that adds it.
_CONTRIB = {"drf_spectacular": ".contrib.spectacular"}


class AutoPrefetchConfig(AppConfig):
    """Put ``"drf_autoprefetch"`` in INSTALLED_APPS for checks, commands and your schema; the mixin works without."""

    name = "drf_autoprefetch"
    verbose_name = "DRF autoprefetch"

    def ready(self) -> None:
        """Read the settings; watch queries; register the checks and what other installed apps want to know.

        Raises ImproperlyConfigured where the settings are wrong.
        """
        from .guarding.allowing import read_allowed
        from .guarding.watching import install

        read_allowed(get_settings().ALLOW_UNPLANNED)
        install()
        checks.register(_check, "drf_autoprefetch")
        checks.register(_check_deployed, "drf_autoprefetch", deploy=True)
        for app, module in _CONTRIB.items():
            if apps.is_installed(app):
                import_module(module, __package__)


def _check(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    from .auditing.declared import check_declared
    from .mixins import AutoPrefetchMixin

    return check_declared(AutoPrefetchMixin)


def _check_deployed(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    from .auditing.checks import check_views
    from .mixins import AutoPrefetchMixin

    return check_views(AutoPrefetchMixin)
