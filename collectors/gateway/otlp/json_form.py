"""The form of OTLP/JSON, as far as it is read: all else is passed over.

Source: https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto
"""

from __future__ import annotations

import msgspec

__all__ = ["AnyValue", "JsonLog", "JsonSpan", "LogsRequest", "Pair", "TracesRequest"]


class AnyValue(msgspec.Struct, rename="camel", gc=False):
    """A value of any type."""

    string_value: str | None = None
    bool_value: bool | None = None
    int_value: int | float | str | None = None
    double_value: float | str | None = None
    array_value: ValueList | None = None
    kvlist_value: ValueMap | None = None
    bytes_value: str | None = None


class ValueList(msgspec.Struct):
    """A list of values."""

    values: list[AnyValue | None] | None = None


class Pair(msgspec.Struct, gc=False):
    """A name and its value."""

    key: str = ""
    value: AnyValue | None = None


class ValueMap(msgspec.Struct):
    """A map of values."""

    values: list[Pair] | None = None


class Event(msgspec.Struct, rename="camel"):
    """An event of a span."""

    name: str | None = None
    time_unix_nano: int | str | None = None
    attributes: list[Pair] | None = None


class Status(msgspec.Struct):
    """How a span ended."""

    code: int | str | None = None
    message: str | None = None


class JsonSpan(msgspec.Struct, rename="camel"):
    """A span."""

    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    name: str | None = None
    start_time_unix_nano: int | str | None = None
    end_time_unix_nano: int | str | None = None
    attributes: list[Pair] | None = None
    events: list[Event] | None = None
    status: Status | None = None


class JsonLog(msgspec.Struct, rename="camel"):
    """A log record."""

    trace_id: str | None = None
    span_id: str | None = None
    event_name: str | None = None
    time_unix_nano: int | str | None = None
    observed_time_unix_nano: int | str | None = None
    attributes: list[Pair] | None = None
    body: AnyValue | None = None


class Scope(msgspec.Struct):
    """Who has made spans or records."""

    name: str | None = None


class Resource(msgspec.Struct):
    """What they are of."""

    attributes: list[Pair] | None = None


class ScopeSpans(msgspec.Struct):
    """The spans of a scope."""

    scope: Scope | None = None
    spans: list[JsonSpan] | None = None


class ResourceSpans(msgspec.Struct, rename="camel"):
    """The spans of a resource."""

    resource: Resource | None = None
    scope_spans: list[ScopeSpans] | None = None


class TracesRequest(msgspec.Struct, rename="camel"):
    """ExportTraceServiceRequest."""

    resource_spans: list[ResourceSpans] | None = None


class ScopeLogs(msgspec.Struct, rename="camel"):
    """The records of a scope."""

    scope: Scope | None = None
    log_records: list[JsonLog] | None = None


class ResourceLogs(msgspec.Struct, rename="camel"):
    """The records of a resource."""

    resource: Resource | None = None
    scope_logs: list[ScopeLogs] | None = None


class LogsRequest(msgspec.Struct, rename="camel"):
    """ExportLogsServiceRequest."""

    resource_logs: list[ResourceLogs] | None = None
