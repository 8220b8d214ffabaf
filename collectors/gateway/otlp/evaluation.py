"""`gen_ai.evaluation.result`, as an event of a span or as a log record, becomes feedback.

Source: https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-events.md
"""

from __future__ import annotations

from typing import Any, Final

from windvane.collectors.event import Row
from windvane.collectors.gateway.otlp.span import Place, SpanEvent, id_of
from windvane.collectors.gateway.otlp.table import RESOURCE
from windvane.collectors.normalize import EARLIEST_US, LATEST_US, normalize
from windvane.collectors.redaction.cutting import cut
from windvane.errors import EventRefused

__all__ = ["EVALUATION", "feedback"]

EVALUATION: Final = "gen_ai.evaluation.result"
_COLUMNS: Final = {
    "gen_ai.evaluation.name": "gen_ai_evaluation_name",
    "gen_ai.evaluation.score.value": "gen_ai_evaluation_score_value",
    "gen_ai.evaluation.score.label": "gen_ai_evaluation_score_label",
}


def feedback(place: Place, trace_id: str, span_id: str, event: SpanEvent) -> Row:
    """Return the row: what is judged is the call of the span that the event is of, else that of the response's id.

    A value that its column cannot hold is left out.
    """
    said = event.attributes
    fields: dict[str, Any] = {"gen_ai_operation_name": "feedback", "trace_id": trace_id or None}
    fields["target_id"] = id_of(trace_id, span_id) or said.get("gen_ai.response.id")
    for name, column in _COLUMNS.items():
        fields[column] = said.get(name)
    for name, column in RESOURCE.items():
        fields.setdefault(column, place.resource.get(name))
    for name in ("gen_ai.evaluation.explanation", "error.type"):
        if isinstance(said.get(name), str):
            fields[name] = cut(said[name], 1000)
    if EARLIEST_US <= event.time_ns // 1000 < LATEST_US:
        fields["time"] = event.time_ns // 1000
    while True:
        try:
            return normalize(fields)
        except EventRefused as refused:
            if refused.field not in fields:
                return normalize({name: fields.get(name) for name in ("gen_ai_operation_name", "trace_id")})
            del fields[refused.field]
