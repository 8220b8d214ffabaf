"""One conversation, call by call."""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import Board, Column, Kind, Link, Panel, Row, Unit

BOARD: Final = Board(
    uid="windvane-conversation",
    title="One conversation",
    question="What was said in this conversation, and where did it go wrong?",
    place=18,
    filters=("conversation",),
    range="now-24h",
    rows=(
        Row(
            "Call by call",
            (
                Panel(
                    title="Calls",
                    question="What was asked and answered, in order? The first hundred calls in the time range.",
                    sql="""
SELECT calls.time AS time, calls.service_name AS service, gen_ai_request_model AS model, error_type AS error,
    gen_ai_client_operation_duration AS latency, calls.cost AS usd,
    if(mapContains(signals, 'groundedness'), toNullable(signals['groundedness']), NULL) AS groundedness,
    substringUTF8(ifNull(gen_ai_input_messages, ''), 1, 600) AS prompt,
    substringUTF8(ifNull(gen_ai_output_messages, ''), 1, 600) AS answer, calls.id AS id
FROM calls
LEFT JOIN (SELECT id, gen_ai_input_messages, gen_ai_output_messages FROM texts WHERE $__timeFilter(texts.time)) AS said
    ON said.id = calls.id
WHERE $__timeFilter(calls.time) AND gen_ai_conversation_id IN (${conversation:singlequote})
    AND gen_ai_conversation_id != '' AND gen_ai_operation_name != 'feedback'
ORDER BY time LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("service", "Service"),
                        Column("model", "Model"),
                        Column("error", "Error"),
                        Column("latency", "Latency", Unit.SECONDS),
                        Column("usd", "Cost", Unit.USD),
                        Column("groundedness", "Groundedness", Unit.SCORE),
                        Column("prompt", "Prompt"),
                        Column("answer", "Answer"),
                        Column("id", "Call", link=Link("windvane-call", {"call": "id"})),
                    ),
                    todo="Look for the first call with an error or a low groundedness: what follows often comes of it.",
                    empty="No call of this conversation in this time range.",
                    width=24,
                    height=16,
                ),
            ),
        ),
    ),
)
