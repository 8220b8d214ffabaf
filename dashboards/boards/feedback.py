"""Feedback: what people and checks say of answers, and which signal foretells it."""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import CHOSEN, Board, Column, Kind, Level, Panel, Row, Threshold, Unit
from windvane.dashboards.pieces import TO_CALL, TO_CONVERSATION, TO_SERVICE, TO_SIGNAL, TO_USER

__all__ = ["BOARD"]

_JUDGEMENTS: Final = f"judgements WHERE $__timeFilter(judgements.time) AND {CHOSEN}"
_BAD: Final = f"flagged WHERE flag = 'bad_feedback' AND $__timeFilter(flagged.time) AND {CHOSEN}"
_SERVICE: Final = "$__conditionalAll(service_name IN (${service:singlequote}), $service)"

BOARD: Final = Board(
    uid="windvane-feedback",
    title="Feedback",
    question="Do people like the answers less than before, which ones, and what foretells it?",
    place=12,
    rows=(
        Row(
            "How much",
            (
                Panel(
                    title="Scores",
                    question="How many scores were given in the time range, by people and checks?",
                    sql=f"SELECT count() AS value FROM {_JUDGEMENTS}",
                    kind=Kind.STAT,
                    todo="None: send events of the operation feedback, with target_id and score.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Bad",
                    question="What share of the scores is 0 or less?",
                    sql=f"SELECT countIf(score <= 0) / nullIf(count(), 0) AS value FROM {_JUDGEMENTS}",
                    kind=Kind.STAT,
                    unit=Unit.SHARE,
                    thresholds=(Threshold(0.3, Level.WARNING), Threshold(0.5, Level.BAD)),
                    todo="Look below since when; then read the newest of the calls with bad feedback.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Shifts",
                    question="How often did feedback shift the bad way, within the time range?",
                    sql=f"""SELECT count() AS value FROM signal_changes
WHERE signal = 'quality_shift' AND feature = 'gen_ai_evaluation_score_value' AND state = 'fired'
    AND $__timeFilter(signal_changes.time) AND {CHOSEN}""",
                    kind=Kind.STAT,
                    thresholds=(Threshold(1, Level.BAD),),
                    todo="See below what it says and since when; feedback comes late, so look for a cause before it.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Calls with a score",
                    question="What share of the calls was judged? Both of the time range.",
                    sql=f"""SELECT (SELECT uniqExact(id) FROM {_JUDGEMENTS}) / nullIf(sum(calls), 0) AS value
FROM activity WHERE step = 300 AND $__timeFilter(begins) AND {CHOSEN} AND gen_ai_operation_name != 'feedback'""",
                    kind=Kind.STAT,
                    unit=Unit.SHARE,
                    todo="Few scores say little: with under thirty in a line, wait before you judge.",
                    width=6,
                    height=4,
                ),
            ),
        ),
        Row(
            "Since when",
            (
                Panel(
                    title="Score over time",
                    question="What is the mean score, by service and kind?",
                    sql=f"""SELECT $__timeInterval(judgements.time) AS time, service_name AS service,
    gen_ai_evaluation_name AS kind, avg(score) AS mean_score
FROM {_JUDGEMENTS}
GROUP BY time, service, kind ORDER BY time""",
                    unit=Unit.SCORE,
                    todo="A lasting fall: compare its time with the boards Versions and Drift.",
                    empty="No score was given in this time range.",
                ),
                Panel(
                    title="Scores given",
                    question="How many scores are given, by service and kind?",
                    sql=f"""SELECT $__timeInterval(judgements.time) AS time, service_name AS service,
    gen_ai_evaluation_name AS kind, count() AS scores
FROM {_JUDGEMENTS}
GROUP BY time, service, kind ORDER BY time""",
                    todo="A fall to nothing while there are calls: the app has stopped sending feedback.",
                    empty="No score was given in this time range.",
                ),
                Panel(
                    title="What was said",
                    question="Has feedback shifted, since when, and is it over?",
                    sql=f"""SELECT signal_changes.time AS time, state, signal, feature, since, service_name AS service,
    gen_ai_request_model AS model, says
FROM signal_changes
WHERE signal = 'quality_shift' AND feature = 'gen_ai_evaluation_score_value' AND $__timeFilter(signal_changes.time)
    AND {CHOSEN}
ORDER BY time DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("state", "State"),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("since", "Since", Unit.TIME),
                        Column("says", "What it says"),
                    ),
                    todo="Click on the signal for the calls before and after.",
                    empty="Feedback has not shifted in this time range.",
                    width=24,
                    height=5,
                ),
            ),
        ),
        Row(
            "Which calls, and what foretells it",
            (
                Panel(
                    title="Calls with bad feedback",
                    question="Which calls had a score of 0 or less, newest first?",
                    sql=f"""SELECT flagged.time AS time, service_name AS service, gen_ai_request_model AS model,
    detail AS label, user_id AS user, gen_ai_conversation_id AS conversation, flagged.id AS id
FROM {_BAD} ORDER BY time DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Given at", Unit.TIME),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("label", "Label"),
                        Column("user", "User", link=TO_USER),
                        Column(
                            "conversation",
                            "Conversation",
                            link=TO_CONVERSATION,
                        ),
                        Column("id", "Call", link=TO_CALL),
                    ),
                    todo="Read three: what do they have in common? Then look for it in the calibration below.",
                    empty="No bad feedback in this time range.",
                    width=24,
                ),
                Panel(
                    title="Calibration",
                    question="Which signals foretell bad feedback, by all feedback that is kept? Only those of which"
                    " the interval is above one half; of twenty that know nothing, one is there by chance.",
                    sql=f"""SELECT service_name AS service, gen_ai_evaluation_name AS kind, signal AS foretells, n,
    n_bad, bad_where, threshold, auroc, auroc_low, auroc_high, precision, recall
FROM calibration WHERE auroc_low > 0.5 AND {_SERVICE} ORDER BY auroc_low DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("service", "Service", link=TO_SERVICE),
                        Column("kind", "Kind"),
                        Column("foretells", "Signal"),
                        Column("bad_where", "Bad where it is"),
                        Column("threshold", "From", Unit.SCORE),
                        Column("auroc", "Tells bad from good", Unit.SHARE),
                        Column("auroc_low", "at least", Unit.SHARE),
                        Column("auroc_high", "at most", Unit.SHARE),
                        Column("precision", "Of those it takes for bad, are", Unit.SHARE),
                        Column("recall", "Of the bad, it finds", Unit.SHARE),
                        Column("n", "Calls", Unit.COUNT),
                        Column("n_bad", "Bad", Unit.COUNT),
                    ),
                    todo="Watch the first yourself at its threshold: it is known before anyone complains.",
                    empty="No signal foretells feedback yet: it takes thirty calls of a service with feedback.",
                    width=24,
                ),
            ),
        ),
    ),
)
