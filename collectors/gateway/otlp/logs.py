"""A request of log records: what of it is about calls, grouped by call; what is feedback; what is neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from windvane.collectors.event import Row
from windvane.collectors.gateway.otlp.conversation import MESSAGE_EVENTS
from windvane.collectors.gateway.otlp.evaluation import EVALUATION, feedback
from windvane.collectors.gateway.otlp.joining import Group
from windvane.collectors.gateway.otlp.mapping import Mapper
from windvane.collectors.gateway.otlp.span import LogRecord, Span, SpanEvent, id_of
from windvane.collectors.gateway.otlp.words import operation_of
from windvane.collectors.redaction.cutting import cut
from windvane.errors import EventRefused

__all__ = ["DETAILS", "Logs", "alone", "read"]

DETAILS: Final = "gen_ai.client.inference.operation.details"
"""One record that says all of a call: https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-events.md"""


@dataclass(slots=True)
class Logs:
    """What a request of records holds."""

    rows: list[Row] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)
    records: dict[str, list[LogRecord]] = field(default_factory=dict)
    """Those of the groups, by the event's id."""
    services: set[str] = field(default_factory=set)
    left_out: dict[str, int] = field(default_factory=dict)
    unmapped: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


def read(records: Sequence[LogRecord]) -> Logs:
    """Sort the records of a request."""
    found = Logs()
    for record in records:
        event = SpanEvent(record.name, record.time_ns, _said(record))
        if record.name == EVALUATION:
            found.rows.append(feedback(record.place, record.trace_id, record.span_id, event))
        elif record.name == DETAILS or record.name in MESSAGE_EVENTS:
            id = id_of(record.trace_id, record.span_id)
            if id is not None:
                found.groups.setdefault(id, Group(id, [])).events.append(event)
                found.records.setdefault(id, []).append(record)
                found.services.add(str(record.place.resource.get("service.name", "")))
            elif record.name == DETAILS:
                alone(found, [record])
            else:
                found.refused.append(
                    f"{record.name} is of no span: trace and span id are needed to join it to its call"
                )
        else:
            name = cut(record.name, 200) or "without a name"
            found.left_out[name] = found.left_out.get(name, 0) + 1
    return found


def alone(found: Logs, records: Sequence[LogRecord]) -> None:
    """Make a row of each record that says all of a call by itself; the others are refused."""
    mapper = Mapper()
    for record in records:
        if record.name != DETAILS:
            found.refused.append(f"{record.name}: its span has not come")
            continue
        operation, _ = operation_of(record.attributes)
        said = _said(record)
        span = Span(record.place, record.trace_id, record.span_id, "", "", 0, record.time_ns, said, [], False, "")
        try:
            found.rows.append(mapper.row(span, "chat" if operation == "other" else operation))
        except EventRefused as refused:
            found.refused.append(str(refused))
    found.unmapped |= mapper.unmapped


def _said(record: LogRecord) -> dict[str, object]:
    """Return what a record says: in its body up to 1.36, in its attributes later."""
    return {**record.attributes, **record.body} if isinstance(record.body, dict) else record.attributes
