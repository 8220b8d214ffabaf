"""The HTTP intake: what it takes is in the log before it answers, what it refuses it explains, all of it in bounds."""

from __future__ import annotations

import gzip
import http.client
import json
import random
import socket
import struct
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.collectors.gateways import gateway
from tests.running import WINDVANE, Up, until
from tests.servers.kafka import KafkaBroker
from tests.servers.process import Child, free_port
from windvane.collectors.envelope import Header, pack, unpack
from windvane.collectors.event import INDEX
from windvane.collectors.gateway.app import MAX_BODY_BYTES
from windvane.collectors.log.base import Stored
from windvane.collectors.log.kafka import KafkaLog
from windvane.collectors.log.sqlite import SqliteLog
from windvane.collectors.log.topics import create_topic
from windvane.collectors.transport.framing import frame

ONE = {"service": "checkout", "model": "gpt-4o", "prompt": "hi"}
Serve = Callable[..., int]


class Answer(NamedTuple):
    status: int
    told: dict[str, Any]
    retry_after: str | None


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path / "log.sqlite", topic="t")) as opened:
        yield opened


@pytest.fixture
def serve(log: SqliteLog) -> Iterator[Serve]:
    """Starts a gateway in front of `log` and returns its port."""
    with ExitStack() as serving:
        yield lambda **options: serving.enter_context(gateway(log, **options))


@pytest.fixture
def port(serve: Serve) -> int:
    return serve()


def post(port: int, path: str, body: Any, **headers: str) -> Answer:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Answer(response.status, json.loads(response.read()), response.headers.get("Retry-After"))


def events(port: int, given: Any, **headers: str) -> Answer:
    return post(port, "/v1/events", given if isinstance(given, bytes) else json.dumps(given).encode(), **headers)


def stored(log: SqliteLog) -> list[Stored]:
    return [record for partition in range(log.partitions()) for record in log.read(partition, 0)]


def prompts(log: SqliteLog) -> list[str]:
    place = INDEX["gen_ai_input_messages"]
    return sorted(row[place] for record in stored(log) for row in unpack(record.value).rows)


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(ONE).encode(),
        json.dumps([ONE, {**ONE, "model": "other"}]).encode(),
        json.dumps(ONE).encode() + b"\n" + json.dumps(ONE).encode() + b"\n",
    ],
    ids=["object", "list", "lines"],
)
@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
def test_events_are_in_the_log_when_the_answer_comes(log: SqliteLog, port: int, body: bytes, compressed: bool) -> None:
    count = len(unpack(body).rows)
    headers = {"Content_Encoding": "gzip"} if compressed else {}
    answer = post(port, "/v1/events", gzip.compress(body) if compressed else body, **headers)
    assert answer == (200, {"accepted": count, "refused": []}, None)
    assert prompts(log) == ["hi"] * count
    assert all(record.key.decode() == unpack(record.value).header.key for record in stored(log))


def test_envelopes_are_in_the_log_as_they_came_whatever_their_key(log: SqliteLog, port: int) -> None:
    records = [pack([], Header(source=str(number), ledger={"emitted": number})) for number in range(3)]
    bad_key = struct.pack("<II", 2, len(records[2])) + b"\xff\xfe" + records[2]
    body = frame("s/m", records[0]) + frame("", records[1]) + bad_key
    assert post(port, "/v1/envelopes", body) == (200, {"accepted": 3}, None)
    keys = [b"s/m", b"", "\ufffd\ufffd".encode()]
    assert sorted((r.key, r.value) for r in stored(log)) == sorted(zip(keys, records, strict=True))


def test_unsound_events_are_refused_one_by_one_and_the_others_taken(log: SqliteLog, port: int) -> None:
    answer = events(port, [ONE, {**ONE, "latency": -1}, 5, ONE])
    assert (answer.status, answer.told["accepted"]) == (200, 2)
    assert [(r["index"], r["reason"]) for r in answer.told["refused"]] == [(1, "out_of_range"), (2, "not_an_object")]
    assert prompts(log) == ["hi", "hi"]
    assert events(port, {**ONE, "latency": -1}).status == 400


@pytest.mark.parametrize(
    ("path", "body", "status", "why"),
    [
        ("/v1/events", b"", 400, "neither an envelope nor JSON"),
        ("/v1/events", b"hello", 400, "neither an envelope nor JSON"),
        ("/v1/events", b"[" * 100_000, 400, "JSON list"),
        ("/v1/events", pack([], Header(source="a")), 400, "/v1/envelopes"),
        ("/v1/events", b'{"prompt": "' + bytes(9 << 20), 413, "smaller lists"),
        ("/v1/events", bytes(MAX_BODY_BYTES + 1), 413, str(MAX_BODY_BYTES)),
        ("/v1/events", iter([bytes(1 << 20)] * 17), 413, str(MAX_BODY_BYTES)),
        ("/v1/envelopes", b"\x01", 400, "cut off at byte 0"),
        ("/v1/envelopes", struct.pack("<II", 2**32 - 1, 2**32 - 1) + b"x", 400, "a record ends at"),
        ("/v1/envelopes", frame("k", pack([], Header())) + b"\0\0", 400, "cut off"),
        ("/v1/envelopes", frame("k", b"no envelope"), 400, "does not begin with WV"),
        ("/v1/envelopes", frame("k", b"WV\x02" + bytes(20)), 400, "Update the workers"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_such_thing_is_refused_with_the_reason(
    log: SqliteLog, port: int, path: str, body: Any, status: int, why: str
) -> None:
    answer = post(port, path, body)
    assert answer.status == status and why in answer.told["error"]
    assert stored(log) == []


def test_a_record_above_the_limit_of_the_log_is_refused(log: SqliteLog, port: int) -> None:
    log.max_record_bytes = 1000
    answer = events(port, {**ONE, "prompt": random.Random(1).randbytes(2000).hex()})
    assert answer.status == 413 and "the log takes 1000" in answer.told["error"] and stored(log) == []


@pytest.mark.parametrize(
    ("body", "status"), [(b"no gzip at all", 400), (gzip.compress(bytes(200 << 20)), 413)], ids=["broken", "zip bomb"]
)
def test_a_compressed_body_is_read_within_bounds(log: SqliteLog, port: int, body: bytes, status: int) -> None:
    assert events(port, body, Content_Encoding="gzip").status == status
    assert stored(log) == []


@pytest.mark.parametrize("name", ["k" * 201, "\xff\xfe", "tab\there"], ids=["long", "bytes", "tab"])
def test_an_idempotency_key_is_short_printable_text(log: SqliteLog, port: int, name: str) -> None:
    answer = events(port, ONE, Idempotency_Key=name)
    assert answer.status == 400 and "Idempotency-Key" in answer.told["error"] and stored(log) == []


def test_a_log_that_fails_says_when_to_come_back(log: SqliteLog, port: int) -> None:
    log.close()
    answer = events(port, ONE)
    assert answer.status == 503 and answer.retry_after == "2" and "closed" in answer.told["error"]


def test_above_the_memory_bound_senders_are_asked_to_come_back(log: SqliteLog, serve: Serve) -> None:
    port, body = serve(max_waiting_bytes=3000), json.dumps(ONE).encode().ljust(2000)
    assert events(port, body * 2)[::2] == (429, "1")
    head = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as slow:
        slow.sendall(head + body[:-1])  # in memory, and not yet whole
        until(lambda: events(port, body)[::2] == (429, "1"), "the slow body fills the memory", 30)
        slow.sendall(body[-1:])
        assert slow.recv(12) == b"HTTP/1.1 200"
    assert events(port, body).status == 200  # what was held is free again


def test_a_sender_that_goes_away_in_the_middle_leaves_nothing_behind(log: SqliteLog, serve: Serve) -> None:
    port, body = serve(max_waiting_bytes=3000), json.dumps(ONE).encode().ljust(2000)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as gone:
        gone.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n" + body[:-1])
        until(lambda: events(port, body).status == 429, "the half body is in memory", 30)
    until(lambda: events(port, body).status == 200, "its memory is free again", 30)
    assert prompts(log) == ["hi"]


def test_health_says_what_it_is_told(serve: Serve) -> None:
    def get(port: int) -> tuple[int, Any]:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request("GET", "/health")
            response = connection.getresponse()
            return response.status, json.loads(response.read())

    assert get(serve()) == (200, {"ok": True})
    sick = {"ok": False, "trouble": "disk"}
    assert get(serve(health=lambda: sick)) == (503, sick)


def test_a_request_repeated_under_its_idempotency_key_is_stored_once(tmp_path: Path) -> None:
    up = Up(tmp_path / "up")
    try:
        body = [
            {"service": f"request/a-{n % 3}", "latency": 0.5, "response": "yes", "input_tokens": n} for n in range(30)
        ]
        for _ in range(3):
            assert events(up.port, body, Idempotency_Key="a").told["accepted"] == 30
        assert events(up.port, body[:5], Idempotency_Key="b").told["accepted"] == 5
        assert events(up.port, body[:5]).told["accepted"] == events(up.port, body[:5]).told["accepted"] == 5
        told = "SELECT sum(accepted) AS taken, sum(duplicates) AS again, sum(stored) AS stored FROM ledger"
        books = {"taken": 105, "again": 60, "stored": 45}
        until(lambda: up.query(told) == [books], "each request counts once")
    finally:
        assert up.child.terminate() == 0


def test_the_gateway_puts_events_into_kafka_and_ends_when_asked(kafka: KafkaBroker, tmp_path: Path) -> None:
    topic, port = f"gateway-{uuid.uuid4().hex[:12]}", free_port()
    create_topic(kafka.bootstrap, topic, partitions=1, replication=1, retention_h=1)
    command = [*WINDVANE, "gateway", "--bootstrap", kafka.bootstrap, "--topic", topic, "--port", str(port)]
    gateway = Child(command, tmp_path / "gateway.log")
    gateway.wait_for_port(port)
    assert events(port, [ONE, ONE], Idempotency_Key="a").told["accepted"] == 2
    large = events(port, {**ONE, "tags": {str(n): random.Random(n).randbytes(5000).hex() for n in range(50)}})
    assert large.status == 200  # half a megabyte in one event: as much as one may have
    assert gateway.terminate() == 0
    with closing(KafkaLog(kafka.bootstrap, topic=topic)) as log:
        found = log.read(0, 0, timeout_s=10)
    assert [(record.key, unpack(record.value).header.source) for record in found] == [
        (b"checkout/gpt-4o", "request/a"),
        (b"checkout/gpt-4o", ""),
    ]
