"""Faults in the cluster: real Kafka, real Faust workers, the real engine over ClickHouse's protocol."""

from __future__ import annotations

import os
import random
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import Query, Traffic, assert_books, until, worker
from tests.servers.clickhouse import ClickHouseServer
from tests.servers.kafka import KafkaBroker
from tests.servers.process import Child
from windvane.collectors.log.base import Record
from windvane.collectors.log.kafka import KafkaLog
from windvane.collectors.log.topics import create_topic
from windvane.storage.migrations import migrate
from windvane.storage.store import ClickHouseStore

Start = Callable[..., Child]


@pytest.fixture(scope="module")
def store(clickhouse: ClickHouseServer) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(clickhouse.url)
    for _ in migrate(opened.connections, 4):
        pass
    yield opened
    opened.close()


@pytest.fixture
def query(store: ClickHouseStore) -> Query:
    def ask(sql: str) -> list[dict[str, Any]]:
        names, rows = store.query(sql)
        return [dict(zip(names, row, strict=True)) for row in rows]

    return ask


@pytest.fixture
def log(kafka: KafkaBroker, request: pytest.FixtureRequest) -> Iterator[KafkaLog]:
    topic = f"t{zlib.crc32(request.node.name.encode()):x}"
    create_topic(kafka.bootstrap, topic, partitions=4, replication=1, retention_h=1)
    opened = KafkaLog(kafka.bootstrap, topic=topic)
    yield opened
    opened.close()


@pytest.fixture
def start(kafka: KafkaBroker, clickhouse: ClickHouseServer, log: KafkaLog, tmp_path: Path) -> Iterator[Start]:
    running: list[Child] = []

    def one(**env: str) -> Child:
        running.append(
            worker(kafka.bootstrap, log.topic, clickhouse.url, tmp_path / f"worker{len(running)}.out", **env)
        )
        return running[-1]

    yield one
    for child in running:
        child.kill()


def stored(query: Query, source: str) -> int:
    return int(query(f"SELECT count() AS n FROM events WHERE source = '{source}'")[0]["n"])


def settle(query: Query, traffic: Traffic, timeout_s: float = 60.0) -> None:
    until(lambda: stored(query, traffic.source) >= traffic.sent, f"{traffic.sent} events are stored", timeout_s)
    assert_books(query, traffic.source, traffic.sent)


def test_events_travel_from_kafka_to_the_store_once_each(log: KafkaLog, start: Start, query: Query) -> None:
    start()
    traffic = Traffic(log, log.topic)
    traffic.send(3000)
    traffic.send(2000, twice=True)
    settle(query, traffic)
    assert query(f"SELECT duplicates FROM ledger WHERE source = '{log.topic}'")[0]["duplicates"] == 2000


def test_kill_9_at_random_moments_neither_loses_nor_doubles(log: KafkaLog, start: Start, query: Query) -> None:
    chance = random.Random(7)
    traffic = Traffic(log, log.topic)
    for _ in range(3):
        victim = start()
        for _ in range(6):
            traffic.send(500, twice=chance.random() < 0.3)
            time.sleep(0.3 + chance.random())
        victim.kill()
    start()
    settle(query, traffic, 90)


def test_of_two_workers_one_is_killed_and_the_other_goes_on(log: KafkaLog, start: Start, query: Query) -> None:
    first, _ = start(), start()
    traffic = Traffic(log, log.topic)
    for round_ in range(12):
        traffic.send(300)
        time.sleep(0.4)
        if round_ == 6:
            first.kill()
    settle(query, traffic, 90)


def test_a_worker_that_slept_too_long_writes_nothing_twice(log: KafkaLog, start: Start, query: Query) -> None:
    sleeper = start()
    traffic = Traffic(log, log.topic)
    traffic.send(1000)
    until(lambda: stored(query, traffic.source) > 0, "the first worker works")
    traffic.send(3000)
    sleeper.pause()
    start()
    traffic.send(1000)
    until(lambda: stored(query, traffic.source) >= traffic.sent, "the second worker took over", 90)
    sleeper.resume()
    time.sleep(5)
    traffic.send(1000)
    settle(query, traffic, 90)


def test_a_store_that_refuses_for_a_while_loses_nothing(
    log: KafkaLog, start: Start, query: Query, clickhouse: ClickHouseServer
) -> None:
    start()
    traffic = Traffic(log, log.topic)
    traffic.send(500)
    until(lambda: stored(query, traffic.source) == 500, "the worker works")
    clickhouse.refuse_inserts(True)
    traffic.send(1500)
    time.sleep(4)
    assert stored(query, traffic.source) == 500
    clickhouse.refuse_inserts(False)
    settle(query, traffic)


def test_a_worker_whose_store_refuses_for_too_long_exits_and_another_finishes(
    log: KafkaLog, start: Start, query: Query, clickhouse: ClickHouseServer
) -> None:
    traffic = Traffic(log, log.topic)
    gives_up = start(WINDVANE_SINK_RETRY_S="2")
    traffic.send(500)
    until(lambda: stored(query, traffic.source) == 500, "the worker works")
    clickhouse.refuse_inserts(True)
    traffic.send(500)
    assert gives_up.process.wait(30) == 75
    clickhouse.refuse_inserts(False)
    start()
    settle(query, traffic, 90)


def test_sigterm_finishes_the_block_in_hand(log: KafkaLog, start: Start, query: Query) -> None:
    child = start(WINDVANE_FLUSH_S="3600")
    traffic = Traffic(log, log.topic)
    traffic.send(1000)
    time.sleep(8)
    assert stored(query, traffic.source) == 0
    child.terminate()
    assert_books(query, traffic.source, traffic.sent)


def test_poison_goes_to_the_dead_letters_and_nothing_else_is_lost(log: KafkaLog, start: Start, query: Query) -> None:
    start()
    traffic = Traffic(log, log.topic)
    traffic.send(100)
    records = [
        os.urandom(1000),
        b"",
        b"WV\x09\x00\x00\x00\x00\x00",
        b'{"service": "p", "input_tokens": "many"}',
        b"[1, 2]",
    ]
    log.append([Record(b"poison", value) for value in records])
    traffic.send(100)
    settle(query, traffic)
    reasons = query(f"SELECT reason FROM dead_letters WHERE topic = '{log.topic}' ORDER BY reason")
    assert [row["reason"] for row in reasons] == [
        "not_an_object", "not_an_object", "undecodable", "undecodable", "unsupported_version", "wrong_type",
    ]  # fmt: skip


def test_the_broker_is_killed_under_load_and_comes_back(
    kafka: KafkaBroker, log: KafkaLog, start: Start, query: Query
) -> None:
    if not kafka.owned:
        pytest.skip("the broker is not this run's to kill")
    start()
    traffic = Traffic(log, log.topic)
    traffic.send(1000)
    until(lambda: stored(query, traffic.source) > 0, "the worker works")
    kafka.kill()
    time.sleep(2)
    kafka.start()
    traffic.send(1000)
    settle(query, traffic, 120)
