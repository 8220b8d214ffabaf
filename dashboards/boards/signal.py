"""One signal of one series: what it says, on which evidence, and the events before and after."""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import CHOSEN, Board, Column, Kind, Link, Panel, Row, Unit

_CHANGES: Final = (
    f"signal_changes WHERE $__timeFilter(signal_changes.time) AND signal IN (${{signal:singlequote}}) AND {CHOSEN}"
)
_TOLD: Final = f"SELECT argMax(evidence, signal_changes.time) AS told FROM {_CHANGES} AND state = 'fired'"
_CALL: Final = Link("windvane-call", {"call": "id"})


def _events(key: str) -> str:
    return f"""
SELECT calls.time AS time, calls.id AS id, error_type AS error, gen_ai_client_operation_duration AS latency,
    substringUTF8(ifNull(gen_ai_input_messages, ''), 1, 300) AS prompt,
    substringUTF8(ifNull(gen_ai_output_messages, ''), 1, 300) AS answer
FROM calls LEFT JOIN texts ON texts.id = calls.id
WHERE calls.id IN (SELECT arrayJoin(JSONExtract(told, '{key}', 'Array(String)')) FROM ({_TOLD}))
ORDER BY time LIMIT 20"""


_EVENT_COLUMNS: Final = (
    Column("time", "Time", Unit.TIME),
    Column("id", "Call", link=_CALL),
    Column("error", "Error"),
    Column("latency", "Latency", Unit.SECONDS),
    Column("prompt", "Prompt"),
    Column("answer", "Answer"),
)

BOARD: Final = Board(
    uid="windvane-signal",
    title="One signal",
    question="What has this signal noticed, since when, and in which calls?",
    place=16,
    filters=("signal", "service", "model"),
    range="now-24h",
    rows=(
        Row(
            "What it says",
            (
                Panel(
                    title="Changes",
                    question="What has it said, and has it ended? Newest first.",
                    sql=f"""
SELECT signal_changes.time AS time, state, service_name AS service, gen_ai_request_model AS model, feature,
    signal_changes.since AS since, says, event_id AS id
FROM {_CHANGES}
ORDER BY time DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("state", "State"),
                        Column("service", "Service"),
                        Column("model", "Model"),
                        Column("feature", "It watches"),
                        Column("since", "Since", Unit.TIME),
                        Column("says", "What moved"),
                        Column("id", "Call", link=_CALL),
                    ),
                    todo="Choose a signal, or come here from a row of the Overview. Then compare the calls below.",
                    empty="This signal has said nothing in this time range: choose a signal, or a longer range.",
                    width=24,
                ),
            ),
        ),
        Row(
            "Why",
            (
                Panel(
                    title="Evidence",
                    question="On which numbers does the newest one rest?",
                    sql=f"""
SELECT told_pair.1 AS name, told_pair.2 AS value
FROM ({_TOLD}) ARRAY JOIN JSONExtractKeysAndValuesRaw(told) AS told_pair LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(Column("name", "Name"), Column("value", "Value")),
                    todo="Compare `baseline` with `current`, and see in `moved` what has moved with it.",
                    width=24,
                ),
                Panel(
                    title="Before",
                    question="What were calls like before?",
                    sql=_events("before"),
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=_EVENT_COLUMNS,
                    todo="Open one, and one from after the change beside it.",
                ),
                Panel(
                    title="After",
                    question="What are they like since?",
                    sql=_events("after"),
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=_EVENT_COLUMNS,
                    todo="What differs from before: prompt, answer, documents, error? Open one to see all of it.",
                ),
            ),
        ),
    ),
)
