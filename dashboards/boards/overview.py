"""Is anything wrong, since when, what has changed."""

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
from windvane.dashboards.pieces import CALLS, OPEN_ALERTS, TO_ALERTS, TO_SERVICE, TO_SIGNAL, USD, quantile, standing

__all__ = ["BOARD"]

_OPEN: Final = f"""{standing(f"signal != 'baseline' AND {CHOSEN}")} WHERE state = 'fired'"""

BOARD: Final = Board(
    uid="windvane-overview",
    title="Overview",
    question="Is anything wrong, since when, and what has changed?",
    place=1,
    rows=(
        Row(
            "Now",
            (
                Panel(
                    title="Alerts",
                    question="How many alerts fire at the end of the time range? Pending ones are left out.",
                    sql=f"SELECT countIf(state != 'pending') AS value FROM {OPEN_ALERTS}",
                    kind=Kind.STAT,
                    thresholds=(Threshold(1, Level.BAD),),
                    todo="Read the first list below.",
                    width=4,
                    height=4,
                ),
                Panel(
                    title="Signals open",
                    question="How many series signals are fired at the end of the time range?",
                    sql=f"SELECT count() AS value FROM {_OPEN}",
                    kind=Kind.STAT,
                    thresholds=(Threshold(1, Level.BAD),),
                    todo="Read below what moved, and since when.",
                    width=4,
                    height=4,
                ),
                Panel(
                    title="Calls",
                    question="How many calls are there? In the time range.",
                    sql=f"SELECT sum(activity.calls) AS value FROM {CALLS}",
                    kind=Kind.STAT,
                    todo="None: is the app pointed at windvane? `windvane doctor` looks at all parts.",
                    width=4,
                    height=4,
                ),
                Panel(
                    title="Failed",
                    question="Which share of the calls fails?",
                    sql=f"SELECT sum(activity.errors) / nullIf(sum(activity.calls), 0) AS value FROM {CALLS}",
                    kind=Kind.STAT,
                    unit=Unit.SHARE,
                    thresholds=(Threshold(0.02, Level.WARNING), Threshold(0.05, Level.BAD)),
                    todo="See below which service, and open it.",
                    width=4,
                    height=4,
                ),
                Panel(
                    title="Latency, 95 %",
                    question="How long do the slowest calls in twenty take at least?",
                    sql=f"SELECT {quantile('latency', 0.95)} AS value FROM {CALLS}",
                    kind=Kind.STAT,
                    unit=Unit.SECONDS,
                    todo="See below which service is slow; the board Latency tells waiting from long answers.",
                    width=4,
                    height=4,
                ),
                Panel(
                    title="Spent",
                    question="What have the calls cost? Unpriced calls are left out.",
                    sql=f"SELECT {USD} AS value FROM {CALLS}",
                    kind=Kind.STAT,
                    unit=Unit.USD,
                    todo="The board Cost tells by whom, and against which budget.",
                    width=4,
                    height=4,
                ),
                Panel(
                    title="What fires",
                    question="Which alerts fire or are about to, since when, how bad? The worst first.",
                    sql=f"""SELECT severity, state, since, rule, says, labels['service'] AS service
FROM {OPEN_ALERTS}
ORDER BY state = 'pending', indexOf(['critical', 'warning', 'info'], severity), since LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("severity", "Severity"),
                        Column("state", "State"),
                        Column("since", "Since", Unit.TIME),
                        Column("rule", "Rule", link=TO_ALERTS),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("says", "What it says"),
                    ),
                    todo="Open the service; the rule leads to who was told, and to where else to look.",
                    empty="No alert fires.",
                    width=24,
                    height=5,
                ),
                Panel(
                    title="What is open",
                    question="What is wrong, since when? The latest first.",
                    sql=f"""
SELECT since, signal, feature, service_name AS service, gen_ai_request_model AS model, says
FROM {_OPEN} ORDER BY since DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("since", "Since", Unit.TIME),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("says", "What moved"),
                    ),
                    todo="Open the signal: it shows its evidence and the calls before and after.",
                    empty="No signal is open.",
                    width=24,
                ),
            ),
        ),
        Row(
            "Services",
            (
                Panel(
                    title="By service",
                    question="Which service is called, fails, is slow, costs?",
                    sql=f"""
SELECT service_name AS service, sum(activity.calls) AS called, sum(activity.errors) / called AS failed,
    {quantile("latency", 0.95)} AS p95,
    {USD} AS usd, called - sum(priced_calls) AS unpriced
FROM {CALLS}
GROUP BY service ORDER BY called DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("service", "Service", link=TO_SERVICE),
                        Column("called", "Calls", Unit.COUNT),
                        Column("failed", "Failed", Unit.SHARE),
                        Column("p95", "Latency, 95 %", Unit.SECONDS),
                        Column("usd", "Cost", Unit.USD),
                        Column("unpriced", "Unpriced calls", Unit.COUNT),
                    ),
                    todo="Follow it to its calls, errors and latency.",
                    empty="No calls in this time range.",
                    width=24,
                    height=6,
                ),
                Panel(
                    title="Calls per second",
                    question="How much is called?",
                    sql=f"""
SELECT $__timeInterval(begins) AS time, service_name AS service, sum(activity.calls) / {ELAPSED_S} AS calls_per_second
FROM {CALLS} GROUP BY time, service ORDER BY time""",
                    unit=Unit.PER_SECOND,
                    todo="A fall to nothing: has the app stopped, or does it not reach us? `windvane ledger` says.",
                ),
                Panel(
                    title="Failed calls",
                    question="Which share of the calls fails?",
                    sql=f"""
SELECT $__timeInterval(begins) AS time, service_name AS service, sum(activity.errors) / sum(activity.calls) AS failed
FROM {CALLS} GROUP BY time, service ORDER BY time""",
                    unit=Unit.SHARE,
                    thresholds=(Threshold(0.05, Level.BAD),),
                    todo="Several services at once: look for a signal provider_trouble in the list of what is open.",
                ),
            ),
        ),
        Row(
            "What has changed",
            (
                Panel(
                    title="Changes",
                    question="What fired or ended? The last fifty of the time range.",
                    sql=f"""
SELECT signal_changes.time AS time, state, service_name AS service, gen_ai_request_model AS model, signal,
    feature, says
FROM signal_changes
WHERE $__timeFilter(signal_changes.time) AND signal != 'baseline' AND {CHOSEN}
ORDER BY time DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("state", "State"),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("says", "What moved"),
                    ),
                    todo="Read upwards: the first of several that fired together is nearest to the cause.",
                    empty="Nothing has fired in this time range.",
                    width=24,
                    height=10,
                ),
            ),
        ),
    ),
)
