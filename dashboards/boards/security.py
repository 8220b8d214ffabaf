"""Injection and personal data: who tries to turn the model, and what leaves that should not."""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import CHOSEN, Board, Column, Kind, Level, Panel, Row, Threshold, Unit
from windvane.dashboards.pieces import SIGNALS, TO_CALL, TO_CONVERSATION, TO_SERVICE, TO_USER

__all__ = ["BOARD"]

_FLAGGED: Final = f"flagged WHERE $__timeFilter(flagged.time) AND {CHOSEN}"

# A call with both has a row for each, with the counts of both: of either row, its own kinds are counted.
_SECRET_KINDS: Final = (
    "'PROVIDER_KEY', 'CLOUD_KEY', 'GIT_TOKEN', 'PAYMENT_KEY', 'SERVICE_TOKEN', 'JWT', 'PRIVATE_KEY', 'URL_PASSWORD',"
    " 'AUTHORIZATION', 'PASSWORD', 'SECRET'"
)


def _calls_with(title: str, question: str, signal: str, todo: str) -> Panel:
    return Panel(
        title=title,
        question=question,
        sql=f"SELECT sum(from_half) AS value FROM {SIGNALS} AND signal = '{signal}'",
        kind=Kind.STAT,
        thresholds=(Threshold(1, Level.WARNING),),
        todo=todo,
        width=6,
        height=4,
    )


def _by_service(title: str, question: str, signal: str, todo: str) -> Panel:
    return Panel(
        title=title,
        question=question,
        sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service, sum(from_half) AS calls_with
FROM {SIGNALS} AND signal = '{signal}' GROUP BY time, service ORDER BY time""",
        todo=todo,
        width=8,
    )


BOARD: Final = Board(
    uid="windvane-security",
    title="Injection and personal data",
    question="Who tries to turn the model, and which secrets and personal data are in the texts?",
    place=9,
    rows=(
        Row(
            "How much",
            (
                _calls_with(
                    "Injection attempts",
                    "How many calls read like an injection, in prompt or documents?",
                    "injection",
                    "Look below whether they come from one user or in a burst, and read the latest.",
                ),
                Panel(
                    title="Most in five minutes",
                    question="How many attempts came in the worst five minutes of the time range?",
                    sql=f"""SELECT max(attempts) AS value FROM (
    SELECT begins, sum(from_half) AS attempts FROM signal_activity
    WHERE step = 300 AND signal = 'injection' AND $__timeFilter(begins) AND {CHOSEN} GROUP BY begins
)""",
                    kind=Kind.STAT,
                    thresholds=(Threshold(5, Level.WARNING), Threshold(20, Level.BAD)),
                    todo="A burst is someone who tries: find the user below, and limit or block them in the app.",
                    width=6,
                    height=4,
                ),
                _calls_with(
                    "Calls with secrets",
                    "How many calls have a key, token or password in their texts? Masked ones count.",
                    "secrets_seen",
                    "Open the latest calls below, and have each secret that was not masked at its source replaced.",
                ),
                _calls_with(
                    "Calls with personal data",
                    "How many calls have personal data in their texts? Masked ones count.",
                    "pii_seen",
                    "See below which kinds and where; docs/reference/redaction.md says how each is masked.",
                ),
            ),
        ),
        Row(
            "Since when",
            (
                _by_service(
                    "Attempts by service",
                    "When do calls read like an injection, by service?",
                    "injection",
                    "A step up without a burst: a document that is retrieved may hold the injection. Read the spans.",
                ),
                _by_service(
                    "Secrets by service",
                    "When do calls have secrets in them, by service?",
                    "secrets_seen",
                    "A step: a release has begun to put a key into the prompt or the logs.",
                ),
                _by_service(
                    "Personal data by service",
                    "When do calls have personal data in them, by service?",
                    "pii_seen",
                    "A step: look at what the app has begun to put into the prompt.",
                ),
                Panel(
                    title="Bursts",
                    question="In which five minutes did five attempts or more come, and from how many users?",
                    # What is costly, such as who it was mostly, is only counted where there was a burst.
                    sql=f"""SELECT toStartOfFiveMinutes(flagged.time) AS begins, service_name AS service,
    count() AS attempts, uniqExactIf(user_id, user_id != '') AS users, topK(1)(user_id)[1] AS user,
    argMax(flagged.id, value) AS id
FROM {_FLAGGED} AND flag = 'injection' AND (toStartOfFiveMinutes(flagged.time), service_name) IN (
    SELECT toStartOfFiveMinutes(flagged.time) AS burst, service_name FROM {_FLAGGED} AND flag = 'injection'
    GROUP BY burst, service_name HAVING count() >= 5 ORDER BY burst DESC LIMIT 50)
GROUP BY begins, service ORDER BY begins DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("begins", "Five minutes from", Unit.TIME),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("attempts", "Attempts", Unit.COUNT),
                        Column("users", "Users", Unit.COUNT),
                        Column("user", "Mostly", link=TO_USER),
                        Column("id", "Worst call", link=TO_CALL),
                    ),
                    todo="One user: block them. Many users at once: a document or a web page that all of them get.",
                    empty="No burst in this time range.",
                    width=12,
                ),
                Panel(
                    title="Kinds seen",
                    question="Which kinds of secrets and personal data were seen, and how often?",
                    sql=f"""SELECT kind AS name, sum(seen) AS value
FROM (
    SELECT flag, JSONExtract(detail, 'Map(String, UInt64)') AS kinds
    FROM {_FLAGGED} AND flag IN ('secret', 'personal_data')
)
ARRAY JOIN mapKeys(kinds) AS kind, mapValues(kinds) AS seen
WHERE (kind IN ({_SECRET_KINDS})) = (flag = 'secret')
GROUP BY name ORDER BY value DESC LIMIT 20""",
                    kind=Kind.BARS,
                    todo="Keys and passwords first: replace them. A kind that must not be kept at all: set it to drop.",
                    empty="Neither secrets nor personal data in this time range.",
                    width=12,
                ),
            ),
        ),
        Row(
            "Who, and which calls",
            (
                Panel(
                    title="Who sends them",
                    question="Which users have the most attempts, secrets and personal data?",
                    sql=f"""SELECT user_id AS user, uniqExact(service_name) AS services,
    countIf(flag = 'injection') AS attempts,
    countIf(flag = 'secret') AS secrets, countIf(flag = 'personal_data') AS personal,
    max(flagged.time) AS last, argMax(flagged.id, flagged.time) AS id
FROM {_FLAGGED} AND flag IN ('injection', 'secret', 'personal_data')
GROUP BY user ORDER BY attempts DESC, secrets DESC, personal DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("user", "User", link=TO_USER),
                        Column("attempts", "Attempts", Unit.COUNT),
                        Column("secrets", "With secrets", Unit.COUNT),
                        Column("personal", "With personal data", Unit.COUNT),
                        Column("services", "Services", Unit.COUNT),
                        Column("last", "Last", Unit.TIME),
                        Column("id", "Last call", link=TO_CALL),
                    ),
                    todo="Read two of the calls of whoever has most attempts; if they are meant, block the user.",
                    empty="Nobody: no attempt, secret or personal data in this time range.",
                    width=24,
                    height=6,
                ),
                Panel(
                    title="Latest calls",
                    question="Which calls were it, newest first, and what was seen in them?",
                    sql=f"""SELECT flagged.time AS time, flag, flagged.value AS value, if(flag = 'injection',
        concat(JSONExtractString(detail, 'column'), ', characters ', JSONExtractRaw(detail, 'begin'), ' to ',
            JSONExtractRaw(detail, 'end')),
        arrayStringConcat(arrayMap(kind -> concat(kind.1, ' ', kind.2), JSONExtractKeysAndValuesRaw(detail)), ', ')
    ) AS seen, service_name AS service,
    gen_ai_request_model AS model, user_id AS user, gen_ai_conversation_id AS conversation, id
FROM {_FLAGGED} AND flag IN ('injection', 'secret', 'personal_data') ORDER BY time DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("flag", "What"),
                        Column("value", "Score or number", Unit.SCORE),
                        Column("seen", "Kinds, or where"),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("user", "User", link=TO_USER),
                        Column("conversation", "Conversation", link=TO_CONVERSATION),
                        Column("id", "Call", link=TO_CALL),
                    ),
                    todo="Open the call: did the model do what it was told to? Then treat it as an incident.",
                    empty="No attempt, secret or personal data in this time range.",
                    width=24,
                ),
            ),
        ),
    ),
)
