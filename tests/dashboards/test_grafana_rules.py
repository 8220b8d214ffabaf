"""Rules in Grafana: it judges the same rows by the same bounds, and says what it can of them."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from tests.dashboards.conftest import Looked
from tests.dashboards.test_boards import NUMBERS, TEXTS
from tests.servers.grafana import check
from windvane.dashboards.alerts.reading import load
from windvane.dashboards.alerts.rule import Missing, Rule, RuleFile, Severity, Trouble
from windvane.dashboards.board import Link, Unit
from windvane.dashboards.boards import boards
from windvane.dashboards.grafana.files import alerting
from windvane.dashboards.grafana.rule import group, groups
from windvane.dashboards.grafana.wording import description
from windvane.dashboards.macros import Span, expand
from windvane.stream.signals import Signal

SHIPPED = {rule.name: rule for rule in load([], list(Signal)).rules}
PANELS = {board.uid: len(board.panels) for board in boards()}
SOURCE = "windvane-clickhouse"
each_shipped = pytest.mark.parametrize("name", SHIPPED)


def rule(**more: Any) -> Rule:
    about = {
        "name": "calls-fail",
        "title": "Calls fail",
        "sql": "SELECT 'shop' AS service, 0.5 AS value, 7 AS errors FROM activity WHERE $__timeFilter(begins)",
        "labels": ("service",),
        "above": 0.1,
        "unit": Unit.SHARE,
        "message": "{service} fails: {value}",
        "todo": "Look.",
        "link": Link("windvane-overview"),
    }
    return Rule(**{**about, **more})


def over_http(one: Rule, **receivers: str) -> dict[str, Any]:
    (seconds,) = groups([one])
    body = group(seconds, [one], "windvane", SOURCE, receivers)
    check("AlertRuleGroup", body)
    found: dict[str, Any] = body["rules"][0]
    return found


def in_file(one: Rule) -> dict[str, Any]:
    found: dict[str, Any] = alerting(RuleFile(rules=(one,)), SOURCE)["groups"][0]["rules"][0]
    return found


def sql(one: Rule) -> str:
    text: str = over_http(one)["data"][0]["model"]["rawSql"]
    return text


def asked(looked: Looked, one: Rule) -> tuple[dict[str, str], list[Any]]:
    moment = looked.span.end_ms
    span = Span(moment - one.window_s * 1000, moment)
    told = msgspec.json.decode(looked.reader.text(expand(sql(one), span), "columns"))
    return {column["name"]: column["type"] for column in told["meta"]}, told["data"]


def test_there_are_shipped_rules() -> None:
    assert len(SHIPPED) > 10


@each_shipped
def test_a_rule_is_what_grafana_takes(name: str) -> None:
    told = over_http(SHIPPED[name])
    assert re.fullmatch(r"windvane-[\w-]{1,31}", told["uid"]) and told["condition"] == "C"
    query, threshold = told["data"]
    assert (query["refId"], threshold["refId"], threshold["model"]["expression"]) == ("A", "C", "A")
    assert query["datasourceUid"] == SOURCE and threshold["datasourceUid"] == "__expr__"
    assert query["relativeTimeRange"]["from"] > query["relativeTimeRange"]["to"]
    assert query["model"]["format"] == 1 and query["model"]["intervalMs"] >= 10_000
    assert not [label for label in told["labels"] if label.startswith("__")]
    board, panel = told["annotations"]["__dashboardUid__"], int(told["annotations"]["__panelId__"])
    assert 1 <= panel <= PANELS[board]


@each_shipped
def test_the_backend_alone_can_expand_a_rules_sql(name: str) -> None:
    text = sql(SHIPPED[name])
    assert "${" not in text and "now()" not in text
    macros = set(re.findall(r"\$__(\w+)", text))
    assert macros <= {"timeFilter", "timeFilter_ms", "fromTime", "toTime", "fromTime_ms", "toTime_ms", "dateFilter"}


@each_shipped
def test_the_engine_answers_with_labels_and_one_number(demo_store: Looked, name: str) -> None:
    one = SHIPPED[name]
    columns, rows = asked(demo_store, one)
    assert list(columns) == [*one.labels, "value"], "another column would be a label, or a second number"
    assert all(TEXTS.match(columns[label]) for label in one.labels), "a number would be taken for a value"
    assert NUMBERS.match(columns["value"])
    labels = [tuple(row[:-1]) for row in rows]
    assert len(set(labels)) == len(labels)


@each_shipped
def test_where_nothing_has_happened_a_rule_is_no_error(empty_store: Looked, name: str) -> None:
    asked(empty_store, SHIPPED[name])


def test_uids_and_titles_are_there_once() -> None:
    rules = [over_http(one) for one in SHIPPED.values()]
    for key in ("uid", "title"):
        assert len({told[key] for told in rules}) == len(rules)


@each_shipped
def test_files_say_the_same_in_their_own_words(name: str) -> None:
    http, file = over_http(SHIPPED[name]), in_file(SHIPPED[name])
    check("AlertRuleExport", {**file, "noDataState": "OK", "execErrState": "Error"})
    names = {"keep_firing_for": "keepFiringFor", "missingSeriesEvalsToResolve": "missing_series_evals_to_resolve"}
    for key in ("uid", "condition", "for", "noDataState", "execErrState", "data"):
        names[key] = key
    for ours, theirs in names.items():
        assert http[ours] == file[theirs], ours
    assert not {"orgID", "folderUID", "ruleGroup"} & file.keys() and isinstance(file["panelId"], int)
    assert not {label for label in file["annotations"] if label.startswith("__")}
    assert file["dashboardUid"] == http["annotations"]["__dashboardUid__"]
    assert file["annotations"].items() <= http["annotations"].items()


@pytest.mark.parametrize(
    ("bounds", "loads", "unloads"),
    [
        ({"above": 5.0}, ("gt", 5.0), None),
        ({"above": 5.0, "until": 2.0}, ("gt", 5.0), ("lte", 2.0)),
        ({"above": None, "below": 5.0}, ("lt", 5.0), None),
        ({"above": None, "below": 5.0, "until": 8.0}, ("lt", 5.0), ("gte", 8.0)),
    ],
)
def test_bounds_are_grafanas_threshold(bounds: dict[str, Any], loads: Any, unloads: Any) -> None:
    (condition,) = over_http(rule(**bounds))["data"][1]["model"]["conditions"]
    assert condition["evaluator"] == {"type": loads[0], "params": [loads[1]]}
    ends = condition.get("unloadEvaluator")
    assert ends == (unloads and {"type": unloads[0], "params": [unloads[1]]})


def test_times_states_and_severity_go_along() -> None:
    told = over_http(rule(for_s=120, keep_s=90, window_s=3600, severity=Severity.CRITICAL, extra={"team": "search"}))
    assert (told["for"], told["keep_firing_for"]) == ("2m", "1m30s")
    assert told["data"][0]["relativeTimeRange"] == {"from": 3600, "to": 0}
    assert told["labels"] == {"severity": "critical", "rule": "calls-fail", "team": "search"}
    for missing, state in ((Missing.OK, "OK"), (Missing.ALERT, "Alerting"), (Missing.KEEP, "KeepLast")):
        assert over_http(rule(no_data=missing))["noDataState"] == state
    for trouble, state in ((Trouble.ALERT, "Error"), (Trouble.KEEP, "KeepLast")):
        assert over_http(rule(on_error=trouble))["execErrState"] == state


def test_rules_of_one_interval_are_a_group_and_intervals_are_tens_of_seconds() -> None:
    some = [rule(name=f"r{every}", every_s=every) for every in (60, 5, 60, 45, 10)]
    assert {seconds: len(them) for seconds, them in groups(some).items()} == {10: 2, 50: 1, 60: 2}


def test_who_is_told_is_said_by_the_rule() -> None:
    told = over_http(rule(group_by=("service", "alertname"), repeat_s=7200), **{"calls-fail": "windvane pager"})
    assert told["notification_settings"] == {
        "receiver": "windvane pager",
        "group_by": ["grafana_folder", "alertname", "service"],
        "repeat_interval": "2h",
    }
    assert "notification_settings" not in over_http(rule())


def test_a_sentence_that_grafana_can_fill_is_kept_and_another_becomes_title_labels_and_value() -> None:
    assert "{{ .Labels.service }} fails: {{ humanizePercentage .Values.A.Value }}" in description(rule())
    lacking = description(rule(message="{service}: {errors} calls failed, {value}"))
    assert "errors" not in lacking
    assert (
        "Calls fail: {{ humanizePercentage .Values.A.Value }}{{ with .Labels.service }}, service {{ . }}{{ end }}"
        in lacking
    )
    assert ".Value }}" not in description(rule(message="{says}")).partition("}}")[2], "a value that says nothing"


@each_shipped
def test_templates_are_whole_and_hold_no_dollar(name: str) -> None:
    text = description(SHIPPED[name])
    assert text.count("{{") == text.count("}}") and "$" not in text
    opened = len(re.findall(r"\{\{ (?:if|with) ", text))
    assert opened == text.count("{{ end }}") > 0
    known = set(re.findall(r"\.Labels\.(\w+)", text))
    assert known <= set(SHIPPED[name].labels)


def test_a_dollar_in_a_file_is_doubled_but_not_in_sql_and_annotations() -> None:
    one = in_file(rule(title="Costs $5", extra={"note": "$HOME"}, message="$5: {value}"))
    assert one["title"] == "Costs $$5" and one["labels"]["note"] == "$$HOME"
    assert one["annotations"]["description"].count("$") == 1 and one["annotations"]["summary"] == "Costs $5"
    assert "$__timeFilter" in one["data"][0]["model"]["rawSql"] and "$$" not in one["data"][0]["model"]["rawSql"]
