"""One signal: what it says, on which evidence, and the calls before and after."""

from __future__ import annotations

from functools import reduce
from typing import Final

from windvane.dashboards.board import CHOSEN, ELAPSED_S, STEP, Board, Column, Kind, Panel, Row, Unit
from windvane.dashboards.pieces import TO_CALL, TO_SERVICE, TO_SIGNAL, quantile, standing

__all__ = ["BOARD"]

_CHOSEN: Final = (
    f"signal != 'baseline' AND $__conditionalAll(signal IN (${{signal:singlequote}}), $signal)"
    f" AND $__conditionalAll(feature IN (${{feature:singlequote}}), $feature) AND {CHOSEN}"
)

# What fired last, up to the end of the time range: it may have begun long before, and be open still.
_FIRED: Final = f"""SELECT * FROM signal_changes
    WHERE state = 'fired' AND signal_changes.time <= $__toTime AND {_CHOSEN}
    ORDER BY signal_changes.time DESC LIMIT 1"""
# The same change may have fired for segments of the series, too: these are one line each.
_STANDING: Final = standing(_CHOSEN)

_EVIDENCE: Final = {
    "feature": "what it watches",
    "baseline": "level before",
    "baseline_n": "events before",
    "current": "level since",
    "current_n": "events since",
    "moved": "what moved most",
    "segments": "segments that had fired",
}
"""Keys that all signals have, in words; those of one detector stand as they are. See docs/reference/signals.md."""
_TITLES: Final = f"transform(pair.1, {list(_EVIDENCE)}, {list(_EVIDENCE.values())}, replaceAll(pair.1, '_', ' '))"

# Of what the signals watch, the numbers that are kept in sums; what people wrote is drawn by its length.
_LATENCY: Final = quantile("latency", 0.5)
_FIRST_CHUNK: Final = quantile("first_chunk", 0.5)
_COST: Final = "toFloat64(sum(activity.cost)) / nullIf(sum(priced_calls), 0)"
_INPUT: Final = "sum(input_tokens) / nullIf(sum(activity.calls), 0)"
_OUTPUT: Final = "sum(output_tokens) / nullIf(sum(activity.calls) - sum(activity.errors), 0)"
_ERRORS: Final = "sum(activity.errors) / nullIf(sum(activity.calls), 0)"
_KEPT: Final = {
    "gen_ai_client_operation_duration": ("median latency, s", _LATENCY),
    "latency by the minute": ("median latency, s", _LATENCY),
    "gen_ai_response_time_to_first_chunk": ("median time to first chunk, s", _FIRST_CHUNK),
    "gen_ai_usage_input_tokens": ("input tokens of a call", _INPUT),
    "gen_ai_input_messages": ("input tokens of a call", _INPUT),
    "gen_ai_usage_output_tokens": ("output tokens of a call", _OUTPUT),
    "gen_ai_output_messages": ("output tokens of a call", _OUTPUT),
    "tokens by the minute": ("tokens of a call", f"{_INPUT} + {_OUTPUT}"),
    "cost by the minute": ("cost of a priced call, USD", _COST),
    "calls a minute": ("calls a minute", f"sum(activity.calls) * 60 / {ELAPSED_S}"),
    "error_type": ("share of failed calls", _ERRORS),
}
_NUMBER: Final = reduce(
    lambda otherwise, name: f"if(watched = '{name}', toFloat64({_KEPT[name][1]}), {otherwise})",
    _KEPT,
    "CAST(NULL, 'Nullable(Float64)')",
)
_NUMBERS_NAME: Final = f"transform(watched, {list(_KEPT)}, {[title for title, _ in _KEPT.values()]}, '')"
# One value, so that the engine knows it before it plans: what is not watched is then not summed. A provider's trouble
# is of all its calls, not of the series by which it was seen.
_WATCHED: Final = f"""WITH
    (
        SELECT (any(feature), any(service_name), any(gen_ai_request_model), any(gen_ai_operation_name),
            any(JSONExtractString(evidence, 'provider')))
        FROM ({_FIRED})
    ) AS fired,
    multiIf(fired.5 = '', fired.1, endsWith(fired.1, 'errors'), 'error_type', 'gen_ai_client_operation_duration')
        AS watched
SELECT time, number, value
FROM
(
    SELECT $__timeInterval(begins) AS time, {_NUMBERS_NAME} AS number, {_NUMBER} AS value
    FROM activity
    WHERE {STEP} AND $__timeFilter(begins) AND if(fired.5 = '', service_name = fired.2
        AND gen_ai_request_model = fired.3 AND gen_ai_operation_name = fired.4, gen_ai_provider_name = fired.5)
    GROUP BY time
    UNION ALL
    SELECT $__timeInterval(begins) AS time, concat('mean of ', watched) AS number, sum(total) / sum(calls) AS value
    FROM signal_activity
    WHERE {STEP} AND $__timeFilter(begins) AND signal = watched AND service_name = fired.2
        AND gen_ai_request_model = fired.3
    GROUP BY time
    UNION ALL
    SELECT $__timeInterval(judgements.time) AS time, 'mean score of feedback' AS number, avg(score) AS value
    FROM judgements
    WHERE $__timeFilter(judgements.time) AND watched = 'gen_ai_evaluation_score_value' AND service_name = fired.2
        AND gen_ai_request_model = fired.3
    GROUP BY time
)
WHERE value IS NOT NULL ORDER BY time"""


def _events(title: str, key: str, question: str, todo: str) -> Panel:
    return Panel(
        title=title,
        question=question,
        # They were picked near the change: a day before it is enough, and of an older one there is the id.
        sql=f"""WITH (
    SELECT (any(JSONExtract(evidence, '{key}', 'Array(String)')), any(since), any(signal_changes.time))
    FROM ({_FIRED}) AS signal_changes
) AS told
SELECT known.time AS time, error, latency, prompt, answer, named.id AS id
FROM (SELECT arrayJoin(told.1) AS id) AS named
LEFT JOIN
(
    SELECT calls.id AS id, toNullable(calls.time) AS time, toString(error_type) AS error,
        gen_ai_client_operation_duration AS latency
    FROM calls WHERE calls.time >= told.2 - INTERVAL 1 DAY AND calls.time <= told.3 AND calls.id IN told.1
) AS known USING (id)
LEFT JOIN
(
    SELECT texts.id AS id, substringUTF8(ifNull(gen_ai_input_messages, ''), 1, 400) AS prompt,
        substringUTF8(ifNull(gen_ai_output_messages, ''), 1, 400) AS answer
    FROM texts WHERE texts.time >= told.2 - INTERVAL 1 DAY AND texts.time <= told.3 AND texts.id IN told.1
) AS said USING (id)
ORDER BY time LIMIT 20""",
        kind=Kind.TABLE,
        unit=Unit.TEXT,
        columns=(
            Column("time", "Time", Unit.TIME),
            Column("id", "Call", link=TO_CALL),
            Column("prompt", "Prompt"),
            Column("answer", "Answer"),
            Column("error", "Error"),
            Column("latency", "Latency", Unit.SECONDS),
        ),
        todo=todo,
        empty="No call: the signal names none, or they are no longer kept.",
        height=12,
    )


BOARD: Final = Board(
    uid="windvane-signal",
    title="One signal",
    question="What has this signal noticed, since when, and in which calls?",
    place=16,
    filters=("signal", "feature", "service", "model"),
    range="now-24h",
    rows=(
        Row(
            "What it says",
            (
                Panel(
                    title="Changes",
                    question="What does it say, since when, and has it ended? What is fired comes first.",
                    sql=f"""SELECT state, since, signal_changes.time AS time, says, signal, feature,
    service_name AS service, gen_ai_request_model AS model, gen_ai_operation_name AS operation,
    gen_ai_prompt_version AS version, segment, event_id AS id
FROM {_STANDING} AS signal_changes
ORDER BY state = 'fired' DESC, time DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("state", "State"),
                        Column("since", "Since", Unit.TIME),
                        Column("time", "Said at", Unit.TIME),
                        Column("says", "What it says"),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("version", "Prompt version"),
                        Column("segment", "Segment"),
                        Column("id", "Call", link=TO_CALL),
                    ),
                    todo="Below is what fired last. To see another, click on its signal, choose above, or"
                    " come here from a row of the Overview.",
                    empty="This signal has never fired up to the end of the time range.",
                    width=24,
                ),
            ),
        ),
        Row(
            "What fired last",
            (
                Panel(
                    title="The number",
                    question="How has what it watches gone, in the time range? Of texts, their length.",
                    sql=_WATCHED,
                    unit=Unit.SCORE,
                    todo="Back to its level: it is over. Still away: compare the calls below.",
                    empty="What this signal watches is not kept over time: see its evidence, and the calls below.",
                    width=14,
                    height=10,
                ),
                Panel(
                    title="Evidence",
                    question="On which numbers does it rest?",
                    sql=f"""SELECT {_TITLES} AS name, if(pair.1 = 'moved',
        arrayStringConcat(arrayMap(one -> concat(one.1, ' ', toString(round(100 * one.2)), ' %'),
            JSONExtract(pair.2, 'Array(Tuple(String, Float64))')), ', '),
        trim(BOTH '"' FROM pair.2)) AS value
FROM
(
    SELECT arrayConcat(
        [('says', says), ('signal', toString(signal)), ('service', toString(service_name)),
            ('model', toString(gen_ai_request_model)), ('since', toString(since)), ('fired', toString(fired.time))],
        arrayFilter(one -> one.1 NOT IN ('says', 'before', 'after'), JSONExtractKeysAndValuesRaw(evidence))) AS pairs
    FROM ({_FIRED}) AS fired
)
ARRAY JOIN pairs AS pair WHERE value != '' LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(Column("name", "What"), Column("value", "Value")),
                    todo="Compare the level before with that since, and see what moved with it.",
                    empty="This signal has never fired up to the end of the time range.",
                    width=10,
                    height=10,
                ),
                _events(
                    "Before",
                    "before",
                    "What were its calls like before?",
                    "Open one, and one from after the change beside it.",
                ),
                _events(
                    "After",
                    "after",
                    "What are they like since?",
                    "What differs from before: prompt, answer, documents, error? Open one to see all of it.",
                ),
                Panel(
                    title="What else fired",
                    question="Which other signals began within half an hour of it, in any service, the nearest first?",
                    sql=f"""WITH (SELECT max(signal_changes.since) FROM ({_FIRED}) AS signal_changes) AS moment
SELECT since, dateDiff('second', moment, since) AS later, signal, feature, service_name AS service,
    gen_ai_request_model AS model, says
FROM signal_changes
WHERE state = 'fired' AND signal != 'baseline' AND signal_changes.time <= $__toTime
    AND since >= moment - INTERVAL 30 MINUTE AND since <= moment + INTERVAL 30 MINUTE
    AND (signal, feature, service_name, since) NOT IN (SELECT signal, feature, service_name, since FROM ({_FIRED}))
ORDER BY abs(later), signal LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("since", "Since", Unit.TIME),
                        Column("later", "Later by", Unit.SECONDS),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("says", "What it says"),
                    ),
                    todo="One cause has many signs: model_changed and provider_trouble often explain the others.",
                    empty="Nothing else began within half an hour of it.",
                    width=24,
                ),
            ),
        ),
    ),
)
