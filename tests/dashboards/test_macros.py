"""`macros.py` says what Grafana's data source for ClickHouse says: held to what its own code made of 33 queries."""

from __future__ import annotations

from typing import Any

import pytest

from tests.servers.grafana import contract
from windvane.dashboards.macros import Span, expand
from windvane.errors import ConfigError

REFUSED = {
    "interval_plain": "ClickHouse knows no interval `10m`",
    "timeFrom_default": "it is another text from version to version",
    "timeGroup_default": "it is nothing before 4.19",
    "dashboard_var": "an alert has no filters",
}
"""What ours does not expand, on purpose: an error here, and not in the store."""
ELSEWHERE = {"frontend_only"}
"""The data source's backend leaves it as it is: the browser has expanded it before."""


def golden(name: str) -> dict[str, Any]:
    cases: list[dict[str, Any]] = contract("grafana-macro-goldens.json")["cases"]
    return {case["name"]: case for case in cases}[name]


def span(case: dict[str, Any]) -> Span:
    return Span(case["from"], case["to"], case["intervalMs"])


def test_every_query_becomes_what_the_data_source_makes_of_it() -> None:
    cases = [case for case in contract("grafana-macro-goldens.json")["cases"] if case.get("sql")]
    same = [case for case in cases if case["name"] not in REFUSED.keys() | ELSEWHERE]
    assert len(same) >= 25
    for case in same:
        assert expand(case["rawSql"], span(case)) == case["sql"], case["name"]


@pytest.mark.parametrize("name", [name for name in REFUSED if name != "dashboard_var"])
def test_what_is_not_the_same_everywhere_is_refused(name: str) -> None:
    case = golden(name)
    with pytest.raises(ConfigError, match="no macro that boards may use"):
        expand(case["rawSql"], span(case))


def test_a_filter_is_the_condition_or_all() -> None:
    case = golden("frontend_only")
    assert expand(case["rawSql"], span(case)).endswith("WHERE 1=1")
    assert expand(case["rawSql"], span(case), {"service": ["a"]}).endswith("WHERE service IN ('a')")


def test_values_are_literals_whatever_they_hold() -> None:
    case = golden("dashboard_var")
    assert "service IN ('')" in expand(case["rawSql"], span(case))
    values = ["it's", "a\\", "$__toTime", "') OR 1=1 --"]
    text = expand(case["rawSql"], span(case), {"service": values})
    assert r"service IN ('it\'s','a\\','$__toTime','\') OR 1=1 --') AND ts >=" in text
