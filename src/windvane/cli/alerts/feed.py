"""What a test of a rule puts into the store, as the stream would have, as time passes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from windvane.collectors.block import Edge, Home
from windvane.dashboards.alerts.durations import seconds
from windvane.storage.store import ClickHouseStore
from windvane.stream.detector import Change
from windvane.stream.pipeline import Scored
from windvane.stream.series import Series
from windvane.stream.tables import tables_of
from windvane.stream.testing import batch_of

if TYPE_CHECKING:
    from windvane.cli.alerts.trial import Trial

__all__ = ["Feed"]

_OF_CHANGE: Final = ("at", "signal", "state", "feature", "says", "segment", "evidence")
_offsets: Final = count()
"""Over all tests of a process: a store that was emptied still knows its blocks."""


class Feed:
    """One test's input: each moment's once."""

    def __init__(self, store: ClickHouseStore, trial: Trial, begins: datetime) -> None:
        self._store, self._begins = store, begins
        self._events = sorted(trial.events, key=lambda one: one[0])
        self._changes = sorted(trial.changes, key=lambda one: one[0])
        timed = [(at_s, table, row) for at_s, table, row in trial.rows if at_s is not None]
        self._rows = sorted(timed, key=lambda one: one[0])
        self._lasting = [(table, row) for at_s, table, row in trial.rows if at_s is None]

    def until(self, at_s: float) -> None:
        """Put in what has happened up to this moment, itself included, and is not in yet. Blocks on the store."""
        events, self._events = _split(self._events, at_s)
        changes, self._changes = _split(self._changes, at_s)
        if events:
            named = self._named(events)
            batch = batch_of((_without(event, ("signals", "notes")) for event in named), logged_us=_now_us())
            self._write(Scored(batch, _values(named), _notes(named), [], []))
        if changes:
            # A change is at an event of its series; only the change is written.
            batch = batch_of((_without(event, _OF_CHANGE) for event in self._named(changes)), logged_us=_now_us())
            found = [_change(row, change, self._moment(when)) for row, (when, change) in enumerate(changes)]
            self._write(Scored(batch, {}, {}, found, [_series(change) for _, change in changes]), "series_signals")
        for table, row in self._lasting:
            self._insert(table, row, datetime.now(UTC))
        self._lasting = []
        rows, self._rows = _split(self._rows, at_s)
        for when, table, row in rows:
            self._insert(table, row, self._moment(when))

    def _moment(self, at_s: float) -> datetime:
        return self._begins + timedelta(seconds=at_s)

    def _named(self, timed: Iterable[tuple[float, Mapping[str, Any]]]) -> list[dict[str, Any]]:
        return [
            {"id": f"call-{at_s:g}-{number}", "operation": "chat", **event, "time": self._moment(at_s)}
            for number, (at_s, event) in enumerate(timed)
        ]

    def _write(self, scored: Scored, *only: str) -> None:
        home, offset = Home("tests", 0), next(_offsets)
        scored.batch.offsets[:] = offset
        tables = tables_of(home, scored, [])
        kept = {name: tables[name] for name in only or tables}
        self._store.write_rows(Edge(home, offset, offset), kept)

    def _insert(self, table: str, given: Mapping[str, Any], at: datetime) -> None:
        row = {"logged_at": at} | {name: _value(name, value, at) for name, value in given.items()}
        with self._store.connections.client() as client:
            # Two rows may well be the same.
            settings = {"insert_deduplication_token": f"row-{next(_offsets)}"}
            client.insert(table, [list(row.values())], list(row), settings=settings)


def _split(timed: list[Any], at_s: float) -> tuple[list[Any], list[Any]]:
    cut = next((place for place, one in enumerate(timed) if one[0] > at_s), len(timed))
    return timed[:cut], timed[cut:]


def _value(name: str, value: Any, at: datetime) -> Any:
    """Return a cell; a time is said by how long before or after `at` it is: `-90s`."""
    if not (name.endswith("_at") and isinstance(value, str)):
        return value
    return at + timedelta(seconds=seconds(value.lstrip("-")) * (-1 if value.startswith("-") else 1))


def _without(event: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in names}


def _now_us() -> int:
    return time.time_ns() // 1000


def _series(change: Mapping[str, Any]) -> Series:
    return Series(
        *(str(change.get(part, "")) for part in ("service", "model", "operation", "prompt_version", "segment"))
    )


def _values(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = dict.fromkeys(name for event in events for name in event.get("signals", {}))
    return {name: np.array([event.get("signals", {}).get(name, np.nan) for event in events], float) for name in names}


def _notes(events: Sequence[Mapping[str, Any]]) -> dict[str, pa.Array]:
    names = dict.fromkeys(name for event in events for name in event.get("notes", {}))
    return {name: pa.array([event.get("notes", {}).get(name) for event in events], pa.string()) for name in names}


def _change(row: int, change: Mapping[str, Any], at: datetime) -> Change:
    told = {"feature": change.get("feature", ""), "says": change.get("says", ""), **change.get("evidence", {})}
    return Change(row, row, change["signal"], change["state"], round(at.timestamp() * 1e6), told)
