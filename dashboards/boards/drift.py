"""Drift: have answers, prompts or models changed?"""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import CHOSEN, STEP, Board, Column, Kind, Level, Panel, Row, Threshold, Unit
from windvane.dashboards.pieces import TO_SERVICE, TO_SIGNAL, standing

__all__ = ["BOARD"]

_CHANGES: Final = "signal IN ('model_drift', 'input_drift', 'model_changed', 'behaviour_shift', 'embedding_shift')"

_OPEN: Final = standing(f"{_CHANGES} AND {CHOSEN}")

_ANSWERS: Final = (
    f"activity WHERE {STEP} AND $__timeFilter(begins) AND {CHOSEN}"
    " AND gen_ai_operation_name NOT IN ('feedback', 'embeddings', 'retrieval', 'execute_tool')"
)

BOARD: Final = Board(
    uid="windvane-drift",
    title="Drift",
    question="Have answers, prompts or models changed, where, since when, and what moved?",
    place=5,
    rows=(
        Row(
            "Now",
            (
                Panel(
                    title="Open changes",
                    question="How many changes are open at the end of the time range?",
                    sql=f"SELECT count() AS value FROM {_OPEN} WHERE state = 'fired'",
                    kind=Kind.STAT,
                    thresholds=(Threshold(1, Level.WARNING), Threshold(5, Level.BAD)),
                    todo="Read the table below, the oldest first: it says what moved, and since when.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Open for",
                    question="How long ago did the oldest open change begin?",
                    sql=f"""SELECT maxOrNull(dateDiff('second', since, $__toTime)) AS value
FROM {_OPEN} WHERE state = 'fired'""",
                    kind=Kind.STAT,
                    unit=Unit.SECONDS,
                    todo="Look for what was released at that time: a prompt, a model, a new release of the app.",
                    empty="Nothing is open.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Models changed",
                    question="How often did a provider begin to answer with another model, within the time range?",
                    sql=f"""SELECT count() AS value FROM signal_changes
WHERE signal = 'model_changed' AND state = 'fired' AND $__timeFilter(time) AND {CHOSEN}""",
                    kind=Kind.STAT,
                    thresholds=(Threshold(1, Level.WARNING),),
                    todo="Ask for a dated model in place of an alias, or keep this one once you have read its answers.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Not watched yet",
                    question="How many series are still being learned, so that no change of them can be seen?",
                    sql=f"""SELECT count() AS value FROM baselines
WHERE state = 'learning' AND since <= $__toTime AND {CHOSEN}""",
                    kind=Kind.STAT,
                    todo="Wait: a series is watched after 64 events; the last table says from when on.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="What is open",
                    question="What has changed and not come back, where and since when?",
                    sql=f"""SELECT since, signal, feature, service_name AS service, gen_ai_request_model AS model,
    gen_ai_operation_name AS operation, gen_ai_prompt_version AS version, says
FROM {_OPEN} WHERE state = 'fired' ORDER BY since LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("since", "Since", Unit.TIME),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("operation", "Operation"),
                        Column("version", "Prompt version"),
                        Column("says", "What moved"),
                    ),
                    todo="Click on the signal: its board has the calls before and after. "
                    "If prompts moved too, it is the users; if only answers did, it is the model or the prompt.",
                    empty="Nothing is open: answers, prompts and models are as usual.",
                    width=24,
                ),
            ),
        ),
        Row(
            "When",
            (
                Panel(
                    title="Changes begun",
                    question="When did changes fire, and of which kind?",
                    sql=f"""SELECT $__timeInterval(signal_changes.time) AS time, signal, count() AS changes
FROM signal_changes
WHERE {_CHANGES} AND state = 'fired' AND $__timeFilter(signal_changes.time) AND {CHOSEN}
GROUP BY time, signal ORDER BY time""",
                    todo="Several at the same moment have one cause: start with model_changed, then input_drift.",
                    width=24,
                    height=6,
                ),
                Panel(
                    title="All changes",
                    question="What fired, came back or was accepted as the new normal, newest first?",
                    sql=f"""SELECT signal_changes.time AS time, state, signal, feature, service_name AS service,
    gen_ai_request_model AS model, says
FROM signal_changes WHERE {_CHANGES} AND $__timeFilter(signal_changes.time) AND {CHOSEN}
ORDER BY time DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("state", "State"),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("says", "What moved"),
                    ),
                    todo="What was accepted did not come back: check that the new normal is one you want.",
                    empty="Nothing changed in this time range.",
                    width=24,
                ),
            ),
        ),
        Row(
            "What moved",
            (
                Panel(
                    title="Length of answers",
                    question="How many output tokens has an answer, as a mean of calls that did not fail?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    sum(output_tokens) / nullIf(sum(calls) - sum(errors), 0) AS tokens
FROM {_ANSWERS}
GROUP BY time, service ORDER BY time""",
                    todo="A step without a release of yours is the provider's: compare versions on the board Versions.",
                    width=8,
                ),
                Panel(
                    title="Length of prompts",
                    question="How many input tokens has a call, as a mean?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    sum(input_tokens) / nullIf(sum(calls), 0) AS tokens
FROM {_ANSWERS}
GROUP BY time, service ORDER BY time""",
                    todo="A rise costs money: see who sends it on the board Cost.",
                    width=8,
                ),
                Panel(
                    title="Agreement of answers",
                    question="How much do answers to the same prompt agree, from 0 to 1?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    sum(total) / nullIf(sum(calls), 0) AS agreement
FROM signal_activity WHERE signal = 'answer_agreement' AND {STEP} AND $__timeFilter(begins) AND {CHOSEN}
GROUP BY time, service ORDER BY time""",
                    unit=Unit.SHARE,
                    todo="A fall: the same question is answered otherwise. Read two of the calls at the signal.",
                    empty="No prompt came twice in this time range.",
                    width=8,
                ),
            ),
        ),
        Row(
            "What is not watched yet",
            (
                Panel(
                    title="Baselines being learned",
                    question="Which series are being learned, and from when on are they watched?",
                    sql=f"""SELECT since, service_name AS service, gen_ai_request_model AS model,
    gen_ai_operation_name AS operation, gen_ai_prompt_version AS version, segment, says
FROM baselines WHERE state = 'learning' AND since <= $__toTime AND {CHOSEN} ORDER BY since DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("since", "First event", Unit.TIME),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("operation", "Operation"),
                        Column("version", "Prompt version"),
                        Column("segment", "Segment"),
                        Column("says", "Watched from"),
                    ),
                    todo="Right after a release, watch errors and latency yourself until its series are ready.",
                    empty="Every series is watched.",
                    width=24,
                    height=6,
                ),
            ),
        ),
    ),
)
