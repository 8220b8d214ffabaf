"""OTLP over gRPC: the same rows as over HTTP, and the gateway's refusals in gRPC's words."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.collectors.dialects import DIALECTS, ROW, in_protobuf, log, logs, message_bodies, span, traces
from tests.collectors.gateways import gateway, get, post, rows, stored
from tests.running import WINDVANE, Up, until, windvane
from tests.servers.process import Child, free_port
from windvane.collectors.gateway import grpc_door as door
from windvane.collectors.gateway.grpc_door import grpc_door
from windvane.collectors.gateway.intake import MAX_BODY_BYTES
from windvane.collectors.gateway.keys import make_key
from windvane.collectors.log.base import Record
from windvane.collectors.log.sqlite import SqliteLog
from windvane.errors import ConfigError

needs_grpc = pytest.mark.skipif(find_spec("grpc") is None, reason="pip install 'windvane[grpc]'")
TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
SPAN = in_protobuf(traces(DIALECTS["semconv 1.37"]))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path / "log.sqlite", topic="t")) as opened:
        yield opened


@contextmanager
def serving(log: SqliteLog, **options: Any) -> Iterator[tuple[int, int]]:
    """A gateway and the door to it; gives the ports of HTTP and of gRPC."""
    port = free_port()
    with gateway(log, **options) as http, grpc_door(f"http://127.0.0.1:{http}", "127.0.0.1", port):
        yield http, port


def export(port: int, body: bytes, *metadata: tuple[str, str], to: str = TRACES, gzip: bool = False) -> bytes:
    """Return the answer's bytes; raises grpc.RpcError."""
    import grpc

    options = [("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
    compression = grpc.Compression.Gzip if gzip else grpc.Compression.NoCompression
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        return bytes(channel.unary_unary(to)(body, metadata=metadata, compression=compression, timeout=30))


def refusal(port: int, body: bytes, *metadata: tuple[str, str], **more: Any) -> tuple[str, str]:
    """Return the name of the status that the call ends with, and its words."""
    import grpc

    with pytest.raises(grpc.RpcError) as caught:
        export(port, body, *metadata, **more)
    error: Any = caught.value
    return error.code().name, error.details()


@needs_grpc
@pytest.mark.parametrize("gzip", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_spans_become_the_same_rows_as_over_http(tmp_path: Path, dialect: str, gzip: bool) -> None:
    body, found = in_protobuf(traces(DIALECTS[dialect])), []
    for name in ("grpc", "http"):
        with closing(SqliteLog(tmp_path / name, topic="t")) as log, serving(log) as (http, port):
            if name == "grpc":
                assert export(port, body, gzip=gzip) == b""
            else:
                assert post(http, "/v1/traces", body, Content_Type="application/x-protobuf").status == 200
            found.append(rows(log))
    assert found[0] == found[1] and len(found[0]) == 1


@needs_grpc
def test_a_request_that_comes_both_ways_counts_once(store: SqliteLog) -> None:
    with serving(store) as (http, port):
        export(port, SPAN)
        post(http, "/v1/traces", SPAN, Content_Type="application/x-protobuf")
    first, second = stored(store)
    assert first.value == second.value, "the same source and number: the loop takes the second for a repeat"


@needs_grpc
def test_log_records_are_joined_to_their_spans(store: SqliteLog) -> None:
    bare = {name: said for name, said in DIALECTS["semconv 1.36"].items() if name != "events"}
    with serving(store, join_s=20) as (_, port), ThreadPoolExecutor(1) as pool:
        records = in_protobuf(logs(*(log(*said) for said in message_bodies())))
        held = pool.submit(export, port, records, to=LOGS)
        assert export(port, in_protobuf(traces(bare))) == b"" and held.result(30) == b""
    (row,) = rows(store)
    told = ("gen_ai_input_messages", "gen_ai_output_messages", "gen_ai_system_instructions")
    assert [row[name] for name in told] == [ROW[name] for name in told]


@needs_grpc
def test_what_is_refused_of_a_request_is_said_as_partial_success(store: SqliteLog) -> None:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    huge = span({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.result": "x" * 600_000}, [])
    with serving(store) as (_, port):
        answer = export(port, in_protobuf(traces(DIALECTS["semconv 1.37"], huge)))
    partial = ExportTraceServiceResponse.FromString(answer).partial_success
    assert partial.rejected_spans == 1 and "an event may have" in partial.error_message
    assert len(rows(store)) == 1


@needs_grpc
def test_a_key_is_asked_for_and_may_come_either_way(store: SqliteLog, tmp_path: Path) -> None:
    secret = make_key(tmp_path / "keys.toml", "shop", redaction="mask")
    said = in_protobuf(traces(span({"gen_ai.request.model": "m", "gen_ai.prompt": "write to ann@shop.example"}, [])))
    with serving(store, keys=tmp_path / "keys.toml") as (_, port):
        code, why = refusal(port, said)
        assert code == "UNAUTHENTICATED" and "an API key is needed" in why
        for wrong in (("x-api-key", secret[:-1]), ("authorization", "Bearer wv_wrong"), ("x-other", secret)):
            assert refusal(port, said, wrong)[0] == "UNAUTHENTICATED", wrong
        assert stored(store) == []
        export(port, said, ("authorization", f"Bearer {secret}"))
        export(port, in_protobuf(traces(DIALECTS["semconv 1.27"])), ("x-api-key", secret))
    assert len(rows(store)) == 2 and "ann@shop" not in str(rows(store)), "what the key says of redaction holds here too"


@needs_grpc
def test_what_may_be_tried_again_is_unavailable(store: SqliteLog) -> None:
    with serving(store, rate=0.5) as (_, port):
        export(port, SPAN)
        code, why = refusal(port, SPAN)
        assert code == "UNAVAILABLE" and "may send 0.5 requests a second" in why
    with serving(store) as (_, port):
        store.close()
        code, why = refusal(port, SPAN)
        assert code == "UNAVAILABLE" and "closed" in why


@needs_grpc
def test_a_gateway_that_is_away_is_unavailable() -> None:
    port = free_port()
    with grpc_door(f"http://127.0.0.1:{free_port()}", "127.0.0.1", port):
        assert refusal(port, SPAN)[0] == "UNAVAILABLE"


@needs_grpc
def test_windvane_gateway_has_the_door_and_says_what_kafka_lacks(tmp_path: Path) -> None:
    http, port = free_port(), free_port()
    command = [*WINDVANE, "gateway", "--bootstrap", "127.0.0.1:1", "--port", str(http), "--grpc-port", str(port)]
    child = Child(command, tmp_path / "gateway.log")
    child.wait_for_port(port)
    code, why = refusal(port, SPAN)
    assert code == "UNAVAILABLE" and "Start Kafka" in why
    assert child.terminate() == 0


@needs_grpc
@pytest.mark.parametrize("to", [TRACES, LOGS])
def test_broken_bytes_are_an_invalid_argument(store: SqliteLog, to: str) -> None:
    with serving(store) as (_, port):
        code, why = refusal(port, b"\x0a\xff", to=to)
    assert code == "INVALID_ARGUMENT" and "ServiceRequest" in why


@needs_grpc
@pytest.mark.parametrize("gzip", [False, True], ids=["plain", "gzip"])
def test_a_message_above_the_limit_never_reaches_the_gateway(store: SqliteLog, gzip: bool) -> None:
    with serving(store) as (http, port):
        code, why = refusal(port, bytes(MAX_BODY_BYTES + 1), gzip=gzip)
        assert code == "RESOURCE_EXHAUSTED" and "larger than max" in why
        assert get(http, "/v1/unmapped.json").told.get("requests", {}) == {}
        assert export(port, SPAN) == b"", "the next one is taken"


@needs_grpc
def test_another_service_is_unimplemented(store: SqliteLog) -> None:
    with serving(store) as (_, port):
        metrics = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
        assert refusal(port, b"", to=metrics)[0] == "UNIMPLEMENTED"


@needs_grpc
def test_above_so_many_calls_at_once_senders_are_told_to_come_back(
    store: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    import grpc

    monkeypatch.setattr(door, "_MOST_CALLS", 1)
    with serving(store) as (_, port):
        asked, go_on = threading.Event(), threading.Event()

        def slowly() -> Iterator[bytes]:
            asked.set()
            go_on.wait(90)
            yield SPAN

        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            calls = [channel.stream_unary(TRACES).future(slowly(), timeout=90)]
            assert asked.wait(10)

            def full() -> bool:
                if calls[-1].done():  # a question of ours was there before it
                    calls.append(channel.stream_unary(TRACES).future(slowly(), timeout=90))
                time.sleep(0.2)
                return is_full(port)

            until(full, "the door is full")
            go_on.set()
            assert calls[-1].result(30) == b""
        until(lambda: not is_full(port), "there is room again")


def is_full(port: int) -> bool:
    import grpc

    try:
        export(port, b"")
    except grpc.RpcError as error:
        said: Any = error
        assert said.code().name == "UNAVAILABLE" and "come back" in said.details()
        return True
    return False


@needs_grpc
def test_what_is_under_way_is_answered_before_the_door_closes(
    store: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    came, go_on, append = threading.Event(), threading.Event(), store.append

    def slowly(records: Sequence[Record]) -> None:
        came.set()
        assert go_on.wait(90)
        append(records)

    monkeypatch.setattr(store, "append", slowly)
    port = free_port()
    with gateway(store) as http, ThreadPoolExecutor(1) as pool:
        with grpc_door(f"http://127.0.0.1:{http}", "127.0.0.1", port):
            held = pool.submit(export, port, SPAN)
            assert came.wait(10)
            threading.Timer(0.5, go_on.set).start()
        assert held.result(1) == b"" and len(rows(store)) == 1
        assert refusal(port, SPAN)[0] == "UNAVAILABLE", "nobody listens any more"


@needs_grpc
def test_a_port_that_is_taken_is_said_with_the_option() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match="--grpc-port"), grpc_door("http://127.0.0.1:9", "127.0.0.1", port):
            pass


def test_without_the_library_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("grpc", "grpc.aio"):
        monkeypatch.setitem(sys.modules, name, None)
    with (
        pytest.raises(ConfigError, match=r"needs grpc.*pip install 'windvane\[grpc\]'"),
        grpc_door("http://127.0.0.1:9", "127.0.0.1", free_port()),
    ):
        pass


def test_without_a_port_no_library_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "grpc", None)
    with grpc_door("http://127.0.0.1:9", "127.0.0.1", None):
        pass


@needs_grpc
def test_opentelemetrys_own_exporter_sends_to_windvane_up(tmp_path: Path) -> None:
    exporter_of = "opentelemetry.exporter.otlp.proto.grpc"
    pytest.importorskip(exporter_of, reason="pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-grpc")
    import grpc
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    secret, port = make_key(tmp_path / "keys.toml", "shop"), free_port()
    up = Up(tmp_path / "up", WINDVANE_GATEWAY_KEYS=str(tmp_path / "keys.toml"), WINDVANE_OTLP_GRPC_PORT=str(port))
    said = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o"}
    try:
        for service, compression in (("gzip", grpc.Compression.Gzip), ("plain", grpc.Compression.NoCompression)):
            exporter = OTLPSpanExporter(
                f"127.0.0.1:{port}", insecure=True, headers={"x-api-key": secret}, compression=compression
            )
            provider = TracerProvider(resource=Resource({"service.name": service}))
            provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=100))
            tracer = provider.get_tracer("shop")
            for number in range(300):
                told = {**said, "gen_ai.usage.input_tokens": number}
                with tracer.start_as_current_span("chat gpt-4o", attributes=told):
                    pass
            assert provider.force_flush()
            provider.shutdown()
        asked = "SELECT service_name, count() AS calls, sum(gen_ai_usage_input_tokens) AS tokens FROM calls GROUP BY 1"
        expected = [{"service_name": service, "calls": 300, "tokens": 44850} for service in ("gzip", "plain")]
        until(lambda: up.query(f"{asked} ORDER BY 1") == expected, "all are stored, once")
    finally:
        assert up.child.terminate() == 0
    assert f"for gRPC on port {port}" in up.child.log.read_text()


@needs_grpc
def test_up_says_a_grpc_port_that_is_taken_and_ends(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        done = windvane("up", "--dir", tmp_path / "up", "--port", 0, "--grpc-port", taken, check=False)
    assert done.returncode == 1 and "Choose another: --grpc-port" in done.stderr and "Traceback" not in done.stderr
