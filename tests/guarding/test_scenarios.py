"""Every way to load row by row is found, by the field, the relation and the kind; nothing else is."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from rest_framework.test import APIRequestFactory, force_authenticate

from drf_autoprefetch import Finding, watch
from tests.guarding.scenarios import FOUND, SILENT, Scenario

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]


def findings(scenario: Scenario) -> list[Finding]:
    """Ask the endpoint, and give what was found."""
    model = scenario.view.queryset.model
    kwargs: dict[str, Any] = {"pk": model._default_manager.order_by("pk")[0].pk} if scenario.one else {}
    request = APIRequestFactory().get("/")
    if scenario.user:
        force_authenticate(request, User.objects.create(username="asker", is_superuser=True))
    with watch() as seen:
        response = scenario.view.as_view({"get": scenario.action})(request, **kwargs)
        response.render()
    assert response.status_code == 200
    return seen.findings


@pytest.mark.parametrize("name", FOUND)
def test_what_loads_row_by_row_is_found(name):
    scenario = FOUND[name]
    ContentType.objects.clear_cache()

    found = findings(scenario)

    assert {(each.path, each.relation, each.kind) for each in found} == scenario.found
    assert len(found) == len(scenario.found)
    assert {(each.view, each.action) for each in found} == {(scenario.view.__name__, scenario.action)}
    assert all(each.count >= each.parameters >= 1 and each.remedy for each in found)


@pytest.mark.parametrize("name", SILENT)
def test_what_does_not_is_not(name):
    ContentType.objects.clear_cache()

    assert findings(SILENT[name]) == []
