"""What Prometheus scrapes and OpenTelemetry exports, and that the documented rules and panels ask for just that."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
import yaml
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client, override_settings
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from drf_autoprefetch.guarding import responses
from drf_autoprefetch.guarding.findings import Finding, Kind
from drf_autoprefetch.signals import response_measured
from tests.bookshop import Bookshop
from tests.guarding.monitored import MIDDLEWARE, BookSerializer

pytestmark = [
    pytest.mark.django_db(databases=["default", "other"]),
    pytest.mark.usefixtures("library"),
    pytest.mark.urls("tests.guarding.monitored"),
]

DOCS = Path(__file__).parents[2] / "docs"
READER, SPANS = InMemoryMetricReader(), InMemorySpanExporter()


@pytest.fixture(autouse=True, scope="module")
def _connected():
    """As a project has it: two names in its settings, and providers of its own."""
    metrics.set_meter_provider(MeterProvider([READER]))
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(SPANS))
    trace.set_tracer_provider(provider)
    with override_settings(
        MIDDLEWARE=[MIDDLEWARE],
        DRF_AUTOPREFETCH={
            "METRICS": ["prometheus", "opentelemetry"],
            "BUDGETS": {"*": 4, "streaming": 9},
            "OVER_BUDGET": [],
        },
        PROMETHEUS_METRIC_NAMESPACE="shop",
    ):
        yield
    # Others in this process have settings of their own.
    for name in ("prometheus", "opentelemetry"):
        assert response_measured.disconnect(dispatch_uid=f"drf_autoprefetch.{name}")


@pytest.fixture(autouse=True)
def _forgotten():
    SPANS.clear()
    responses.forget_logged()


def scraped(name: str, **labels: str) -> float:
    return prometheus_client.REGISTRY.get_sample_value(f"shop_drf_autoprefetch_{name}", labels) or 0


def get(path: str) -> None:
    Client(raise_request_exception=False).get(path)


def aget(path: str) -> None:
    async_to_sync(AsyncClient(raise_request_exception=False).get)(path)


BOTH = pytest.mark.parametrize("get", [get, aget])


# ---- Prometheus


@BOTH
def test_prometheus_scrapes_the_queries_of_each_response(get: Any) -> None:
    names = ("sum", "count")
    before = [scraped(f"response_queries_{name}", view="book-list", method="GET") for name in names]
    get("/books/")
    get("/books/")

    after = [scraped(f"response_queries_{name}", view="book-list", method="GET") for name in names]
    assert [late - early for early, late in zip(before, after, strict=True)] == [18, 2]


@BOTH
def test_prometheus_scrapes_what_was_unplanned_and_over_budget(get: Any) -> None:
    labels = {"view": "book-list", "method": "GET"}
    names = ("unplanned_queries_total", "budget_exceeded_total")
    get("/lean/")
    before = [scraped(name, **labels) for name in names]
    get("/books/")

    assert [scraped(name, **labels) - early for name, early in zip(names, before, strict=True)] == [8, 1]
    # A series that stands at zero is there: else its first increase would be none.
    text = prometheus_client.generate_latest().decode()
    assert 'shop_drf_autoprefetch_budget_exceeded_total{method="GET",view="lean-list"} 0.0\n' in text


@BOTH
def test_healed_rows_are_counted(get: Any) -> None:
    get("/healed/")
    labels, route = {"view": "healed-list", "method": "GET"}, key("healed/")
    before, seen = scraped("healed_total", **labels), points("healed", "{row}")
    with trace.get_tracer("tests").start_as_current_span("request"):
        get("/healed/")

    assert scraped("healed_total", **labels) - before == 6
    assert points("healed", "{row}")[route].value - seen[route].value == 6
    (span,) = SPANS.get_finished_spans()
    described: Any = dict(span.attributes or {})
    assert (described["drf_autoprefetch.response.healed"], described["drf_autoprefetch.response.queries"]) == (6, 3)
    assert [dict(event.attributes or {})["drf_autoprefetch.healed"] for event in span.events] == [6]


def test_labels_are_views_and_methods_and_nothing_else() -> None:
    get("/plain/1/")
    get("/plain/2/")
    get("/nowhere/17/")
    Client().generic("BREW", "/plain/1/")
    lines = [line for line in prometheus_client.generate_latest().decode().splitlines() if "_queries_count{" in line]

    found = {re.sub(r" .*", "", line.partition("_queries_count")[2]) for line in lines}
    assert {'{method="GET",view="plain"}', '{method="GET",view=""}', '{method="_OTHER",view="plain"}'} <= found
    assert not [line for line in lines if "17" in line or "BREW" in line]


# ---- OpenTelemetry


def points(name: str = "response.queries", unit: str = "{query}") -> dict[tuple[Any, ...], Any]:
    """Return the points of a metric, by method and route."""
    data: Any = READER.get_metrics_data()
    found = [
        metric
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == f"drf_autoprefetch.{name}"
    ]
    (measured,) = found
    assert measured.unit == unit
    return {tuple(sorted(point.attributes.items())): point for point in measured.data.data_points}


def key(route: str | None, method: str = "GET") -> tuple[Any, ...]:
    attributes = {"http.request.method": method} | ({} if route is None else {"http.route": route})
    return tuple(sorted(attributes.items()))


@BOTH
def test_opentelemetry_reads_the_queries_of_each_response(get: Any) -> None:
    get("/plain/3/")
    get("/nowhere/")
    before = points()
    get("/plain/5/")
    get("/nowhere/")
    after = points()

    routes = [key("plain/<int:n>/"), key(None)]
    assert [after[each].sum - before[each].sum for each in routes] == [5, 0]
    assert [after[each].count - before[each].count for each in routes] == [1, 1]


@BOTH
def test_the_span_says_what_the_response_took(get: Any) -> None:
    with trace.get_tracer("tests").start_as_current_span("request"):
        get("/books/")

    (span,) = SPANS.get_finished_spans()
    described: Any = dict(span.attributes or {})
    assert described.pop("drf_autoprefetch.response.seconds_in_database") > 0
    assert described == {
        "drf_autoprefetch.response.queries": 9,
        "drf_autoprefetch.response.unplanned_queries": 8,
        "drf_autoprefetch.response.healed": 0,
        "drf_autoprefetch.response.budget": 4,
    }
    (event,) = span.events
    attributes: Any = dict(event.attributes or {})
    assert event.name == "drf_autoprefetch.unplanned_queries"
    assert attributes.pop("code.line.number") > 0
    assert attributes == {
        "code.file.path": "tests/guarding/monitored.py",
        "code.function.name": getattr(BookSerializer.get_writer.__code__, "co_qualname", "get_writer"),
        "drf_autoprefetch.serializer_field": "BookSerializer.writer",
        "drf_autoprefetch.relation": "Book.author",
        "drf_autoprefetch.kind": "to-one",
        "drf_autoprefetch.query_count": 8,
        "drf_autoprefetch.healed": 0,
        "drf_autoprefetch.remedy": 'add @prefetch_hint("author") to BookSerializer.get_writer',
    }


def test_an_event_names_the_function_where_there_is_one() -> None:
    from drf_autoprefetch.contrib.opentelemetry import _event

    known = Finding("A.x", "B", Kind.RAW, "shop/serializers.py:23", 2, function="A.get_x")
    unknown = Finding("A.x", "B", Kind.RAW)

    code = {name: value for name, value in _event(known).items() if name.startswith("code.")}
    assert code == {
        "code.file.path": "shop/serializers.py",
        "code.line.number": 23,
        "code.function.name": "A.get_x",
    }
    assert [name for name in _event(unknown) if name.startswith("code.")] == []


@override_settings(DRF_AUTOPREFETCH={"METRICS": ["opentelemetry"]})
def test_without_a_budget_the_span_has_none() -> None:
    with trace.get_tracer("tests").start_as_current_span("request"):
        get("/plain/1/")

    (span,) = SPANS.get_finished_spans()
    assert "drf_autoprefetch.response.budget" not in (span.attributes or {})


@BOTH
def test_a_backend_that_fails_changes_nothing(get: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    from drf_autoprefetch.contrib import opentelemetry, prometheus

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("no backend")

    monkeypatch.setattr(prometheus, "response_queries", type("Failing", (), {"labels": fail}))
    monkeypatch.setattr(opentelemetry, "response_queries", type("Failing", (), {"record": fail}))
    made = Client().get("/plain/1/") if get.__name__ == "get" else async_to_sync(AsyncClient().get)("/plain/1/")

    assert made.content == b"1"
    assert [record.name for record in caplog.records] == ["django.dispatch"] * 2


# ---- Rules and panels

NAME = re.compile(r"drf_autoprefetch_\w+")


def registered() -> set[str]:
    """Return the names of all series that the code registers, without the namespace."""
    get("/plain/1/")
    text = prometheus_client.generate_latest().decode()
    found = re.findall(r"^shop_(drf_autoprefetch_\w+)\{", text, re.MULTILINE)
    return {name for name in found if not name.endswith("_created")}


def asked_by_rules() -> set[str]:
    (block,) = re.findall(r"```yaml\n(groups:\n.*?)```", (DOCS / "production.md").read_text(), re.DOTALL)
    rules = [rule for group in yaml.safe_load(block)["groups"] for rule in group["rules"]]
    assert all({"alert", "expr", "for", "labels", "annotations"} <= rule.keys() for rule in rules)
    return {name for rule in rules for name in NAME.findall(rule["expr"])}


def asked_by_panels() -> set[str]:
    board = json.loads((DOCS / "grafana.json").read_text())
    targets = [target for panel in board["panels"] for target in panel["targets"]]
    asked = {name for target in targets for name in NAME.findall(target["expr"])}
    return asked | {name for variable in board["templating"]["list"] for name in NAME.findall(str(variable))}


@pytest.mark.parametrize("asked", [asked_by_rules, asked_by_panels])
def test_rules_and_panels_ask_for_what_is_registered(asked: Any) -> None:
    names = asked()

    assert names
    assert names - registered() == set()


def test_the_dashboard_is_laid_out() -> None:
    panels = json.loads((DOCS / "grafana.json").read_text())["panels"]

    squares = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(set(squares)) == len(squares)
    assert max(x for x, _ in squares) < 24


def test_every_series_is_documented() -> None:
    families = {re.sub("_(bucket|sum|count)$", "", name) for name in registered()}

    table = set(re.findall(r"^\| `(drf_autoprefetch_\w+)`", (DOCS / "production.md").read_text(), re.MULTILINE))
    assert table == families


# ---- The demo

SERVED = """
import os
from threading import Thread
from urllib.request import urlopen
from wsgiref.simple_server import WSGIRequestHandler, make_server

from demo.building import ensure_shop
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from prometheus_client import make_wsgi_app

ensure_shop(1)
override_settings(
    DEBUG=False,
    MIDDLEWARE=["drf_autoprefetch.middleware.PrefetchMonitorMiddleware", *settings.MIDDLEWARE],
    DRF_AUTOPREFETCH={"METRICS": ["prometheus"]},
).enable()
shop, scraped = WSGIHandler(), make_wsgi_app()
WSGIRequestHandler.log_message = lambda *arguments: None
server = make_server("127.0.0.1", 0, lambda e, s: (scraped if e["PATH_INFO"] == "/metrics" else shop)(e, s))
Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
for path in ("/api/orders/?page_size=5", "/api/orders/?page_size=50"):
    urlopen(url + path).read()
print(urlopen(url + "/metrics").read().decode())
"""


def test_prometheus_scrapes_the_running_demo(tmp_path: Path) -> None:
    done = Bookshop(tmp_path / "shop.sqlite3").script(SERVED)

    assert done.returncode == 0, done.stderr
    found = re.findall(r'^drf_autoprefetch_response_queries_(\w+)\{method="GET",view="(.*)"\} (.*)$', done.stdout, re.M)
    totals = {name: float(number) for name, view, number in found if "order" in view}
    assert totals["count"] == 2
    # However long the page: the same queries for each.
    assert 0 < totals["sum"] / 2 <= 4
    assert 'unplanned_queries_total{method="GET",view="' in done.stdout
