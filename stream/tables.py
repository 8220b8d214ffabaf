"""From a scored block to the store's tables, by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.collectors.block import Home
from windvane.collectors.event import BODIES, COLUMNS, Kind
from windvane.stream.batch import Batch
from windvane.stream.pipeline import Scored
from windvane.stream.series import SERIES_COLUMNS
from windvane.stream.signals import Signal

__all__ = ["DeadLetter", "tables_of"]

_MICROSECONDS: Final = pa.timestamp("us", "UTC")
_SECONDS: Final = pa.timestamp("s", "UTC")
_MONEY: Final = pa.decimal128(18, 9)
_MAX_RAW: Final = 64 * 1024
_EVENT_COLUMNS: Final = tuple(column for column in COLUMNS if not column.body and column.name not in ("time", "cost"))
_FREE_TEXT: Final = frozenset(
    ["id", "error_message", "gen_ai_response_id", "user_id", "gen_ai_conversation_id", "target_id"]
    + ["trace_id", "span_id", "parent_span_id"]
)
"""Text with nearly as many values as rows: codes would only cost."""

_encode: Final = msgspec.json.Encoder(
    enc_hook=lambda value: value.item() if isinstance(value, np.generic) else str(value)
).encode


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event, or a record as a whole (`position` -1), that could not be taken."""

    offset: int
    position: int
    logged_us: int
    source: str
    reason: str
    detail: str
    raw: bytes


def tables_of(home: Home, scored: Scored, letters: Sequence[DeadLetter]) -> dict[str, pa.Table]:
    """Return the block's rows by table, in the order to write them; a table without rows is left out.

    Events come last: once the ledger says that they are stored, all that is said of them is there too.
    """
    tables = {}
    place = _place(home, scored.batch)
    if scored.changes:
        tables["series_signals"] = _changes(scored, place)
    if letters:
        tables["dead_letters"] = _dead_letters(home, letters)
    if len(scored.batch):
        tables["bodies"] = _bodies(scored.batch, place)
        tables["events"] = _events(scored, place)
    return {name: table for name, table in tables.items() if table.num_rows}


def _place(home: Home, batch: Batch) -> dict[str, pa.Array]:
    count = len(batch)
    return {
        "topic": _same(home.topic, count),
        "partition": pa.array(np.full(count, home.partition, np.uint32)),
        "offset": pa.array(batch.offsets.astype(np.uint64)),
        "position": pa.array(batch.positions.astype(np.uint32)),
        "logged_at": pa.array(batch.logged_us // 1_000_000).cast(_SECONDS),
    }


def _same(text: str, count: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int8)), pa.array([text]))


def _events(scored: Scored, place: Mapping[str, pa.Array]) -> pa.Table:
    batch = scored.batch
    columns = {"time": batch.arrow("time").cast(_MICROSECONDS)}
    for column in _EVENT_COLUMNS:
        coded = column.kind is Kind.TEXT and column.name not in _FREE_TEXT
        columns[column.name] = batch.codes(column.name) if coded else batch.arrow(column.name)
    columns["cost"] = _cost(scored)
    columns["signals"] = _signals(scored.values, len(batch))
    if scored.notes:
        columns["notes"] = _notes(scored.notes)
    columns["source"] = pa.array(batch.sources, pa.string()).dictionary_encode()
    return pa.table({**columns, **place})


def _cost(scored: Scored) -> pa.Array:
    """Return what each call cost as money: to the digit where the app said it, else the signal's, whole nanodollars."""
    said = scored.batch.arrow("cost").cast(_MONEY)
    priced = scored.values.get(Signal.COST)
    if priced is None:
        return said
    known = np.isfinite(priced)
    cells = np.zeros((len(priced), 2), np.int64)  # a decimal is 128 bits wide, the low half first
    cells[:, 0] = np.rint(np.where(known, priced, 0.0) * 1e9)
    bits = pa.py_buffer(np.packbits(known, bitorder="little"))
    return pc.coalesce(said, pa.Array.from_buffers(_MONEY, len(priced), [bits, pa.py_buffer(cells)]))


def _signals(values: Mapping[str, NDArray[np.float64]], count: int) -> pa.Array:
    """Return a map per event of the signals that have something to say of it."""
    cells = np.stack(list(values.values()), axis=1) if values else np.zeros((count, 0))
    return _map(list(values), cells, np.isfinite(cells), pa.float64())


def _notes(notes: Mapping[str, pa.Array]) -> pa.Array:
    """Return a map per event of what was noted of it."""
    cells = np.stack([note.to_numpy(zero_copy_only=False) for note in notes.values()], axis=1)
    said = np.stack([note.is_valid().to_numpy(zero_copy_only=False) for note in notes.values()], axis=1)
    return _map(list(notes), cells, said, pa.string())


def _map(names: Sequence[str], cells: NDArray[Any], said: NDArray[np.bool_], kind: pa.DataType) -> pa.Array:
    """Return a map per row of `cells`, from the names of its columns to those of its cells that are `said`."""
    ends = np.concatenate([[0], np.cumsum(said.sum(axis=1))]).astype(np.int32)
    codes = np.broadcast_to(np.arange(cells.shape[1], dtype=np.int32), cells.shape)[said]
    keys = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array([str(name) for name in names], pa.string()))
    return pa.MapArray.from_arrays(pa.array(ends), keys, pa.array(cells[said], kind))


def _bodies(batch: Batch, place: Mapping[str, pa.Array]) -> pa.Table:
    written = np.zeros(len(batch), dtype=bool)
    for name in BODIES:
        cells = batch.arrow(name)
        said = pc.greater(pc.list_value_length(cells), 0) if pa.types.is_list(cells.type) else cells.is_valid()
        written |= said.to_numpy(zero_copy_only=False)
    if not written.any():
        return pa.table({})
    columns = {
        "id": batch.arrow("id"),
        "time": batch.arrow("time").cast(_MICROSECONDS),
        "service_name": batch.codes("service_name"),
        **{name: batch.arrow(name) for name in BODIES},
        **place,
    }
    table = pa.table(columns)
    return table if written.all() else table.filter(pa.array(written))


def _changes(scored: Scored, place: Mapping[str, pa.Array]) -> pa.Table:
    changes, batch = scored.changes, scored.batch
    rows = pa.array([change.row for change in changes])
    columns = {
        "time": batch.arrow("time").take(rows).cast(_MICROSECONDS),
        "signal": [str(change.signal) for change in changes],
        "state": [change.state for change in changes],
        "since": pa.array([change.since_us for change in changes]).cast(_MICROSECONDS),
        "event_id": batch.arrow("id").take(rows),
        "evidence": [_encode(change.evidence).decode() for change in changes],
    }
    keys = [scored.series[change.series] for change in changes]
    columns |= {name: [key[at] for key in keys] for at, name in enumerate((*SERIES_COLUMNS, "segment"))}
    return pa.table({**columns, **{name: pc.take(array, rows) for name, array in place.items()}})


def _dead_letters(home: Home, letters: Sequence[DeadLetter]) -> pa.Table:
    return pa.table(
        {
            "topic": _same(home.topic, len(letters)),
            "partition": pa.array([home.partition] * len(letters), pa.uint32()),
            "offset": pa.array([letter.offset for letter in letters], pa.uint64()),
            "position": pa.array([letter.position for letter in letters], pa.int32()),
            "source": [letter.source for letter in letters],
            "reason": [str(letter.reason) for letter in letters],
            "detail": [letter.detail for letter in letters],
            "raw": pa.array([letter.raw[:_MAX_RAW] for letter in letters], pa.binary()),
            "size": pa.array([len(letter.raw) for letter in letters], pa.uint64()),
            "logged_at": pa.array([letter.logged_us // 1_000_000 for letter in letters]).cast(_SECONDS),
        }
    )
