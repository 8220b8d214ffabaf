"""A cluster: real Kafka, the real engine over ClickHouse's protocol, workers in processes of their own."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import Query, worker
from tests.servers.clickhouse import ClickHouseServer
from tests.servers.kafka import KafkaBroker
from tests.servers.process import Child
from windvane.collectors.log.kafka import KafkaLog
from windvane.collectors.log.topics import create_topic
from windvane.storage.migrations import latest, migrate
from windvane.storage.store import ClickHouseStore

Start = Callable[..., Child]


@pytest.fixture(scope="session")
def store(clickhouse: ClickHouseServer) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(clickhouse.url)
    for _ in migrate(opened.connections, latest()):
        pass
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def query(store: ClickHouseStore) -> Query:
    def ask(sql: str) -> list[dict[str, Any]]:
        names, rows = store.query(sql)
        return [dict(zip(names, row, strict=True)) for row in rows]

    return ask


@pytest.fixture
def log(kafka: KafkaBroker, request: pytest.FixtureRequest) -> Iterator[KafkaLog]:
    """A topic of the test's own."""
    topic = f"t{zlib.crc32(request.node.name.encode()):x}"
    create_topic(kafka.bootstrap, topic, partitions=4, replication=1, retention_h=1)
    opened = KafkaLog(kafka.bootstrap, topic=topic)
    yield opened
    opened.close()


@pytest.fixture
def start(kafka: KafkaBroker, clickhouse: ClickHouseServer, log: KafkaLog, tmp_path: Path) -> Iterator[Start]:
    """Start a worker on that topic, at the broker itself or by another way; `WINDVANE_…` settings as keywords."""
    running: list[Child] = []

    def one(bootstrap: str = kafka.bootstrap, **env: str) -> Child:
        running.append(worker(bootstrap, log.topic, clickhouse.url, tmp_path / f"worker{len(running)}.out", **env))
        return running[-1]

    yield one
    clickhouse.refuse_inserts(False)
    for child in running:
        child.kill()
