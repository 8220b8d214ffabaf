"""Alerts: what fires, since when, who was told, what was not delivered, and what is silenced."""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import Board, Column, Kind, Level, Panel, Row, Threshold, Unit
from windvane.dashboards.pieces import ALERTED, OPEN_ALERTS, TO_SERVICE, TO_SIGNAL

__all__ = ["BOARD"]

_WORST: Final = "indexOf(['critical', 'warning', 'info'], severity)"
# What the alert is about, as columns that lead on; a rule over a signal has its name in the link.
_ABOUT: Final = """labels['service'] AS service, labels['model'] AS model, labels['feature'] AS feature,
    decodeURLComponent(extractURLParameter(link, 'signal')) AS signal,
    arrayStringConcat(arrayMap(label -> concat(label.1, ' ', label.2),
        arrayFilter(label -> label.1 NOT IN ('service', 'feature') AND label.2 != '',
            CAST(labels, 'Array(Tuple(String, String))'))), ', ') AS about"""
_TOLD: Final = """multiIf(quiet != '', quiet, state = 'pending', 'not yet', notification = '', 'nobody: no channel',
        arrayStringConcat(channels, ', ')) AS told"""
# What goes on firing is in several rows: it is told again, or is no longer quiet.
_BEGUN: Final = f"""(
    SELECT rule, alert, since, any(severity) AS bad, min(alerts.time) AS begun
    FROM alerts WHERE state IN ('firing', 'no_data', 'error') AND $__timeFilter(alerts.time) AND {ALERTED}
    GROUP BY rule, alert, since
)"""
_NOTIFICATIONS: Final = "notifications WHERE $__timeFilter(notifications.time)"


def _number(title: str, question: str, sql: str, todo: str, *at: Threshold) -> Panel:
    return Panel(title=title, question=question, sql=sql, kind=Kind.STAT, thresholds=at, todo=todo, width=6, height=4)


BOARD: Final = Board(
    uid="windvane-alerts",
    title="Alerts",
    question="What fires now, since when and how bad, who was told, and what is silenced?",
    place=15,
    filters=("service",),
    range="now-24h",
    rows=(
        Row(
            "Now",
            (
                _number(
                    "Critical",
                    "How many critical alerts fire at the end of the time range?",
                    f"SELECT countIf(severity = 'critical' AND state != 'pending') AS value FROM {OPEN_ALERTS}",
                    "Read the table below from the top: it says what, since when, and where to look.",
                    Threshold(1, Level.BAD),
                ),
                _number(
                    "All that fire",
                    "How many alerts fire at the end of the time range, the critical ones included?",
                    f"SELECT countIf(state != 'pending') AS value FROM {OPEN_ALERTS}",
                    "Read the table below from the top.",
                    Threshold(1, Level.WARNING),
                ),
                _number(
                    "Rules that cannot be judged",
                    "How many rules have no data, or fail?",
                    f"SELECT countIf(state IN ('no_data', 'error')) AS value FROM {OPEN_ALERTS}",
                    "They see nothing: look at the board Pipeline, then run `windvane alerts check`.",
                    Threshold(1, Level.BAD),
                ),
                _number(
                    "Not delivered",
                    "How many notifications of the time range have not reached their channel, or not yet?",
                    f"SELECT countIf(notifications.state != 'sent') AS value FROM {_NOTIFICATIONS}",
                    "Somebody was not told: see below why, and tell them yourself.",
                    Threshold(1, Level.BAD),
                ),
                Panel(
                    title="What fires",
                    question="What is wrong, since when, how bad is it, and is anybody told? The worst first.",
                    sql=f"""SELECT severity, state, since, rule, says, {_ABOUT},
    {_TOLD}, extract(link, '^/boards/windvane-([a-z]+)') AS look
FROM {OPEN_ALERTS} ORDER BY state = 'pending', {_WORST}, since LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("severity", "Severity"),
                        Column("state", "State"),
                        Column("since", "Since", Unit.TIME),
                        Column("rule", "Rule"),
                        Column("says", "What it says"),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("about", "Of what else"),
                        Column("told", "Told, or why not"),
                        Column("look", "Board"),
                    ),
                    todo="Begin with what is critical and oldest: open its signal, its service or the board named."
                    " One that is known: `windvane alerts silence`.",
                    empty="No alert is pending or fires.",
                    width=24,
                ),
            ),
        ),
        Row(
            "Who was told",
            (
                Panel(
                    title="Notifications",
                    question="Who was to be told in the time range, and what has not reached them? That first.",
                    sql=f"""SELECT notifications.state AS state, notifications.time AS time, channel, rule,
    notifications.alerts AS told, attempts, if(notifications.state = 'waiting', NULL, at) AS tried, detail, says
FROM {_NOTIFICATIONS} ORDER BY state = 'sent', time DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("state", "State"),
                        Column("time", "Time", Unit.TIME),
                        Column("channel", "Channel"),
                        Column("rule", "Rule"),
                        Column("told", "Alerts", Unit.COUNT),
                        Column("attempts", "Attempts", Unit.COUNT),
                        Column("tried", "Last tried", Unit.TIME),
                        Column("detail", "Why it failed"),
                        Column("says", "What it says"),
                    ),
                    todo="given_up: mend the channel's URL in the file of rules, and tell people yourself. failed is"
                    " tried again. waiting for long: look whether `windvane alerts run` runs.",
                    empty="Nobody was to be told in this time range.",
                    width=24,
                ),
                Panel(
                    title="Silences",
                    question="What is silenced at the end of the time range, until when, why, and by whom? Those to"
                    " come, and those over within the time range, too.",
                    sql="""SELECT multiIf(ends <= $__toTime, 'over', starts > $__toTime, 'to come', 'in force') AS how,
    arrayStringConcat(arrayMap((name, value) -> concat(name, ' ', value),
        mapKeys(labels), mapValues(labels)), ', ') AS about, starts, ends, comment, author, id AS silence
FROM silences WHERE ends >= $__fromTime ORDER BY indexOf(['in force', 'to come', 'over'], how), ends LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("how", "How it is"),
                        Column("about", "Of what"),
                        Column("starts", "From", Unit.TIME),
                        Column("ends", "Until", Unit.TIME),
                        Column("comment", "Why"),
                        Column("author", "By"),
                        Column("silence", "Id"),
                    ),
                    todo="Is it still true? One that is not hides what is new: end it by its id, with"
                    " `windvane alerts silence --end`.",
                    empty="Nothing is silenced.",
                    width=24,
                    height=5,
                ),
            ),
        ),
        Row(
            "What has happened",
            (
                Panel(
                    title="Begun to fire",
                    question="When did alerts begin to fire, by severity?",
                    sql=f"""SELECT $__timeInterval(begun) AS time, bad AS severity, count() AS fired
FROM {_BEGUN} GROUP BY time, severity ORDER BY time""",
                    todo="Many at one moment have one cause: read the oldest of them.",
                    empty="Nothing began to fire in this time range.",
                ),
                Panel(
                    title="Rules by alerts",
                    question="Which rules fired most often in the time range?",
                    sql=f"""SELECT toString(rule) AS name, count() AS value
FROM {_BEGUN} GROUP BY name ORDER BY value DESC LIMIT 20""",
                    kind=Kind.BARS,
                    todo="One that fires every night and is never acted upon: raise its threshold, or its severity is"
                    " too high.",
                    empty="No rule fired in this time range.",
                ),
                Panel(
                    title="History",
                    question="What began, fired and was resolved, the newest first?",
                    sql=f"""SELECT alerts.time AS time, state, severity, rule, says, {_ABOUT},
    {_TOLD}
FROM alerts WHERE $__timeFilter(alerts.time) AND {ALERTED} ORDER BY time DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("state", "State"),
                        Column("severity", "Severity"),
                        Column("rule", "Rule"),
                        Column("says", "What it says"),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("told", "Told, or why not"),
                    ),
                    todo="Read upwards: the first of several that fired together is nearest to the cause.",
                    empty="No alert changed in this time range.",
                    width=24,
                    height=10,
                ),
            ),
        ),
    ),
)
