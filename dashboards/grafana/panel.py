"""A panel of ours as a panel of Grafana's."""

from __future__ import annotations

import re
from typing import Any, Final

from windvane.dashboards.board import Column, Kind, Level, Link, Panel
from windvane.dashboards.grafana.source import SOURCE, target

__all__ = ["panel_json"]

_TYPES: Final = {Kind.STAT: "stat", Kind.LINES: "timeseries", Kind.BARS: "barchart", Kind.TABLE: "table"}
_COLOURS: Final = {Level.GOOD: "green", Level.WARNING: "orange", Level.BAD: "red"}
_PLUGIN_VERSION: Final = "11.6.0"
"""The oldest Grafana that these panels are for: what later ones call otherwise, they migrate by this."""


def panel_json(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    """Return the panel with the id `number`, at `place` (its gridPos)."""
    made = {
        "id": number,
        "type": _TYPES[panel.kind],
        "title": panel.title,
        "description": f"{panel.question}\n\nWhat to do: {panel.todo}",
        "datasource": SOURCE,
        "gridPos": place,
        "pluginVersion": _PLUGIN_VERSION,
        # No bucket is shorter than the rollups' minute.
        "interval": "1m",
        "targets": [target(panel.sql, series=panel.kind is Kind.LINES)],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": _overrides(panel)},
        "options": _OPTIONS[panel.kind] | _options(panel),
    }
    if panel.columns:
        order = {column.name: at for at, column in enumerate(panel.columns)}
        made["transformations"] = [{"id": "organize", "options": {"indexByName": order}}]
    return made


def _defaults(panel: Panel) -> dict[str, Any]:
    coloured = bool(panel.thresholds)
    steps: list[dict[str, Any]] = [{"color": _COLOURS[panel.below] if coloured else "text", "value": None}]
    steps += [{"color": _COLOURS[threshold.level], "value": threshold.value} for threshold in panel.thresholds]
    by_value = coloured or panel.kind is Kind.STAT
    return {
        "unit": panel.unit.value,
        "noValue": panel.empty,
        "thresholds": {"mode": "absolute", "steps": steps},
        "color": {"mode": "thresholds" if by_value and panel.kind is not Kind.LINES else "palette-classic"},
        "custom": _custom(panel),
    }


def _custom(panel: Panel) -> dict[str, Any]:
    if panel.kind is Kind.LINES:
        return {
            "drawStyle": "line",
            "lineWidth": 1,
            "fillOpacity": 10,
            "showPoints": "never",
            "spanNulls": False,
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "line" if panel.thresholds else "off"},
        }
    return {"fillOpacity": 80, "lineWidth": 1} if panel.kind is Kind.BARS else {}


_OPTIONS: Final[dict[Kind, dict[str, Any]]] = {
    Kind.STAT: {
        "reduceOptions": {"values": False, "calcs": ["lastNotNull"], "fields": "/^value$/"},
        "graphMode": "none",
        "justifyMode": "auto",
        "textMode": "value",
    },
    Kind.LINES: {
        "legend": {"displayMode": "table", "placement": "bottom", "showLegend": True, "calcs": ["lastNotNull", "max"]},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    Kind.BARS: {
        "orientation": "horizontal",
        "xField": "name",
        "showValue": "auto",
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    },
    Kind.TABLE: {"showHeader": True, "cellHeight": "sm"},
}


def _options(panel: Panel) -> dict[str, Any]:
    return {"colorMode": "value" if panel.thresholds else "none"} if panel.kind is Kind.STAT else {}


def _overrides(panel: Panel) -> list[dict[str, Any]]:
    if not panel.columns:
        return []
    shown = "|".join(re.escape(column.name) for column in panel.columns)
    # A column that is left out of the frame could not be named by a link: so it is hidden.
    hidden = {
        "matcher": {"id": "byRegexp", "options": f"/^(?!(?:{shown})$).+$/"},
        "properties": [{"id": "custom.hidden", "value": True}],
    }
    return [*map(_column, panel.columns), hidden]


def _column(column: Column) -> dict[str, Any]:
    properties: list[dict[str, Any]] = [
        {"id": "displayName", "value": column.title},
        {"id": "unit", "value": column.unit.value},
        # The panel's sentence for no rows at all is not for one empty cell.
        {"id": "noValue", "value": "–"},
    ]
    if column.link:
        properties.append({"id": "links", "value": [{"title": "Look closer", "url": _url(column.link)}]})
    return {"matcher": {"id": "byName", "options": column.name}, "properties": properties}


def _url(link: Link) -> str:
    # percentencode: Grafana's default leaves & and # in a value as they are.
    chosen = (f'var-{name}=${{__data.fields["{column}"]:percentencode}}' for name, column in link.filters.items())
    return "&".join([f"/d/{link.board}?${{__url_time_range}}", *chosen])
