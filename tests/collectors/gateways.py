"""A gateway in this process, in front of a log, and what it answers."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

from aiohttp import web

from windvane.collectors.envelope import unpack
from windvane.collectors.event import NAMES
from windvane.collectors.gateway.app import make_gateway
from windvane.collectors.log.base import Log, Stored

__all__ = ["Answer", "gateway", "get", "post", "rows", "stored"]


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def told(self) -> Any:
        return json.loads(self.body)


@contextmanager
def gateway(log: Log, **options: Any) -> Iterator[int]:
    """Serve in front of `log`; give the port."""
    ready, loops, ports = threading.Event(), list[asyncio.AbstractEventLoop](), list[int]()
    stopped = asyncio.Event()

    async def run() -> None:
        runner = web.AppRunner(make_gateway(log, **options), access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        loops.append(asyncio.get_running_loop())
        ports.append(runner.addresses[0][1])
        ready.set()
        await stopped.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield ports[0]
    finally:
        loops[0].call_soon_threadsafe(stopped.set)
        thread.join(10)


def post(port: int, path: str, body: bytes, **headers: str) -> Answer:
    """Post a body; names of headers with _ for -."""
    return _ask(port, "POST", path, body, **headers)


def get(port: int, path: str, **headers: str) -> Answer:
    """Get a path."""
    return _ask(port, "GET", path, None, **headers)


def _ask(port: int, method: str, path: str, body: bytes | None, **headers: str) -> Answer:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Answer(response.status, response.read(), dict(response.headers.items()))


def stored(log: Log) -> list[Stored]:
    """Return all records of the log."""
    return [record for partition in range(log.partitions()) for record in log.read(partition, 0)]


def rows(log: Log) -> list[dict[str, Any]]:
    """Return the rows in the log, without the cells that are absent."""
    opened = [row for record in stored(log) for row in unpack(record.value).rows]
    return [{name: cell for name, cell in zip(NAMES, row, strict=True) if cell is not None} for row in opened]
