"""Freshness: from emit() in an app to a row that a query sees, at a steady rate, in both settings.

An app emits numbered events of several services; a reader asks again and again for the highest number of each service
it can see. An event is visible when an answer that covers it has arrived: the reader's own pause is in the figure.
"""

from __future__ import annotations

import argparse
import bisect
import json
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import windvane
from benchmarks.common import events, report
from benchmarks.end_to_end import PARTITIONS, cluster
from tests.running import Up, worker
from tests.servers.process import Child
from windvane.cli.running import Running, ask
from windvane.collectors.log.topics import create_topic

SERVICES = 8


def app(endpoint: str, rate: float, seconds: float, out: str) -> None:
    """Be the app: emit at `rate` for `seconds`; write when each emit returned, nanoseconds of the monotonic clock."""
    windvane.init(endpoint, "freshness", spool_dir=f"{out}.spool")
    times = []
    began = time.monotonic()
    for number, event in enumerate(events(int(rate * seconds), services=SERVICES)):
        if (ahead := began + number / rate - time.monotonic()) > 0:
            time.sleep(ahead)
        windvane.emit({**event, "time": time.time(), "input_tokens": number})
        times.append(time.monotonic_ns())
    windvane.shutdown(10.0)
    Path(out).write_text(json.dumps(times))


def seen(query: Callable[[str], list[list[int | str]]], child: Child) -> list[tuple[int, dict[str, int]]]:
    """Ask until the app has ended and nothing new comes; return what each answer covered, and when it came."""
    answers: list[tuple[int, dict[str, int]]] = []
    quiet_at = time.monotonic()
    while child.process.poll() is None or time.monotonic() - quiet_at < 5:
        rows = query("SELECT service_name, max(gen_ai_usage_input_tokens) FROM calls GROUP BY service_name")
        found = {str(name): int(number) for name, number in rows}
        if not answers or found != answers[-1][1]:
            answers.append((time.monotonic_ns(), found))
            quiet_at = time.monotonic()
        time.sleep(0.02)
    return answers


def lags(emitted: list[int], answers: list[tuple[int, dict[str, int]]]) -> list[float]:
    """Return each event's seconds from emit to visible, sorted.

    >>> lags([0, 10**9], [(2 * 10**9, {"service-0": 0, "service-1": 1})])
    [1.0, 2.0]
    """
    covered = [[answer.get(f"service-{service}", -1) for _, answer in answers] for service in range(SERVICES)]
    found = []
    for number, at in enumerate(emitted):
        place = bisect.bisect_left(covered[number % SERVICES], number)
        if place == len(answers):
            raise SystemExit(f"event {number} was never seen")
        found.append((answers[place][0] - at) / 1e9)
    return sorted(found)


def measure(folder: Path, endpoint: str, query: Callable[[str], list[list[int | str]]], rate: float,
            seconds: float) -> dict[str, float]:  # fmt: skip
    """Return p50, p99 and the worst lag of one setting, in seconds."""
    out = folder / "emitted.json"
    command = [sys.executable, "-m", "benchmarks.freshness", "--as-app", endpoint, str(out), str(rate), str(seconds)]
    child = Child(command, folder / "app.out")
    answers = seen(query, child)
    found = lags(json.loads(out.read_text()), answers)
    return {name: round(found[int(share * (len(found) - 1))], 3) for name, share in
            (("p50_s", 0.5), ("p99_s", 0.99), ("max_s", 1.0))}  # fmt: skip


def local(rate: float, seconds: float) -> dict[str, float]:
    """HTTP, SQLite, the local loop, chDB: `windvane up`."""
    with TemporaryDirectory(prefix="windvane-bench-") as name:
        up = Up(Path(name) / "up")
        running = Running.find(up.directory)
        try:
            return measure(
                Path(name), up.url, lambda sql: json.loads(ask(running, sql, "columns"))["data"], rate, seconds
            )
        finally:
            up.child.terminate()


def clustered(rate: float, seconds: float) -> dict[str, float]:
    """Kafka, a Faust worker, the store over HTTP."""
    with cluster() as (folder, broker, server, store):
        topic = f"freshness-{uuid.uuid4().hex[:8]}"
        create_topic(broker.bootstrap, topic, partitions=PARTITIONS, replication=1, retention_h=1)
        child = worker(broker.bootstrap, topic, server.url, folder / "worker.out", WINDVANE_SNAPSHOT_S="15")
        time.sleep(10)  # the worker joins its group
        try:
            return measure(folder, f"kafka://{broker.bootstrap}/{topic}",
                           lambda sql: [list(row) for row in store.query(sql)[1]], rate, seconds)  # fmt: skip
        finally:
            child.kill()


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=1000.0, help="events a second")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long the app emits")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.add_argument("--as-app", nargs=4, metavar=("ENDPOINT", "OUT", "RATE", "SECONDS"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.as_app:
        endpoint, out, rate, seconds = given.as_app
        app(endpoint, float(rate), float(seconds), out)
        return
    figures = {f"local_{name}": value for name, value in local(given.rate, given.seconds).items()}
    figures |= {f"cluster_{name}": value for name, value in clustered(given.rate, given.seconds).items()}
    report({"benchmark": "freshness", "rate": given.rate, **figures}, given.json)


if __name__ == "__main__":
    main()
