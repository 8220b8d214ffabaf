"""Prompts, models and releases side by side: is the new one better, worse, or no different?"""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import ELAPSED_S, Board, Column, Kind, Level, Panel, Row, Threshold, Unit
from windvane.dashboards.pieces import CALLS, TO_SERVICE, TO_SIGNAL, quantile, standing

__all__ = ["BOARD"]

_SERVICE: Final = "$__conditionalAll(service_name IN (${service:singlequote}), $service)"
_OPEN: Final = standing(f"signal IN ('version_difference', 'model_changed') AND {_SERVICE}")
# Measures with an interval: where those of two versions do not meet, the versions differ.
_MEASURES: Final = ("success", "cost", "latency", "feedback", "groundedness")
_EDGES: Final = ", ".join(f"('{name}', {name}_low, {name}_high)" for name in _MEASURES)
_DIFFERS: Final = """arrayStringConcat(arrayFilter(word -> word != '', arrayMap(
        (new, old) -> multiIf(new.2 > old.3, concat(new.1, ' higher'), new.3 < old.2, concat(new.1, ' lower'), ''),
        edges, before.2)), ', ')"""


def _table(kind: str, title: str, question: str, todo: str, empty: str) -> Panel:
    """Versions of one kind, each held against the one that came before it in its service, operation and prompt."""
    return Panel(
        title=title,
        question=f"{question} Those with a call in the time range, by all of their calls that are kept; each is held"
        " against the one that came before it.",
        sql=f"""SELECT service, operation, prompt, shown.version AS version, multiIf(before.1 = '', '',
        {_DIFFERS} = '', concat('nothing for certain, from ', before.1), concat({_DIFFERS}, ' than ', before.1)
    ) AS differs,
    first, called, succeeded, usd, slow, liked, grounded
FROM
(
    SELECT service_name AS service, gen_ai_operation_name AS operation, gen_ai_prompt_name AS prompt,
        toString(versions.version) AS version, versions.calls AS called, success AS succeeded, cost AS usd,
        latency_p95 AS slow, feedback AS liked, groundedness AS grounded,
        toDateTime64(first_at, 6, 'UTC') AS first, toDateTime64(last_at, 6, 'UTC') AS last,
        [{_EDGES}] AS edges,
        lagInFrame((version, edges), 1, ('', edges))
            OVER (PARTITION BY service, operation, prompt ORDER BY first) AS before
    FROM versions
    WHERE kind = '{kind}' AND {_SERVICE}
) AS shown
WHERE last >= $__fromTime AND first <= $__toTime
ORDER BY service, operation, prompt, first DESC LIMIT 100""",
        kind=Kind.TABLE,
        unit=Unit.TEXT,
        columns=(
            Column("service", "Service", link=TO_SERVICE),
            Column("prompt", "Prompt"),
            Column("version", "Version"),
            Column("first", "First", Unit.TIME),
            Column("called", "Calls", Unit.COUNT),
            Column("succeeded", "Succeeded", Unit.SHARE),
            Column("usd", "Cost of a call", Unit.USD),
            Column("slow", "Latency, 95 %", Unit.SECONDS),
            Column("liked", "Good feedback", Unit.SHARE),
            Column("grounded", "Grounded", Unit.SCORE),
            Column("differs", "Than the one before"),
        ),
        todo=todo,
        empty=empty,
        width=24,
        height=6,
    )


def _over_time(title: str, question: str, value: str, unit: Unit, todo: str) -> Panel:
    """One line for each prompt version and model; `value` is over the columns of `activity`."""
    return Panel(
        title=title,
        question=question,
        sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service, gen_ai_request_model AS model,
    gen_ai_prompt_version AS version, {value}
FROM {CALLS}
GROUP BY time, service, model, version ORDER BY time""",
        unit=unit,
        todo=todo,
        empty="No call in this time range.",
        width=8,
    )


BOARD: Final = Board(
    uid="windvane-versions",
    title="Versions",
    question="Is the new prompt, model or release better, worse, or no different from the one before it?",
    place=10,
    range="now-24h",
    rows=(
        Row(
            "Now",
            (
                Panel(
                    title="Differences open",
                    question="How many versions that are live side by side differ, or answer as another model?",
                    sql=f"SELECT count() AS value FROM {_OPEN} WHERE state = 'fired'",
                    kind=Kind.STAT,
                    thresholds=(Threshold(1, Level.WARNING),),
                    todo="Read beside it which; if the new one is worse, take it back.",
                    width=6,
                    height=6,
                ),
                Panel(
                    title="Differences",
                    question="Which versions were found to differ, in what, and does it last? What is fired first.",
                    sql=f"""SELECT state, since, signal, feature, service_name AS service,
    gen_ai_request_model AS model, says
FROM {_OPEN} AS standing WHERE state = 'fired' OR standing.time >= $__fromTime
ORDER BY state = 'fired' DESC, since DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("state", "State"),
                        Column("since", "Since", Unit.TIME),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("says", "What differs"),
                    ),
                    todo="Worse: take the new version back. A changed model that nobody ordered: ask for a dated one.",
                    empty="No two versions that are live side by side were found to differ.",
                    width=18,
                    height=6,
                ),
            ),
        ),
        Row(
            "Side by side",
            (
                _table(
                    "prompt",
                    "Prompts",
                    "How do the versions of each prompt do?",
                    "Worse in success, feedback or groundedness: take it back. Nothing certain: wait for more calls.",
                    "No call in this time range names a prompt version: set gen_ai.prompt.version in the app.",
                ),
                _table(
                    "model",
                    "Models",
                    "How do the models do that a service and prompt are answered by?",
                    "As good and cheaper: move the traffic there. See what it costs in all on the board Cost.",
                    "No call in this time range names a model.",
                ),
                _table(
                    "release",
                    "Releases",
                    "How do the releases of each service do?",
                    "Worse since the newest: roll it back. Both are still called: the roll-out is not through.",
                    "No call in this time range names a release: set service.version in the app.",
                ),
            ),
        ),
        Row(
            "Since when",
            (
                _over_time(
                    "Calls by version",
                    "Which prompt version and model is called, how much? Per second.",
                    f"sum(calls) / {ELAPSED_S} AS calls_per_second",
                    Unit.PER_SECOND,
                    "One line falls as another rises: that is the roll-out; compare what follows from there on.",
                ),
                _over_time(
                    "Failed by version",
                    "What share of the calls of each version fails?",
                    "sum(errors) / nullIf(sum(calls), 0) AS failed",
                    Unit.SHARE,
                    "The new one alone fails: take it back. All do: it is not the version; see the board Providers.",
                ),
                _over_time(
                    "Latency by version",
                    "How long do the slowest calls in twenty of each version take at least?",
                    f"{quantile('latency', 0.95)} AS p95",
                    Unit.SECONDS,
                    "The new one alone is slow: are its answers longer? See the board Latency and tokens.",
                ),
            ),
        ),
    ),
)
