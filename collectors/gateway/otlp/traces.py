"""A request of spans: which of them are calls, which only wrap another, and their rows."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from windvane.collectors.event import Row
from windvane.collectors.gateway.otlp.evaluation import EVALUATION, feedback
from windvane.collectors.gateway.otlp.mapping import Mapper
from windvane.collectors.gateway.otlp.span import Span, SpanEvent, id_of
from windvane.collectors.gateway.otlp.words import operation_of
from windvane.errors import EventRefused

__all__ = ["Traces", "find", "rows_of"]

_log: Final = logging.getLogger("windvane.gateway")
_FARTHEST: Final = 8
"""Spans that are no calls, between two that are one call."""


@dataclass(slots=True)
class Traces:
    """The calls among the spans of a request, and what is not taken of it."""

    calls: list[tuple[Span, str]]
    evaluations: list[Row]
    left_out: dict[str, int] = field(default_factory=dict)
    unmapped: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    mistakes: int = 0
    numbered: bool = True
    """Each span has an id: the same request, sent again, is known."""


def find(spans: Sequence[Span], also: Collection[str] = ()) -> Traces:
    """Return what is a call among the spans. `also` are operations that count as calls here; `other` is all the rest.

    Where one call is seen twice, by a framework's instrumentation and by that of the client below it, the outer span
    counts, and the inner gives it what it does not say itself: as far as both are in one request.
    """
    found = Traces([], [])
    of_span: dict[str, tuple[Span, str]] = {}
    parents: dict[str, str] = {}
    for span in spans:
        if not (span.span_id and span.trace_id):
            found.numbered = False
        operation, is_call = operation_of(span.attributes)
        for event in span.events:
            if event.name == EVALUATION:
                found.evaluations.append(feedback(span.place, span.trace_id, span.span_id, event))
        if is_call or operation in also:
            found.calls.append((span, operation))
            of_span[span.span_id] = found.calls[-1]
        else:
            found.left_out[operation] = found.left_out.get(operation, 0) + 1
            parents[span.span_id] = span.parent_id
    if len(found.calls) > 1:
        _merge(found, of_span, parents)
    return found


def rows_of(found: Traces, said: Mapping[str, Sequence[SpanEvent]]) -> list[Row]:
    """Return the rows of the calls; `said` are log records by the event's id. What is refused is noted in `found`."""
    mapper = Mapper()
    rows = list(found.evaluations)
    for span, operation in found.calls:
        try:
            rows.append(
                mapper.row(span, operation, said.get(id_of(span.trace_id, span.span_id) or "", ()) if said else ())
            )
        except EventRefused as refused:
            found.refused.append(str(refused))
        except Exception as error:  # a mistake in here costs one span, not its whole request
            _log.exception("a span could not be mapped")
            found.refused.append(f"a mistake of the gateway's: {type(error).__name__}")
            found.mistakes += 1
    found.unmapped = mapper.unmapped
    return rows


def _merge(found: Traces, of_span: dict[str, tuple[Span, str]], parents: dict[str, str]) -> None:
    """Let a call that another call only wraps become part of that one."""
    given: dict[str, dict[str, Any]] = {}
    inner: set[str] = set()
    for span, operation in found.calls:
        outer, seen = _around(span, operation, of_span, parents), {span.span_id}
        top = None
        while outer is not None and outer.span_id not in seen:
            seen.add(outer.span_id)
            top, outer = outer, _around(outer, operation, of_span, parents)
        if top is not None and outer is None:  # else they are around each other, and none is the outermost
            inner.add(span.span_id)
            given.setdefault(top.span_id, {}).update(span.attributes)
    if not inner:
        return
    found.left_out["inner"] = found.left_out.get("inner", 0) + len(inner)
    found.calls = [
        (span._replace(attributes={**given[span.span_id], **span.attributes}) if span.span_id in given else span, name)
        for span, name in found.calls
        if span.span_id not in inner
    ]


def _around(
    span: Span, operation: str, of_span: Mapping[str, tuple[Span, str]], parents: Mapping[str, str]
) -> Span | None:
    """Return the call of the same operation that is next around a span. A tool that runs a tool is no such thing."""
    at = span.parent_id
    for _ in range(_FARTHEST):
        if not at or operation == "execute_tool":
            return None
        if at in of_span:
            outer, named = of_span[at]
            return outer if named == operation and outer.trace_id == span.trace_id else None
        at = parents.get(at, "")
    return None
