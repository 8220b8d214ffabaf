"""The product as its users run it: command lines in processes of their own, traffic, and the books after it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.servers.process import Child, free_port
from windvane.collectors.event import Row
from windvane.collectors.log.base import Log, Record
from windvane.collectors.normalize import normalize
from windvane.collectors.packing import Packer

__all__ = ["Query", "Traffic", "Up", "assert_books", "until", "windvane", "worker"]

Query = Callable[[str], list[dict[str, Any]]]
WINDVANE = [sys.executable, "-m", "windvane"]


def windvane(*arguments: object, check: bool = True, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [*WINDVANE, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **more)
    assert not check or done.returncode == 0, done.stderr
    return done


def until(true: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(0.1)


class Up:
    """A running `windvane up`."""

    def __init__(self, directory: Path, **env: str) -> None:
        self.directory, self.port, self.env = directory, free_port(), env
        self.url = f"http://127.0.0.1:{self.port}"
        directory.mkdir(parents=True, exist_ok=True)
        self.start()

    def start(self) -> None:
        command = [*WINDVANE, "up", "--dir", str(self.directory), "--port", str(self.port)]
        self.child = Child(command, self.directory.parent / f"{self.directory.name}.out", self.env)
        self.child.wait_for_port(self.port)
        until((self.directory / "up.json").exists, "up announces itself")

    def query(self, sql: str) -> list[dict[str, Any]]:
        done = windvane("sql", sql, "--dir", self.directory, "--format", "json")
        return [json.loads(line) for line in done.stdout.splitlines()]


def worker(bootstrap: str, topic: str, store: str, log: Path, **env: str) -> Child:
    """Start a Faust worker."""
    command = [*WINDVANE, "worker", "--bootstrap", bootstrap, "--topic", topic, "--group", topic, "--store", store]
    return Child(command, log, {"WINDVANE_SNAPSHOT_S": "1", **env})


class Traffic:
    """Events of a few services, numbered under one source, into a log."""

    def __init__(self, log: Log, source: str) -> None:
        self.source, self.sent = source, 0
        self._log, self._packer = log, Packer(source)

    def rows(self, count: int) -> Iterable[Row]:
        for number in range(self.sent, self.sent + count):
            yield normalize(
                {
                    "id": f"{self.source}-{number}",
                    "time": time.time(),
                    "service": f"{self.source}-{number % 7}",
                    "model": "m",
                    "input_tokens": number % 1000,
                    "latency": 0.25 + number % 3,
                    "response": "yes",
                }
            )

    def send(self, count: int, *, twice: bool = False) -> None:
        """Send `count` events, all records twice if so asked, as a sender does that did not hear the answer."""
        records = [Record(key.encode(), record) for key, record in self._packer.pack(self.rows(count))]
        for _ in range(1 + twice):
            self._log.append(records)
        self.sent += count


def assert_books(query: Query, source: str, sent: int) -> None:
    """Every event is stored exactly once, rollups equal a recount, the ledger balances."""
    facts = query(
        "SELECT count() AS stored, uniqExact(id) AS distinct, uniqExact(topic, partition, offset, position) AS places,"
        f" sum(gen_ai_usage_input_tokens) AS tokens FROM events WHERE source = '{source}'"
    )[0]
    assert facts["stored"] == facts["distinct"] == facts["places"] == sent
    rollup = query(
        f"SELECT sum(calls) AS calls, sum(input_tokens) AS tokens FROM minutes WHERE service_name LIKE '{source}-%'"
    )[0]
    assert (int(rollup["calls"]), int(rollup["tokens"])) == (sent, int(facts["tokens"]))
    bodies = query(f"SELECT count() AS stored FROM bodies WHERE service_name LIKE '{source}-%'")[0]
    assert bodies["stored"] == sent
    books = query(f"SELECT * FROM ledger WHERE source = '{source}'")[0]
    assert books["balanced"] == 1 and books["missing"] == 0 and books["stored"] == sent, books
