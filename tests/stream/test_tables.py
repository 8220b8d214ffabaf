"""From events to the store's rows: nothing lost on the way, nothing written that was not said."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.stream.traffic import EXTREME, shifting
from windvane.collectors.block import Home
from windvane.collectors.event import COLUMNS, Kind
from windvane.stream.batch import ARROW_TYPES, Batch
from windvane.stream.pipeline import Pipeline
from windvane.stream.registry import make_pipeline
from windvane.stream.tables import DeadLetter, tables_of
from windvane.stream.testing import batch_of

HOME = Home("events", 5)


def tables(events: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {
        name: table.to_pylist() for name, table in tables_of(HOME, make_pipeline().score(batch_of(events)), []).items()
    }


def test_an_event_is_a_row_with_its_place_in_the_log() -> None:
    batch = batch_of([{}, {"latency": 1.5, "cost": "0.000000001", "tags": {"a": "b"}}])
    batch.offsets[:], batch.logged_us[:] = [7, 9], 1_700_000_000_999_999
    second = tables_of(HOME, Pipeline([]).score(batch), [])["events"].to_pylist()[1]
    assert (second["topic"], second["partition"], second["offset"], second["position"]) == ("events", 5, 9, 1)
    assert second["logged_at"] == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert second["time"] == datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC)
    assert (second["cost"], second["gen_ai_client_operation_duration"]) == (Decimal("0.000000001"), 1.5)
    assert second["tags"] == [("a", "b")] and second["error_type"] is None


@pytest.mark.parametrize("events", [list(EXTREME), shifting(200), [{}] * 3, [{"tags": {"a": "b"}}, {"context": ["c"]}]])
def test_every_cell_arrives_as_it_was(events: list[dict[str, Any]]) -> None:
    batch = batch_of(events)
    for column in COLUMNS:
        array = batch.arrow(column.name)
        assert array.type == ARROW_TYPES[column.kind] and len(array) == len(events)
        found = [dict(cell) if column.kind is Kind.MAP else cell for cell in array.to_pylist()]
        cells = [cell or ARROW_EMPTY.get(column.kind) if not isinstance(cell, str | int | float) else cell
                 for cell in batch.cells(column.name)]  # fmt: skip
        if column.kind is Kind.NUMBERS:
            with np.errstate(over="ignore"):
                cells = [np.array(cell, np.float64).astype(np.float32).tolist() for cell in cells]
        assert found == cells, column.name
        if column.kind is Kind.TEXT:
            assert batch.codes(column.name).to_pylist() == cells


ARROW_EMPTY: dict[Kind, Any] = {Kind.TEXTS: [], Kind.NUMBERS: [], Kind.MAP: {}}


def test_absent_numbers_are_nan_and_times_are_whole() -> None:
    batch = batch_of([{"latency": 0}, {"time": 1_700_000_000_123_457}])
    assert str(batch.numbers("gen_ai_client_operation_duration").tolist()) == "[0.0, nan]"
    assert batch.times_us().tolist() == [1_700_000_000_000_000, 1_700_000_000_123_457]


def test_the_signals_of_an_event_are_those_that_say_something() -> None:
    rows = tables([{"output_tokens": 90, "latency": 2}, {}])["events"]
    assert [row["signals"] for row in rows] == [[("output_tokens_per_second", 45.0)], []]


def test_bodies_are_kept_of_events_that_have_one() -> None:
    found = tables([{"prompt": "p"}, {}, {"context": ["d"]}, {"response": ""}, {"embedding": [1]}, {"context": []}])
    assert [(row["id"], row["gen_ai_input_messages"]) for row in found["bodies"]] == [
        ("0", "p"), ("2", None), ("3", None), ("4", None)
    ]  # fmt: skip


def test_a_change_names_its_series_and_event() -> None:
    found = tables([{**event, "service": "s", "model": "m"} for event in shifting(series=1)])["series_signals"]
    assert {(row["service_name"], row["gen_ai_request_model"], row["segment"]) for row in found} == {("s", "m", "")}
    assert found[0]["state"] == "learning" and found[0]["event_id"] == "e15" and "says" in found[0]["evidence"]


def test_events_are_written_last_so_that_what_counts_as_stored_is_whole() -> None:
    scored = make_pipeline().score(batch_of({**event, "prompt": "hi"} for event in shifting(series=1)))
    letter = DeadLetter(1, 2, 1_700_000_000_000_000, "s", "wrong_type", "detail", b"raw")
    assert list(tables_of(HOME, scored, [letter])) == ["series_signals", "dead_letters", "bodies", "events"]


def test_tables_without_rows_are_left_out() -> None:
    assert tables([]) == {}
    assert set(tables([{}])) == {"events"}


def test_a_dead_letter_keeps_the_head_of_its_bytes_and_says_how_many_there_were() -> None:
    letter = DeadLetter(3, -1, 1_700_000_000_000_000, "", "undecodable", "why", bytes(100_000))
    nothing = Batch([], np.array([], np.int64), np.array([], np.int32), np.array([], np.int64), [])
    found = tables_of(HOME, Pipeline([]).score(nothing), [letter])
    (row,) = found["dead_letters"].to_pylist()
    assert set(found) == {"dead_letters"} and pa.types.is_binary(found["dead_letters"]["raw"].type)
    assert (row["position"], len(row["raw"]), row["size"], row["reason"]) == (-1, 65_536, 100_000, "undecodable")
