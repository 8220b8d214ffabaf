"""The product as its users run it: command lines in processes of their own, traffic, and the books after it."""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from tests.servers.process import Child, free_port
from windvane.cli.running import Running, ask
from windvane.collectors.event import Row
from windvane.collectors.log.base import Record
from windvane.collectors.normalize import normalize
from windvane.collectors.packing import Packer
from windvane.collectors.transport.http import HttpTransport
from windvane.errors import LogError, TransportError

__all__ = ["Appends", "Intake", "Load", "Query", "Traffic", "Up", "assert_books", "settle", "stored", "until"]
__all__ += ["rollup_mismatches", "windvane", "worker"]

Query = Callable[[str], list[dict[str, Any]]]
WINDVANE = [sys.executable, "-m", "windvane"]


def windvane(
    *arguments: object, check: bool = True, timeout_s: float = 170, **more: Any
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [*WINDVANE, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, **more)
    assert not check or done.returncode == 0, done.stderr
    return done


def until(true: Callable[[], bool], what: str, timeout_s: float = 120.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(0.1)


class Up:
    """A running `windvane up`."""

    def __init__(self, directory: Path, *, within: Sequence[str] = (), **env: str) -> None:
        """`within` is a command that runs it in surroundings of its own."""
        self.directory, self.port, self.env, self._within = directory, free_port(), env, within
        self.url = f"http://127.0.0.1:{self.port}"
        directory.mkdir(parents=True, exist_ok=True)
        self.start()

    def start(self) -> None:
        command = [*self._within, *WINDVANE, "up", "--dir", str(self.directory), "--port", str(self.port)]
        self.child = Child(command, self.directory.parent / f"{self.directory.name}.out", self.env)
        self.child.wait_for_port(self.port)
        until((self.inside / "up.json").exists, "up announces itself")

    @property
    def inside(self) -> Path:
        """The directory as the process sees it."""
        return Path(f"/proc/{self.child.process.pid}/root") / self.directory.relative_to("/")

    def query(self, sql: str) -> list[dict[str, Any]]:
        answer = ask(Running.find(self.inside), sql, "json")
        return [json.loads(line) for line in answer.splitlines()]

    def health(self) -> tuple[int, dict[str, Any]]:
        """Return the status and the facts of GET /health."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", "/health")
        response = connection.getresponse()
        facts = json.loads(response.read())
        connection.close()
        return response.status, facts


def worker(bootstrap: str, topic: str, store: str, log: Path, **env: str) -> Child:
    """Start a Faust worker."""
    command = [*WINDVANE, "worker", "--bootstrap", bootstrap, "--topic", topic, "--group", topic, "--store", store]
    return Child(command, log, {"WINDVANE_SNAPSHOT_S": "1", **env})


class Appends(Protocol):
    """What takes records: a log, or the HTTP intake in front of one."""

    def append(self, records: Sequence[Record]) -> None: ...


class Intake:
    """The HTTP intake at `url`, asked once."""

    def __init__(self, url: str) -> None:
        self._transport = HttpTransport(url)

    def append(self, records: Sequence[Record]) -> None:
        """Return once the records are taken; TransportError if they are not, or there is no answer."""
        self._transport.send([(record.key.decode(), record.value) for record in records])


class Traffic:
    """Events of a few services, numbered under one source, into a log."""

    def __init__(self, log: Appends, source: str) -> None:
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


class Load(threading.Thread):
    """Steady traffic until it is stopped: some records are sent twice, and what was not acknowledged is sent again."""

    def __init__(self, into: Appends, source: str, *, pause_s: float = 0.02) -> None:
        super().__init__(name="load", daemon=True)
        self.repeats, self._into, self._pause_s, self._halt = 0, into, pause_s, threading.Event()
        self._error: Exception | None = None
        self.traffic = Traffic(self, source)

    def append(self, records: Sequence[Record]) -> None:
        deadline = time.monotonic() + 120
        while True:
            try:
                return self._into.append(records)
            except (LogError, TransportError):
                if time.monotonic() > deadline:
                    raise
                self.repeats += 1
                time.sleep(0.1)

    def run(self) -> None:
        chance = random.Random(11)
        try:
            while not self._halt.is_set():
                self.traffic.send(100, twice=chance.random() < 0.2)
                self._halt.wait(self._pause_s)
        except Exception as error:
            self._error = error

    def __enter__(self) -> Load:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._halt.set()
        self.join(150)
        assert not self.is_alive()
        if self._error is not None:  # whatever else failed: it waited for events that nobody sent
            raise AssertionError("the load ended by itself") from self._error


def stored(query: Query, source: str) -> int:
    """Return how many events of a source are stored."""
    return int(query(f"SELECT count() AS n FROM events WHERE source = '{source}'")[0]["n"])


def settle(query: Query, traffic: Traffic, timeout_s: float = 120.0) -> None:
    """Wait until all that was sent is stored and no block is half written; then the books must be right."""
    written = f"SELECT stored >= {traffic.sent} AND NOT writing AS so FROM ledger WHERE source = '{traffic.source}'"
    until(lambda: query(written) == [{"so": 1}], f"{traffic.sent} events are stored", timeout_s)
    assert_books(query, traffic.source, traffic.sent)


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
    assert rollup_mismatches(query, source) == 0
    bodies = query(f"SELECT count() AS stored FROM bodies WHERE service_name LIKE '{source}-%'")[0]
    assert bodies["stored"] == sent
    books = query(f"SELECT * FROM ledger WHERE source = '{source}'")[0]
    assert books["balanced"] == 1 and books["missing"] == 0 and books["stored"] == sent, books


_KEY = "minute, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version"
_VALUES = "calls, errors, input_tokens, output_tokens, cached_tokens, latency_mean, latency_max, cost, priced_calls"


def rollup_mismatches(query: Query, services: str) -> int:
    """Return how many one-minute rollups of the services whose names begin so differ from a recount of the facts."""
    recount = f"""SELECT toStartOfMinute(time) AS minute, {_KEY.removeprefix("minute, ")}, count() AS calls,
        countIf(error_type != '') AS errors, ifNull(sum(gen_ai_usage_input_tokens), 0) AS input_tokens,
        ifNull(sum(gen_ai_usage_output_tokens), 0) AS output_tokens,
        ifNull(sum(gen_ai_usage_cache_read_input_tokens), 0) AS cached_tokens,
        round(avg(gen_ai_client_operation_duration), 9) AS latency_mean,
        ifNull(max(gen_ai_client_operation_duration), 0) AS latency_max,
        ifNull(sum(events.cost), 0) AS cost, count(events.cost) AS priced_calls
        FROM events WHERE startsWith(service_name, '{services}') GROUP BY {_KEY}"""
    rollup = f"""SELECT {_KEY}, {_VALUES.replace("latency_mean", "round(latency_mean, 9) AS latency_mean")}
        FROM minutes WHERE startsWith(service_name, '{services}')"""
    both = f"SELECT {_KEY}, {_VALUES} FROM ({recount}) UNION ALL SELECT {_KEY}, {_VALUES} FROM ({rollup})"
    unequal = f"SELECT minute, service_name FROM ({both}) GROUP BY {_KEY}, {_VALUES} HAVING count() != 2"
    return int(query(f"SELECT count() AS n FROM ({unequal})")[0]["n"])
