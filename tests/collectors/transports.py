"""Every transport there is, and how a test gets one and reads the log behind it."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from tests.servers.process import free_port
from windvane.collectors.gateway.app import make_gateway
from windvane.collectors.log.base import Log
from windvane.collectors.log.kafka import KafkaLog
from windvane.collectors.log.sqlite import SqliteLog
from windvane.collectors.log.topics import create_topic
from windvane.collectors.transport.file import FileTransport
from windvane.collectors.transport.framing import frames
from windvane.collectors.transport.http import HttpTransport
from windvane.collectors.transport.kafka import KafkaTransport

__all__ = ["FACTORIES", "Place", "gateway"]


@dataclass
class Place:
    """An endpoint, and all that is durable behind it: record keys and records."""

    endpoint: str
    read: Callable[[], list[tuple[str, bytes]]]


def _contents(log: Log) -> list[tuple[str, bytes]]:
    found = []
    for partition in range(log.partitions()):
        offset = log.begin(partition)
        while batch := log.read(partition, offset):
            found += [(stored.key.decode(), stored.value) for stored in batch]
            offset = batch[-1].offset + 1
    return found


@contextmanager
def gateway(log: Log, port: int) -> Iterator[str]:
    """Serve the real intake in front of `log`, in a thread."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    runner = web.AppRunner(make_gateway(log))

    async def start() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        ready.set()

    def serve() -> None:
        loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield f"http://127.0.0.1:{port}"
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@contextmanager
def _file(request: pytest.FixtureRequest) -> Iterator[Place]:
    path: Path = request.getfixturevalue("tmp_path") / "new" / "envelopes"
    yield Place(path.as_uri(), lambda: list(frames(path.read_bytes())))


@contextmanager
def _http(request: pytest.FixtureRequest) -> Iterator[Place]:
    log = SqliteLog(request.getfixturevalue("tmp_path") / "log.sqlite", topic="calls", partitions=2)
    with gateway(log, free_port()) as url:
        yield Place(url, lambda: _contents(log))
    log.close()


@contextmanager
def _kafka(request: pytest.FixtureRequest) -> Iterator[Place]:
    bootstrap, topic = request.getfixturevalue("kafka").bootstrap, f"transport-{uuid.uuid4().hex[:8]}"
    create_topic(bootstrap, topic, partitions=2, replication=1, retention_h=1)
    log = KafkaLog(bootstrap, topic=topic)
    yield Place(f"kafka://{bootstrap}/{topic}", lambda: _contents(log))
    log.close()


FACTORIES = {FileTransport: _file, HttpTransport: _http, KafkaTransport: _kafka}
