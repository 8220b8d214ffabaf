"""The ledger: what became of every event, by sender, and still so when retention has dropped what is old."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from typing import Any

import pytest

from windvane.collectors.block import Edge, Home, SourceCount
from windvane.storage.store import ClickHouseStore
from windvane.stream.pipeline import Pipeline
from windvane.stream.tables import DeadLetter, tables_of
from windvane.stream.testing import batch_of

DAY_US = 86_400_000_000
_numbers = itertools.count()


class Sender:
    """Blocks of one sender in a partition of its own, each of ten records."""

    def __init__(self, store: ClickHouseStore) -> None:
        self.store, self.name = store, f"sender-{next(_numbers)}"
        self.home, self.end = Home(self.name, 0), 0
        self.epoch = store.claim(self.home)

    def block(self, count: SourceCount, *, days_old: float = 0.0, source: str = "", lost: int = 0) -> None:
        """Write a block of what `count` says, logged `days_old` days ago, `lost` of its rows left out."""
        logged_us = time.time_ns() // 1000 - int(days_old * DAY_US)
        source = source or self.name
        rows = count.accepted - count.duplicates - count.refused - lost
        batch = batch_of([{"service": self.name} for _ in range(rows)], start_us=logged_us)
        batch.offsets[:], batch.logged_us[:], batch.sources = self.end + 5, logged_us, [source] * rows
        letters = [
            DeadLetter(self.end + 5, at, logged_us, source, "wrong_type", "", b"{}") for at in range(count.refused)
        ]
        edge = Edge(self.home, self.end, self.end + 9, {source: count}, logged_us)
        self.store.write_edge(edge, self.epoch)
        self.store.write_rows(edge, tables_of(self.home, Pipeline([]).score(batch), letters))
        self.end += 10

    def row(self, source: str = "") -> Mapping[str, Any]:
        names, rows = self.store.query("SELECT * FROM ledger WHERE source = {s:String}", {"s": source or self.name})
        assert len(rows) == 1, rows
        return dict(zip(names, rows[0], strict=True))


@pytest.fixture
def sender(store: ClickHouseStore) -> Sender:
    return Sender(store)


def test_every_event_is_stored_refused_or_a_repeat(sender: Sender) -> None:
    sender.block(SourceCount(60, duplicates=10, refused=2, emitted=60, dropped={"spool_full": 3}))
    sender.block(SourceCount(60, duplicates=0, refused=1, emitted=130, dropped={"spool_full": 3, "oversize": 2}))
    assert sender.row() == {
        "source": sender.name, "emitted": 130, "dropped": 5, "dropped_by_reason": {"spool_full": 3, "oversize": 2},
        "accepted": 120, "duplicates": 10, "refused": 3, "stored": 107, "dead_lettered": 3, "missing": 0,
        "writing": 0, "waiting": 15, "balanced": 1,
    }  # fmt: skip


def test_an_event_that_was_accepted_and_is_nowhere_is_missing(sender: Sender) -> None:
    sender.block(SourceCount(10), lost=1)
    sender.block(SourceCount(10))
    assert (sender.row()["missing"], sender.row()["balanced"]) == (1, 0)


def test_a_block_whose_rows_are_on_their_way_is_being_written_not_missing(sender: Sender) -> None:
    sender.block(SourceCount(10, emitted=30))
    sender.block(SourceCount(10, duplicates=2, emitted=30), lost=8)
    row = sender.row()
    assert (row["accepted"], row["stored"], row["writing"], row["waiting"], row["balanced"]) == (10, 10, 8, 12, 1)


def test_a_row_too_many_is_no_balance(sender: Sender) -> None:
    sender.block(SourceCount(10), lost=-1)
    sender.block(SourceCount(10))
    assert (sender.row()["missing"], sender.row()["balanced"]) == (-1, 0)


def test_requests_that_name_themselves_are_one_sender(sender: Sender) -> None:
    before = sender.store.query("SELECT emitted, stored FROM ledger WHERE source = 'request/*'")[1] or [(0, 0)]
    for number in range(3):
        sender.block(SourceCount(4, emitted=4), source=f"request/{sender.name}-{number}")
    row = sender.row("request/*")
    assert (row["emitted"], row["stored"], row["waiting"]) == (before[0][0] + 12, before[0][1] + 12, 0)


def test_it_balances_after_retention_has_dropped_facts_edges_or_both(sender: Sender) -> None:
    for days_old in (100, 40, 13):
        sender.block(SourceCount(10, refused=1, emitted=10), days_old=days_old)
    for table in ("events", "dead_letters"):  # the parts of a day that are older than is kept are dropped
        sender.store.connections.get().command(f"OPTIMIZE TABLE {table} FINAL")
    counts = [
        sender.store.query(f"SELECT count() FROM {table} WHERE topic = {{t:String}}", {"t": sender.name})[1][0][0]
        for table in ("events", "dead_letters")
    ]
    assert counts == [18, 1]
    row = sender.row()
    assert (row["accepted"], row["stored"], row["dead_lettered"], row["balanced"]) == (10, 9, 1, 1)
    delete = f"DELETE FROM block_edges WHERE topic = '{sender.name}' AND logged_at < now() - toIntervalDay(14)"
    sender.store.connections.get().command(delete)
    assert sender.row() == row


def test_blocks_of_an_older_log_are_not_in_it_and_their_edges_stay_until_state_is_saved(sender: Sender) -> None:
    sender.block(SourceCount(10), days_old=60)
    sender.store.connections.get().command("OPTIMIZE TABLE block_edges FINAL")
    assert [edge.first for edge in sender.store.edges(sender.home, -1)] == [0]
    assert sender.store.query("SELECT count() FROM ledger WHERE source = {s:String}", {"s": sender.name})[1] == [(0,)]


def test_of_a_sender_older_than_the_ledger_waiting_is_what_has_come_to_wait(sender: Sender) -> None:
    sender.block(SourceCount(500, emitted=1000), days_old=20)
    sender.block(SourceCount(10, emitted=1010), days_old=13.99)
    assert sender.row()["waiting"] == 0
    sender.block(SourceCount(20, emitted=1040, dropped={"spool_full": 3}))
    assert sender.row()["waiting"] == 7
    sender.block(SourceCount(7, emitted=1040))
    assert sender.row()["waiting"] == 0
