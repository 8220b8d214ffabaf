"""A rule as Grafana's: what its API and its provisioning files say alike, and then each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, Final

from windvane.dashboards.alerts.rule import Missing, Rule, Trouble
from windvane.dashboards.grafana.names import duration, uid
from windvane.dashboards.grafana.wording import description

__all__ = ["every", "file_group", "group", "groups"]

_NO_DATA: Final = {Missing.OK: "OK", Missing.ALERT: "Alerting", Missing.KEEP: "KeepLast"}
_ON_ERROR: Final = {Trouble.ALERT: "Error", Trouble.KEEP: "KeepLast"}
_TICK_S: Final = 10
"""Grafana judges every ten seconds, or a multiple of that."""
_TABLE: Final = 1
_GONE: Final = 1
"""A series that is no longer there is resolved in the round that misses it, as ours are."""
_PANEL: Final = 1
"""The link's board; of a board's panels, the first says how it is."""


def groups(rules: Iterable[Rule]) -> dict[int, list[Rule]]:
    """Return the rules by how often they are judged, in seconds: in Grafana that is said of a group."""

    def interval(rule: Rule) -> int:
        return max(1, -(-rule.every_s // _TICK_S)) * _TICK_S

    return {seconds: list(some) for seconds, some in groupby(sorted(rules, key=interval), interval)}


def every(seconds: int) -> str:
    """Return the name of a group."""
    return f"windvane every {duration(seconds)}"


def group(seconds: int, rules: Iterable[Rule], folder: str, datasource: str,
          receivers: Mapping[str, str]) -> dict[str, Any]:  # fmt: skip
    """Return the body that makes a group over the API. `folder` is its uid, `receivers` who is told, by rule's name."""
    return {
        "title": every(seconds),
        "folderUid": folder,
        "interval": seconds,
        "rules": [
            {
                **_both(rule, datasource, receivers),
                "orgID": 1,
                "folderUID": folder,
                "ruleGroup": every(seconds),
                "keep_firing_for": duration(rule.keep_s),
                "missingSeriesEvalsToResolve": _GONE,
                "annotations": {
                    **_annotations(rule),
                    "__dashboardUid__": rule.link.board,
                    "__panelId__": str(_PANEL),
                },
            }
            for rule in rules
        ],
    }


def file_group(seconds: int, rules: Iterable[Rule], folder: str, datasource: str,
               receivers: Mapping[str, str]) -> dict[str, Any]:  # fmt: skip
    """Return a group as provisioning files have it: other names, and `folder` is a title."""
    return {
        "orgId": 1,
        "name": every(seconds),
        "folder": folder,
        "interval": duration(seconds),
        "rules": [
            {
                **_both(rule, datasource, receivers),
                "keepFiringFor": duration(rule.keep_s),
                "missing_series_evals_to_resolve": _GONE,
                "annotations": _annotations(rule),
                "dashboardUid": rule.link.board,
                "panelId": _PANEL,
            }
            for rule in rules
        ],
    }


def _both(rule: Rule, datasource: str, receivers: Mapping[str, str]) -> dict[str, Any]:
    told = receivers.get(rule.name)
    return {
        "uid": uid(rule.name),
        "title": rule.title,
        "condition": "C",
        "data": [_query(rule, datasource), _threshold(rule)],
        "for": duration(rule.for_s),
        "noDataState": _NO_DATA[rule.no_data],
        "execErrState": _ON_ERROR[rule.on_error],
        "labels": {"severity": rule.severity.value, "rule": rule.name, **rule.extra},
        "isPaused": False,
        **({"notification_settings": _told(rule, told)} if told else {}),
    }


def _annotations(rule: Rule) -> dict[str, str]:
    return {"summary": rule.title, "description": description(rule), "todo": rule.todo}


def _told(rule: Rule, receiver: str) -> dict[str, Any]:
    # Grafana groups by these two in any case.
    labels = dict.fromkeys(("grafana_folder", "alertname", *rule.group_by))
    return {"receiver": receiver, "group_by": list(labels), "repeat_interval": duration(rule.repeat_s)}


def _query(rule: Rule, datasource: str) -> dict[str, Any]:
    # Only what tells the series apart, and one number: a table of these is a set of labelled numbers. One that is NULL
    # is nothing to judge.
    wanted = ", ".join([*rule.labels, "value"])
    only = f" AND signal = '{rule.signal}'" if rule.signal else ""
    sql = f"SELECT {wanted}\nFROM\n(\n{rule.sql}\n)\nWHERE value IS NOT NULL{only}"
    return {
        "refId": "A",
        "datasourceUid": datasource,
        "relativeTimeRange": {"from": rule.window_s, "to": 0},
        "model": {
            "refId": "A",
            "editorType": "sql",
            "queryType": "table",
            "format": _TABLE,
            # Without it, `$__interval_s` would be one second.
            "intervalMs": 60_000,
            "maxDataPoints": 43_200,
            "rawSql": sql,
        },
    }


def _threshold(rule: Rule) -> dict[str, Any]:
    over = rule.above is not None
    condition: dict[str, Any] = {
        "evaluator": {"type": "gt" if over else "lt", "params": [rule.above if over else rule.below]}
    }
    if rule.until is not None:
        condition["unloadEvaluator"] = {"type": "lte" if over else "gte", "params": [rule.until]}
    return {
        "refId": "C",
        "datasourceUid": "__expr__",
        "relativeTimeRange": {"from": 0, "to": 0},
        "model": {"refId": "C", "type": "threshold", "expression": "A", "conditions": [condition]},
    }
