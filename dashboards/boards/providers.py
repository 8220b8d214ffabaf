"""Providers side by side: is it them, or us?"""

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
from windvane.dashboards.pieces import CALLS, TO_SIGNAL, quantile, standing

__all__ = ["BOARD"]

_CALLS: Final = f"{CALLS} AND gen_ai_provider_name != ''"
_SIGNALS: Final = "signal IN ('provider_trouble', 'model_changed')"

# Trouble is a provider's, whichever service it was seen by: that one is in the row, so it is not asked for.
_OPEN: Final = standing("signal = 'provider_trouble'", per="feature")


def _over_time(title: str, question: str, value: str, unit: Unit, todo: str) -> Panel:
    return Panel(
        title=title,
        question=question,
        sql=f"""SELECT $__timeInterval(begins) AS time, gen_ai_provider_name AS provider, {value}
FROM {_CALLS}
GROUP BY time, provider ORDER BY time""",
        unit=unit,
        todo=todo,
        empty="No call names a provider in this time range.",
    )


BOARD: Final = Board(
    uid="windvane-providers",
    title="Providers",
    question="Which provider fails, is slow or answers with another model: is it them, or us?",
    place=11,
    rows=(
        Row(
            "Is it them, or us?",
            (
                Panel(
                    title="In trouble",
                    question="In how many ways are providers in trouble at the end of the time range: errors, latency?",
                    sql=f"SELECT count() AS value FROM {_OPEN} WHERE state = 'fired'",
                    kind=Kind.STAT,
                    thresholds=(Threshold(1, Level.BAD),),
                    todo="See which below; send its calls to another provider, or wait and tell the users.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Retryable failures",
                    question="What share of calls met a timeout, a rate limit, a 5xx or a lost connection?",
                    sql=f"SELECT sum(retryable_errors) / nullIf(sum(calls), 0) AS value FROM {_CALLS}",
                    kind=Kind.STAT,
                    unit=Unit.SHARE,
                    thresholds=(Threshold(0.01, Level.WARNING), Threshold(0.05, Level.BAD)),
                    todo="One provider: it is theirs. All of them at once: look at your own network and limits.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Other failures",
                    question="What share of calls failed for a reason that another attempt would meet again?",
                    sql=f"SELECT (sum(errors) - sum(retryable_errors)) / nullIf(sum(calls), 0) AS value FROM {_CALLS}",
                    kind=Kind.STAT,
                    unit=Unit.SHARE,
                    thresholds=(Threshold(0.01, Level.WARNING), Threshold(0.05, Level.BAD)),
                    todo="These are the requests' own: a key, a model's name, a prompt too long. Look at your release.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Models changed",
                    question="How often did a provider begin to answer with another model, within the time range?",
                    sql=f"""SELECT count() AS value FROM signal_changes
WHERE signal = 'model_changed' AND state = 'fired' AND $__timeFilter(signal_changes.time) AND {CHOSEN}""",
                    kind=Kind.STAT,
                    thresholds=(Threshold(1, Level.WARNING),),
                    todo="Read the signal's events before and after; ask for a dated model in place of an alias.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Side by side",
                    question="How did each provider do in its worst five minutes, and the others in the same ones?",
                    sql=f"""SELECT minutes, provider, failed, others_failed, other_failed, services, services_failing,
    multiIf(
        all_calls < 10, 'too few calls to say',
        failed < 0.05 AND other_failed < 0.05, 'as usual',
        other_failed > failed, 'us: requests that cannot succeed',
        others_calls = 0, 'nothing to compare with',
        others_failed >= failed / 3, 'us, or the way there: the others fail too',
        services_failing > 1, 'them: several services, and no other provider',
        'them, or this one service'
    ) AS reads_like
FROM
(
    SELECT
        begins AS minutes, gen_ai_provider_name AS provider, sum(activity.calls) AS all_calls,
        sum(activity.retryable_errors) AS retryable, sum(activity.errors) - retryable AS own,
        uniqExact(service_name) AS services, uniqExactIf(service_name, activity.errors > 0) AS services_failing,
        sum(all_calls) OVER then - all_calls AS others_calls,
        retryable / all_calls AS failed, own / all_calls AS other_failed,
        (sum(retryable) OVER then - retryable) / nullIf(others_calls, 0) AS others_failed
    FROM activity
    WHERE step = 300 AND $__timeFilter(begins) AND {CHOSEN} AND gen_ai_operation_name != 'feedback'
        AND gen_ai_provider_name != ''
    GROUP BY minutes, provider
    WINDOW then AS (PARTITION BY minutes)
)
ORDER BY all_calls < 10, failed + other_failed DESC, minutes DESC LIMIT 1 BY provider LIMIT 20""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("provider", "Provider"),
                        Column("reads_like", "Reads like"),
                        Column("minutes", "Five minutes from", Unit.TIME),
                        Column("failed", "Retryable failures", Unit.SHARE),
                        Column("others_failed", "Of all others", Unit.SHARE),
                        Column("other_failed", "Other failures", Unit.SHARE),
                        Column("services_failing", "Services failing", Unit.COUNT),
                        Column("services", "Services calling", Unit.COUNT),
                    ),
                    todo="Them: change the provider or wait. Us: look at the last release, then at keys and limits.",
                    empty="No call names a provider in this time range.",
                    width=24,
                    height=6,
                ),
                Panel(
                    title="What was said",
                    question="Which provider's trouble and which changed models were seen, newest first?",
                    sql=f"""SELECT signal_changes.time AS time, signal, feature, state, since, service_name AS service,
    gen_ai_request_model AS model, says
FROM signal_changes
WHERE {_SIGNALS} AND $__timeFilter(signal_changes.time) AND (signal = 'provider_trouble' OR {CHOSEN})
ORDER BY time DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("state", "State"),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("since", "Since", Unit.TIME),
                        Column("says", "What it says"),
                    ),
                    todo="Click on the signal for its evidence; compare with the provider's own status page.",
                    empty="No trouble and no changed model in this time range.",
                    width=24,
                    height=6,
                ),
            ),
        ),
        Row(
            "Since when",
            (
                _over_time(
                    "Retryable failures by provider",
                    "When do calls meet timeouts, rate limits, 5xx or lost connections, by provider?",
                    "sum(retryable_errors) / nullIf(sum(calls), 0) AS failed",
                    Unit.SHARE,
                    "A step of one line is theirs; of all lines at one moment, ours.",
                ),
                _over_time(
                    "Other failures by provider",
                    "When do calls fail for a reason of their own, by provider?",
                    "(sum(errors) - sum(retryable_errors)) / nullIf(sum(calls), 0) AS failed",
                    Unit.SHARE,
                    "A step: look for a release of yours, an expired key or a model that was retired at that time.",
                ),
                _over_time(
                    "Median latency",
                    "How long does the middle call take, by provider?",
                    f"{quantile('latency', 0.5)} AS p50",
                    Unit.SECONDS,
                    "A rise of one line without longer answers is theirs: the board Drift has the length of answers.",
                ),
                _over_time(
                    "Latency of the slowest",
                    "How long do the slowest 5 % take at least, by provider?",
                    f"{quantile('latency', 0.95)} AS p95",
                    Unit.SECONDS,
                    "If only this rises and not the median, calls wait in a queue: they are near a limit, or we are.",
                ),
                _over_time(
                    "Calls by provider",
                    "How much is called, by provider? Per second.",
                    f"sum(calls) / {ELAPSED_S} AS calls_per_second",
                    Unit.PER_SECOND,
                    "A fall while failures rise: the app has given up, or has turned to another provider.",
                ),
                Panel(
                    title="By model",
                    question="Over the whole time range, how do providers and models compare?",
                    sql=f"""SELECT gen_ai_provider_name AS provider, gen_ai_request_model AS model,
    sum(activity.calls) AS called, sum(activity.retryable_errors) / nullIf(called, 0) AS failed,
    (sum(activity.errors) - sum(activity.retryable_errors)) / nullIf(called, 0) AS other_failed,
    {quantile("latency", 0.5)} AS p50,
    {quantile("latency", 0.95)} AS p95
FROM {_CALLS}
GROUP BY provider, model ORDER BY called DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("provider", "Provider"),
                        Column("model", "Model"),
                        Column("called", "Calls", Unit.COUNT),
                        Column("failed", "Retryable failures", Unit.SHARE),
                        Column("other_failed", "Other failures", Unit.SHARE),
                        Column("p50", "Median", Unit.SECONDS),
                        Column("p95", "Slowest 5 % from", Unit.SECONDS),
                    ),
                    todo="One model of a provider fails and the others do not: ask for another model of the same one.",
                    empty="No call names a provider in this time range.",
                ),
            ),
        ),
    ),
)
