"""One conversation, call by call."""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import Board, Column, Kind, Level, Panel, Row, Threshold, Unit
from windvane.dashboards.pieces import TO_CALL, TO_SERVICE, TO_SIGNAL

__all__ = ["BOARD"]

# A conversation is seldom longer than a day, and a link brings the time range of the board that it is on: a day more
# on both sides finds all of it, without looking through all that is kept.
_NEAR: Final = "$__fromTime - INTERVAL 1 DAY AND {0} <= $__toTime + INTERVAL 1 DAY"
_CALLS: Final = f"""calls
WHERE calls.time >= {_NEAR.format("calls.time")} AND gen_ai_conversation_id IN (${{conversation:singlequote}})
    AND gen_ai_conversation_id != '' AND gen_ai_operation_name != 'feedback'"""
# One value, known before the rest is planned: of texts and flags, only the days and the services of it are read.
_OF_IT: Final = f"""(
    SELECT (groupArray(calls.id), min(calls.time), max(calls.time), groupUniqArray(service_name)) FROM {_CALLS}
) AS of_it"""


def _number(title: str, question: str, value: str, unit: Unit, todo: str, *thresholds: Threshold) -> Panel:
    return Panel(
        title=title,
        question=question,
        sql=f"SELECT {value} AS value FROM {_CALLS}",
        kind=Kind.STAT,
        unit=unit,
        thresholds=thresholds,
        todo=todo,
        width=6,
        height=4,
    )


BOARD: Final = Board(
    uid="windvane-conversation",
    title="One conversation",
    question="What was said in this conversation, and where did it go wrong?",
    place=18,
    filters=("conversation",),
    range="now-24h",
    rows=(
        Row(
            "In all",
            (
                _number(
                    "Calls of it",
                    "How many calls were made, in the time range and a day before and after it?",
                    "count()",
                    Unit.COUNT,
                    "Far more than its questions: an agent may be in a loop. 0: choose the time range that it was in.",
                ),
                _number(
                    "Failed",
                    "How many of them failed?",
                    "countIf(error_type != '')",
                    Unit.COUNT,
                    "See which below; if others fail at that time, it is not this conversation.",
                    Threshold(1, Level.BAD),
                ),
                _number(
                    "Cost",
                    "What did its priced calls cost?",
                    "sumOrNull(calls.cost)",
                    Unit.USD,
                    "Input tokens that grow from call to call: the app sends the whole conversation each time.",
                ),
                _number(
                    "Lasted",
                    "How long was it from the first call to the last?",
                    "dateDiff('second', minOrNull(calls.time), maxOrNull(calls.time))",
                    Unit.SECONDS,
                    "Longer than a day: choose a longer time range to see all of it.",
                ),
            ),
        ),
        Row(
            "Call by call",
            (
                Panel(
                    title="Calls",
                    question="What was asked and answered, in order, and what is wrong with it? The first hundred.",
                    sql=f"""WITH {_OF_IT}
SELECT known.time AS time, prompt, answer, trim(concat(error, ' ', why)) AS wrong, latency,
    tokens, usd, service, model, known.id AS id
FROM
(
    SELECT calls.id AS id, calls.time AS time, service_name AS service, gen_ai_request_model AS model,
        error_type AS error, gen_ai_client_operation_duration AS latency, calls.cost AS usd,
        gen_ai_usage_input_tokens AS tokens
    FROM {_CALLS}
    ORDER BY time LIMIT 100
) AS known
LEFT JOIN
(
    SELECT texts.id AS id, substringUTF8(ifNull(gen_ai_input_messages, ''), 1, 600) AS prompt,
        substringUTF8(ifNull(gen_ai_output_messages, ''), 1, 600) AS answer
    FROM texts
    WHERE texts.time >= of_it.2 AND texts.time <= of_it.3 AND service_name IN of_it.4 AND texts.id IN of_it.1
) AS said USING (id)
LEFT JOIN
(
    SELECT flagged.id AS id,
        arrayStringConcat(arraySort(groupUniqArray(replaceAll(toString(flag), '_', ' '))), ', ') AS why
    FROM flagged
    WHERE flag != 'error' AND flagged.time >= of_it.2 AND flagged.time <= $__toTime + INTERVAL 1 DAY
        AND flagged.id IN of_it.1
    GROUP BY id
) AS found USING (id)
ORDER BY time LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("id", "Call", link=TO_CALL),
                        Column("prompt", "Prompt"),
                        Column("answer", "Answer"),
                        Column("wrong", "What is wrong"),
                        Column("latency", "Latency", Unit.SECONDS),
                        Column("tokens", "Input tokens", Unit.COUNT),
                        Column("usd", "Cost", Unit.USD),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                    ),
                    todo="Look for the first call with which something is wrong: what follows often comes of it.",
                    empty="No call of this conversation in this time range, nor a day before or after it.",
                    width=24,
                    height=16,
                ),
                Panel(
                    title="Signals",
                    question="Which signals fired at one of its calls, or name one as evidence?",
                    sql=f"""WITH {_OF_IT}
SELECT signal_changes.time AS time, state, signal, feature, service_name AS service, gen_ai_request_model AS model,
    says
FROM signal_changes
WHERE signal != 'baseline' AND signal_changes.time >= {_NEAR.format("signal_changes.time")}
    AND (has(of_it.1, event_id) OR hasAny(of_it.1, arrayConcat(JSONExtract(evidence, 'before', 'Array(String)'),
        JSONExtract(evidence, 'after', 'Array(String)'))))
ORDER BY time LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("state", "State"),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("says", "What it says"),
                    ),
                    todo="Then others are affected, too: click on the signal for its calls before and after.",
                    empty="No signal names a call of it.",
                    width=24,
                    height=5,
                ),
            ),
        ),
    ),
)
