"""Bodies that are damaged, hostile or huge: never an error of ours, always in bounds, and all of it accounted for."""

from __future__ import annotations

import gzip
import http.client
import json
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gateway import ask
from benchmarks.gateway_bodies import JSON, PROTOBUF, mutated
from tests.collectors.dialects import DIALECTS, in_protobuf, span, traces
from tests.collectors.gateways import gateway, get, post, rows, stored
from windvane.collectors.envelope import unpack
from windvane.collectors.gateway.inflating import inflate
from windvane.collectors.gateway.intake import MAX_BODY_BYTES
from windvane.collectors.gateway.otlp import from_json, mapping, row
from windvane.collectors.gateway.otlp.traces import find, rows_of
from windvane.collectors.gateway.refusal import Refusal
from windvane.collectors.log.sqlite import SqliteLog
from windvane.collectors.normalize import normalize
from windvane.errors import EnvelopeError

BODY = json.dumps(traces(DIALECTS["semconv 1.37"])).encode()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path / "log.sqlite", topic="t")) as opened:
        yield opened


def test_thousands_of_damaged_requests_are_each_taken_or_refused_and_counted(log: SqliteLog) -> None:
    """`python -m benchmarks.gateway --fuzz 1000000` does the same for longer."""
    statuses: Counter[str] = Counter()
    with gateway(log, join_s=0) as port:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            for body in mutated(6000, seed=3):
                status, answer = ask(connection, body)
                statuses[f"{body.path} {status}"] += 1
                assert status in (200, 400, 413, 415), (body, answer)
        counts = get(port, "/v1/unmapped.json").told
    assert counts["requests"] == statuses, "the gateway's own counts"
    assert counts.get("mistakes", {}) == {}
    feedbacks, calls = 0, 0
    for record in stored(log):
        with suppress(EnvelopeError):  # damaged behind its header: for the stream's dead letters
            envelope = unpack(record.value)
            if not envelope.header.source.startswith("bench"):
                feedbacks += sum(row[3] == "feedback" for row in envelope.rows)
                calls += sum(row[28] is not None and row[3] != "feedback" for row in envelope.rows)
            assert not envelope.refused or envelope.header.source.startswith("bench"), "we wrote it: it must be sound"
    assert feedbacks > 100 and 500 < calls <= counts["spans"]["taken"]


def test_the_quick_way_to_a_row_gives_the_same_row(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    def both(fields: dict[str, Any]) -> Any:
        nonlocal compared
        quick = row._exact(fields)
        compared += quick is not None
        whole = normalize(fields)
        assert quick is None or quick == whole
        return whole

    monkeypatch.setattr(mapping, "row_of", both)
    for body in mutated(3000, seed=5):
        if (body.path, body.content_type, body.encoding) == ("/v1/traces", JSON, ""):
            with suppress(EnvelopeError):
                rows_of(find(from_json.spans_of(body.body)), {})
    assert compared > 200


@pytest.mark.parametrize("cut", [0, 1, 2, 9, 10, 11, 50, -9, -8, -1])
@pytest.mark.parametrize("packed", [gzip.compress(BODY), zlib.compress(BODY)], ids=["gzip", "deflate"])
def test_a_compressed_body_that_is_cut_off_is_refused(log: SqliteLog, packed: bytes, cut: int) -> None:
    with gateway(log) as port:
        encoding = "gzip" if packed[0] == 0x1F else "deflate"
        whole = post(port, "/v1/traces", packed, Content_Type=JSON, Content_Encoding=encoding)
        part = post(port, "/v1/traces", packed[:cut], Content_Type=JSON, Content_Encoding=encoding)
        assert (whole.status, part.status) == (200, 400)
        assert len(rows(log)) == 1


def test_deflate_may_come_without_its_header_and_gzip_in_several_parts() -> None:
    bare = zlib.compressobj(wbits=-15)
    for packed in (bare.compress(BODY) + bare.flush(), gzip.compress(BODY[:99]) + gzip.compress(BODY[99:])):
        assert inflate(packed, MAX_BODY_BYTES, lambda _: None) == BODY


BOMBS = {
    "a gigabyte of nothing": gzip.compress(bytes(1 << 30), 9),
    "within the size, and still a bomb": gzip.compress(bytes(15 << 20), 9),
    "many small bombs in a row": gzip.compress(bytes(1 << 20), 9) * 64,
}


@pytest.mark.parametrize("packed", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_given_up_before_it_grows(log: SqliteLog, packed: bytes) -> None:
    with gateway(log) as port:
        tracemalloc.start()
        try:
            for path in ("/v1/traces", "/v1/events"):
                answer = post(port, path, packed, Content_Type=JSON, Content_Encoding="gzip")
                assert answer.status == 413 and b"decompressed" in answer.body
            assert tracemalloc.get_traced_memory()[1] < 64 << 20
        finally:
            tracemalloc.stop()
        assert post(port, "/v1/traces", BODY, Content_Type=JSON).status == 200


def test_what_a_body_grows_to_counts_as_memory() -> None:
    held = []

    def hold(size: int) -> None:
        held.append(size)
        if sum(held) > 300_000:
            raise Refusal(429, "full")

    with pytest.raises(Refusal, match="full"):
        inflate(gzip.compress(bytes(1 << 20)), MAX_BODY_BYTES, hold)
    assert sum(held) < 1 << 20


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "zstd"])
def test_another_encoding_is_refused_by_name(log: SqliteLog, encoding: str) -> None:
    with gateway(log) as port:
        answer = post(port, "/v1/traces", BODY, Content_Type=JSON, Content_Encoding=encoding)
        assert answer.status == 415 and f"Content-Encoding is {encoding}; gzip and deflate" in answer.told["message"]


DEEP: dict[str, Any] = {
    "lists": "[" * 5000 + "]" * 5000,
    "messages in messages": '[{"message":' * 900 + "5" + "}]" * 900,
    "parts": '[{"parts":' * 900 + "5" + "}]" * 900,
    "arguments": '[{"tool_calls":[{"function":{"arguments":"' + "[" * 5000 + '"}}]}]',
    "objects": '{"a":' * 990 + "5" + "}" * 990,
}


@pytest.mark.parametrize("said", DEEP.values(), ids=DEEP)
def test_what_is_nested_too_deep_costs_no_more_than_its_own_text(log: SqliteLog, said: str) -> None:
    names = (
        *("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "my.own", "output.value"),
        *("llm.invocation_parameters", "gen_ai.retrieval.documents", "llm.input_messages.0.message.content"),
    )
    spans = [span({"gen_ai.operation.name": "chat", name: said}, []) for name in names]
    with gateway(log) as port:
        assert post(port, "/v1/traces", json.dumps(traces(*spans)).encode(), Content_Type=JSON).told == {}
        assert len(rows(log)) == len(names)
        nested = BODY.replace(b'{"stringValue": "chat"}', b'{"arrayValue":{"values":[' * 600 + b"{}" + b"]}}" * 600)
        assert nested != BODY and post(port, "/v1/traces", nested, Content_Type=JSON).status in (200, 400)
        assert get(port, "/v1/unmapped.json").told.get("mistakes", {}) == {}


def test_thousands_of_attributes_and_names_stay_within_bounds(log: SqliteLog) -> None:
    said = {f"name-{n}-{'x' * 300}": "y" * 50 for n in range(3000)}
    with gateway(log) as port:
        body = in_protobuf(traces(span({"gen_ai.request.model": "m", **said}, [])))
        for _ in range(3):
            assert post(port, "/v1/traces", body, Content_Type=PROTOBUF).status == 200
        counted = get(port, "/v1/unmapped.json").told["unmapped_attributes"]
    assert len(counted) == 1001 and sum(counted.values()) == 9000 and max(map(len, counted)) <= 200
