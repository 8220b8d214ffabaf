"""What every store promises the stream: blocks once in effect, owners fenced, state whole or not at all.

One suite for all implementations of `BlockStore`, found by themselves; ClickHouse's on chDB and over HTTP.
"""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest

from tests.servers.clickhouse import ClickHouseServer
from windvane.collectors.block import BlockStore, Edge, Home, Page, SourceCount
from windvane.errors import Fenced, StoreUnavailable
from windvane.storage.migrations import migrate
from windvane.storage.store import ClickHouseStore
from windvane.stream.detector import Change
from windvane.stream.pipeline import Scored
from windvane.stream.registry import make_pipeline
from windvane.stream.tables import DeadLetter, tables_of
from windvane.stream.testing import batch_of

_numbers = itertools.count()


@pytest.fixture
def home() -> Home:
    return Home(f"topic-{next(_numbers)}", 3)


def test_every_store_is_in_this_suite() -> None:
    assert BlockStore.__subclasses__() == [ClickHouseStore]


def scored(home: Home) -> dict[str, Any]:
    """Return a block that has rows for every table, over three days."""
    times = [1_700_000_000 + day * 86_400 + second for day in range(3) for second in range(100)]
    events = [
        {
            "time": at,
            "service": home.topic,
            "model": f"m{at % 3}",
            "input_tokens": 7,
            "latency": 0.5,
            "prompt": "p",
            "cost": "0.1",
        }
        for at in times
    ]
    events[5]["error"] = "timeout"
    batch = batch_of(events)
    batch.logged_us[:] = time.time_ns() // 1000  # retention goes by it
    made = make_pipeline().score(batch)
    change = Change(4, 0, "level_shift", "fired", 1_700_000_000_000_000, {"feature": "latency"})
    letter = DeadLetter(1, 2, time.time_ns() // 1000, "s", "wrong_type", "detail", b"\xff raw")
    return tables_of(home, Scored(made.batch, made.values, made.notes, [change], made.series), [letter])


def test_a_block_written_again_counts_once_in_facts_and_rollups(store: ClickHouseStore, home: Home) -> None:
    epoch = store.claim(home)
    edge, tables = Edge(home, 0, 9), scored(home)
    store.write_edge(edge, epoch)
    for _ in range(3):
        store.write_rows(edge, tables)
    for table, count in (("events", 300), ("bodies", 300), ("series_signals", 1), ("dead_letters", 1)):
        query = f"SELECT count() FROM {table} WHERE topic = {{t:String}}"
        assert store.query(query, {"t": home.topic})[1] == [(count,)], table
    counted = "SELECT sum(stored), sum(dead_lettered) FROM ledger_rows WHERE topic = {t:String}"
    assert store.query(counted, {"t": home.topic})[1] == [(300, 1)]
    columns = "sum(calls), sum(errors), sum(input_tokens), round(sum(latency_sum), 6), toFloat64(sum(cost))"
    rollup = store.query(f"SELECT {columns} FROM rollup_1m WHERE service_name = {{t:String}}", {"t": home.topic})[1]
    assert rollup == [(300, 1, 2100, 150.0, 30.0)]


def test_a_block_that_was_written_in_part_is_repaired(store: ClickHouseStore, home: Home) -> None:
    epoch = store.claim(home)
    edge, tables = Edge(home, 0, 9), scored(home)
    store.write_edge(edge, epoch)
    store.write_rows(edge, {"events": tables["events"]})  # the process died here
    store.write_rows(edge, tables)
    found = store.query(
        "SELECT (SELECT count() FROM events WHERE topic = {t:String}),"
        " (SELECT count() FROM bodies WHERE topic = {t:String})",
        {"t": home.topic},
    )[1]
    assert found == [(300, 300)]


def test_two_blocks_with_the_same_rows_are_two_blocks(store: ClickHouseStore, home: Home) -> None:
    tables = scored(home)
    store.write_rows(Edge(home, 0, 9), tables)
    store.write_rows(Edge(home, 10, 19), tables)
    assert store.query("SELECT count() FROM events WHERE topic = {t:String}", {"t": home.topic})[1] == [(600,)]


def test_edges_come_back_in_order_after_an_offset(store: ClickHouseStore, home: Home) -> None:
    epoch = store.claim(home)
    for first in (0, 10, 20):
        store.write_edge(Edge(home, first, first + 9), epoch)
    assert [(edge.first, edge.last) for edge in store.edges(home, 9)] == [(10, 19), (20, 29)]
    assert store.edges(Home(home.topic, 4), -1) == []


def test_an_earlier_owner_is_fenced_off(store: ClickHouseStore, home: Home) -> None:
    first, second = store.claim(home), store.claim(home)
    assert second > first
    store.write_edge(Edge(home, 0, 9), second)
    with pytest.raises(Fenced, match="another worker owns"):
        store.write_edge(Edge(home, 0, 4), first)


def test_edges_of_an_owner_that_was_fenced_off_do_not_count(store: ClickHouseStore, home: Home) -> None:
    first = store.claim(home)
    second = store.claim(home)
    with pytest.raises(Fenced):
        store.write_edge(Edge(home, 0, 4, {"s": SourceCount(accepted=5)}, time.time_ns() // 1000), first)
    now_us = time.time_ns() // 1000
    source = f"source-{home.topic}"
    store.write_edge(Edge(home, 0, 9, {source: SourceCount(accepted=10)}, now_us), second)
    assert [(edge.first, edge.last) for edge in store.edges(home, -1)] == [(0, 9)]
    assert store.query("SELECT count() FROM ledger WHERE source = 's'")[1] == [(0,)]
    assert store.query("SELECT writing FROM ledger WHERE source = {s:String}", {"s": source})[1] == [(10,)]


def test_without_a_snapshot_there_is_none(store: ClickHouseStore, home: Home) -> None:
    assert store.load_pages(home) == (-1, [])


def test_a_snapshot_is_the_newest_of_every_page(store: ClickHouseStore, home: Home) -> None:
    epoch = store.claim(home)
    store.save_pages(home, epoch, 9, [Page("a", 0, b"\x00\xff"), Page("a", 1, b"old")], whole=True)
    store.save_pages(home, epoch, 19, [Page("a", 1, b"new")], whole=False)
    offset, pages = store.load_pages(home)
    assert offset == 19
    assert sorted((page.number, page.data) for page in pages) == [(0, b"\x00\xff"), (1, b"new")]


def test_a_snapshot_torn_by_a_crash_leaves_the_one_before(store: ClickHouseStore, home: Home) -> None:
    epoch = store.claim(home)
    for offset, data in ((9, b"one"), (19, b"two"), (29, b"three")):
        store.save_pages(home, epoch, offset, [Page("a", 0, data)], whole=offset == 9)
    # Pages of a fourth snapshot, in the slot of the second, without its marker.
    row = [home.topic, home.partition, epoch, "a", 0, 1, 4, b"torn"]
    columns = ["topic", "partition", "epoch", "kind", "number", "slot", "snapshot", "data"]
    client = store.connections.get()
    client.insert("state_pages", [row], columns)
    client.command("OPTIMIZE TABLE state_pages FINAL")
    assert store.load_pages(home) == (29, [Page("a", 0, b"three")])


def test_a_new_owners_whole_snapshot_replaces_the_old_ones(store: ClickHouseStore, home: Home) -> None:
    store.save_pages(home, store.claim(home), 9, [Page("a", 0, b"x"), Page("gone", 0, b"y")], whole=True)
    store.save_pages(home, store.claim(home), 19, [Page("a", 0, b"z")], whole=True)
    assert store.load_pages(home) == (19, [Page("a", 0, b"z")])


def test_a_store_that_is_down_is_unavailable_not_wrong(tmp_path_factory: pytest.TempPathFactory, home: Home) -> None:
    server = ClickHouseServer(tmp_path_factory.mktemp("down"))
    store = ClickHouseStore(server.url)
    for _ in migrate(store.connections, 4):
        pass
    server.refuse_inserts(True)
    with pytest.raises(StoreUnavailable, match="Too many parts"):
        store.claim(home)
    server.refuse_inserts(False)
    server.kill()
    with pytest.raises(StoreUnavailable, match="does not answer"):
        store.claim(home)
    server.start()
    time.sleep(0.1)
    assert store.claim(home)
    server.kill()
