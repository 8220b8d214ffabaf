"""Spans and log records as both encodings of OTLP are read into: plain Python values, nothing of a library's."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

__all__ = ["NOTHING", "LogRecord", "Place", "Span", "SpanEvent", "id_of", "whole"]


NOTHING: Final = (None, "")
"""Attributes of these values are left out: they say nothing."""


class Place(NamedTuple):
    """What is said once for many spans or records."""

    resource: dict[str, Any]
    scope: str


class SpanEvent(NamedTuple):
    """Something that happened within a span, at a time in nanoseconds since 1970."""

    name: str
    time_ns: int
    attributes: dict[str, Any]


class Span(NamedTuple):
    """One span. Ids are lower hexadecimal, times nanoseconds since 1970, 0 where nothing was said."""

    place: Place
    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start_ns: int
    end_ns: int
    attributes: dict[str, Any]
    events: list[SpanEvent]
    failed: bool
    """Its status is an error."""
    status: str


class LogRecord(NamedTuple):
    """One log record; `name` is its event's."""

    place: Place
    trace_id: str
    span_id: str
    name: str
    time_ns: int
    attributes: dict[str, Any]
    body: Any


def whole(text: str, digits: int) -> str:
    """Return an id in lower case, or nothing where it is none.

    >>> whole("00F067AA0BA902B7", 16), whole("0000000000000000", 16), whole("x", 16)
    ('00f067aa0ba902b7', '', '')
    """
    try:
        said = bytes.fromhex(text)
    except ValueError:
        return ""
    return said.hex() if len(text) == digits == 2 * len(said) and any(said) else ""


def id_of(trace_id: str, span_id: str) -> str | None:
    """Return the event's id of a span, as `windvane.call` makes it too: None where the span has none.

    >>> id_of("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
    '00f067aa0ba902b7-4bf92f35'
    """
    return f"{span_id}-{trace_id[:8]}" if span_id and trace_id else None
