"""What every log promises (`windvane.collectors.log.base`), asked of each that there is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

import windvane.collectors.log as package
from tests.collectors.logs import FACTORIES, PARTITIONS, Open
from tests.discovery import implementations
from windvane.collectors.log.base import Log, Record, Stored
from windvane.errors import LogError, RecordTooLarge

HOUR_US = 3_600_000_000


@pytest.fixture(params=implementations(package, Log), ids=lambda kind: kind.__name__)
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens the log under test; whatever was opened is closed."""
    factory = FACTORIES.get(request.param)
    if factory is None:
        pytest.fail(f"{request.param.__name__} has no factory: add one to FACTORIES, so that its promises are tested")
    make, logs = factory(request), []

    def open_() -> Log:
        logs.append(make())
        return logs[-1]

    yield open_
    for log in logs:
        log.close()


@pytest.fixture
def log(opened: Open) -> Log:
    return opened()


def one(number: int, key: bytes = b"checkout/gpt-4o") -> Record:
    return Record(key, b"value %d" % number)


def everything(log: Log) -> list[Stored]:
    """Read all partitions to their ends."""
    found: list[Stored] = []
    for partition in range(log.partitions()):
        offset = log.begin(partition)
        while batch := log.read(partition, offset):
            found += batch
            offset = batch[-1].offset + 1
    return found


def home(log: Log, key: bytes = b"checkout/gpt-4o") -> int:
    """Append one record of `key`; return the partition it is in."""
    log.append([Record(key, b"first")])
    return next(stored.partition for stored in everything(log) if stored.key == key)


def test_what_is_appended_is_read(log: Log) -> None:
    before_us = time.time_ns() // 1000
    log.append([Record(b"k", bytes(range(256))), Record(b"k", b"")])
    found = everything(log)
    assert [(r.topic, r.key, r.value) for r in found] == [(log.topic, b"k", bytes(range(256))), (log.topic, b"k", b"")]
    assert all(before_us - 1000 <= r.time_us <= time.time_ns() // 1000 for r in found)
    assert log.partitions() == PARTITIONS


def test_nothing_appended_is_nothing_stored(log: Log) -> None:
    log.append([])
    assert everything(log) == []
    assert [(log.begin(p), log.end(p)) for p in range(PARTITIONS)] == [(0, 0)] * PARTITIONS


def test_a_partition_keeps_the_order_of_appends(log: Log) -> None:
    at = home(log)
    for start in range(0, 50, 10):
        log.append([one(number) for number in range(start, start + 10)])
    found = log.read(at, 1)
    assert [r.value for r in found] == [b"value %d" % number for number in range(50)]
    offsets = [r.offset for r in found]
    assert offsets == sorted(set(offsets)) and log.end(at) > offsets[-1]


def test_a_key_has_one_partition_and_keys_use_them_all(log: Log) -> None:
    keys = [b"service-%d/m" % number for number in range(64)]
    for _ in range(3):
        log.append([Record(key, key) for key in keys])
    found = everything(log)
    places = {(r.key, r.partition) for r in found}
    assert len(found) == 3 * len(keys) and len(places) == len(keys)
    assert {partition for _, partition in places} == set(range(PARTITIONS))


def test_reading_goes_on_from_the_middle(log: Log) -> None:
    at = home(log)
    log.append([one(number) for number in range(9)])
    whole = log.read(at, 0)
    assert log.read(at, whole[4].offset) == whole[4:]
    assert log.read(at, whole[4].offset, limit=2) == whole[4:6]


def test_large_records_are_read_whole_and_each_once(log: Log) -> None:
    at = home(log)
    value = bytes(900_000)
    log.append([Record(b"checkout/gpt-4o", b"%02d" % number + value) for number in range(12)])
    found: list[Stored] = []
    while batch := log.read(at, found[-1].offset + 1 if found else 1):
        found += batch
    assert [r.value[:2] for r in found] == [b"%02d" % number for number in range(12)]
    assert all(len(r.value) == 900_002 for r in found)


def test_at_and_behind_the_end_there_is_nothing(log: Log) -> None:
    at = home(log)
    assert log.read(at, log.end(at)) == []
    assert log.read(at, log.end(at) + 7) == log.read(at, log.end(at) + 7, timeout_s=0.3) == []
    start = time.monotonic()
    assert log.read(at, log.end(at), timeout_s=0.4) == []
    assert 0.3 < time.monotonic() - start < 3


def test_a_reader_that_waits_gets_what_another_appends(opened: Open) -> None:
    log, other = opened(), opened()
    at = home(log)
    end = log.end(at)
    assert other.end(at) == end
    late = threading.Timer(0.3, log.append, [[one(1)]])
    late.start()
    start = time.monotonic()
    assert [r.value for r in other.read(at, end, timeout_s=20)] == [b"value 1"]
    assert time.monotonic() - start < 5
    late.join()


def test_what_was_appended_is_there_when_opened_again(opened: Open) -> None:
    first = opened()
    at = home(first)
    first.append([one(number) for number in range(5)])
    kept = everything(first)
    first.close()
    first.close()
    again = opened()
    assert everything(again) == kept
    again.append([one(5)])
    assert [r.value for r in again.read(at, kept[-1].offset + 1)] == [b"value 5"]


def test_a_closed_log_takes_nothing(log: Log) -> None:
    log.append([one(1)])
    log.close()
    with pytest.raises(LogError, match="closed"):
        log.append([one(2)])


def test_a_record_above_the_limit_is_refused_with_all_that_came_with_it(log: Log) -> None:
    with pytest.raises(RecordTooLarge, match=str(log.max_record_bytes)):
        log.append([one(1), Record(b"k", bytes(log.max_record_bytes + 1)), one(2)])
    assert everything(log) == []
    log.append([Record(b"k", bytes(log.max_record_bytes))])
    assert [len(r.value) for r in everything(log)] == [log.max_record_bytes]


def test_what_is_trimmed_is_gone_and_its_offsets_never_come_again(opened: Open) -> None:
    log = opened()
    at = home(log)
    log.append([one(number) for number in range(20)])
    time.sleep(0.02)
    log.append([one(99)])
    last = log.read(at, 0)[-1]
    log.trim(last.time_us)
    assert log.begin(at) == last.offset and log.read(at, 0) == [last]
    end = log.end(at)
    log.trim(time.time_ns() // 1000 + HOUR_US)
    assert (log.begin(at), log.end(at)) == (end, end) and log.read(at, 0) == []
    again = opened()
    again.append([one(100)])
    assert [(r.offset, r.value) for r in again.read(at, 0)] == [(end, b"value 100")]


def test_trimming_what_is_young_forgets_nothing(log: Log) -> None:
    log.append([one(number) for number in range(20)])
    log.trim(time.time_ns() // 1000 - HOUR_US)
    assert len(everything(log)) == 20


def test_appends_of_many_threads_are_all_there_once_each_in_its_order(log: Log) -> None:
    def appends(thread: int) -> None:
        for number in range(25):
            log.append([Record(b"thread-%d" % thread, b"%d" % number), Record(b"shared", b"%d/%d" % (thread, number))])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(appends, range(8)))
    found = everything(log)
    for thread in range(8):
        assert [int(r.value) for r in found if r.key == b"thread-%d" % thread] == list(range(25))
    shared = [tuple(map(int, r.value.split(b"/"))) for r in found if r.key == b"shared"]
    assert sorted(shared) == [(thread, number) for thread in range(8) for number in range(25)]
    assert all([n for t, n in shared if t == thread] == list(range(25)) for thread in range(8))


def test_readers_and_trimming_do_not_disturb_appends(log: Log) -> None:
    at = home(log)
    done = threading.Event()
    seen: list[Stored] = []

    def read() -> None:
        offset = 0
        while not done.is_set() or offset < log.end(at):
            for record in log.read(at, offset, timeout_s=0.1):
                seen.append(record)
                offset = record.offset + 1

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(40):
        log.append([one(number)])
        if number % 10 == 9:
            log.trim(time.time_ns() // 1000 - HOUR_US)
    done.set()
    reader.join(30)
    assert [r.value for r in seen] == [b"first", *(b"value %d" % number for number in range(40))]
