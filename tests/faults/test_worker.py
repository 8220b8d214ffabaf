"""Faults in the cluster: real Kafka, real Faust workers, the real engine over ClickHouse's protocol."""

from __future__ import annotations

import random
import time
from signal import SIGKILL, SIGTERM

from tests.faults.conftest import Start
from tests.running import Load, Query, Traffic, settle, stored, until
from tests.servers.clickhouse import ClickHouseServer
from windvane.collectors.log.kafka import KafkaLog


def test_events_travel_from_kafka_to_the_store_once_each(log: KafkaLog, start: Start, query: Query) -> None:
    start()
    traffic = Traffic(log, log.topic)
    traffic.send(3000)
    traffic.send(2000, twice=True)
    settle(query, traffic)
    assert query(f"SELECT duplicates FROM ledger WHERE source = '{log.topic}'")[0]["duplicates"] == 2000


def test_kill_9_at_random_moments_neither_loses_nor_doubles(log: KafkaLog, start: Start, query: Query) -> None:
    chance = random.Random(7)
    with Load(log, log.topic, pause_s=0.1) as load:
        for _ in range(2):
            victim, before = start(), stored(query, log.topic)
            until(lambda before=before: stored(query, log.topic) > before, "the worker works")  # type: ignore[misc]
            time.sleep(2 * chance.random())
            victim.kill()
    start()
    settle(query, load.traffic, 90)


def test_workers_join_leave_and_are_killed_under_load(log: KafkaLog, start: Start, query: Query) -> None:
    def owners() -> int:
        """The partitions were taken over this often in all."""
        return int(
            query(f"SELECT sum(bitShiftRight(epoch, 20)) AS n FROM claims FINAL WHERE topic = '{log.topic}'")[0]["n"]
        )

    with Load(log, log.topic, pause_s=0.05) as load:
        first = start()
        until(lambda: stored(query, log.topic) > 0, "the first works")
        for end in ("terminate", "kill"):
            before = owners()
            other = start()
            until(lambda before=before: owners() > before, "another has joined")  # type: ignore[misc]
            time.sleep(1)
            (other if end == "terminate" else first).process.send_signal(SIGTERM if end == "terminate" else SIGKILL)
            before = stored(query, log.topic)
            until(lambda before=before: stored(query, log.topic) > before + 500, "work goes on")  # type: ignore[misc]
    settle(query, load.traffic, 90)


def test_a_worker_that_slept_too_long_writes_nothing_twice(log: KafkaLog, start: Start, query: Query) -> None:
    sleeper = start()
    traffic = Traffic(log, log.topic)
    traffic.send(1000)
    until(lambda: stored(query, traffic.source) > 0, "the first worker works")
    traffic.send(3000)
    sleeper.pause()
    start()
    traffic.send(1000)
    until(lambda: stored(query, traffic.source) >= traffic.sent, "the second worker took over", 150)
    sleeper.resume()
    time.sleep(3)
    traffic.send(1000)
    settle(query, traffic, 90)


def test_a_store_that_refuses_is_tried_again_and_a_worker_that_gives_up_leaves_the_rest_to_another(
    log: KafkaLog, start: Start, query: Query, clickhouse: ClickHouseServer
) -> None:
    tries = start(WINDVANE_SINK_RETRY_S="6")
    with Load(log, log.topic, pause_s=0.1) as load:
        until(lambda: stored(query, log.topic) > 0, "the worker works")
        clickhouse.refuse_inserts(True)
        time.sleep(1)  # an insert that had begun may still end
        before = stored(query, log.topic)
        time.sleep(2)
        assert stored(query, log.topic) == before
        clickhouse.refuse_inserts(False)
        until(lambda: stored(query, log.topic) > before, "it goes on")
        clickhouse.refuse_inserts(True)
        assert tries.process.wait(60) == 75
        clickhouse.refuse_inserts(False)
    start()
    settle(query, load.traffic, 90)


def test_sigterm_finishes_the_block_in_hand(log: KafkaLog, start: Start, query: Query) -> None:
    child = start(WINDVANE_FLUSH_S="3600")
    claimed = f"SELECT uniqExact(partition) AS n FROM claims WHERE topic = '{log.topic}'"
    until(lambda: query(claimed) == [{"n": 4}], "the worker has all partitions")
    traffic = Traffic(log, log.topic)
    traffic.send(1000)
    time.sleep(4)  # it reads them, and waits for more
    assert stored(query, log.topic) == 0
    assert child.terminate() == 0
    settle(query, traffic, 5)
