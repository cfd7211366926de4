"""The Django app: wrong settings stop the start."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from drf_autoprefetch.apps import AutoPrefetchConfig


def test_the_app_is_installed_by_the_name_of_the_package():
    assert isinstance(apps.get_app_config("drf_autoprefetch"), AutoPrefetchConfig)


@override_settings(DRF_AUTOPREFETCH={"MAX_JOIN": 3})
def test_a_wrong_setting_is_an_error_at_start():
    with pytest.raises(
        ImproperlyConfigured, match=r"^DRF_AUTOPREFETCH has no setting 'MAX_JOIN'\. Did you mean 'MAX_JOINS'\?$"
    ):
        apps.get_app_config("drf_autoprefetch").ready()


@override_settings(DRF_AUTOPREFETCH={"ALLOW_UNPLANNED": [{"path": "BookSerializer.stars"}]})
def test_an_allowance_without_a_reason_is_an_error_at_start():
    with pytest.raises(ImproperlyConfigured, match="path and reason are needed"):
        apps.get_app_config("drf_autoprefetch").ready()


@override_settings(DRF_AUTOPREFETCH={"MAX_JOINS": 3})
def test_right_settings_let_the_app_start():
    assert apps.get_app_config("drf_autoprefetch").ready() is None  # type: ignore[func-returns-value]


def test_what_is_not_installed_is_told_nothing(monkeypatch):
    """drf-spectacular's registry is not even imported."""
    monkeypatch.setattr(apps, "is_installed", lambda app: False)
    monkeypatch.setattr("drf_autoprefetch.apps.import_module", lambda *name: pytest.fail("imported"))

    apps.get_app_config("drf_autoprefetch").ready()
