"""The columns of a table: which are shown, how, and where a click on them leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from windvane.dashboards.board import Column, Link, Panel

__all__ = ["address", "columns", "hidden"]


def hidden() -> dict[str, Any]:
    """Return what hides a column: of two names, Grafana before 12.2 reads the first and later ones the second."""
    return {"hidden": True, "hideFrom": {"viz": True, "legend": False, "tooltip": True}}


def columns(panel: Panel, titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the overrides of a table's fields. All fields are hidden; those that `panel.columns` names are shown."""
    shown = {column.name: column for column in panel.columns}
    linked = {name for column in panel.columns if column.link for name in column.link.filters.values()}
    return [
        *({"matcher": _named(name), "properties": _shown(column, titles)} for name, column in shown.items()),
        *({"matcher": _named(name), "properties": [_nothing()]} for name in sorted(linked - shown.keys())),
    ]


def address(link: Link) -> str:
    """Return the address of a data link: the other board, with the time range, and the row's values as its filters.

    >>> address(Link("windvane-call", {"call": "id"}))
    '/d/windvane-call?${__url_time_range}&var-call=${__data.fields.id:percentencode}'
    """
    chosen = "".join(f"&var-{name}=${{__data.fields.{column}:percentencode}}" for name, column in link.filters.items())
    return f"/d/{link.board}?${{__url_time_range}}{chosen}"


def _named(name: str) -> dict[str, str]:
    return {"id": "byName", "options": name}


def _shown(column: Column, titles: Mapping[str, str]) -> list[dict[str, Any]]:
    link = column.link
    return [
        {"id": "displayName", "value": column.title},
        {"id": "unit", "value": column.unit.value},
        {"id": "custom.hidden", "value": False},
        {"id": "custom.hideFrom.viz", "value": False},
        _nothing(),
        *([{"id": "links", "value": [{"title": titles[link.board], "url": address(link)}]}] if link else []),
    ]


def _nothing() -> dict[str, str]:
    """An empty cell stays empty: else it would say the panel's `empty`, and links would carry that as a filter."""
    return {"id": "noValue", "value": ""}
