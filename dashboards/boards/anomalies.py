"""Anomalies: what stands out in volume, errors and latency, minute by minute."""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import (
    CHOSEN,
    ELAPSED_S,
    Board,
    Column,
    Kind,
    Level,
    Panel,
    Row,
    Threshold,
    Unit,
)
from windvane.dashboards.pieces import CALLS, TO_CALL, TO_SERVICE, TO_SIGNAL, TO_USER, quantile, standing

__all__ = ["BOARD"]

_SHIFTS: Final = "signal IN ('anomaly', 'traffic_shift', 'silence', 'error_shift')"

_OPEN: Final = standing(f"{_SHIFTS} AND {CHOSEN}")

BOARD: Final = Board(
    uid="windvane-anomalies",
    title="Anomalies",
    question="Do calls, errors or latency stand out from what is usual, where, and since when?",
    place=7,
    rows=(
        Row(
            "Now",
            (
                Panel(
                    title="Open anomalies",
                    question="How many anomalies and shifts are open at the end of the time range?",
                    sql=f"SELECT count() AS value FROM {_OPEN} WHERE state = 'fired'",
                    kind=Kind.STAT,
                    thresholds=(Threshold(1, Level.BAD),),
                    todo="Read the table below, the oldest first: what began first is seldom the effect.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Open for",
                    question="How long ago did the oldest open one begin?",
                    sql=f"""SELECT maxOrNull(dateDiff('second', since, $__toTime)) AS value
FROM {_OPEN} WHERE state = 'fired'""",
                    kind=Kind.STAT,
                    unit=Unit.SECONDS,
                    todo="Look for a release, or a provider's trouble, at that time.",
                    empty="Nothing is open.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Silent",
                    question="How many series should be called now and are not?",
                    sql=f"SELECT count() AS value FROM {_OPEN} WHERE state = 'fired' AND signal = 'silence'",
                    kind=Kind.STAT,
                    thresholds=(Threshold(1, Level.BAD),),
                    todo="Look at the board Pipeline first; if it is well, the app itself has stopped calling.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Failed calls",
                    question="What share of the calls in the time range failed?",
                    sql=f"""SELECT sum(errors) / nullIf(sum(calls), 0) AS value FROM {CALLS}""",
                    kind=Kind.STAT,
                    unit=Unit.SHARE,
                    thresholds=(Threshold(0.01, Level.WARNING), Threshold(0.05, Level.BAD)),
                    todo="See below which service fails; if several do, look at the board Providers.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="What is open",
                    question="What stands out and has not come back, where and since when?",
                    sql=f"""SELECT since, signal, feature, service_name AS service, gen_ai_request_model AS model,
    gen_ai_operation_name AS operation, says
FROM {_OPEN} WHERE state = 'fired' ORDER BY since LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("since", "Since", Unit.TIME),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("operation", "Operation"),
                        Column("says", "What stands out"),
                    ),
                    todo="Click on the signal for the calls before and after.",
                    empty="Nothing is open: calls, errors and latency are as usual.",
                    width=24,
                    height=6,
                ),
            ),
        ),
        Row(
            "Minute by minute",
            (
                Panel(
                    title="Calls",
                    question="How much is called? Per second, feedback left out.",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    sum(calls) / {ELAPSED_S} AS calls_per_second
FROM {CALLS}
GROUP BY time, service ORDER BY time""",
                    unit=Unit.PER_SECOND,
                    todo="A fall to nothing: look at the board Pipeline; if it is well, the app has stopped sending.",
                    width=8,
                ),
                Panel(
                    title="Share of failed calls",
                    question="What share of the calls fails, by service?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    sum(errors) / nullIf(sum(calls), 0) AS failed
FROM {CALLS}
GROUP BY time, service ORDER BY time""",
                    unit=Unit.SHARE,
                    thresholds=(Threshold(0.05, Level.WARNING), Threshold(0.2, Level.BAD)),
                    todo="Several services at once: look at the board Providers. One: read its errors below.",
                    width=8,
                ),
                Panel(
                    title="Latency, 95th percentile",
                    question="How long do the slowest calls in twenty take, by service?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    {quantile("latency", 0.95)} AS p95
FROM {CALLS}
GROUP BY time, service ORDER BY time""",
                    unit=Unit.SECONDS,
                    todo="See the time to the first chunk on the board Latency: it tells waiting from long answers.",
                    width=8,
                ),
            ),
        ),
        Row(
            "What fired",
            (
                Panel(
                    title="Usual and seen",
                    question="What fired, and how far is it from what is usual? In the unit that the sentence has.",
                    sql=f"""SELECT signal_changes.time AS time, state, signal, service_name AS service,
    gen_ai_request_model AS model, feature,
    JSONExtract(evidence, 'baseline', 'Nullable(Float64)') AS usual,
    JSONExtract(evidence, 'current', 'Nullable(Float64)') AS seen,
    round(seen / nullIf(usual, 0), 1) AS times_usual, says
FROM signal_changes WHERE {_SHIFTS} AND $__timeFilter(signal_changes.time) AND {CHOSEN}
ORDER BY time DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("state", "State"),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("feature", "Of what"),
                        Column("usual", "Usual", Unit.SCORE),
                        Column("seen", "Seen", Unit.SCORE),
                        Column("times_usual", "Times usual", Unit.SCORE),
                        Column("says", "In words"),
                    ),
                    todo="Click on the signal for its evidence and its calls.",
                    empty="Nothing fired in this time range.",
                    width=24,
                ),
                Panel(
                    title="Latest failed calls",
                    question="Which calls failed last, and with which error?",
                    sql=f"""SELECT flagged.time AS time, detail AS error, service_name AS service,
    gen_ai_provider_name AS provider, gen_ai_request_model AS model, user_id AS user, id
FROM flagged WHERE flag = 'error' AND $__timeFilter(flagged.time) AND {CHOSEN} ORDER BY time DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("error", "Error"),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("provider", "Provider"),
                        Column("model", "Model"),
                        Column("user", "User", link=TO_USER),
                        Column("id", "Call", link=TO_CALL),
                    ),
                    todo="408, 429 and 5xx are the provider's: retry, or use another. Others are the request's own.",
                    empty="No call failed in this time range.",
                    width=24,
                ),
            ),
        ),
    ),
)
