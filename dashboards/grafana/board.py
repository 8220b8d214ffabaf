"""A board as a dashboard of Grafana."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from windvane.dashboards.board import FILTERS, Board
from windvane.dashboards.boards import boards
from windvane.dashboards.grafana.names import DATASOURCE, TAG, source
from windvane.dashboards.grafana.panel import panel

__all__ = ["dashboard", "dashboards"]

_SCHEMA: Final = 39
"""Grafana's version of the model: that of 11; later ones read it and bring it to theirs."""
_COLUMNS: Final = 24
_HEADINGS: Final = 1000
"""Headings of rows have numbers, too: from here on, so that a panel's stays its place on the board."""


def dashboards(datasource: str = DATASOURCE) -> list[dict[str, Any]]:
    """Return all boards, in their order, as dashboards."""
    titles = {board.uid: board.title for board in boards()}
    return [dashboard(board, datasource, titles) for board in boards()]


def dashboard(board: Board, datasource: str, titles: Mapping[str, str]) -> dict[str, Any]:
    """Return Grafana's model of a board. `titles` are those of all boards, by uid, for links."""
    return {
        "uid": board.uid,
        "title": f"windvane / {board.title}",
        "description": board.question,
        "tags": [TAG],
        "schemaVersion": _SCHEMA,
        "editable": False,
        # As on the local page and in what alerts say.
        "timezone": "utc",
        "time": {"from": board.range, "to": "now"},
        "refresh": "30s",
        "graphTooltip": 1,
        "links": [
            {
                "type": "dashboards",
                "title": "windvane",
                "tags": [TAG],
                "asDropdown": True,
                "includeVars": True,
                "keepTime": True,
                "icon": "external link",
                "targetBlank": False,
            }
        ],
        "templating": {"list": [_variable(name, datasource) for name in board.filters]},
        "panels": list(_panels(board, datasource, titles)),
    }


def _panels(board: Board, datasource: str, titles: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    number, y = 1, 0
    for heading, row in enumerate(board.rows, _HEADINGS + 1):
        yield {
            "id": heading,
            "type": "row",
            "title": row.title,
            "gridPos": {"h": 1, "w": _COLUMNS, "x": 0, "y": y},
            "collapsed": False,
            "panels": [],
        }
        x, y, line = 0, y + 1, 0
        for one in row.panels:
            if x + one.width > _COLUMNS:
                x, y, line = 0, y + line, 0
            yield panel(one, number, {"h": one.height, "w": one.width, "x": x, "y": y}, datasource, titles)
            number, x, line = number + 1, x + one.width, max(line, one.height)
        y += line


def _variable(name: str, datasource: str) -> dict[str, Any]:
    common = {"name": name, "label": name.capitalize(), "hide": 0, "skipUrlSync": False}
    if not (sql := FILTERS[name]):
        # Empty, it is a string without characters: `IN (${call:singlequote})` becomes `IN ('')`.
        nothing = {"text": "", "value": ""}
        return {
            **common,
            "type": "textbox",
            "query": "",
            "current": nothing,
            "options": [{**nothing, "selected": True}],
        }
    return {
        **common,
        "type": "query",
        "datasource": source(datasource),
        "query": {"refId": name, "editorType": "sql", "queryType": "table", "format": 1, "rawSql": sql},
        "definition": sql,
        "refresh": 2,
        "sort": 1,
        "regex": "",
        "multi": True,
        "includeAll": True,
        # In place of a list of all there are, which may be empty: "nothing chosen" is the empty string here, too.
        "allValue": "''",
        "current": {"text": ["All"], "value": ["$__all"]},
        "options": [],
    }
