"""Everything that is known of one call."""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import Board, Column, Kind, Panel, Row, Unit
from windvane.dashboards.pieces import TO_CONVERSATION, TO_SERVICE, TO_SIGNAL, TO_USER

__all__ = ["BOARD"]

_PAIRS: Final = (Column("name", "Name"), Column("value", "Value"))
_COLUMNS: Final = (
    "service_name gen_ai_operation_name gen_ai_provider_name gen_ai_request_model gen_ai_response_model error_type"
    " error_message gen_ai_usage_input_tokens gen_ai_usage_output_tokens gen_ai_usage_cache_read_input_tokens"
    " gen_ai_usage_reasoning_output_tokens gen_ai_client_operation_duration gen_ai_response_time_to_first_chunk"
    " gen_ai_response_finish_reasons gen_ai_tool_name cost user_id gen_ai_conversation_id trace_id gen_ai_prompt_name"
    " gen_ai_prompt_version service_version deployment_environment_name tags attributes"
).split()

# By its id alone, in any time range: a link may come from far away, and ids have an index of their own.
_CALL: Final = "WHERE id IN (${call:singlequote}) AND id != ''"

BOARD: Final = Board(
    uid="windvane-call",
    title="One call",
    question="What was asked, what was answered, and what do the signals say of it?",
    place=17,
    filters=("call",),
    rows=(
        Row(
            "The call",
            (
                Panel(
                    title="In short",
                    question="When was it, how did it go, and whose is it? In any time range.",
                    sql=f"""
SELECT calls.time AS time, service_name AS service, gen_ai_request_model AS model, gen_ai_operation_name AS operation,
    if(error_type = '', 'no error', trim(concat(error_type, ' ', error_message))) AS error,
    gen_ai_client_operation_duration AS latency, calls.cost AS usd, gen_ai_conversation_id AS conversation,
    user_id AS user
FROM calls {_CALL} LIMIT 10""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("error", "Error"),
                        Column("latency", "Latency", Unit.SECONDS),
                        Column("usd", "Cost", Unit.USD),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("operation", "Operation"),
                        Column("conversation", "Conversation", link=TO_CONVERSATION),
                        Column("user", "User", link=TO_USER),
                    ),
                    todo="Open its conversation to see what came before, its service to see whether others fail, too.",
                    empty="There is no such call: none is chosen, it is not stored yet, or no longer kept.",
                    width=24,
                    height=4,
                ),
                Panel(
                    title="Written",
                    question="What was asked, with which documents, and what was answered? In any time range.",
                    sql=f"""
SELECT said.1 AS name, said.2 AS value
FROM texts
ARRAY JOIN arrayConcat(
    [('system', ifNull(gen_ai_system_instructions, '')), ('prompt', ifNull(gen_ai_input_messages, ''))],
    arrayMap((one, number) -> (concat('document ', toString(number)), one),
        gen_ai_retrieval_documents, arrayEnumerate(gen_ai_retrieval_documents)),
    [('answer', ifNull(gen_ai_output_messages, ''))]) AS said
{_CALL} AND said.2 != '' LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=_PAIRS,
                    todo="Does the answer say what the documents say? Texts are kept for WINDVANE_BODIES_DAYS days.",
                    empty="No text: choose a call, or its texts are no longer kept.",
                    width=24,
                    height=10,
                ),
            ),
        ),
        Row(
            "What is known of it",
            (
                Panel(
                    title="Columns",
                    question="What did the app say of it?",
                    sql=f"""
SELECT known.1 AS name, known.2 AS value
FROM calls
ARRAY JOIN [{", ".join(f"('{name}', ifNull(toString({name}), ''))" for name in _COLUMNS)}] AS known
{_CALL} AND known.2 NOT IN ('', '{{}}', '[]') LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=_PAIRS,
                    todo="Names are those of the view `calls`.",
                ),
                Panel(
                    title="Signals",
                    question="What do the event signals say of it?",
                    sql=f"""
SELECT found.1 AS name, found.2 AS value
FROM calls
ARRAY JOIN arrayConcat(
    arrayMap((signal, number) -> (signal, toString(round(number, 4))), mapKeys(signals), mapValues(signals)),
    arrayMap((signal, note) -> (signal, note), mapKeys(notes), mapValues(notes))) AS found
{_CALL} ORDER BY name LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=_PAIRS,
                    todo="Each signal is described in docs/reference/signals.md; spans count characters of the answer.",
                ),
                Panel(
                    title="Feedback",
                    question="What was said of the answer?",
                    sql=f"""
SELECT judgements.time AS time, gen_ai_evaluation_name AS judged, score, label
FROM judgements {_CALL} ORDER BY time LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Given at", Unit.TIME),
                        Column("judged", "Of what"),
                        Column("score", "Score", Unit.SCORE),
                        Column("label", "Label"),
                    ),
                    todo="A score of 0 or less is bad feedback.",
                    empty="No feedback.",
                    height=5,
                ),
                Panel(
                    title="Signals that name it",
                    question="Which signals fired at this call, or have it as evidence?",
                    sql="""
SELECT signal_changes.time AS time, state, signal, feature, service_name AS service, gen_ai_request_model AS model,
    says
FROM signal_changes
WHERE signal != 'baseline' AND (event_id IN (${call:singlequote}) OR hasAny([${call:singlequote}], arrayConcat(
    JSONExtract(evidence, 'before', 'Array(String)'), JSONExtract(evidence, 'after', 'Array(String)'))))
ORDER BY time LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("state", "State"),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("says", "What it says"),
                    ),
                    todo="Then it is not this call alone: click on the signal for the calls before and after.",
                    empty="No signal names it.",
                    height=5,
                ),
            ),
        ),
    ),
)
