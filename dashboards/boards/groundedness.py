"""Groundedness: do answers say what the documents do not?"""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import CHOSEN, Board, Column, Kind, Level, Panel, Row, Threshold, Unit
from windvane.dashboards.pieces import SIGNALS, TO_CALL, TO_SERVICE, TO_SIGNAL, TO_USER, standing

__all__ = ["BOARD"]

_GROUNDEDNESS: Final = f"{SIGNALS} AND signal = 'groundedness'"
_UNSUPPORTED: Final = (
    "signal IN ('unsupported_numbers', 'unsupported_names', 'unsupported_dates',"
    " 'unsupported_quotes', 'unsupported_urls', 'unsupported_citations')"
)

_SHIFTS: Final = standing(f"signal = 'quality_shift' AND {CHOSEN}")

BOARD: Final = Board(
    uid="windvane-groundedness",
    title="Groundedness",
    question="Do answers say what is not in their documents, where, since when, and which ones?",
    place=6,
    rows=(
        Row(
            "How bad",
            (
                Panel(
                    title="Ungrounded answers",
                    question="What share of the checked answers has a groundedness below 0.5?",
                    sql=f"SELECT 1 - sum(from_half) / nullIf(sum(calls), 0) AS value FROM {_GROUNDEDNESS}",
                    kind=Kind.STAT,
                    unit=Unit.SHARE,
                    thresholds=(Threshold(0.1, Level.WARNING), Threshold(0.25, Level.BAD)),
                    todo="See below since when and in which service, then read the worst answers.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Mean groundedness",
                    question="How surely do answers stay with their documents, from 0 to 1?",
                    sql=f"SELECT sum(total) / nullIf(sum(calls), 0) AS value FROM {_GROUNDEDNESS}",
                    kind=Kind.STAT,
                    unit=Unit.SCORE,
                    thresholds=(Threshold(0.6, Level.WARNING), Threshold(0.8, Level.GOOD)),
                    below=Level.BAD,
                    todo="Look at the share beside it: a few bad answers hide in a mean.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Checked answers",
                    question="How many answers came with documents, so that they could be checked?",
                    sql=f"SELECT sum(calls) AS value FROM {_GROUNDEDNESS}",
                    kind=Kind.STAT,
                    todo="None: send the documents with the call, as context; docs/reference/events.md says how.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Open quality shifts",
                    question="How many measures of quality are worse than they were, at the end of the time range?",
                    sql=f"SELECT count() AS value FROM {_SHIFTS} WHERE state = 'fired'",
                    kind=Kind.STAT,
                    thresholds=(Threshold(1, Level.WARNING),),
                    todo="Read them below: each says which measure moved, from what to what.",
                    width=6,
                    height=4,
                ),
            ),
        ),
        Row(
            "Since when",
            (
                Panel(
                    title="Share of ungrounded answers",
                    question="What share of the checked answers is below 0.5, by service?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    1 - sum(from_half) / nullIf(sum(calls), 0) AS ungrounded
FROM {_GROUNDEDNESS} GROUP BY time, service ORDER BY time""",
                    unit=Unit.SHARE,
                    thresholds=(Threshold(0.1, Level.WARNING), Threshold(0.25, Level.BAD)),
                    todo="A step: look for a new prompt or model at that time on the board Drift, and take it back.",
                    empty="No answer with documents in this time range.",
                ),
                Panel(
                    title="Mean by service",
                    question="How surely do answers stay with their documents, by service?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    sum(total) / nullIf(sum(calls), 0) AS groundedness
FROM {_GROUNDEDNESS} GROUP BY time, service ORDER BY time""",
                    unit=Unit.SCORE,
                    todo="A slow fall: look at the board Retrieval, whether the documents still match what is asked.",
                    empty="No answer with documents in this time range.",
                ),
                Panel(
                    title="What is unsupported",
                    question="What share of the checked answers has numbers, names, dates … that no document has?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, replaceOne(signal, 'unsupported_', '') AS what,
    sum(from_half) / nullIf(sum(calls), 0) AS answers
FROM {SIGNALS} AND {_UNSUPPORTED} GROUP BY time, what ORDER BY time""",
                    unit=Unit.SHARE,
                    todo="Numbers and names are the ones that hurt: read the worst answers below before users do.",
                    empty="No answer with documents in this time range.",
                ),
                Panel(
                    title="Answers without documents",
                    question="How surely do answers without documents stay with their prompt, by service, from 0 to 1?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    sum(total) / nullIf(sum(calls), 0) AS consistency
FROM {SIGNALS} AND signal = 'contextual_consistency' GROUP BY time, service ORDER BY time""",
                    unit=Unit.SCORE,
                    todo="Read the change, not the height: a prompt that asks for knowledge is always low.",
                    empty="No answer that could be held against its prompt in this time range.",
                ),
            ),
        ),
        Row(
            "Where",
            (
                Panel(
                    title="Where it is worst",
                    question="Which service and model has the greatest share of ungrounded answers?",
                    sql=f"""SELECT concat(service_name, ' / ', gen_ai_request_model) AS name,
    1 - sum(from_half) / nullIf(sum(calls), 0) AS value
FROM {_GROUNDEDNESS} GROUP BY name ORDER BY value DESC LIMIT 20""",
                    kind=Kind.BARS,
                    unit=Unit.SHARE,
                    thresholds=(Threshold(0.1, Level.WARNING), Threshold(0.25, Level.BAD)),
                    todo="Choose the worst as the filter of this page.",
                    empty="No answer with documents in this time range.",
                    width=8,
                ),
                Panel(
                    title="Shifts of quality",
                    question="Which measures of quality are shifted, or were in the time range, and since when?",
                    sql=f"""SELECT since, state, signal, feature, service_name AS service,
    gen_ai_request_model AS model, says
FROM {_SHIFTS} AS shifts WHERE state = 'fired' OR $__timeFilter(shifts.time)
ORDER BY state = 'fired' DESC, since DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("since", "Since", Unit.TIME),
                        Column(
                            "state",
                            "State",
                            link=TO_SIGNAL,
                        ),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("says", "What moved"),
                    ),
                    todo="Click on the state for the calls before and after.",
                    empty="No measure of quality is shifted.",
                    width=16,
                ),
            ),
        ),
        Row(
            "Which answers",
            (
                Panel(
                    title="Worst answers",
                    question="Which answers are the least grounded, and how much of each is unsupported?",
                    sql=f"""SELECT flagged.time AS time, 1 - value AS groundedness,
    length(JSONExtract(detail, 'Array(Array(UInt32))')) AS passages,
    arraySum(span -> span[2] - span[1], JSONExtract(detail, 'Array(Array(UInt32))')) AS characters,
    service_name AS service, gen_ai_request_model AS model, user_id AS user, id
FROM flagged WHERE flag = 'ungrounded' AND $__timeFilter(flagged.time) AND {CHOSEN}
ORDER BY value DESC, time DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("id", "Call", link=TO_CALL),
                        Column("groundedness", "Groundedness", Unit.SCORE),
                        Column("passages", "Unsupported passages", Unit.COUNT),
                        Column("characters", "Characters in them", Unit.COUNT),
                        Column("time", "Time", Unit.TIME),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("user", "User", link=TO_USER),
                    ),
                    todo="Open the first three: the unsupported passages stand beside the documents.",
                    empty="No answer below 0.5 in this time range.",
                    width=24,
                ),
            ),
        ),
    ),
)
