"""Users and sessions: who calls, who spends, and whose conversations went wrong."""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import CHOSEN, Board, Column, Kind, Level, Panel, Row, Threshold, Unit
from windvane.dashboards.pieces import CALLS, TO_CALL, TO_CONVERSATION, TO_SERVICE, TO_SIGNAL, TO_USER, standing

__all__ = ["BOARD"]

_USER: Final = "$__conditionalAll(user_id IN (${user:singlequote}), $user)"
# Spending is kept by the hour: the hours that the time range begins and ends in are counted whole.
_SPENDING: Final = (
    "spending WHERE hour >= toStartOfHour($__fromTime) AND hour <= $__toTime"
    f" AND {CHOSEN} AND {_USER} AND user_id != ''"
)
_FLAGGED: Final = f"flagged WHERE $__timeFilter(flagged.time) AND {CHOSEN} AND {_USER}"

_OPEN: Final = standing(f"signal = 'cost_runaway' AND {CHOSEN}", per="feature, service_name")


def _number(title: str, question: str, sql: str, todo: str, thresholds: tuple[Threshold, ...] = ()) -> Panel:
    return Panel(
        title=title, question=question, sql=sql, kind=Kind.STAT, thresholds=thresholds, todo=todo, width=6, height=4
    )


BOARD: Final = Board(
    uid="windvane-users",
    title="Users and sessions",
    question="Who calls, who spends far more than others, and whose conversations went wrong?",
    place=13,
    filters=("service", "model", "user"),
    rows=(
        Row(
            "Now",
            (
                _number(
                    "Spending far too much",
                    "How many users, conversations or keys run away with cost at the end of the time range?",
                    f"SELECT count() AS value FROM {_OPEN} WHERE state = 'fired'",
                    "Read below who it is and open the calls; limit or block them in the app.",
                    (Threshold(1, Level.BAD),),
                ),
                _number(
                    "Active users",
                    "How many different users called in the time range? An estimate, within some 2 %.",
                    f"SELECT uniqCombinedMerge(12)(users) AS value FROM {CALLS}",
                    "A fall while calls stay: the app may have stopped to say who asks.",
                ),
                _number(
                    "Conversations",
                    "How many different conversations had a call in the time range? An estimate, within some 2 %.",
                    f"SELECT uniqCombinedMerge(12)(conversations) AS value FROM {CALLS}",
                    "0 while there are calls: set gen_ai.conversation.id in the app, or conversations cannot be read.",
                ),
                _number(
                    "Conversations gone wrong",
                    "In how many conversations was a call flagged, by an error, bad feedback or another reason?",
                    f"SELECT uniqExact(nullIf(gen_ai_conversation_id, '')) AS value FROM {_FLAGGED}",
                    "Open the worst in the table below and read what the user saw.",
                ),
                Panel(
                    title="Cost runaways",
                    question="Who has spent many times the usual, since when, and is it over?",
                    sql=f"""SELECT signal_changes.time AS time, state, since, signal, feature, service_name AS service,
    gen_ai_request_model AS model, if(startsWith(feature, 'spend of user '), substring(feature, 15), '') AS user, says
FROM signal_changes
WHERE signal = 'cost_runaway' AND $__timeFilter(signal_changes.time) AND {CHOSEN}
ORDER BY time DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("state", "State"),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("user", "User", link=TO_USER),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("since", "Since", Unit.TIME),
                        Column("says", "What it says"),
                    ),
                    todo="Click on the user to see only theirs; a loop of an agent looks like this, too.",
                    empty="Nobody ran away with cost in this time range.",
                    width=24,
                    height=6,
                ),
            ),
        ),
        Row(
            "How many",
            (
                Panel(
                    title="Users over time",
                    question="How many different users call, by service?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    uniqCombinedMerge(12)(users) AS active_users
FROM {CALLS}
GROUP BY time, service ORDER BY time""",
                    todo="Calls rise and users do not: see below who it is.",
                ),
                Panel(
                    title="Conversations over time",
                    question="How many different conversations have a call, by service?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    uniqCombinedMerge(12)(conversations) AS active_conversations
FROM {CALLS}
GROUP BY time, service ORDER BY time""",
                    todo="Calls rise and conversations do not: conversations grow longer; look for an agent in a loop.",
                ),
            ),
        ),
        Row(
            "Who, and whose conversations",
            (
                Panel(
                    title="Top users",
                    question="Who spends most, how many calls are it, and how many failed? By whole hours.",
                    sql=f"""SELECT user_id AS user, sum(spending.calls) AS called, sum(spending.priced_calls) AS priced,
    if(priced = 0, NULL, sum(spending.cost)) AS usd, usd / nullIf(priced, 0) AS per_call,
    sum(spending.errors) AS failed
FROM {_SPENDING}
GROUP BY user ORDER BY usd DESC, called DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("user", "User", link=TO_USER),
                        Column("usd", "Cost", Unit.USD),
                        Column("called", "Calls", Unit.COUNT),
                        Column("per_call", "Per priced call", Unit.USD),
                        Column("failed", "Failed", Unit.COUNT),
                        Column("priced", "Priced calls", Unit.COUNT),
                    ),
                    todo="Far above the second: click on the user, and read two of the conversations.",
                    empty="No call says who asked: set user.id in the app.",
                    width=12,
                ),
                Panel(
                    title="Most failures",
                    question="Whose calls fail most often? By whole hours; users of ten calls or more.",
                    sql=f"""SELECT user_id AS user, sum(spending.errors) AS failed, sum(spending.calls) AS called,
    failed / called AS share
FROM {_SPENDING}
GROUP BY user HAVING failed > 0 AND called >= 10 ORDER BY failed DESC, share DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("user", "User", link=TO_USER),
                        Column("failed", "Failed", Unit.COUNT),
                        Column("called", "Calls", Unit.COUNT),
                        Column("share", "Share", Unit.SHARE),
                    ),
                    todo="A few users only: what they send is special. All alike: look at the board Providers.",
                    empty="No user of ten calls or more had a failure in this time range.",
                    width=12,
                ),
                Panel(
                    title="Conversations to read",
                    question="Which conversations went wrong, in how many calls and why, the worst first?",
                    sql=f"""SELECT gen_ai_conversation_id AS conversation, uniqExact(flagged.id) AS calls_flagged,
    arrayStringConcat(arraySort(groupUniqArray(replaceAll(toString(flag), '_', ' '))), ', ') AS why,
    any(service_name) AS service, max(user_id) AS user,
    max(flagged.time) AS last, argMax(flagged.id, flagged.time) AS id
FROM {_FLAGGED} AND gen_ai_conversation_id IN (
    SELECT gen_ai_conversation_id FROM {_FLAGGED} AND gen_ai_conversation_id != ''
    GROUP BY gen_ai_conversation_id ORDER BY count() DESC, max(flagged.time) DESC LIMIT 100)
GROUP BY conversation ORDER BY calls_flagged DESC, last DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("conversation", "Conversation", link=TO_CONVERSATION),
                        Column("calls_flagged", "Calls", Unit.COUNT),
                        Column("why", "Why"),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("user", "User", link=TO_USER),
                        Column("last", "Last", Unit.TIME),
                        Column("id", "Last call", link=TO_CALL),
                    ),
                    todo="Open the first, and read from its beginning what the user saw.",
                    empty="No conversation went wrong in this time range.",
                    width=24,
                    height=10,
                ),
            ),
        ),
    ),
)
