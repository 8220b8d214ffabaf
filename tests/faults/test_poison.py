"""What nobody should send: refused with its reason, and everything beside it is stored once, in both settings."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.poison import poison
from tests.running import Intake, Query, Traffic, Up, settle, stored, until, worker
from tests.servers.clickhouse import ClickHouseServer
from tests.servers.kafka import KafkaBroker
from windvane.collectors.log.base import Log, Record
from windvane.collectors.log.kafka import KafkaLog
from windvane.collectors.log.sqlite import SqliteLog
from windvane.collectors.log.topics import create_topic
from windvane.collectors.normalize import normalize
from windvane.collectors.packing import Packer


@dataclass
class Setting:
    """A running pipeline: its log, its store, and what says that it is well."""

    log: Log
    query: Query
    well: Callable[[], bool]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    opened = Up(tmp_path_factory.mktemp("poison") / "up", WINDVANE_SNAPSHOT_S="1")
    yield opened
    opened.child.kill()


@pytest.fixture(scope="module")
def local(up: Up) -> Iterator[Setting]:
    log = SqliteLog(up.directory / "log.sqlite", topic="windvane.events")
    yield Setting(log, up.query, lambda: up.health()[1]["trouble"] == "")
    log.close()


@pytest.fixture(scope="module")
def cluster(
    kafka: KafkaBroker, clickhouse: ClickHouseServer, query: Query, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Setting]:
    create_topic(kafka.bootstrap, "poison", partitions=4, replication=1, retention_h=1)
    log = KafkaLog(kafka.bootstrap, topic="poison")
    child = worker(kafka.bootstrap, "poison", clickhouse.url, tmp_path_factory.mktemp("poison") / "worker.out")
    yield Setting(log, query, lambda: child.process.poll() is None)
    child.kill()
    log.close()


@pytest.fixture(params=["local", "cluster"])
def setting(request: pytest.FixtureRequest) -> Setting:
    found: Setting = request.getfixturevalue(request.param)
    return found


def test_every_poison_is_a_dead_letter_with_its_reason_and_nothing_else_is_touched(setting: Setting) -> None:
    traffic = Traffic(setting.log, f"beside-{setting.log.topic}")
    records = poison(setting.log.max_record_bytes)
    for name, (record, _) in records.items():
        setting.log.append([Record(name.encode(), record)])
        traffic.send(20)
    settle(setting.query, traffic)
    letters = f"SELECT reason, size, length(raw) AS kept FROM dead_letters WHERE topic = '{setting.log.topic}'"
    until(lambda: len(setting.query(letters)) >= len(records), "every poison is a dead letter")
    found = setting.query(letters)
    assert sorted(row["reason"] for row in found) == sorted(str(reason) for _, reason in records.values())
    assert max(int(row["size"]) for row in found) == max(len(record) for record, _ in records.values())
    assert max(int(row["kept"]) for row in found) == 65_536
    assert setting.query("SELECT source FROM ledger WHERE NOT balanced") == []
    assert setting.well()


def test_the_same_id_from_two_senders_is_two_events_and_the_same_number_is_one(setting: Setting) -> None:
    service = f"ids-{setting.log.topic}"
    row = normalize({"id": "one-id", "service": service, "time": time.time()})
    for source in ("a", "b"):
        records = [Record(key.encode(), record) for key, record in Packer(f"{service}-{source}").pack([row, row])]
        setting.log.append(records * 2)
    books = f"SELECT source, stored, duplicates FROM ledger WHERE startsWith(source, '{service}') ORDER BY source"
    right = [{"source": f"{service}-{source}", "stored": 2, "duplicates": 2} for source in "ab"]
    until(lambda: setting.query(books) == right, "each has two events, and two repeats")
    assert setting.query(f"SELECT count() AS n FROM events WHERE service_name = '{service}'") == [{"n": 4}]


def test_an_event_from_years_ago_is_stored(setting: Setting) -> None:
    source = f"old-{setting.log.topic}"
    row = normalize({"service": source, "time": "2009-01-03T18:15:05Z"})
    setting.log.append([Record(key.encode(), record) for key, record in Packer(source).pack([row])])
    until(lambda: stored(setting.query, source) == 1, "it is stored")


def test_a_body_beyond_all_bounds_is_answered_and_the_intake_goes_on(up: Up) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", up.port, timeout=60)
    connection.putrequest("POST", "/v1/events")
    connection.putheader("Content-Length", str(100 << 20))
    connection.endheaders()
    connection.send(b'{"prompt": "' + b"x" * (1 << 20))
    answer = connection.getresponse()
    assert answer.status == 413 and b"a body may have" in answer.read()
    connection.close()
    traffic = Traffic(Intake(up.url), "after-the-large-one")
    traffic.send(100)
    settle(up.query, traffic)


def test_many_of_the_largest_records_are_read_a_few_at_a_time(up: Up, local: Setting) -> None:
    def most_mb() -> int:
        status = Path(f"/proc/{up.child.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) >> 10

    before, seen = most_mb(), "SELECT count() AS n FROM dead_letters WHERE reason = 'oversize'"
    already = int(local.query(seen)[0]["n"])
    local.log.append([Record(b"large", b"{" + bytes(local.log.max_record_bytes - 1))] * 30)
    until(lambda: int(local.query(seen)[0]["n"]) == already + 30, "all are dead letters")
    assert most_mb() - before < 300
