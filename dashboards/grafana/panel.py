"""One panel of a board, as Grafana draws it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from windvane.dashboards.board import Kind, Level, Panel, Unit
from windvane.dashboards.grafana.names import source
from windvane.dashboards.grafana.table import columns, hidden

__all__ = ["panel"]

_TYPES: Final = {Kind.STAT: "stat", Kind.LINES: "timeseries", Kind.BARS: "barchart", Kind.TABLE: "table"}
_COLOURS: Final = {Level.GOOD: "green", Level.WARNING: "orange", Level.BAD: "red"}
_SERIES, _TABLE = 0, 1
"""Formats of the data source, as numbers: given the names, it drops what it knows of the time zone."""
_INTERVAL: Final = "1m"
"""Sums are kept by the minute: finer buckets would be empty."""


def panel(one: Panel, number: int, at: Mapping[str, int], datasource: str, titles: Mapping[str, str]) -> dict[str, Any]:
    """Return Grafana's model of a panel.

    `number` is its place on the board, from 1; `at` its `gridPos`; `titles` those of all boards, by uid, for links.
    """
    return {
        "id": number,
        "type": _TYPES[one.kind],
        "title": one.title,
        "description": f"{one.question}\n\n{one.todo}",
        "gridPos": dict(at),
        "datasource": source(datasource),
        "interval": _INTERVAL,
        "targets": [_target(one, datasource)],
        "options": _options(one),
        "fieldConfig": {
            "defaults": {
                "unit": one.unit.value,
                "noValue": one.empty,
                "color": _colour(one),
                "thresholds": _thresholds(one),
                "custom": _custom(one),
            },
            "overrides": columns(one, titles) if one.kind is Kind.TABLE else [],
        },
    }


def _target(one: Panel, datasource: str) -> dict[str, Any]:
    lines = one.kind is Kind.LINES
    return {
        "refId": "A",
        "datasource": source(datasource),
        "editorType": "sql",
        "queryType": "timeseries" if lines else "table",
        "format": _SERIES if lines else _TABLE,
        "rawSql": one.sql,
    }


def _colour(one: Panel) -> dict[str, str]:
    if one.kind is Kind.LINES:
        return {"mode": "palette-classic"}
    if one.thresholds:
        return {"mode": "thresholds"}
    return {"mode": "fixed", "fixedColor": "blue" if one.kind is Kind.BARS else "text"}


def _thresholds(one: Panel) -> dict[str, Any]:
    base = {"color": _COLOURS[one.below] if one.thresholds else "text", "value": None}
    return {
        "mode": "absolute",
        "steps": [base, *({"color": _COLOURS[step.level], "value": step.value} for step in one.thresholds)],
    }


def _custom(one: Panel) -> dict[str, Any]:
    match one.kind:
        case Kind.LINES:
            return {
                "drawStyle": "line",
                "lineWidth": 1,
                "fillOpacity": 40 if one.stacked else 10,
                # A point between two gaps has no line.
                "showPoints": "auto",
                "spanNulls": False,
                "stacking": {"mode": "normal" if one.stacked else "none", "group": "A"},
                "thresholdsStyle": {"mode": "dashed" if one.thresholds else "off"},
                **({"axisSoftMin": 0} if one.unit is not Unit.SCORE else {}),
            }
        case Kind.TABLE:
            return {"align": "auto", "cellOptions": {"type": "auto", "wrapText": True}, **hidden()}
        case _:
            return {}


def _options(one: Panel) -> dict[str, Any]:
    match one.kind:
        case Kind.STAT:
            return {
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                "colorMode": "value",
                "graphMode": "none",
                "textMode": "value",
            }
        case Kind.LINES:
            return {
                "legend": {"displayMode": "table", "placement": "bottom", "showLegend": True,
                           "calcs": ["lastNotNull", "max"]},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }  # fmt: skip
        case Kind.BARS:
            return {
                "xField": "name",
                "orientation": "horizontal",
                "showValue": "auto",
                "stacking": "none",
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
                "tooltip": {"mode": "single", "sort": "none"},
            }
        case _:
            return {"showHeader": True, "cellHeight": "sm"}
