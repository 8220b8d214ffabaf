"""Cost: what is spent, by whom, against which budget, what has no price, and what could be saved."""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import CHOSEN, ELAPSED_S, Board, Column, Kind, Level, Panel, Row, Threshold, Unit
from windvane.dashboards.pieces import CALLS, SIGNALS, TO_SERVICE, TO_SIGNAL, TO_USER, USD, standing

__all__ = ["BOARD"]

_OPEN: Final = standing(
    f"(signal = 'cost_runaway' OR feature IN ('cost', 'cost by the minute', 'unused_context_cost')) AND {CHOSEN}"
)
_SERVICE: Final = "$__conditionalAll(service_name IN (${service:singlequote}), $service)"
# Spending is kept by the hour: the hours that the time range begins and ends in are counted whole.
_SPENDING: Final = f"spending WHERE hour >= toStartOfHour($__fromTime) AND hour <= $__toTime AND {CHOSEN}"
_COSTS: Final = f"costs WHERE day >= toDate($__fromTime, 'UTC') AND day <= toDate($__toTime, 'UTC') AND {CHOSEN}"
_MONTH: Final = "toDateTime(toStartOfMonth($__toTime, 'UTC'), 'UTC')"


def _month(columns: str, budgeted: str) -> str:
    """Return what was spent in this month, and in this day, by `columns`.

    Where no budget is for one of them (`budgeted` says of `one` whether it is), nothing is read; where all of these
    are by the day, this day.
    """
    return f"""SELECT {columns}, toFloat64(sum(cost)) AS in_month, toFloat64(sumIf(cost, hour >= today)) AS in_day
            FROM spending
            WHERE arrayExists(one -> {budgeted}, known) AND hour <= $__toTime
                AND hour >= if(arrayExists(one -> {budgeted} AND one.3 = 'month', known), month, today)
            GROUP BY {columns}"""


# Users are many, and counted alone; of all else there are few together.
_SPENT: Final = f"""        SELECT 'user' AS scope, user_id AS who, in_month, in_day
        FROM ({_month("user_id", "one.1 = 'user'")})
        WHERE who != ''
        UNION ALL
        SELECT each.1 AS scope, each.2 AS who, sum(whole.in_month) AS in_month, sum(whole.in_day) AS in_day
        FROM ({_month("service_name, team, key", "one.1 != 'user'")}) AS whole
        ARRAY JOIN [('service', toString(service_name)), ('team', toString(team)), ('key', toString(key))] AS each
        WHERE who != '' AND has(known.1, scope)
        GROUP BY scope, who"""
# A budget for `*` is for each that has none of its own.
_BUDGETS: Final = f"""WITH
    (SELECT groupArray((toString(scope), name, toString(period), usd)) FROM budgets) AS known,
    {_MONTH} AS month, toStartOfDay($__toTime, 'UTC') AS today
SELECT spent.scope AS scope, who, each.name AS budget, toString(period) AS per, usd AS may,
    if(per = 'day', in_day, in_month) AS spent, spent / may AS share, if(per = 'day', today, month) AS begun,
    toUnixTimestamp($__toTime) - toUnixTimestamp(begun) AS elapsed,
    if(per = 'day', 86400, dateDiff('second', month, addMonths(month, 1))) / nullIf(elapsed, 0) * spent AS forecast,
    if(spent < may AND forecast > may, begun + toUInt64(elapsed * may / spent), NULL) AS gone_at,
    multiIf(spent >= may, 'over', forecast > may, 'will not last', 'lasts') AS how
FROM
(
    SELECT scope, who, sum(spent.in_month) AS in_month, sum(spent.in_day) AS in_day
    FROM
    (
{_SPENT}
        UNION ALL
        SELECT whose.1, whose.2, 0, 0 FROM (SELECT arrayJoin(known) AS whose) WHERE whose.2 != '*'
    ) AS spent
    GROUP BY scope, who
)
AS spent
ARRAY JOIN [who, '*'] AS named
INNER JOIN budgets AS each ON each.scope = spent.scope AND each.name = named
WHERE named != '*' OR (spent.scope, period, who) NOT IN (SELECT scope, period, name FROM budgets WHERE name != '*')"""


def _number(title: str, question: str, sql: str, todo: str, *at: Threshold, unit: Unit = Unit.USD) -> Panel:
    return Panel(
        title=title,
        question=question,
        sql=sql,
        kind=Kind.STAT,
        unit=unit,
        thresholds=at,
        todo=todo,
        empty="Not known yet, or nothing has a price.",
        width=4,
        height=4,
    )


def _whose(title: str, column: str, question: str, empty: str, todo: str, to: Column) -> Panel:
    """Who spends, by one column of `spending`; `to` is how its name is shown."""
    return Panel(
        title=title,
        question=question,
        sql=f"""SELECT toString({column}) AS {to.name}, sum(spending.calls) AS called,
    if(sum(spending.priced_calls) = 0, NULL, toFloat64(sum(spending.cost))) AS usd,
    usd / nullIf(sum(usd) OVER (), 0) AS share
FROM {_SPENDING} AND {column} != ''
GROUP BY {to.name} ORDER BY usd DESC NULLS LAST, called DESC LIMIT 50""",
        kind=Kind.TABLE,
        unit=Unit.TEXT,
        columns=(
            to,
            Column("usd", "Cost", Unit.USD),
            Column("share", "Of all", Unit.SHARE),
            Column("called", "Calls", Unit.COUNT),
        ),
        todo=todo,
        empty=empty,
        width=8,
    )


BOARD: Final = Board(
    uid="windvane-cost",
    title="Cost",
    question="What is spent, by whom, will the budget last, and what could be saved?",
    place=4,
    range="now-24h",
    rows=(
        Row(
            "Now",
            (
                _number(
                    "Spent",
                    "What have the priced calls of the time range cost?",
                    f"SELECT {USD} AS value FROM {CALLS}",
                    "See below since when it rises, and whose calls it is.",
                ),
                _number(
                    "In the last hour",
                    "What did the last sixty minutes of the time range cost?",
                    f"""SELECT {USD} AS value FROM activity
WHERE step = 60 AND begins > $__toTime - 3600 AND begins <= $__toTime AND {CHOSEN}""",
                    "Far above the lines below: somebody runs away with it.",
                ),
                _number(
                    "In this month",
                    "What was spent since the calendar month (UTC) began?",
                    f"""SELECT {USD} AS value FROM activity
WHERE step = 3600 AND begins >= {_MONTH} AND begins <= $__toTime AND {CHOSEN}""",
                    "Compare it with the budgets below.",
                ),
                _number(
                    "At the month's end",
                    "What will services have spent by the end of the month that is now, at the rate of their last"
                    " seven days? Of all models; not known before the first whole day is over.",
                    f"SELECT sumOrNull(forecast) AS value FROM spend_forecast WHERE {_SERVICE}",
                    "It is an estimate: SELECT * FROM spend_forecast has its interval.",
                ),
                _number(
                    "Budgets in danger",
                    "How many budgets are spent, or will be before their day or month ends, if it goes on like this?"
                    " Whatever is chosen above.",
                    f"SELECT count() AS value FROM ({_BUDGETS}) WHERE how != 'lasts'",
                    "See below whose, then who spends it.",
                    Threshold(1, Level.BAD),
                    unit=Unit.COUNT,
                ),
                _number(
                    "Unpriced",
                    "What share of the calls has no price, so that they are in no sum here?",
                    f"SELECT 1 - sum(priced_calls) / nullIf(sum(activity.calls), 0) AS value FROM {CALLS}",
                    "See below why.",
                    Threshold(0.05, Level.WARNING),
                    Threshold(0.2, Level.BAD),
                    unit=Unit.SHARE,
                ),
                Panel(
                    title="Signals of cost",
                    question="Whose cost has run away or shifted, since when, and is it over? What is fired first.",
                    sql=f"""SELECT state, since, signal, feature, service_name AS service,
    gen_ai_request_model AS model, if(startsWith(feature, 'spend of user '), substring(feature, 15), '') AS user, says
FROM {_OPEN} WHERE state = 'fired' OR since >= $__fromTime
ORDER BY state = 'fired' DESC, since DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("state", "State"),
                        Column("since", "Since", Unit.TIME),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("user", "User", link=TO_USER),
                        Column("says", "What it says"),
                    ),
                    todo="Click on the user to see only theirs; limit or block them in the app if it is a loop.",
                    empty="Nobody's cost ran away or shifted in this time range.",
                    width=24,
                    height=5,
                ),
                Panel(
                    title="Budgets",
                    question="What was spent of each budget in this day or month (UTC), and will it last? As if the"
                    " rest went like what has passed: early in a day or month that is rough. Whatever is chosen above;"
                    " of a budget for everyone, the five nearest to it.",
                    sql=f"""SELECT how, scope, who, per, may, spent, share, forecast, gone_at
FROM ({_BUDGETS}) ORDER BY forecast / may DESC LIMIT 5 BY scope, budget, per LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("how", "How it is"),
                        Column("scope", "Budget of a"),
                        Column("who", "Whose"),
                        Column("per", "Per"),
                        Column("may", "Budget", Unit.USD),
                        Column("spent", "Spent so far", Unit.USD),
                        Column("share", "Of it", Unit.SHARE),
                        Column("forecast", "By its end", Unit.USD),
                        Column("gone_at", "Gone from", Unit.TIME),
                    ),
                    todo="Over or soon: see below which model and user it is; take a cheaper model, or raise the"
                    " budget in the file of rules.",
                    empty="No budget is set: write one into a file of rules, as [[budget]]; see WINDVANE_RULES.",
                    width=24,
                    height=6,
                ),
            ),
        ),
        Row(
            "Since when",
            (
                Panel(
                    title="Cost by the hour",
                    question="What do the calls cost in an hour, by service? One on the other; unpriced ones left out.",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    {USD} * 3600 / {ELAPSED_S} AS usd_per_hour
FROM {CALLS}
GROUP BY time, service ORDER BY time""",
                    unit=Unit.USD,
                    stacked=True,
                    todo="A step of one service: follow it below to the model and the user.",
                    width=8,
                ),
                Panel(
                    title="Cost of a call",
                    question="What does a priced call cost, as a mean, by service and model?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    gen_ai_request_model AS model, {USD} / nullIf(sum(priced_calls), 0) AS usd
FROM {CALLS}
GROUP BY time, service, model ORDER BY time""",
                    unit=Unit.USD,
                    todo="A rise: prompts or answers have grown (board Latency and tokens), or another model answers.",
                    width=8,
                ),
                Panel(
                    title="Unpriced calls",
                    question="What share of the calls has no price, by service and model?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    gen_ai_request_model AS model, 1 - sum(priced_calls) / nullIf(sum(activity.calls), 0) AS unpriced
FROM {CALLS}
GROUP BY time, service, model ORDER BY time""",
                    unit=Unit.SHARE,
                    todo="A step to 100 %: another model answers that no list has. Give its price in WINDVANE_PRICES.",
                    width=8,
                ),
            ),
        ),
        Row(
            "Whose",
            (
                Panel(
                    title="By service and model",
                    question="What do services and models cost, and what does a call of them? By whole hours.",
                    sql=f"""SELECT service_name AS service, gen_ai_request_model AS model,
    sum(spending.calls) AS called, sum(spending.priced_calls) AS priced,
    if(priced = 0, NULL, toFloat64(sum(spending.cost))) AS usd, usd / nullIf(sum(usd) OVER (), 0) AS share,
    usd / nullIf(priced, 0) AS per_call, sum(spending.input_tokens) / nullIf(called, 0) AS input,
    sum(spending.output_tokens) / nullIf(called, 0) AS output, called - priced AS unpriced
FROM {_SPENDING}
GROUP BY service, model ORDER BY usd DESC NULLS LAST LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("usd", "Cost", Unit.USD),
                        Column("share", "Of all", Unit.SHARE),
                        Column("called", "Calls", Unit.COUNT),
                        Column("per_call", "Per priced call", Unit.USD),
                        Column("input", "Input tokens", Unit.COUNT),
                        Column("output", "Output tokens", Unit.COUNT),
                        Column("unpriced", "Unpriced calls", Unit.COUNT),
                    ),
                    todo="The first one is where to save: fewer documents, shorter prompts, or a cheaper model.",
                    empty="No call in this time range.",
                    width=24,
                    height=6,
                ),
                _whose(
                    "By user",
                    "user_id",
                    "Who spends most? By whole hours.",
                    "No call says who asked: set user.id in the app.",
                    "Far above the second: click on the user, and read two of the conversations.",
                    Column("user", "User", link=TO_USER),
                ),
                _whose(
                    "By team",
                    "team",
                    "What do teams spend, by the tag team? By whole hours.",
                    "No call has the tag team: set it in the app, and cost is told by it.",
                    "Show it to the team whose cost has grown; a budget can be set for it.",
                    Column("team", "Team"),
                ),
                _whose(
                    "By key",
                    "key",
                    "What is spent by each API key, by the tag key? By whole hours.",
                    "No call has the tag key: set it to the key's name (never the key itself), and cost is told by it.",
                    "A key that nobody knows: have it revoked at the provider.",
                    Column("key", "Key"),
                ),
                Panel(
                    title="Unpriced, and why",
                    question="Which calls have no price, and for which reason? By whole days (UTC).",
                    sql=f"""SELECT replaceRegexpOne(priced_by, '^unpriced: ', '') AS why, service_name AS service,
    gen_ai_request_model AS model, gen_ai_response_model AS answered_by, sum(costs.calls) AS unpriced
FROM {_COSTS} AND startsWith(priced_by, 'unpriced')
GROUP BY why, service, model, answered_by ORDER BY unpriced DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("why", "Why"),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("answered_by", "Answered by"),
                        Column("unpriced", "Calls", Unit.COUNT),
                    ),
                    todo="Not listed: give the model's price in WINDVANE_PRICES. Tokens not said: have the app send"
                    " the usage; a failed call has none.",
                    empty="Every call has a price.",
                    width=24,
                    height=5,
                ),
            ),
        ),
        Row(
            "What could be saved",
            (
                Panel(
                    title="Asked again",
                    question="What share of the calls repeats a request of the day before it, by service?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    sum(from_half) / nullIf(sum(calls), 0) AS repeated
FROM {SIGNALS} AND signal = 'repeat' GROUP BY time, service ORDER BY time""",
                    unit=Unit.SHARE,
                    todo="Much and lasting: put a cache in front of it. A sudden rise: an app that retries in a loop.",
                    empty="No call in this time range.",
                    width=8,
                ),
                Panel(
                    title="What a cache would save",
                    question="What did calls cost whose very request had been made within a day before? By whole"
                    " days (UTC).",
                    sql=f"""SELECT service_name AS service, gen_ai_request_model AS model, sum(costs.repeats) AS again,
    toFloat64(sum(costs.repeat_cost)) AS saved,
    saved / nullIf(toFloat64(sum(costs.cost)), 0) AS of_cost
FROM {_COSTS}
GROUP BY service, model HAVING again > 0 ORDER BY saved DESC NULLS LAST LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("saved", "Saved", Unit.USD),
                        Column("of_cost", "Of cost", Unit.SHARE),
                    ),
                    todo="Where answers may be the same for all, keep them by the request for a day.",
                    empty="No request was made twice.",
                    width=8,
                ),
                Panel(
                    title="Documents for nothing",
                    question="What did the tokens of documents cost that no answer took up? In the time range.",
                    sql=f"""SELECT service_name AS service, gen_ai_request_model AS model,
    sum(total) AS unused, unused / nullIf(sum(signal_activity.calls), 0) AS per_call
FROM {SIGNALS} AND signal = 'unused_context_cost'
GROUP BY service, model ORDER BY unused DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("unused", "Unused", Unit.USD),
                        Column("per_call", "A call", Unit.USD),
                    ),
                    todo="Retrieve fewer or shorter documents: the board Retrieval says which places are not used.",
                    empty="No call with documents and a price in this time range.",
                    width=8,
                ),
            ),
        ),
    ),
)
