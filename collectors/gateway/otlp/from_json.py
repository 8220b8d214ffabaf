"""OTLP/JSON: lower camel case, ids in hexadecimal, 64-bit integers as text or as numbers.

Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

import msgspec

from windvane.collectors.gateway.otlp.json_form import AnyValue, JsonLog, JsonSpan, LogsRequest, Pair, TracesRequest
from windvane.collectors.gateway.otlp.span import NOTHING, LogRecord, Place, Span, SpanEvent, whole
from windvane.errors import EnvelopeError, Reason

__all__ = ["logs_of", "spans_of"]

_MOST_NS: Final = 2**64


_traces: Final = msgspec.json.Decoder(TracesRequest).decode
_logs: Final = msgspec.json.Decoder(LogsRequest).decode
_BROKEN: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def spans_of(body: bytes) -> list[Span]:
    """Return the spans of an ExportTraceServiceRequest.

    Raises:
        EnvelopeError: it is none.
    """
    try:
        request = _traces(body)
    except _BROKEN as error:
        raise EnvelopeError(Reason.UNDECODABLE, f"no ExportTraceServiceRequest as JSON: {error}") from error
    spans = []
    for of_resource in request.resource_spans or ():
        resource = _said(of_resource.resource.attributes) if of_resource.resource else {}
        for of_scope in of_resource.scope_spans or ():
            place = Place(resource, (of_scope.scope and of_scope.scope.name) or "")
            spans += [_span(place, span) for span in of_scope.spans or ()]
    return spans


def logs_of(body: bytes) -> list[LogRecord]:
    """Return the records of an ExportLogsServiceRequest.

    Raises:
        EnvelopeError: it is none.
    """
    try:
        request = _logs(body)
    except _BROKEN as error:
        raise EnvelopeError(Reason.UNDECODABLE, f"no ExportLogsServiceRequest as JSON: {error}") from error
    records = []
    for of_resource in request.resource_logs or ():
        resource = _said(of_resource.resource.attributes) if of_resource.resource else {}
        for of_scope in of_resource.scope_logs or ():
            place = Place(resource, (of_scope.scope and of_scope.scope.name) or "")
            records += [_record(place, record) for record in of_scope.log_records or ()]
    return records


def _span(place: Place, span: JsonSpan) -> Span:
    events = [
        SpanEvent(event.name or "", _time(event.time_unix_nano), _said(event.attributes)) for event in span.events or ()
    ]
    status = span.status
    return Span(
        place,
        whole(span.trace_id or "", 32),
        whole(span.span_id or "", 16),
        whole(span.parent_span_id or "", 16),
        span.name or "",
        _time(span.start_time_unix_nano),
        _time(span.end_time_unix_nano),
        _said(span.attributes),
        events,
        status is not None and status.code in (2, "2", "STATUS_CODE_ERROR"),
        (status and status.message) or "",
    )


def _record(place: Place, record: JsonLog) -> LogRecord:
    attributes = _said(record.attributes)
    return LogRecord(
        place,
        whole(record.trace_id or "", 32),
        whole(record.span_id or "", 16),
        record.event_name or str(attributes.get("event.name") or ""),
        _time(record.time_unix_nano) or _time(record.observed_time_unix_nano),
        attributes,
        None if record.body is None else _plain(record.body),
    )


def _said(attributes: list[Pair] | None) -> dict[str, Any]:
    """Return the values of attributes by their names, empty ones left out."""
    found = {}
    for pair in attributes or ():
        value = pair.value
        if value is not None:
            text = value.string_value
            if text:
                found[pair.key] = text
            elif (said := _plain(value)) not in NOTHING:
                found[pair.key] = said
    return found


def _plain(value: AnyValue | None) -> Any:
    if value is None:
        return None
    for said in (value.string_value, value.bool_value):
        if said is not None:
            return said
    if value.int_value is not None:
        return _integer(value.int_value)
    if value.double_value is not None:
        return _double(value.double_value)
    if value.array_value is not None:
        return [_plain(item) for item in value.array_value.values or ()]
    if value.kvlist_value is not None:
        return {pair.key: _plain(pair.value) for pair in value.kvlist_value.values or ()}
    return None if value.bytes_value is None else _bytes(value.bytes_value)


def _integer(said: int | float | str) -> int | float | str:
    try:
        return int(said)
    except (ValueError, OverflowError):
        return said


def _double(said: float | str) -> float | str:
    try:
        return float(said)
    except ValueError:
        return said


def _bytes(said: str) -> str:
    """Return bytes as text: what is not UTF-8 stays as it came, in base64."""
    try:
        return base64.b64decode(said, validate=True).decode()
    except (binascii.Error, ValueError):
        return said


def _time(said: int | str | None) -> int:
    try:
        moment = int(said or 0)
    except ValueError:
        return 0
    return moment if 0 <= moment < _MOST_NS else 0
