"""Anyone can write to the topic: no bytes whatever stop the pipeline, and what they spoil is counted by its reason."""

from __future__ import annotations

import json
import random
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
import pytest
import zstandard

from tests.collectors.records import EDGES, WIDTH, encoded, record, row, sound
from tests.running import Up, until
from windvane.collectors.envelope import MAX_DECOMPRESSED_BYTES, MAX_READ_EVENTS, Header, pack, unpack
from windvane.collectors.event import COLUMNS, INDEX, MAX_EVENT_BYTES, NAMES, Row
from windvane.collectors.log.base import Record
from windvane.collectors.log.sqlite import SqliteLog
from windvane.collectors.plain_json import MAX_JSON_BYTES
from windvane.errors import EnvelopeError, Reason
from windvane.stream.batch import Batch

BAD_TEXT = b"\xdc" + struct.pack(">H", WIDTH) + b"\xa2\xff\xfe" + b"\xc0" * (WIDTH - 1)
UNSOUND: Final[dict[str, tuple[bytes, Reason]]] = {
    "wrong type": (encoded(row(gen_ai_usage_input_tokens="many"))[0], Reason.WRONG_TYPE),
    "negative count": (encoded(row(gen_ai_usage_input_tokens=-1))[0], Reason.OUT_OF_RANGE),
    "count above 32 bits": (encoded(row(gen_ai_usage_input_tokens=2**32))[0], Reason.OUT_OF_RANGE),
    "not a number": (encoded(row(gen_ai_client_operation_duration=float("nan")))[0], Reason.OUT_OF_RANGE),
    "infinite": (encoded(row(gen_ai_request_temperature=float("inf")))[0], Reason.OUT_OF_RANGE),
    "not a number in a list": (encoded(row(embedding=[float("nan")]))[0], Reason.OUT_OF_RANGE),
    "above 32-bit floats": (encoded(row(embedding=[1e39]))[0], Reason.OUT_OF_RANGE),
    "money that is none": (encoded(row(cost="ten"))[0], Reason.WRONG_TYPE),
    "a time before any model": (encoded(row(time=5))[0], Reason.OUT_OF_RANGE),
    "text that is not UTF-8": (BAD_TEXT, Reason.UNDECODABLE),
    "no row": (b"\x05", Reason.NOT_AN_OBJECT),
    "nothing": (b"\xc0", Reason.NOT_AN_OBJECT),
    "oversize": (encoded(row(gen_ai_input_messages="x" * MAX_EVENT_BYTES))[0], Reason.OVERSIZE),
    "oversize in a column of another version": (encoded((*sound(), "x" * MAX_EVENT_BYTES))[0], Reason.OVERSIZE),
}


@pytest.mark.parametrize("case", UNSOUND)
def test_an_unsound_row_is_refused_alone_with_its_reason_and_bytes(case: str) -> None:
    raw, reason = UNSOUND[case]
    opened = unpack(pack([*encoded(sound()), raw, *encoded(sound())], Header(first=10)))
    assert opened.rows == [sound(), sound()] and list(opened.indexes) == [0, 2]
    assert [(r.index, r.reason, r.raw) for r in opened.refused] == [(1, reason, raw)]


DEEP: Final = b"\x91" * 200_000 + b"\xc0"
ONE: Final = encoded(sound())[0]


def claiming(size: int) -> bytes:
    """An envelope whose frame claims to hold `size` bytes: the byte behind zstd's magic and descriptor says so."""
    frame = zstandard.compress(ONE)
    assert frame[4:6] == bytes([0x20, len(ONE)])
    return record(ONE, {"count": 1}).replace(frame[:6], frame[:5] + bytes([size]))


BROKEN: Final[dict[str, bytes]] = {
    "nothing": b"",
    "the prefix alone": b"WV\x01\x00\x00\x00\x00\x00",
    "cut off in the prefix": b"WV\x01",
    "random bytes": random.Random(1).randbytes(1000),
    "text": b"hello",
    "more rows claimed than there are": record(ONE * 3, {"count": 10_000}),
    "fewer rows claimed than there are": record(ONE * 3, {"count": 1}),
    "rows where none are claimed": record(ONE, {}),
    "more rows than are read": record(ONE, {"count": MAX_READ_EVENTS + 1}),
    "a negative count": record(ONE, {"count": -1}),
    "a count of 64 bits": record(ONE, {"count": 2**64 - 1}),
    "a negative number": record(ONE, {"count": 1, "first": -1}),
    "a number of 64 bits": record(ONE, {"count": 1, "first": 2**63}),
    "no columns": record(ONE, {"count": 1, "columns": 0}),
    "a million columns": record(ONE, {"count": 1, "columns": 1_000_000}),
    "a name that is no text": record(ONE, {"count": 1, "key": 5}),
    "a name that is not UTF-8": record(ONE, {"count": 1}).replace(b"\xa5count\x01", b"\xa3key\xa1\xff"),
    "a name of a megabyte": record(ONE, {"count": 1, "source": "s" * 1_000_000}),
    "a negative count in the ledger": record(ONE, {"count": 1, "ledger": {"emitted": -1}}),
    "a count of 64 bits in the ledger": record(ONE, {"count": 1, "ledger": {"emitted": 2**63}}),
    "a ledger of thousands": record(ONE, {"count": 1, "ledger": {f"dropped.{n}": n for n in range(5000)}}),
    "a deep header": b"WV" + struct.pack("<BBI", 1, 0, len(DEEP) + 3) + b"\x81\xa1x" + DEEP,
    "a deep row": record(DEEP, {"count": 1}),
    "a deep cell of a newer version": record(b"\xdc\x00\x2d" + b"\xc0" * 44 + DEEP, {"count": 1, "columns": 45}),
    "a row of four billion cells": record(b"\xdd\xff\xff\xff\xff", {"count": 1}),
    "a cut frame": record(ONE, {"count": 1})[:-4],
    "no frame": record(ONE, {"count": 1})[: -len(zstandard.compress(ONE))],
    "bytes behind the frame": record(ONE, {"count": 1}) + b"more",
    "two frames": record(ONE, {"count": 2}) + zstandard.compress(ONE),
    "thousands of empty frames": record(b"", {"count": 1}) + zstandard.compress(b"") * 50_000,
    "a frame that claims less": claiming(len(ONE) - 1),
    "a frame that claims more": claiming(len(ONE) + 1),
    "a deep JSON list": b"[" * 100_000 + b"]" * 100_000,
    "a JSON list that ends early": b'[{"model": "m"},',
    "a number": b"5",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_record_that_cannot_be_taken_apart_is_undecodable(case: str) -> None:
    with pytest.raises(EnvelopeError) as refused:
        unpack(BROKEN[case])
    assert refused.value.reason is Reason.UNDECODABLE and len(refused.value.detail) < 300


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: record(bytes(300 << 20), {"count": 1}), Reason.DECOMPRESSED_SIZE),
        (lambda: record(bytes(MAX_DECOMPRESSED_BYTES + 1), {"count": 1}), Reason.DECOMPRESSED_SIZE),
        (lambda: b'{"prompt": "' + bytes(100 << 20) + b'"}', Reason.OVERSIZE),
        (lambda: b"[" + b"1," * (MAX_JSON_BYTES // 2 - 1) + b"1]", Reason.OVERSIZE),
        (lambda: b"{}\n" * (MAX_READ_EVENTS + 1), Reason.OVERSIZE),
        # Small on the wire, and a thousand times that where each byte becomes an object.
        (lambda: record(b"\xdc\x00\x2d" + b"\xc0" * 44 + b"\xdd" + struct.pack(">I", 7 << 20) + b"\x80" * (7 << 20),
                        {"count": 1, "columns": 45}), None),
    ],
    ids=["zip bomb", "a byte too many", "100 MB of JSON", "millions of numbers", "too many lines", "empty objects"],
)  # fmt: skip
def test_a_record_that_would_grow_without_bound_is_refused_at_a_bounded_price(
    make: Callable[[], bytes], reason: Reason | None
) -> None:
    given = make()
    tracemalloc.start()
    try:
        if reason is None:
            assert [refused.reason for refused in unpack(given).refused] == [Reason.OVERSIZE]
        else:
            with pytest.raises(EnvelopeError) as refused:
                unpack(given)
            assert refused.value.reason is reason
        assert tracemalloc.get_traced_memory()[1] < 400 << 20
    finally:
        tracemalloc.stop()


def damaged(rng: random.Random, data: bytes) -> bytes:
    """Return `data` with a few bytes changed, cut, doubled or put elsewhere."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        at, size = rng.randrange(len(changed) + 1), rng.choice((1, 1, 4, 40))
        match rng.randrange(5):
            case 0:
                changed[at : at + size] = rng.randbytes(size)
            case 1:
                del changed[at : at + size]
            case 2:
                changed[at:at] = changed[max(0, at - size) : at]
            case 3:
                changed[at : at + 1] = rng.choice((b"\xff", b"\x00", b"\xdd", b"\xc1", b'"', b"\\ud800", b"[", b"1e9"))
            case _:
                other = rng.randrange(len(changed) + 1)
                changed[at : at + size] = changed[other : other + size]
    return bytes(changed)


def fuzzed(count: int) -> Iterator[bytes]:
    """Yield records that were valid once: envelopes damaged outside and inside, and JSON."""
    rng = random.Random(20_260_101)
    rows = encoded(
        *(row(**{column.name: rng.choice(EDGES[column.kind][:4]) for column in COLUMNS}) for _ in range(6)), sound()
    )
    header = Header(source="a", key="s/m", first=3, count=len(rows), ledger={"emitted": 10, "dropped.oversize": 1})
    whole, body, head = pack(rows, header), b"".join(rows), msgspec.msgpack.encode(header)
    plain = {column.attribute: EDGES[column.kind][1] for column in COLUMNS}
    texts = [json.dumps(form).encode() for form in (plain, [plain, {"model": "m"}])]
    texts.append(texts[0] + b"\n" + texts[0])
    for number in range(count):
        kind = number % 4
        if kind == 0:
            yield damaged(rng, whole)
        elif kind == 1:
            yield record(damaged(rng, body), header)
        elif kind == 2:
            data = damaged(rng, head)
            yield b"WV" + struct.pack("<BBI", 1, 0, len(data)) + data + zstandard.compress(body)
        else:
            yield damaged(rng, rng.choice(texts))


def test_no_damage_raises_anything_but_an_envelope_error_and_what_is_let_through_is_sound() -> None:
    rows: list[Row] = []
    refused = broken = 0
    for given in fuzzed(4000):
        try:
            opened = unpack(given)
        except EnvelopeError:
            broken += 1
            continue
        assert len(opened.rows) + len(opened.refused) == opened.header.count
        assert sorted([*opened.indexes, *(r.index for r in opened.refused)]) == list(range(opened.header.count))
        rows += opened.rows
        refused += len(opened.refused)
    assert broken > 100 and refused > 100 and len(rows) > 1000  # the damage is of all three kinds
    zeros = np.zeros(len(rows), np.int64)
    batch = Batch(rows, zeros, zeros.astype(np.int32), zeros, [""] * len(rows))
    for name in INDEX:
        assert len(batch.arrow(name)) == len(rows)  # what Arrow takes, the store takes
    assert batch.arrow("cost").cast(pa.decimal128(18, 9)).null_count == batch.cells("cost").count(None)


def test_the_pipeline_counts_all_of_it_and_goes_on(tmp_path: Path) -> None:
    last = {**dict(zip(NAMES, sound(), strict=True)), "id": "last"}
    given = [*BROKEN.values(), *fuzzed(400), pack([raw for raw, _ in UNSOUND.values()], Header())]
    up = Up(tmp_path / "up")
    try:
        with closing(SqliteLog(up.directory / "log.sqlite", topic="windvane.events")) as log:
            log.append([Record(b"one/partition", value) for value in [*given, json.dumps(last).encode()]])
        stored, told = "SELECT id FROM calls WHERE id = 'last'", "SELECT min(balanced) AS balanced FROM ledger"
        until(lambda: up.query(stored) == [{"id": "last"}], "the last is stored")
        until(lambda: up.query(told) == [{"balanced": 1}], "every event is stored, a repeat, or a dead letter")
        wanted, found = {str(reason) for _, reason in UNSOUND.values()}, "SELECT DISTINCT reason FROM refusals"
        until(lambda: {row["reason"] for row in up.query(found)} >= wanted, "the dead letters say why")
        counted = "SELECT sum(refused) > 300 AS many, sum(missing) AS missing FROM ledger"
        until(lambda: up.query(counted) == [{"many": 1, "missing": 0}], "all of it is counted")
    finally:
        assert up.child.terminate() == 0
