"""A board in words that the browser understands."""

from __future__ import annotations

from typing import Any

from windvane.dashboards.board import FILTERS, Board, Column, Panel

__all__ = ["describe", "summary"]


def summary(board: Board) -> dict[str, Any]:
    """Return what the list of boards says of one. A filter is `chosen` from what there is, or typed."""
    filters = [{"name": name, "chosen": bool(FILTERS[name])} for name in board.filters]
    return {
        "uid": board.uid,
        "title": board.title,
        "question": board.question,
        "place": board.place,
        "range": board.range,
        "filters": filters,
    }


def describe(board: Board) -> dict[str, Any]:
    """Return everything of a board, its SQL too: the page shows it to those who want to know."""
    numbers = iter(range(1, len(board.panels) + 1))
    rows = [
        {"title": row.title, "panels": [{"number": next(numbers), **_panel(panel)} for panel in row.panels]}
        for row in board.rows
    ]
    return {**summary(board), "rows": rows}


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "title": panel.title,
        "question": panel.question,
        "todo": panel.todo,
        "empty": panel.empty,
        "kind": panel.kind,
        "unit": panel.unit,
        "below": panel.below,
        "thresholds": [{"value": threshold.value, "level": threshold.level} for threshold in panel.thresholds],
        "columns": [_column(column) for column in panel.columns],
        "stacked": panel.stacked,
        "width": panel.width,
        "height": panel.height,
        "sql": panel.sql,
    }


def _column(column: Column) -> dict[str, Any]:
    link = column.link and {"board": column.link.board, "filters": dict(column.link.filters)}
    return {"name": column.name, "title": column.title, "unit": column.unit, "link": link}
