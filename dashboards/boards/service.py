"""One service and its models: is it called, does it fail, is it slow, what does it cost?"""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import CHOSEN, ELAPSED_S, Board, Column, Kind, Level, Panel, Row, Threshold, Unit
from windvane.dashboards.pieces import (
    CALLS,
    FIRST_HOUR,
    TO_CALL,
    TO_CONVERSATION,
    TO_SIGNAL,
    TO_USER,
    USD,
    hour_of,
    quantile,
    standing,
)

__all__ = ["BOARD"]

_OPEN: Final = f"""{standing(f"signal != 'baseline' AND {CHOSEN}")} WHERE state = 'fired'"""

# Fifteen minutes in whole steps, the newest of which has only begun; and what was before: whole hours are read as such,
# the rest by the minute.
_CUT: Final = "toDateTime($__toTime) - 900 - toUnixTimestamp($__toTime) % 300"
_READ: Final = (
    "service_name, gen_ai_request_model, gen_ai_operation_name, calls, errors, latency, activity.cost AS dollars,"
    " priced_calls"
)
_LAST_HOUR: Final = hour_of("cut")
_NOW_AND_BEFORE: Final = f"""(
    SELECT {_READ}, 0 AS recent FROM activity
    WHERE step = 3600 AND begins >= {FIRST_HOUR} AND begins < {_LAST_HOUR} AND {CHOSEN}
        AND gen_ai_operation_name != 'feedback'
    UNION ALL
    SELECT {_READ}, begins >= cut AS recent FROM activity
    WHERE step = 60 AND begins >= least($__fromTime, cut) AND begins <= $__toTime
        AND (begins < {FIRST_HOUR} OR begins >= {_LAST_HOUR}) AND {CHOSEN} AND gen_ai_operation_name != 'feedback'
)"""
_BEFORE_MIN: Final = "nullIf(greatest(0, dateDiff('second', $__fromTime, cut)), 0) * 60"
_SINCE_MIN: Final = "dateDiff('second', cut, $__toTime) * 60"


def _over_time(title: str, question: str, value: str, unit: Unit, todo: str, *at: Threshold) -> Panel:
    """One line for each model and operation; `value` is over the columns of `activity`."""
    return Panel(
        title=title,
        question=question,
        sql=f"""SELECT $__timeInterval(begins) AS time, gen_ai_request_model AS model,
    gen_ai_operation_name AS operation, {value}
FROM {CALLS}
GROUP BY time, model, operation ORDER BY time""",
        unit=unit,
        thresholds=at,
        todo=todo,
        empty="No call in this time range.",
    )


def _number(title: str, question: str, value: str, unit: Unit, todo: str, *at: Threshold) -> Panel:
    return Panel(
        title=title,
        question=question,
        sql=f"SELECT {value} AS value FROM {CALLS}",
        kind=Kind.STAT,
        unit=unit,
        thresholds=at,
        todo=todo,
        width=6,
        height=4,
    )


BOARD: Final = Board(
    uid="windvane-service",
    title="One service",
    question="Is this service called, does it fail, is it slow or costly, in which model, and which calls show it?",
    place=2,
    rows=(
        Row(
            "Now",
            (
                Panel(
                    title="Signals open",
                    question="How many of its signals are fired at the end of the time range?",
                    sql=f"SELECT count() AS value FROM {_OPEN}",
                    kind=Kind.STAT,
                    thresholds=(Threshold(1, Level.BAD),),
                    todo="Read the table below, the oldest first: what began first is nearest to the cause.",
                    width=6,
                    height=4,
                ),
                _number(
                    "Failed",
                    "What share of its calls in the time range failed?",
                    "sum(errors) / nullIf(sum(calls), 0)",
                    Unit.SHARE,
                    "See below which model and which error, and since when; then open one of its calls.",
                    Threshold(0.02, Level.WARNING),
                    Threshold(0.05, Level.BAD),
                ),
                _number(
                    "Latency, 95 %",
                    "How long do the slowest calls in twenty take at least?",
                    quantile("latency", 0.95),
                    Unit.SECONDS,
                    "The board Latency tells waiting from long answers.",
                ),
                _number(
                    "Cost",
                    "What have its priced calls of the time range cost?",
                    USD,
                    Unit.USD,
                    "The board Cost tells by whom, and against which budget.",
                ),
                Panel(
                    title="What is open",
                    question="What is wrong with it, and since when? The oldest first.",
                    sql=f"""SELECT since, signal, feature, service_name AS service, gen_ai_request_model AS model,
    gen_ai_operation_name AS operation, says
FROM {_OPEN} ORDER BY since LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("since", "Since", Unit.TIME),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("service", "Service"),
                        Column("model", "Model"),
                        Column("operation", "Operation"),
                        Column("says", "What moved"),
                    ),
                    todo="Click on the signal: it has the evidence, and the calls before and after.",
                    empty="No signal is open: compare the last quarter of an hour with what was before it.",
                    width=24,
                    height=5,
                ),
                Panel(
                    title="Now, and before",
                    question="How do the last fifteen minutes compare with the rest of the time range?",
                    sql=f"""WITH {_CUT} AS cut
SELECT service_name AS service, gen_ai_request_model AS model, gen_ai_operation_name AS operation,
    sumIf(calls, recent) / {_SINCE_MIN} AS called, sumIf(calls, NOT recent) / {_BEFORE_MIN} AS called_before,
    sumIf(errors, recent) / nullIf(sumIf(calls, recent), 0) AS failed,
    sumIf(errors, NOT recent) / nullIf(sumIf(calls, NOT recent), 0) AS failed_before,
    ifNotFinite(quantileDDMergeIf(0.02, 0.95)(latency, recent) / 1e6, NULL) AS p95,
    ifNotFinite(quantileDDMergeIf(0.02, 0.95)(latency, NOT recent) / 1e6, NULL) AS p95_before,
    toFloat64(sumIf(dollars, recent)) / nullIf(sumIf(priced_calls, recent), 0) AS each,
    toFloat64(sumIf(dollars, NOT recent)) / nullIf(sumIf(priced_calls, NOT recent), 0) AS each_before
FROM {_NOW_AND_BEFORE}
GROUP BY service, model, operation ORDER BY sum(calls) DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("service", "Service"),
                        Column("model", "Model"),
                        Column("operation", "Operation"),
                        Column("called", "Calls a minute", Unit.COUNT),
                        Column("called_before", "before", Unit.COUNT),
                        Column("failed", "Failed", Unit.SHARE),
                        Column("failed_before", "before", Unit.SHARE),
                        Column("p95", "Latency, 95 %", Unit.SECONDS),
                        Column("p95_before", "before", Unit.SECONDS),
                        Column("each", "Cost of a call", Unit.USD),
                        Column("each_before", "before", Unit.USD),
                    ),
                    todo="0 calls a minute and many before: it is silent. Look at the board Pipeline whether events"
                    " arrive at all.",
                    empty="No call in this time range.",
                    width=24,
                    height=6,
                ),
            ),
        ),
        Row(
            "Since when",
            (
                _over_time(
                    "Calls",
                    "How much is it called, by model? Per second, feedback left out.",
                    f"sum(calls) / {ELAPSED_S} AS calls_per_second",
                    Unit.PER_SECOND,
                    "A fall to nothing: if the board Pipeline is well, the app has stopped calling.",
                ),
                _over_time(
                    "Failed calls",
                    "What share of the calls fails, by model?",
                    "sum(errors) / nullIf(sum(calls), 0) AS failed",
                    Unit.SHARE,
                    "All models at once: a release, a key or the network. One: see it on the board Providers.",
                    Threshold(0.05, Level.BAD),
                ),
                _over_time(
                    "Latency of the slowest",
                    "How long do the slowest calls in twenty take at least, by model?",
                    f"{quantile('latency', 0.95)} AS p95",
                    Unit.SECONDS,
                    "A step: see on the board Latency whether the first chunk waits, or answers have grown longer.",
                ),
                _over_time(
                    "Cost by the hour",
                    "What do the calls cost in an hour, by model? Unpriced calls are left out.",
                    f"{USD} * 3600 / {ELAPSED_S} AS usd_per_hour",
                    Unit.USD,
                    "A rise without more calls: prompts or answers have grown. See who spends it on the board Cost.",
                ),
            ),
        ),
        Row(
            "Which errors, which calls",
            (
                Panel(
                    title="Errors by type",
                    question="Which errors are there, how many, since when, and are they still coming?",
                    sql=f"""SELECT detail AS error, count() AS failures, min(flagged.time) AS first,
    max(flagged.time) AS last, topK(1)(gen_ai_request_model)[1] AS mostly,
    argMax(flagged.id, flagged.time) AS id
FROM flagged WHERE flag = 'error' AND $__timeFilter(flagged.time) AND {CHOSEN}
GROUP BY error ORDER BY failures DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("error", "Error"),
                        Column("failures", "Failures", Unit.COUNT),
                        Column("first", "First", Unit.TIME),
                        Column("last", "Last", Unit.TIME),
                        Column("mostly", "Mostly in"),
                        Column("id", "Last call", link=TO_CALL),
                    ),
                    todo="408, 429, 5xx and timeouts are the provider's: retry, or use another. Others are the"
                    " request's own: look at the last release.",
                    empty="No call failed in this time range.",
                    width=14,
                ),
                Panel(
                    title="Errors over time",
                    question="When did each type of error come? The eight most frequent.",
                    sql=f"""SELECT $__timeInterval(flagged.time) AS time, detail AS error, count() AS failures
FROM flagged
WHERE flag = 'error' AND $__timeFilter(flagged.time) AND {CHOSEN} AND detail IN (
    SELECT detail FROM flagged WHERE flag = 'error' AND $__timeFilter(flagged.time) AND {CHOSEN}
    GROUP BY detail ORDER BY count() DESC LIMIT 8)
GROUP BY time, error ORDER BY time""",
                    todo="A block with sharp edges is an outage or a release; a slow rise is a limit that is reached.",
                    empty="No call failed in this time range.",
                    width=10,
                ),
                Panel(
                    title="Calls worth reading",
                    question="Which calls were flagged last, and why?",
                    sql=f"""SELECT flagged.time AS time, replaceAll(toString(flag), '_', ' ') AS why,
    if(flag = 'error', detail, '') AS error, service_name AS service, gen_ai_request_model AS model, user_id AS user,
    gen_ai_conversation_id AS conversation, flagged.id AS id
FROM flagged WHERE $__timeFilter(flagged.time) AND {CHOSEN} ORDER BY time DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("why", "Why"),
                        Column("error", "Error"),
                        Column("model", "Model"),
                        Column("user", "User", link=TO_USER),
                        Column("conversation", "Conversation", link=TO_CONVERSATION),
                        Column("id", "Call", link=TO_CALL),
                    ),
                    todo="Open one from the time at which it began; read what was asked, and what was answered.",
                    empty="No call was flagged in this time range.",
                    width=24,
                    height=10,
                ),
            ),
        ),
    ),
)
