"""OTLP/protobuf, read by protobuf's decoder in C.

A span of 13 attributes takes 9 microseconds; as JSON it takes 14.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any, Final

from windvane.collectors.gateway.otlp.proto_form import messages
from windvane.collectors.gateway.otlp.span import NOTHING, LogRecord, Place, Span, SpanEvent
from windvane.errors import EnvelopeError, Reason

__all__ = ["logs_of", "spans_of"]

_ERROR: Final = 2
_NO_TRACE: Final = bytes(16)
_NO_SPAN: Final = bytes(8)
_DEEPEST: Final = 64
_TEXT: Final = 0x0A
"""The byte before the length of an AnyValue's text."""
_MORE: Final = 0x80
"""The bit of a length that says that it goes on in the next byte."""
_LEAST: Final = 2
_SHORT: Final = 40
_MOST_KNOWN: Final = 4096
_known: Final[dict[bytes, Any]] = {}
"""What short values say that are no texts: numbers of tokens, reasons to finish, which come again and again."""


def spans_of(body: bytes) -> list[Span]:
    """Return the spans of an ExportTraceServiceRequest.

    Raises:
        EnvelopeError: it is none.
        ConfigError: opentelemetry-proto is not installed.
    """
    of = messages()
    try:
        spans = []
        for of_resource in of.traces.FromString(body).resource_spans:
            resource = _said(of_resource.resource.attributes)
            for of_scope in of_resource.scope_spans:
                place = Place(resource, of_scope.scope.name)
                spans += [_span(place, span) for span in of_scope.spans]
        return spans
    except (of.broken, UnicodeDecodeError) as error:
        raise EnvelopeError(Reason.UNDECODABLE, f"no ExportTraceServiceRequest in protobuf: {error}") from error


def logs_of(body: bytes) -> list[LogRecord]:
    """Return the records of an ExportLogsServiceRequest.

    Raises:
        EnvelopeError: it is none.
        ConfigError: opentelemetry-proto is not installed.
    """
    of = messages()
    try:
        records = []
        for of_resource in of.logs.FromString(body).resource_logs:
            resource = _said(of_resource.resource.attributes)
            for of_scope in of_resource.scope_logs:
                place = Place(resource, of_scope.scope.name)
                records += [_record(place, record) for record in of_scope.log_records]
        return records
    except (of.broken, UnicodeDecodeError) as error:
        raise EnvelopeError(Reason.UNDECODABLE, f"no ExportLogsServiceRequest in protobuf: {error}") from error


def _span(place: Place, span: Any) -> Span:
    events = []
    if span.events:  # to go through none takes protobuf longer than to ask
        events = [SpanEvent(event.name, event.time_unix_nano, _said(event.attributes)) for event in span.events]
    failed, status = False, ""
    if span.HasField("status"):
        failed, status = span.status.code == _ERROR, span.status.message
    return Span(
        place,
        _id(span.trace_id, _NO_TRACE),
        _id(span.span_id, _NO_SPAN),
        _id(span.parent_span_id, _NO_SPAN),
        span.name,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        _said(span.attributes),
        events,
        failed,
        status,
    )


def _record(place: Place, record: Any) -> LogRecord:
    attributes = _said(record.attributes)
    return LogRecord(
        place,
        _id(record.trace_id, _NO_TRACE),
        _id(record.span_id, _NO_SPAN),
        getattr(record, "event_name", "") or str(attributes.get("event.name") or ""),
        record.time_unix_nano or record.observed_time_unix_nano,
        attributes,
        _plain(record.body),
    )


def _id(said: bytes, none: bytes) -> str:
    return said.hex() if len(said) == len(none) and said != none else ""


def _said(attributes: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the values of attributes by their names, empty ones left out. Lists are shared, and so never changed."""
    found = {}
    for name in attributes:
        data = attributes[name]  # protobuf's `items` takes twice as long
        size = len(data)
        # Nearly all are texts, and nearly all of these shorter than 16 KB: a length of one byte, or of two.
        if size > _LEAST and data[0] == _TEXT:
            if data[1] == size - 2 < _MORE:
                found[name] = data[2:].decode()
                continue
            if data[1] >= _MORE and data[1] - _MORE | data[2] << 7 == size - 3:
                found[name] = data[3:].decode()
                continue
        if data in _known:
            value = _known[data]
        else:
            value = _plain(messages().value.FromString(data))
            if size <= _SHORT and not isinstance(value, dict):
                if len(_known) >= _MOST_KNOWN:
                    _known.clear()
                _known[data] = value
        if value not in NOTHING:
            found[name] = value
    return found


def _plain(value: Any, depth: int = 0) -> Any:
    which = value.WhichOneof("value")
    if which is None or depth > _DEEPEST:
        return None
    if which == "array_value":
        return [_plain(item, depth + 1) for item in value.array_value.values]
    if which == "kvlist_value":
        return _pairs(value.kvlist_value.values, depth + 1)
    if which == "bytes_value":
        return _text(value.bytes_value)
    return getattr(value, which)


def _pairs(pairs: Iterable[Any], depth: int) -> dict[str, Any]:
    return {pair.key: _plain(pair.value, depth) for pair in pairs}


def _text(said: bytes) -> str:
    """Return bytes as text: what is not UTF-8 in base64."""
    try:
        return said.decode()
    except UnicodeDecodeError:
        return base64.b64encode(said).decode()
