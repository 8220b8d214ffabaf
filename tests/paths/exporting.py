"""OpenTelemetry's SDK in an app: its real exporters, and beside them what they were given."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

__all__ = ["telemetry"]


def telemetry(gateway: str, spans: int = 0) -> Callable[[], object]:
    """Have the process's spans and log records exported to the gateway.

    Return what ends that: it waits until `spans` have ended, sends all, and returns what was sent, as plain values.
    """
    from opentelemetry import trace
    from opentelemetry._logs import set_logger_provider
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import (
        BatchLogRecordProcessor,
        InMemoryLogRecordExporter,
        SimpleLogRecordProcessor,
    )
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    resource = Resource({"service.name": "shop"})
    tracers, loggers = TracerProvider(resource=resource), LoggerProvider(resource=resource)
    seen, said = InMemorySpanExporter(), InMemoryLogRecordExporter()
    tracers.add_span_processor(SimpleSpanProcessor(seen))
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{gateway}/v1/traces")))
    loggers.add_log_record_processor(SimpleLogRecordProcessor(said))
    once = BatchLogRecordProcessor(OTLPLogExporter(f"{gateway}/v1/logs"), schedule_delay_millis=60_000)
    loggers.add_log_record_processor(once)
    trace.set_tracer_provider(tracers)
    set_logger_provider(loggers)

    def end() -> object:
        until = time.monotonic() + 10
        while len(seen.get_finished_spans()) < spans and time.monotonic() < until:
            time.sleep(0.02)
        # As in an app, where two threads send: records every second, spans every five.
        with ThreadPoolExecutor(1) as other:
            recorded = other.submit(loggers.force_flush)
            time.sleep(0.5)
            assert tracers.force_flush() and recorded.result()
        tracers.shutdown()
        loggers.shutdown()  # type: ignore[no-untyped-call,unused-ignore]
        return {
            "spans": [_of_span(span) for span in seen.get_finished_spans()],
            "records": [_of_record(data.log_record) for data in said.get_finished_logs()],
        }

    return end


def _of_span(span: Any) -> dict[str, Any]:
    return {
        "name": span.name,
        "scope": span.instrumentation_scope.name,
        "start": span.start_time,
        "status": span.status.description,
        "attributes": dict(span.attributes or {}),
        "events": [{"name": event.name, "attributes": dict(event.attributes or {})} for event in span.events],
    }


def _of_record(record: Any) -> dict[str, Any]:
    said = {"name": record.event_name, "attributes": dict(record.attributes or {}), "body": record.body}
    return {**said, "start": record.timestamp or record.observed_timestamp}
