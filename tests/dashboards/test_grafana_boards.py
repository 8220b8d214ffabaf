"""Boards in Grafana: every panel is there, asks what the board asks, and leads where it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from dataclasses import replace
from typing import Any

import pytest

from tests.servers.grafana import check
from windvane.dashboards import grafana
from windvane.dashboards.board import FILTERS, Kind, Level, Panel, Row, Threshold
from windvane.dashboards.boards import boards
from windvane.dashboards.grafana.board import dashboard, dashboards
from windvane.dashboards.grafana.panel import panel

BOARDS = {board.uid: board for board in boards()}
DASHBOARDS = {model["uid"]: model for model in dashboards()}
SOURCE = {"type": "grafana-clickhouse-datasource", "uid": "windvane-clickhouse"}
each_board = pytest.mark.parametrize("uid", BOARDS)


def panels(uid: str) -> list[dict[str, Any]]:
    return [one for one in DASHBOARDS[uid]["panels"] if one["type"] != "row"]


def drawn(**more: Any) -> dict[str, Any]:
    words = {"title": "T", "question": "Why?", "sql": "SELECT 1 AS value", "todo": "Look."}
    return panel(Panel(**{**words, **more}), 1, {"h": 8, "w": 12, "x": 0, "y": 0}, "own", {"windvane-call": "One call"})


@pytest.mark.parametrize("module", [name for _, name, _ in pkgutil.walk_packages(grafana.__path__, "x.")])
def test_examples_in_the_code_hold(module: str) -> None:
    loaded = importlib.import_module(module.replace("x", grafana.__name__, 1))
    assert doctest.testmod(loaded).failed == 0


@each_board
def test_a_board_is_what_grafana_takes(uid: str) -> None:
    check("SaveDashboardCommand", {"dashboard": DASHBOARDS[uid], "folderUid": "windvane", "overwrite": True})
    assert DASHBOARDS[uid]["title"] == f"windvane / {BOARDS[uid].title}" and DASHBOARDS[uid]["tags"] == ["windvane"]
    assert "id" not in DASHBOARDS[uid] and "__inputs" not in DASHBOARDS[uid]


@each_board
def test_every_panel_is_there_in_its_order_with_its_own_sql(uid: str) -> None:
    shown, ours = panels(uid), BOARDS[uid].panels
    assert [one["id"] for one in shown] == list(range(1, len(ours) + 1))
    assert [one["targets"][0]["rawSql"] for one in shown] == [one.sql for one in ours]
    for one, wanted in zip(shown, ours, strict=True):
        assert one["title"] == wanted.title and one["fieldConfig"]["defaults"]["unit"] == wanted.unit
        assert wanted.question in one["description"] and wanted.todo in one["description"]
        assert one["fieldConfig"]["defaults"]["noValue"] == wanted.empty and one["interval"] == "1m"
        assert "$" not in one["description"] + one["title"], "there, too, Grafana would see variables"


@each_board
def test_a_query_has_the_shape_that_its_panel_draws(uid: str) -> None:
    for one, wanted in zip(panels(uid), BOARDS[uid].panels, strict=True):
        (target,) = one["targets"]
        assert target["datasource"] == one["datasource"] == SOURCE
        assert target["format"] == (0 if wanted.kind is Kind.LINES else 1), "numbers: a word loses the time zone"
        assert one["type"] == {"stat": "stat", "lines": "timeseries", "bars": "barchart", "table": "table"}[wanted.kind]
        # In JavaScript's replace, which puts the condition in, these stand for parts of the query.
        assert not re.search(r"\$[&'`$]", wanted.sql)


@each_board
def test_nothing_lies_on_something_else(uid: str) -> None:
    numbers = [one["id"] for one in DASHBOARDS[uid]["panels"]]
    assert len(set(numbers)) == len(numbers)
    taken: set[tuple[int, int]] = set()
    for one in DASHBOARDS[uid]["panels"]:
        at = one["gridPos"]
        assert at["x"] >= 0 and at["x"] + at["w"] <= 24
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        taken |= cells


@each_board
def test_filters_are_variables_and_no_others_are_used(uid: str) -> None:
    variables = {one["name"]: one for one in DASHBOARDS[uid]["templating"]["list"]}
    assert tuple(variables) == BOARDS[uid].filters
    used = {name for one in panels(uid) for name in re.findall(r"\$\{(\w+)", one["targets"][0]["rawSql"])}
    used |= {name for one in panels(uid) for name in re.findall(r", \$([a-z]\w*)\)", one["targets"][0]["rawSql"])}
    assert used <= variables.keys()
    for name, one in variables.items():
        if FILTERS[name]:
            assert one["type"] == "query" and one["query"]["rawSql"] == FILTERS[name] and one["query"]["format"] == 1
            assert one["includeAll"] and one["multi"] and one["current"]["value"] == ["$__all"]
            assert one["allValue"] == "''" and one["datasource"] == SOURCE and one["refresh"] == 2
            assert "${" not in one["query"]["rawSql"], "what one filter offers does not hang on another"
        else:
            assert one["type"] == "textbox" and one["current"]["value"] == one["query"] == ""


@each_board
def test_links_lead_to_a_board_that_has_the_filter_and_say_which_row(uid: str) -> None:
    for one, wanted in zip(panels(uid), BOARDS[uid].panels, strict=True):
        leading = [column.link for column in wanted.columns if column.link]
        overrides = {each["matcher"]["options"]: each["properties"] for each in one["fieldConfig"]["overrides"]}
        links = [
            link["url"]
            for each in overrides.values()
            for given in each
            if given["id"] == "links"
            for link in given["value"]
        ]
        assert len(links) == len(leading)
        for url in links:
            found = re.fullmatch(
                r"/d/([\w-]+)\?\$\{__url_time_range\}((?:&var-\w+=\$\{__data\.fields\.\w+:percentencode\})*)", url
            )
            assert found and set(re.findall(r"var-(\w+)=", found[2])) <= set(BOARDS[found[1]].filters)
            for column in re.findall(r"fields\.(\w+)", found[2]):
                assert {"id": "noValue", "value": ""} in overrides[column], "an empty cell would be a filter"


@each_board
def test_a_table_shows_the_columns_that_are_named_and_no_others(uid: str) -> None:
    for one, wanted in zip(panels(uid), BOARDS[uid].panels, strict=True):
        if wanted.kind is not Kind.TABLE:
            assert one["fieldConfig"]["overrides"] == []
            continue
        custom = one["fieldConfig"]["defaults"]["custom"]
        assert custom["hidden"] and custom["hideFrom"]["viz"]
        overrides = {each["matcher"]["options"]: each["properties"] for each in one["fieldConfig"]["overrides"]}
        shown = {name for name, each in overrides.items() if {"id": "custom.hideFrom.viz", "value": False} in each}
        assert shown == {column.name for column in wanted.columns}
        for column in wanted.columns:
            assert {"id": "displayName", "value": column.title} in overrides[column.name]
            assert {"id": "unit", "value": column.unit.value} in overrides[column.name]


def test_colours_begin_at_their_thresholds_and_without_one_nothing_is_coloured() -> None:
    at = (Threshold(0.6, Level.WARNING), Threshold(0.8, Level.GOOD))
    told = drawn(kind=Kind.STAT, thresholds=at, below=Level.BAD)["fieldConfig"]["defaults"]
    steps = [(step["value"], step["color"]) for step in told["thresholds"]["steps"]]
    assert steps == [(None, "red"), (0.6, "orange"), (0.8, "green")] and told["color"] == {"mode": "thresholds"}
    plain = drawn(kind=Kind.STAT)["fieldConfig"]["defaults"]
    assert plain["color"] == {"mode": "fixed", "fixedColor": "text"} and len(plain["thresholds"]["steps"]) == 1
    lines = drawn(kind=Kind.LINES, thresholds=at, stacked=True)["fieldConfig"]["defaults"]
    assert lines["custom"]["thresholdsStyle"] == {"mode": "dashed"}
    assert lines["custom"]["stacking"]["mode"] == "normal"


def test_panels_flow_to_the_next_line_below_the_highest_of_theirs() -> None:
    one = Panel(title="T", question="Why?", sql="SELECT 1 AS value", todo="Look.", kind=Kind.STAT)
    sizes = ((16, 3), (8, 5), (12, 4))
    row = Row("R", tuple(replace(one, title=str(size), width=size[0], height=size[1]) for size in sizes))
    model = dashboard(replace(boards()[0], rows=(row, row)), "own", {})
    places = [tuple(one["gridPos"][key] for key in "xywh") for one in model["panels"]]
    assert places[:4] == [(0, 0, 24, 1), (0, 1, 16, 3), (16, 1, 8, 5), (0, 6, 12, 4)]
    assert places[4] == (0, 10, 24, 1)
