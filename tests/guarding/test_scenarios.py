"""Every way to load row by row is found, by the field, the relation and the kind; nothing else is."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from rest_framework.test import APIRequestFactory, force_authenticate

from drf_autoprefetch import Finding, prefetch_hint, watch
from drf_autoprefetch.reading.hints import hint_of
from tests import goldens
from tests.guarding import endpoints, scenarios
from tests.guarding.scenarios import Scenario

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

ROOT = Path(__file__).parents[2]
FOUND = scenarios.FOUND | endpoints.FOUND
SILENT = scenarios.SILENT | endpoints.SILENT


def findings(scenario: Scenario) -> list[Finding]:
    """Ask the endpoint, and give what was found."""
    model = scenario.view.queryset.model
    kwargs: dict[str, Any] = {"pk": model._default_manager.order_by("pk")[0].pk} if scenario.one else {}
    request = APIRequestFactory().get("/")
    if scenario.user:
        force_authenticate(request, User.objects.create(username="asker", is_superuser=True))
    with watch() as seen:
        response = scenario.view.as_view({"get": scenario.action})(request, **kwargs)
        b"".join(response) if response.streaming else response.render()
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


ON_QUERYSET = re.compile(r'add \.(select_related|prefetch_related)\("(\w+)"\) to the queryset')
ON_METHOD = re.compile(r'add @prefetch_hint\("(\w+)"\) to _\w+')

#: Their handlers show rows of their own, or ask by hand for what a relation leads to.
OF_ITS_OWN = {"action", "action, one by one", "made just now", "method, generic columns", "two lists"}


@pytest.mark.parametrize("name", [name for name in FOUND if name not in OF_ITS_OWN])
def test_what_to_write_cures(name):
    """Each line that can be pasted as it stands is, until none is left; what it was about is not found any more."""
    scenario = FOUND[name]
    cured: set[tuple[str, str]] = set()
    for _ in range(4):
        found = [(each, pasted(scenario, each.remedy)) for each in findings(scenario)]
        assert not {(each.path, each.relation) for each, _ in found} & cured
        chosen = next(((each, better) for each, better in found if better is not None), None)
        if chosen is None:
            break
        cured.add((chosen[0].path, chosen[0].relation))
        scenario = chosen[1]

    assert scenario is FOUND[name] or cured


def copied(function: Any) -> Any:
    """Endpoints share their functions."""
    return FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)


def paths_of(view: type[Any], name: str) -> tuple[Any, ...]:
    """What its hint says already."""
    hint = hint_of(getattr(view.serializer_class, name))
    return () if hint is None else hint.entries


def pasted(scenario: Scenario, remedy: str) -> Scenario | None:
    """Return the same endpoint with a remedy, where that is a line to paste."""
    view = scenario.view
    if on_queryset := ON_QUERYSET.fullmatch(remedy):
        method, path = on_queryset.groups()
        attributes = {"queryset": getattr(view.queryset, method)(path)}
    elif on_method := ON_METHOD.fullmatch(remedy):
        (name,) = (each for each in vars(view.serializer_class) if each.startswith("get_"))
        hinted = prefetch_hint(*paths_of(view, name), on_method[1])(copied(getattr(view.serializer_class, name)))
        shown = type(view.serializer_class.__name__, (view.serializer_class,), {name: hinted})
        attributes = {"serializer_class": shown, "auto_prefetch": True}
    else:
        return None
    return replace(scenario, view=type(view.__name__, (view,), attributes))


def told(name: str) -> str:
    """What is found, with the text of the line instead of its number, which moves."""
    ContentType.objects.clear_cache()
    lines = [name]
    for each in findings(FOUND[name]):
        file, _, number = each.place.rpartition(":")
        text = (ROOT / file).read_text().splitlines()[int(number) - 1].strip() if file else "-"
        lines.append(f"  ×{each.count}/{each.parameters} {each.path} | {each.relation} | {each.kind.value}")
        lines += [f"      {file or '-'}: {text}", f"      {each.remedy}"]
    return "\n".join(lines)


def test_each_is_told_with_its_line_and_what_to_write():
    goldens.agree("guarding/scenarios.txt", "\n".join(map(told, FOUND)) + "\n")
