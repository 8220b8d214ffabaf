"""Every kind of log there is, and how a test gets one."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.kafka import KafkaBroker
from windvane.collectors.log.base import Log
from windvane.collectors.log.kafka import KafkaLog
from windvane.collectors.log.sqlite import SqliteLog
from windvane.collectors.log.topics import create_topic

__all__ = ["FACTORIES", "PARTITIONS", "Open"]

PARTITIONS = 4

Open = Callable[[], Log]
"""Opens one and the same log, each time anew."""


def _sqlite(request: pytest.FixtureRequest) -> Open:
    folder: Path = request.getfixturevalue("tmp_path")
    return lambda: SqliteLog(folder / "log.sqlite", topic="calls", partitions=PARTITIONS)


def _kafka(request: pytest.FixtureRequest) -> Open:
    broker: KafkaBroker = request.getfixturevalue("kafka")
    topic = f"log-{uuid.uuid4().hex[:12]}"
    create_topic(broker.bootstrap, topic, partitions=PARTITIONS, replication=1, retention_h=1)
    return lambda: KafkaLog(broker.bootstrap, topic=topic)


FACTORIES: dict[type[Log], Callable[[pytest.FixtureRequest], Open]] = {KafkaLog: _kafka, SqliteLog: _sqlite}
