"""Latency and tokens: how long do calls take, what do they wait for, and which are the slowest?"""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import CHOSEN, Board, Column, Kind, Level, Panel, Row, Threshold, Unit
from windvane.dashboards.pieces import (
    CALLS,
    FIRST_HOUR,
    SIGNALS,
    TO_CALL,
    TO_SERVICE,
    TO_SIGNAL,
    hour_of,
    quantile,
    standing,
)

__all__ = ["BOARD"]

_WATCHED: Final = (
    "feature IN ('gen_ai_client_operation_duration', 'gen_ai_response_time_to_first_chunk', 'latency by the minute',"
    " 'output_tokens_per_second', 'gen_ai_usage_output_tokens', 'gen_ai_usage_input_tokens', 'tokens by the minute')"
    " OR endsWith(feature, ' latency')"
)
_OPEN: Final = f"""{standing(f"({_WATCHED}) AND {CHOSEN}")} WHERE state = 'fired'"""

# A failed call has no answer: its tokens would pull the mean down.
_ANSWERED: Final = "nullIf(sum(activity.calls) - sum(activity.errors), 0)"
_CACHED: Final = "sum(cached_tokens) / nullIf(sum(input_tokens), 0)"
_REASONING: Final = "sum(reasoning_tokens) / nullIf(sum(output_tokens), 0)"

# A table needs no steps of time: whole hours are read as such, and only the ends of the time range by the minute.
_LAST_HOUR: Final = hour_of("$__toTime")
_OF_ALL: Final = f"{CHOSEN} AND gen_ai_operation_name != 'feedback'"
_IN_WHOLE: Final = f"""(
    SELECT * FROM activity WHERE step = 3600 AND begins >= {FIRST_HOUR} AND begins < {_LAST_HOUR} AND {_OF_ALL}
    UNION ALL
    SELECT * FROM activity
    WHERE step = 60 AND $__timeFilter(begins) AND (begins < {FIRST_HOUR} OR begins >= {_LAST_HOUR}) AND {_OF_ALL}
) AS activity"""


def _number(title: str, question: str, value: str, unit: Unit, todo: str) -> Panel:
    return Panel(
        title=title,
        question=question,
        sql=f"SELECT {value} AS value FROM {CALLS}",
        kind=Kind.STAT,
        unit=unit,
        todo=todo,
        width=4,
        height=4,
    )


def _over_time(title: str, question: str, values: str, unit: Unit, todo: str, width: int = 8) -> Panel:
    """One line for each service and model; `values` are over the columns of `activity`."""
    return Panel(
        title=title,
        question=question,
        sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service, gen_ai_request_model AS model, {values}
FROM {CALLS}
GROUP BY time, service, model ORDER BY time""",
        unit=unit,
        todo=todo,
        empty="No call says it in this time range.",
        width=width,
    )


BOARD: Final = Board(
    uid="windvane-latency",
    title="Latency and tokens",
    question="Are calls slower than before, do they wait or write more, and which are the slowest?",
    place=3,
    rows=(
        Row(
            "Now",
            (
                Panel(
                    title="Signals open",
                    question="How many shifts of latency, speed or tokens are open at the end of the time range?",
                    sql=f"SELECT count() AS value FROM {_OPEN}",
                    kind=Kind.STAT,
                    thresholds=(Threshold(1, Level.BAD),),
                    todo="Read below which.",
                    width=4,
                    height=4,
                ),
                _number(
                    "Median",
                    "How long does the middle call take?",
                    quantile("latency", 0.5),
                    Unit.SECONDS,
                    "Compare it with the lines below: a mean of a day hides an hour.",
                ),
                _number(
                    "95th percentile",
                    "How long do the slowest calls in twenty take at least?",
                    quantile("latency", 0.95),
                    Unit.SECONDS,
                    "Far above the median: look at the slowest calls at the end of this page.",
                ),
                _number(
                    "First chunk, 95 %",
                    "How long do people wait for the first word, in the slowest calls of twenty?",
                    quantile("first_chunk", 0.95),
                    Unit.SECONDS,
                    "Long: the provider queues, or the prompt is long. Nothing here: the app does not stream.",
                ),
                Panel(
                    title="Speed of answers",
                    question="How many tokens does an answer gain in a second, as a mean over calls?",
                    sql=f"""SELECT sum(total) / nullIf(sum(calls), 0) AS value
FROM {SIGNALS} AND signal = 'output_tokens_per_second'""",
                    kind=Kind.STAT,
                    unit=Unit.TOKENS_PER_SECOND,
                    todo="A fall with an unchanged first chunk: the model itself writes slower.",
                    width=4,
                    height=4,
                ),
                _number(
                    "Input from cache",
                    "What share of the input tokens came from the provider's cache?",
                    _CACHED,
                    Unit.SHARE,
                    "Low with long system prompts: put what stays the same at the beginning of the prompt.",
                ),
                Panel(
                    title="What is open",
                    question="Which latency, speed or length has shifted, and since when? The oldest first.",
                    sql=f"""SELECT since, signal, feature, service_name AS service, gen_ai_request_model AS model, says
FROM {_OPEN} ORDER BY since LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("since", "Since", Unit.TIME),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("says", "What moved"),
                    ),
                    todo="Click on the signal: it has the calls before and after.",
                    empty="Latency, speed and tokens are as usual.",
                    width=24,
                    height=5,
                ),
            ),
        ),
        Row(
            "Since when, and what it is",
            (
                _over_time(
                    "Latency of the slowest",
                    "How long do the slowest calls in twenty take at least, by service and model?",
                    f"{quantile('latency', 0.95)} AS p95",
                    Unit.SECONDS,
                    "One line rises: go on to the right. All of them: your own network, or one provider of all.",
                ),
                _over_time(
                    "Wait for the first chunk",
                    "How long until the answer begins, in the slowest calls of twenty?",
                    f"{quantile('first_chunk', 0.95)} AS first_chunk_p95",
                    Unit.SECONDS,
                    "Rises with the latency: the provider queues; see it on the board Providers. Else answers are"
                    " longer, or written slower.",
                ),
                Panel(
                    title="Speed of writing",
                    question="How many tokens does an answer gain in a second, as a mean, by service and model?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    gen_ai_request_model AS model, sum(total) / nullIf(sum(calls), 0) AS tokens_per_second
FROM {SIGNALS} AND signal = 'output_tokens_per_second'
GROUP BY time, service, model ORDER BY time""",
                    unit=Unit.TOKENS_PER_SECOND,
                    todo="A fall is the provider's: another region or model of it may be quicker.",
                    empty="No call says output tokens and duration in this time range.",
                    width=8,
                ),
                _over_time(
                    "Length of answers",
                    "How many output tokens has a call that did not fail, as a mean?",
                    f"sum(output_tokens) / {_ANSWERED} AS tokens",
                    Unit.COUNT,
                    "Latency rises with it: the answers are longer; look for a new prompt on the board Versions.",
                ),
                _over_time(
                    "Length of prompts",
                    "How many input tokens has a call, as a mean?",
                    "sum(input_tokens) / nullIf(sum(activity.calls), 0) AS tokens",
                    Unit.COUNT,
                    "A rise delays the first chunk and costs money: longer documents, or conversations sent whole.",
                ),
                _over_time(
                    "Reasoning",
                    "What share of the output tokens is reasoning that nobody reads?",
                    f"{_REASONING} AS reasoning",
                    Unit.SHARE,
                    "A rise makes answers late and dear: ask for less effort, or another model.",
                ),
                _over_time(
                    "Input from the cache",
                    "What share of the input tokens came from the provider's cache?",
                    f"{_CACHED} AS cached",
                    Unit.SHARE,
                    "A fall to 0: the beginning of the prompt has changed, such as by a date in it.",
                    12,
                ),
                Panel(
                    title="Median and tail",
                    question="How far are the middle call, the slowest in twenty and in a hundred? Of all chosen.",
                    sql=f"""SELECT $__timeInterval(begins) AS time, {quantile("latency", 0.5)} AS p50,
    {quantile("latency", 0.95)} AS p95, {quantile("latency", 0.99)} AS p99
FROM {CALLS}
GROUP BY time ORDER BY time""",
                    unit=Unit.SECONDS,
                    todo="Only the tail rises: retries, timeouts or a few long prompts. All three: everybody waits.",
                    empty="No call says its duration in this time range.",
                ),
            ),
        ),
        Row(
            "Which",
            (
                Panel(
                    title="By model",
                    question="How do services, models and operations compare over the time range?",
                    sql=f"""SELECT service_name AS service, gen_ai_request_model AS model,
    gen_ai_operation_name AS operation, sum(activity.calls) AS called,
    quantilesDDMerge(0.02, 0.5, 0.95, 0.99)(latency) AS latencies, ifNotFinite(latencies[1] / 1e6, NULL) AS p50,
    ifNotFinite(latencies[2] / 1e6, NULL) AS p95, ifNotFinite(latencies[3] / 1e6, NULL) AS p99,
    {quantile("first_chunk", 0.95)} AS first_p95,
    sum(input_tokens) / nullIf(called, 0) AS input, sum(output_tokens) / {_ANSWERED} AS output,
    {_CACHED} AS cached, {_REASONING} AS reasoning
FROM {_IN_WHOLE}
GROUP BY service, model, operation ORDER BY p95 DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("operation", "Operation"),
                        Column("called", "Calls", Unit.COUNT),
                        Column("p50", "Median", Unit.SECONDS),
                        Column("p95", "95 %", Unit.SECONDS),
                        Column("p99", "99 %", Unit.SECONDS),
                        Column("first_p95", "First chunk, 95 %", Unit.SECONDS),
                        Column("input", "Input", Unit.COUNT),
                        Column("output", "Output", Unit.COUNT),
                        Column("cached", "Cached", Unit.SHARE),
                        Column("reasoning", "Reasoning", Unit.SHARE),
                    ),
                    todo="Follow the slowest to its service, or read its slowest calls below.",
                    empty="No call in this time range.",
                    width=24,
                    height=6,
                ),
                Panel(
                    title="Slowest calls",
                    question="Which calls took longest, and did they wait, write, or fail?",
                    # The minutes with the longest calls are known from the sums: only these are looked through.
                    sql=f"""SELECT calls.time AS time, gen_ai_client_operation_duration AS latency,
    gen_ai_response_time_to_first_chunk AS first, gen_ai_usage_input_tokens AS input,
    gen_ai_usage_output_tokens AS output, toString(error_type) AS error, service_name AS service,
    gen_ai_request_model AS model, id
FROM calls
WHERE $__timeFilter(calls.time) AND {CHOSEN} AND gen_ai_client_operation_duration IS NOT NULL
    AND (service_name, toStartOfMinute(calls.time)) IN (
        SELECT service_name, begins FROM activity
        WHERE step = 60 AND $__timeFilter(begins) AND {CHOSEN} ORDER BY latency_max DESC LIMIT 30)
ORDER BY latency DESC LIMIT 30""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("latency", "Latency", Unit.SECONDS),
                        Column("first", "First chunk", Unit.SECONDS),
                        Column("input", "Input tokens", Unit.COUNT),
                        Column("output", "Output tokens", Unit.COUNT),
                        Column("error", "Error"),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("time", "Time", Unit.TIME),
                        Column("id", "Call", link=TO_CALL),
                    ),
                    todo="All in a few minutes: it was an incident. All with many tokens: limit max_tokens.",
                    empty="No call says its duration in this time range.",
                    width=24,
                    height=10,
                ),
            ),
        ),
    ),
)
