"""OpenTelemetry's own SDK and exporters, sending to the gateway in front of a real log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.collectors.dialects import message_bodies
from tests.collectors.gateways import gateway, rows
from windvane.collectors.gateway.keys import make_key
from windvane.collectors.log.sqlite import SqliteLog

pytest.importorskip("opentelemetry.sdk", reason="pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http")

from opentelemetry._logs import LogRecord, SeverityNumber  # noqa: E402
from opentelemetry.exporter.otlp.proto.http import Compression  # noqa: E402
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter  # noqa: E402
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: E402
from opentelemetry.sdk._logs import LoggerProvider  # noqa: E402
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor  # noqa: E402
from opentelemetry.sdk.resources import Resource  # noqa: E402
from opentelemetry.sdk.trace import TracerProvider  # noqa: E402
from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: E402
from opentelemetry.trace import SpanKind  # noqa: E402

RESOURCE = Resource({"service.name": "shop", "service.version": "7.1"})
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o"}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path / "log.sqlite", topic="t")) as opened:
        yield opened


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_spans_of_the_sdk_arrive_with_their_failures(log: SqliteLog, tmp_path: Path, compression: Any) -> None:
    secret = make_key(tmp_path / "keys.toml", "shop")
    with gateway(log, keys=tmp_path / "keys.toml") as port:
        exporter = OTLPSpanExporter(
            f"http://127.0.0.1:{port}/v1/traces", compression=compression, headers={"x-api-key": secret}
        )
        provider = TracerProvider(resource=RESOURCE)
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=100))
        tracer = provider.get_tracer("shop")
        with tracer.start_as_current_span("POST /answer", kind=SpanKind.SERVER) as outer:
            for number in range(300):
                said = {**CHAT, "gen_ai.usage.input_tokens": number, "gen_ai.response.finish_reasons": ["stop"]}
                said["gen_ai.input.messages"] = json.dumps(
                    [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]
                )
                with tracer.start_as_current_span("chat gpt-4o", attributes=said):
                    pass
            with pytest.raises(TimeoutError), tracer.start_as_current_span("chat gpt-4o", attributes=CHAT):
                raise TimeoutError("the model has not answered")
        assert provider.force_flush()
        provider.shutdown()
    found = rows(log)
    assert sorted(row["gen_ai_usage_input_tokens"] for row in found if "error_type" not in row) == list(range(300))
    (failed,) = [row for row in found if "error_type" in row]
    assert (failed["error_type"], failed["error_message"]) == ("timeout", "the model has not answered")
    parent = format(outer.get_span_context().span_id, "016x")
    assert {(row["service_name"], row["parent_span_id"], row["gen_ai_provider_name"]) for row in found} == {
        ("shop", parent, "openai")
    }


def test_messages_as_events_of_the_sdk_are_joined_to_their_spans(log: SqliteLog) -> None:
    with gateway(log, join_s=20) as port:
        spans, records = TracerProvider(resource=RESOURCE), LoggerProvider(resource=RESOURCE)
        to = f"http://127.0.0.1:{port}/v1"
        spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{to}/traces"), schedule_delay_millis=300))
        records.add_log_record_processor(
            BatchLogRecordProcessor(OTLPLogExporter(f"{to}/logs"), schedule_delay_millis=100)
        )
        tracer, logger = spans.get_tracer("shop"), records.get_logger("shop")
        for _ in range(20):
            with tracer.start_as_current_span("chat gpt-4o", attributes=CHAT):
                for name, body in message_bodies():
                    severity = SeverityNumber.INFO
                    logger.emit(LogRecord(event_name=name, body=body, severity_number=severity))
        assert spans.force_flush() and records.force_flush()
        spans.shutdown()
        records.shutdown()  # type: ignore[no-untyped-call,unused-ignore]
    found = rows(log)
    assert len(found) == 20
    assert {row["gen_ai_system_instructions"] for row in found} == {"Be brief."}
    assert all("Where is parcel 7?" in row["gen_ai_input_messages"] for row in found)
    assert all("It is in Lisbon" in row["gen_ai_output_messages"] for row in found)
