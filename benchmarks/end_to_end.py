"""Events a second through one worker: real Kafka, Faust, the store; beside the naive Faust job, in the same run.

The topic is filled first; a worker is then timed from its first rows in the store to its last. Broker, worker and store
share the machine, so two rates are given: by the clock, and by the worker's own CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from kafka import KafkaProducer

from benchmarks.common import cpu_s, events, report
from benchmarks.naive_job import TABLE
from tests.running import worker
from tests.servers.clickhouse import ClickHouseServer
from tests.servers.kafka import KafkaBroker
from tests.servers.process import Child
from windvane.collectors.log.base import Record
from windvane.collectors.log.kafka import KafkaLog
from windvane.collectors.log.topics import create_topic
from windvane.collectors.normalize import normalize
from windvane.collectors.packing import Packer
from windvane.storage.migrations import latest, migrate
from windvane.storage.store import ClickHouseStore

PARTITIONS = 4


@contextmanager
def cluster() -> Iterator[tuple[Path, KafkaBroker, ClickHouseServer, ClickHouseStore]]:
    """Start a broker and a store for the length of a benchmark."""
    with tempfile.TemporaryDirectory(prefix="windvane-bench-") as name:
        folder = Path(name)
        for part in ("kafka", "clickhouse"):
            (folder / part).mkdir()
        broker, server = KafkaBroker(folder / "kafka"), ClickHouseServer(folder / "clickhouse")
        store = ClickHouseStore(server.url)
        for _ in migrate(store.connections, latest()):  # the test server has no users: its roles are left out
            pass
        try:
            yield folder, broker, server, store
        finally:
            store.close()
            server.kill()
            broker.kill()


def drain(child: Child, stored: Callable[[], int], count: int, timeout_s: float = 300.0) -> dict[str, float]:
    """Time a worker from its first rows in the store to its last; kill it."""
    deadline = time.monotonic() + timeout_s
    try:
        while not (first := stored()):
            time.sleep(0.02)
        began, cpu = time.monotonic(), cpu_s(child.process.pid)
        while (now := stored()) < count:
            if time.monotonic() > deadline or child.process.poll() is not None:
                raise SystemExit(f"{now} of {count} stored: {child.log.read_text()[-2000:]}")
            time.sleep(0.05)
        seconds, used = time.monotonic() - began, cpu_s(child.process.pid) - cpu
    finally:
        child.kill()
    return {"events_per_s": (count - first) / seconds, "events_per_cpu_s": (count - first) / used}


def ours(folder: Path, broker: KafkaBroker, server: ClickHouseServer, store: ClickHouseStore, count: int) -> Any:
    """Fill a topic with envelopes and drain it by `windvane worker`."""
    topic = f"ours-{uuid.uuid4().hex[:8]}"
    create_topic(broker.bootstrap, topic, partitions=PARTITIONS, replication=1, retention_h=1)
    log, packer, rows = KafkaLog(broker.bootstrap, topic=topic), Packer(topic), map(normalize, events(count))
    while part := list(islice(rows, 4000)):
        log.append([Record(key.encode(), record) for key, record in packer.pack(part)])
    log.close()
    child = worker(broker.bootstrap, topic, server.url, folder / f"{topic}.out", WINDVANE_SNAPSHOT_S="15")
    query = "SELECT count() FROM events WHERE topic = {t:String}"
    figures = drain(child, lambda: int(store.query(query, {"t": topic})[1][0][0]), count)
    distinct = store.query("SELECT uniqExact(id) FROM events WHERE topic = {t:String}", {"t": topic})[1][0][0]
    if distinct != count:
        raise SystemExit(f"{distinct} distinct events of {count}")
    return figures


def naive(folder: Path, broker: KafkaBroker, server: ClickHouseServer, store: ClickHouseStore, count: int) -> Any:
    """Fill a topic with one JSON event a record and drain it by the naive job."""
    topic = f"naive-{uuid.uuid4().hex[:8]}"
    create_topic(broker.bootstrap, topic, partitions=PARTITIONS, replication=1, retention_h=1)
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, linger_ms=20)
    for event in events(count):
        producer.send(topic, json.dumps(event).encode(), key=event["service"].encode())
    producer.flush()
    producer.close()
    store.connections.get(database=False).command(TABLE)
    before = int(store.query("SELECT count() FROM default.naive_events")[1][0][0])
    command = [sys.executable, "-m", "benchmarks.naive_job", broker.bootstrap, topic, server.url, str(folder / topic)]
    child = Child(command, folder / f"{topic}.out")
    return drain(child, lambda: int(store.query("SELECT count() FROM default.naive_events")[1][0][0]) - before, count)


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=600_000, help="events for windvane's worker")
    parser.add_argument("--naive-events", type=int, default=40_000, help="events for the naive job")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    given = parser.parse_args()
    with cluster() as parts:
        reference, product = naive(*parts, given.naive_events), ours(*parts, given.events)
    figures = {f"naive_{name}": round(value) for name, value in reference.items()}
    figures |= {name: round(value) for name, value in product.items()}
    ratios = {f"ratio_{name}": round(product[name] / reference[name], 1) for name in product}
    report({"benchmark": "end_to_end", **figures, **ratios}, given.json)


if __name__ == "__main__":
    main()
