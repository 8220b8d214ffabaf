"""A real Grafana, for who has one: `docker compose up -d --build --wait`, then WINDVANE_TEST_GRAFANA=http://admin:…@127.0.0.1:3000.

It has what `windvane grafana write` wrote; nothing is changed in it.
"""

from __future__ import annotations

import base64
import json
import os
import time
import urllib.request
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import pytest

from tests.dashboards.test_grafana_rules import SHIPPED, over_http
from windvane.dashboards.board import Kind
from windvane.dashboards.boards import boards
from windvane.dashboards.grafana.names import DATASOURCE, source
from windvane.dashboards.macros import Span, expand

ADDRESS: Final = os.environ.get("WINDVANE_TEST_GRAFANA", "")
pytestmark = pytest.mark.skipif(
    not ADDRESS, reason="no Grafana: set WINDVANE_TEST_GRAFANA to http://user:password@host:port"
)


def ask(path: str, body: Any = None) -> Any:
    parts = urlsplit(ADDRESS)
    known = base64.b64encode(f"{unquote(parts.username or '')}:{unquote(parts.password or '')}".encode()).decode()
    url = f"{parts.scheme}://{parts.hostname}:{parts.port or 3000}/api{path}"
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None)
    request.add_header("Authorization", f"Basic {known}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def answered(model: dict[str, Any], start_ms: int, end_ms: int) -> dict[str, Any]:
    query = {"intervalMs": 60_000, "maxDataPoints": 500, **model, "datasource": source(DATASOURCE)}
    told: dict[str, Any] = ask("/ds/query", {"queries": [query], "from": str(start_ms), "to": str(end_ms)})["results"][
        "A"
    ]
    return told


def test_it_is_well_and_can_ask_clickhouse() -> None:
    assert ask("/health")["database"] == "ok"
    assert ask(f"/datasources/uid/{DATASOURCE}/health")["status"] == "OK"


def test_it_has_the_boards() -> None:
    assert {board["uid"] for board in ask("/search?tag=windvane")} >= {board.uid for board in boards()}


def test_every_panel_is_answered() -> None:
    now = time.time_ns() // 1_000_000
    span = Span(now - 6 * 3_600_000, now)
    for board in boards():
        for panel in board.panels:
            model = {"refId": "A", "format": 0 if panel.kind is Kind.LINES else 1, "rawSql": expand(panel.sql, span)}
            told = answered(model, span.start_ms, span.end_ms)
            assert told["status"] == 200 and "error" not in told, f"{board.uid}: {panel.title}"


def test_every_rules_query_is_answered_with_its_macros() -> None:
    now = time.time_ns() // 1_000_000
    for name, rule in SHIPPED.items():
        query = over_http(rule)["data"][0]
        told = answered(query["model"], now - query["relativeTimeRange"]["from"] * 1000, now)
        assert told["status"] == 200 and "error" not in told, name


def test_every_rule_is_judged_without_an_error() -> None:
    groups = ask("/prometheus/grafana/api/v1/rules")["data"]["groups"]
    health = {
        rule["name"]: rule["health"] for group in groups if group["file"] == "windvane" for rule in group["rules"]
    }
    assert health.keys() >= {rule.title for rule in SHIPPED.values()}
    assert {name: how for name, how in health.items() if how not in ("ok", "nodata", "unknown")} == {}
