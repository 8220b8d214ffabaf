"""A board of ours as a dashboard of Grafana's: the same panels, the same SQL, sent as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from windvane.dashboards.board import FILTERS, Board, Panel
from windvane.dashboards.grafana.panel import panel_json
from windvane.dashboards.grafana.source import SOURCE, target

__all__ = ["TAG", "dashboard_json"]

TAG: Final = "windvane"
"""On every dashboard of ours: what has our uid and not this tag is somebody else's."""
_SCHEMA_VERSION: Final = 41
"""Grafana 11.6's; later ones read it too."""
_COLUMNS: Final = 24
_FIRST_ROW_ID: Final = 1001
"""Panels have their place on the board as id, so that rules can name them; rows come after any of them."""

_LINKS: Final = [
    {
        "title": "windvane",
        "type": "dashboards",
        "tags": [TAG],
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
        "targetBlank": False,
        "icon": "external link",
        "tooltip": "",
        "url": "",
    }
]


def dashboard_json(board: Board) -> dict[str, Any]:
    """Return the dashboard. It is the same for the same board, to the letter, whenever and wherever it is made."""
    return {
        "uid": board.uid,
        "title": f"windvane / {board.title}",
        "description": board.question,
        "tags": [TAG],
        "schemaVersion": _SCHEMA_VERSION,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "utc",
        "refresh": "30s",
        "time": {"from": board.range, "to": "now"},
        "links": _LINKS,
        "templating": {"list": [_variable(name) for name in board.filters]},
        "annotations": {"list": []},
        "panels": list(_flow(board)),
    }


def _flow(board: Board) -> Iterator[dict[str, Any]]:
    y, number = 0, 0
    for at, row in enumerate(board.rows):
        yield {
            "id": _FIRST_ROW_ID + at,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "gridPos": {"x": 0, "y": y, "w": _COLUMNS, "h": 1},
            "panels": [],
        }
        y += 1
        for line in _lines(row.panels):
            x = 0
            for panel in line:
                number += 1
                yield panel_json(panel, number, {"x": x, "y": y, "w": panel.width, "h": panel.height})
                x += panel.width
            y += max(panel.height for panel in line)


def _lines(panels: tuple[Panel, ...]) -> Iterator[list[Panel]]:
    line: list[Panel] = []
    for panel in panels:
        if line and sum(before.width for before in line) + panel.width > _COLUMNS:
            yield line
            line = []
        line.append(panel)
    if line:
        yield line


def _variable(name: str) -> dict[str, Any]:
    named = {"name": name, "label": name.capitalize(), "hide": 0, "skipUrlSync": False}
    if not (sql := FILTERS[name]):
        empty = {"text": "", "value": "", "selected": True}
        return {**named, "type": "textbox", "query": "", "current": empty, "options": [empty]}
    asked = {
        **named,
        "type": "query",
        "datasource": SOURCE,
        "query": target(sql),
        "definition": sql,
        # On every change of the time range: what may be chosen is what was called then.
        "refresh": 2,
        "sort": 1,
        "regex": "",
        "options": [],
    }
    if name in ("service", "model"):
        everything = {"text": ["All"], "value": ["$__all"], "selected": True}
        return {**asked, "multi": True, "includeAll": True, "allValue": None, "current": everything}
    return {**asked, "multi": False, "includeAll": False, "current": {}}
