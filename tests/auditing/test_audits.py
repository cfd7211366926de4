"""What an audit tells once, and how messages of system checks become findings."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import path

from drf_autoprefetch import AutoPrefetchMixin
from drf_autoprefetch.auditing.audits import audit, audited
from drf_autoprefetch.auditing.declared import as_audited
from drf_autoprefetch.explaining.finding_views import registered_views
from drf_autoprefetch.explaining.unasked import Asking
from drf_autoprefetch.guarding.checks import check_serializer, check_view
from drf_autoprefetch.guarding.findings import Finding, Kind
from drf_autoprefetch.notes import Severity
from tests import registered
from tests.auditing import projects
from tests.examples import shows
from tests.testapp.models import Book

pytestmark = pytest.mark.once


def found(settings: Any, view: Any, *declared: Finding) -> list[Finding]:
    """Return what is found about one view."""
    settings.ROOT_URLCONF = registered.urls(path("one/", view.as_view()))
    return audit(registered_views(audited(AutoPrefetchMixin).bases), Asking(), AutoPrefetchMixin, declared)


def test_a_plan_that_fails_for_a_wrong_hint_is_told_by_the_hint(settings):
    (hint,) = map(as_audited, check_view(projects.FailingView))

    assert [one.id for one in found(settings, projects.FailingView)] == ["planning-failed"]
    (told,) = found(settings, projects.FailingView, hint)
    assert (told.id, told.severity, told.kind, told.views) == (
        *("wrong-hint", Severity.ERROR, Kind.HINT),
        ("tests.auditing.projects.FailingView:get",),
    )
    assert str(told).startswith("FailingView.prefetch_hints: the hint 'autor' names 'autor', which is no column or")
    assert told.place.startswith("tests/auditing/projects.py:")


def test_a_message_that_names_no_field_is_about_its_class():
    serializer = shows(Book, "title", hints={"title": [3]})
    (told,) = map(as_audited, check_serializer(serializer))

    assert (told.field, told.message) == (
        "BookSerializer",
        "A prefetch hint is a path, a Prefetch or a callable of the serializer context, not 3.",
    )
