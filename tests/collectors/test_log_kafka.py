"""The Kafka log when there is no broker, no topic, or a broker that dies, sleeps and comes back."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.servers.kafka import KafkaBroker
from tests.servers.process import free_port
from windvane.collectors.log.base import Log, Record
from windvane.collectors.log.kafka import KafkaLog
from windvane.collectors.log.topics import create_topic
from windvane.errors import LogError

CALLS: dict[str, Callable[[Log], object]] = {
    "append": lambda log: log.append([Record(b"k", b"v")] * 3),
    "partitions": lambda log: log.partitions(),
    "begin": lambda log: log.begin(0),
    "end": lambda log: log.end(0),
    "read": lambda log: log.read(0, 0),
    "trim": lambda log: log.trim(1),
}


@pytest.fixture
def topic(kafka: KafkaBroker) -> str:
    name = f"log-{uuid.uuid4().hex[:12]}"
    create_topic(kafka.bootstrap, name, partitions=1, replication=1, retention_h=1)
    return name


@pytest.fixture
def log(kafka: KafkaBroker, topic: str) -> Iterator[Log]:
    opened = KafkaLog(kafka.bootstrap, topic=topic)
    yield opened
    opened.close()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_without_a_broker_every_call_says_so_within_bounds(call: Callable[[Log], object]) -> None:
    start = time.monotonic()
    log = KafkaLog(f"127.0.0.1:{free_port()}", topic="calls")
    assert time.monotonic() - start < 0.5
    with pytest.raises(LogError, match=r"127\.0\.0\.1:\d+.*(Start Kafka|Is the broker up)"):
        call(log)
    log.close()
    assert time.monotonic() - start < 15


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_without_a_topic_every_call_says_so_and_none_makes_it(
    kafka: KafkaBroker, call: Callable[[Log], object]
) -> None:
    log = KafkaLog(kafka.bootstrap, topic="misspelt")
    start = time.monotonic()
    with pytest.raises(LogError, match="windvane topics create"):
        call(log)
    assert time.monotonic() - start < 15
    with pytest.raises(LogError, match="has no topic misspelt"):
        log.partitions()
    log.close()


def test_after_a_broker_was_killed_and_came_back_the_same_log_works(kafka: KafkaBroker, log: Log) -> None:
    if not kafka.owned:
        pytest.skip("the broker of WINDVANE_TEST_KAFKA is not ours to kill")
    log.append([Record(b"k", b"before")])
    assert [r.value for r in log.read(0, 0)] == [b"before"]
    kafka.kill()
    try:
        start = time.monotonic()
        with pytest.raises(LogError):
            log.append([Record(b"k", b"during")])
        with pytest.raises(LogError):
            log.read(0, 0)
        assert time.monotonic() - start < 60
    finally:
        kafka.start()
    start = time.monotonic()
    log.append([Record(b"k", b"after")])
    found = [r.value for r in log.read(0, 0, timeout_s=5)]
    assert found[0] == b"before" and found[-1] == b"after"
    assert time.monotonic() - start < 20


def test_an_append_to_many_partitions_of_a_broker_that_is_gone_is_an_error_and_leaves_nothing_behind(
    kafka: KafkaBroker,
) -> None:
    if not kafka.owned:
        pytest.skip("the broker of WINDVANE_TEST_KAFKA is not ours to kill")
    name = f"log-{uuid.uuid4().hex[:12]}"
    create_topic(kafka.bootstrap, name, partitions=16, replication=1, retention_h=1)
    records = [Record(b"%d" % number, bytes(200_000)) for number in range(64)]
    log = KafkaLog(kafka.bootstrap, topic=name)
    log.append(records[:16])
    kafka.kill()
    try:
        with pytest.raises(LogError, match="Is the broker up"):
            log.append(records)
    finally:
        kafka.start()
    log.append(records[:16])
    log.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("kafka-python-producer")]


def test_create_topic_says_what_it_did(kafka: KafkaBroker) -> None:
    name = f"made-{uuid.uuid4().hex[:8]}"
    made = create_topic(kafka.bootstrap, name, partitions=3, replication=1, retention_h=72)
    assert made.created and made.partitions == 3 and made.settings["retention.ms"] == "259200000"
    assert str(made).startswith(f"{name}: created, 3 partitions\n")
    same = create_topic(kafka.bootstrap, name, partitions=3, replication=1, retention_h=72)
    assert not same.created and not same.differs and same.settings == made.settings
    other = create_topic(kafka.bootstrap, name, partitions=6, replication=2, retention_h=24)
    assert other.differs == {
        "retention.ms": ("86400000", "259200000"),
        "partitions": ("6", "3"),
        "replication": ("2", "1"),
    }
    assert "partitions is 3, asked for 6: change it with kafka-topics" in str(other)


def test_create_topic_refused_by_the_broker_is_an_error(kafka: KafkaBroker) -> None:
    with pytest.raises(LogError, match="refused"):
        create_topic(kafka.bootstrap, "no such/name", partitions=1, replication=1, retention_h=1)
