"""Every board keeps the contract of `dashboards/board.py`: its words, over the demo, and where nothing has happened."""

from __future__ import annotations

import re
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.dashboards.conftest import Looked
from windvane.dashboards.board import FILTERS, Board, Kind, Panel, Unit
from windvane.dashboards.boards import boards
from windvane.dashboards.macros import expand

PAGE = (Path(__file__).parents[2] / "docs" / "boards.md").read_text(encoding="utf-8")


def documented() -> Board:
    """The board that docs/boards.md tells how to add."""
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code
    names: dict[str, Any] = {"__name__": "documented"}
    exec(code[1], names)
    board = names["BOARD"]
    assert isinstance(board, Board)
    return board


BOARDS = {board.uid: board for board in (*boards(), documented())}
PANELS = [(board, panel) for board in BOARDS.values() for panel in board.panels]
NAMES = [f"{board.uid.removeprefix('windvane-')}: {panel.title}" for board, panel in PANELS]
NUMBERS = re.compile(r"^(Nullable\()?(U?Int|Float|Decimal)")
TEXTS = re.compile(r"^(LowCardinality\()?(Nullable\()?(String|UUID|Enum|Bool|FixedString)")
TIMES = re.compile(r"^(Nullable\()?Date")

# What a row names, and the board that tells more of it.
TOLD_BY = {
    "service": "windvane-service",
    "signal": "windvane-signal",
    "id": "windvane-call",
    "conversation": "windvane-conversation",
    "user": "windvane-users",
}

each_panel = pytest.mark.parametrize(("board", "panel"), PANELS, ids=NAMES)


class Answer(msgspec.Struct):
    columns: dict[str, str]
    rows: list[dict[str, Any]]


def ask(looked: Looked, panel: Panel, chosen: dict[str, list[str]]) -> Answer:
    told = msgspec.json.decode(looked.reader.text(expand(panel.sql, looked.span, chosen), "columns"))
    columns = {column["name"]: column["type"] for column in told["meta"]}
    return Answer(columns, [dict(zip(columns, row, strict=True)) for row in told["data"]])


@pytest.fixture(scope="module")
def existing(demo_store: Looked) -> dict[str, list[str]]:
    """One value of each filter that the demo has."""
    changed = "SELECT signal, feature, service_name, gen_ai_request_model FROM signal_changes"
    first = f"{changed} WHERE signal = 'behaviour_shift' ORDER BY signal_changes.time LIMIT 1"
    signal, feature, service, model = demo_store.store.query(first)[1][0]
    called = "SELECT id, gen_ai_conversation_id, user_id FROM calls WHERE error_type != '' LIMIT 1"
    call, conversation, user = demo_store.store.query(called)[1][0]
    values = dict(zip(FILTERS, (service, model, signal, feature, call, conversation, user), strict=True))
    return {name: [value] for name, value in values.items()}


def test_there_is_a_board_for_each_thing_and_their_addresses_stay() -> None:
    assert len({board.uid for board in boards()}) == len(boards()) == len({board.place for board in boards()})
    assert all(re.fullmatch(r"windvane-[a-z]{3,20}", uid) for uid in BOARDS)
    assert all(board.question.rstrip().endswith("?") for board in boards())


def test_the_page_about_boards_names_each_with_its_question() -> None:
    for board in boards():
        assert f"| {board.title} | {board.question} |" in PAGE


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_a_board_names_its_panels_once_and_fits_its_columns(board: Board) -> None:
    assert len({panel.title for panel in board.panels}) == len(board.panels)
    assert set(board.filters) <= set(FILTERS)
    asked = {name for panel in board.panels for name in re.findall(r"\$\{(\w+)", panel.sql)}
    assert asked <= set(board.filters), "a filter is used that the board does not have"
    for row in board.rows:
        ends = list(accumulate(panel.width for panel in row.panels))
        assert all(0 < panel.width <= 24 and 2 <= panel.height <= 20 for panel in row.panels)
        assert ends[-1] % 24 == 0 or len(ends) == 1 or ends[-1] < 24, f"{row.title} leaves a hole"


@each_panel
def test_a_panel_says_what_it_answers_and_what_to_do(board: Board, panel: Panel) -> None:
    assert "?" in panel.question and panel.todo.rstrip().endswith((".", "`")) and panel.empty
    values = [threshold.value for threshold in panel.thresholds]
    assert values == sorted(values)
    assert "now()" not in panel.sql, "the moment is $__toTime"
    for column in panel.columns:
        if column.link:
            assert set(column.link.filters) <= set(BOARDS[column.link.board].filters)


@each_panel
def test_what_a_row_names_leads_on_to_the_board_that_tells_of_it(board: Board, panel: Panel) -> None:
    for column in panel.columns:
        if (wanted := TOLD_BY.get(column.name)) and wanted != board.uid:
            assert column.link and column.link.board == wanted, column.title
            assert column.name in column.link.filters.values()


@each_panel
def test_boards_that_a_panel_speaks_of_exist(board: Board, panel: Panel) -> None:
    titles = [other.title for other in BOARDS.values()]
    for spoken in re.findall(r"\bboards? ([A-Z]\w+(?: and [A-Z]\w+)?)", f"{panel.question} {panel.todo} {panel.empty}"):
        for name in spoken.split(" and "):
            assert any(title.startswith(name) for title in titles), name


@each_panel
def test_a_panel_returns_what_its_kind_says(
    demo_store: Looked, existing: dict[str, list[str]], board: Board, panel: Panel
) -> None:
    everything = ask(demo_store, panel, {name: existing[name] for name in board.filters if not FILTERS[name]})
    for answer in (everything, ask(demo_store, panel, {name: existing[name] for name in board.filters})):
        columns, rows = answer.columns, answer.rows
        if panel.kind is Kind.STAT:
            assert list(columns) == ["value"] and NUMBERS.match(columns["value"]) and len(rows) == 1
        elif panel.kind is Kind.LINES:
            assert TIMES.match(columns["time"])
            assert all(TEXTS.match(kind) or NUMBERS.match(kind) for name, kind in columns.items() if name != "time")
            assert any(NUMBERS.match(kind) for kind in columns.values())
            times = [row["time"] for row in rows]
            assert times == sorted(times)
            labels = [tuple(row[name] for name, kind in columns.items() if not NUMBERS.match(kind)) for row in rows]
            assert len(set(labels)) == len(labels), "two rows of one line at one time"
        elif panel.kind is Kind.BARS:
            assert list(columns) == ["name", "value"] and TEXTS.match(columns["name"]) and len(rows) <= 20
        else:
            linked = {source for column in panel.columns if column.link for source in column.link.filters.values()}
            assert linked | {column.name for column in panel.columns} <= set(columns) and len(rows) <= 100
            for column in panel.columns:
                fits = TIMES if column.unit is Unit.TIME else TEXTS if column.unit is Unit.TEXT else NUMBERS
                assert fits.match(columns[column.name]), f"{column.name} is {columns[column.name]}"


@each_panel
def test_where_nothing_has_happened_a_panel_is_empty_and_no_error(
    empty_store: Looked, board: Board, panel: Panel
) -> None:
    answer = ask(empty_store, panel, {})
    if panel.kind is Kind.STAT:
        assert len(answer.rows) == 1
    elif panel.kind is not Kind.TABLE:
        assert answer.rows == []


@pytest.mark.parametrize("name", [name for name, query in FILTERS.items() if query])
def test_a_filter_offers_what_there_is(demo_store: Looked, empty_store: Looked, name: str) -> None:
    query = expand(FILTERS[name], demo_store.span)
    assert len(demo_store.reader.rows(query)) > 1 and empty_store.reader.rows(query) == []
