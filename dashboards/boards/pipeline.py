"""The pipeline itself: does everything arrive, is it taken and scored, and how quiet is it?"""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import CHOSEN, ELAPSED_S, STEP, Board, Column, Kind, Level, Panel, Row, Threshold, Unit
from windvane.dashboards.pieces import SIGNALS, TO_SERVICE, TO_SIGNAL

__all__ = ["BOARD"]

_REFUSED: Final = "refusals WHERE $__timeFilter(logged_at)"
_LATE: Final = f"{SIGNALS} AND signal = 'late' AND total > 0"
_WEEK: Final = (
    "signal_changes WHERE signal != 'baseline' AND signal_changes.time > $__toTime - INTERVAL 7 DAY"
    f" AND signal_changes.time <= $__toTime AND {CHOSEN}"
)


def _number(
    title: str, question: str, sql: str, todo: str, *at: Threshold, unit: Unit = Unit.COUNT, empty: str = "Nothing yet."
) -> Panel:
    return Panel(
        title=title,
        question=question,
        sql=sql,
        kind=Kind.STAT,
        unit=unit,
        thresholds=at,
        todo=todo,
        empty=empty,
        width=6,
        height=4,
    )


BOARD: Final = Board(
    uid="windvane-pipeline",
    title="Pipeline",
    question="Does every event arrive, is it taken and scored, and can its silence be trusted?",
    place=14,
    rows=(
        Row(
            "Now",
            (
                _number(
                    "Since the last call",
                    "How long before the end of the time range did the newest minute with a call begin? By the"
                    " events' own time; of seven days at most.",
                    f"""SELECT dateDiff('second', maxOrNull(begins), $__toTime) AS value FROM activity
WHERE step = 60 AND begins > $__toTime - INTERVAL 7 DAY AND begins <= $__toTime AND {CHOSEN}""",
                    "`windvane doctor` looks at app, log, worker and store in turn.",
                    Threshold(300, Level.WARNING),
                    Threshold(900, Level.BAD),
                    unit=Unit.SECONDS,
                ),
                _number(
                    "Behind the log",
                    "How long after the log had taken an event was it stored, at most, in the last five minutes?",
                    """SELECT maxOrNull(behind) AS value FROM blocks
WHERE written_at > $__toTime - 300 AND written_at <= $__toTime""",
                    "The stream is slower than the senders: give it more cores, or more workers.",
                    Threshold(30, Level.WARNING),
                    Threshold(60, Level.BAD),
                    unit=Unit.SECONDS,
                    empty="No block was written in these five minutes.",
                ),
                _number(
                    "Refused",
                    "How many dead letters came within the time range? Of all services: a dead letter says none.",
                    f"SELECT count() AS value FROM {_REFUSED}",
                    "See below why, and an example.",
                    Threshold(1, Level.WARNING),
                ),
                _number(
                    "Late",
                    "How many events of the time range came after their minute had been judged?",
                    f"SELECT sum(calls) AS value FROM {_LATE}",
                    "They are stored, but anomalies were judged without them: see below whose.",
                ),
                Panel(
                    title="Ledger",
                    question="What became of every event, in all and by sender? What is wrong comes first; of the days"
                    " that the ledger keeps, whatever time range is chosen.",
                    sql="""SELECT multiIf(lost != 0, 'missing', wrong > 0, 'dead letters missing',
        kept_back > 0, 'dropped', waits > 0, 'waiting', 'balanced') AS how,
    multiIf(GROUPING(source) = 1, 'in all', source = '', '(not numbered)', toString(source)) AS sender,
    sum(ledger.emitted) AS sent, sum(ledger.dropped) AS kept_back, sum(ledger.waiting) AS waits,
    sum(ledger.accepted) AS taken, sum(ledger.duplicates) AS repeats, sum(ledger.refused) AS unsound,
    sum(ledger.stored) AS kept, sum(abs(missing)) AS lost, countIf(NOT balanced) AS wrong,
    arrayStringConcat(arrayMap((reason, events) -> concat(reason, ' ', toString(events)),
        mapKeys(sumMap(dropped_by_reason) AS reasons), mapValues(reasons)), ', ') AS why
FROM ledger GROUP BY GROUPING SETS ((source), ())
ORDER BY sender = 'in all' DESC, lost DESC, wrong DESC, kept_back DESC, waits DESC, taken DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("how", "How it is"),
                        Column("sender", "Sender"),
                        Column("sent", "Emitted", Unit.COUNT),
                        Column("kept_back", "Dropped", Unit.COUNT),
                        Column("why", "Why"),
                        Column("waits", "Waiting", Unit.COUNT),
                        Column("taken", "Taken", Unit.COUNT),
                        Column("repeats", "Repeats", Unit.COUNT),
                        Column("unsound", "Refused", Unit.COUNT),
                        Column("kept", "Stored", Unit.COUNT),
                        Column("lost", "Missing", Unit.COUNT),
                    ),
                    todo="Missing is a fault of windvane: keep the log, run `windvane ledger`. Dropped: the spool of"
                    " the app is too small, or nothing takes from it. Waiting and growing: the log is not reached.",
                    empty="Nothing was taken in the days that the ledger keeps.",
                    width=24,
                    height=6,
                ),
            ),
        ),
        Row(
            "What arrives",
            (
                Panel(
                    title="Last call of each",
                    question="When was each service last called, and how often in the time range? The quietest first.",
                    sql=f"""SELECT service_name AS service, gen_ai_request_model AS model, max(begins) AS last,
    dateDiff('second', last, $__toTime) AS ago, sum(activity.calls) AS called
FROM activity WHERE step = 60 AND $__timeFilter(begins) AND {CHOSEN}
GROUP BY service, model ORDER BY last LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("ago", "Ago", Unit.SECONDS),
                        Column("called", "Events", Unit.COUNT),
                    ),
                    todo="One is quiet: look at its app. All are, and from the same minute on: it is the way here.",
                    empty="No event in this time range.",
                    width=8,
                ),
                Panel(
                    title="Lag",
                    question="How long after the log had taken events were they stored, at most, by partition? By the"
                    " time of writing.",
                    sql="""SELECT time, toString(named) AS topic, concat('partition ', toString(number)) AS part,
    behind_s
FROM
(
    SELECT $__timeInterval(written_at) AS time, blocks.topic AS named, blocks.partition AS number,
        max(behind) AS behind_s
    FROM blocks WHERE $__timeFilter(written_at)
    GROUP BY time, named, number
)
ORDER BY time""",
                    unit=Unit.SECONDS,
                    thresholds=(Threshold(60, Level.BAD),),
                    todo="One partition: a service that sends very much, or a worker that stands. All: more cores or"
                    " workers; `windvane doctor` says how far each is behind.",
                    empty="No block was written in this time range.",
                    width=8,
                ),
                Panel(
                    title="Events stored",
                    question="How many events a second are stored, by service? By their own time, feedback included.",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service,
    sum(calls) / {ELAPSED_S} AS events_per_second
FROM activity WHERE {STEP} AND $__timeFilter(begins) AND {CHOSEN}
GROUP BY time, service ORDER BY time""",
                    unit=Unit.PER_SECOND,
                    todo="All fall at one moment: the log, the worker or the store; `windvane doctor` says which.",
                    empty="No event in this time range.",
                    width=8,
                ),
                Panel(
                    title="Late events",
                    question="How many events came after their minute had been judged, by service?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service, sum(calls) AS late_events
FROM {_LATE} GROUP BY time, service ORDER BY time""",
                    todo="A wave: a spool was emptied after the log had not been reached. Always some: an app that"
                    " holds events back, or whose clock is slow.",
                    empty="No event came late in this time range.",
                    width=8,
                ),
                Panel(
                    title="How late",
                    question="By how long did they come late, as a mean and at most?",
                    sql=f"""SELECT $__timeInterval(begins) AS time, sum(total) / nullIf(sum(calls), 0) AS mean,
    toFloat64(max(most)) AS longest
FROM {_LATE} GROUP BY time ORDER BY time""",
                    unit=Unit.SECONDS,
                    todo="Longer than the outage you know of: look for a sender that waits still, in the ledger above.",
                    empty="No event came late in this time range.",
                    width=8,
                ),
                Panel(
                    title="Refused over time",
                    question="How many dead letters came, by reason? By the time at which the log took them.",
                    sql=f"""SELECT $__timeInterval(logged_at) AS time, reason, count() AS dead_letters
FROM {_REFUSED} GROUP BY time, reason ORDER BY time""",
                    todo="A step: a release of an app, or of a sender in another language. See its example below.",
                    empty="Nothing was refused in this time range.",
                    width=8,
                ),
                Panel(
                    title="Dead letters",
                    question="What could not be taken, why, from whom, and what does the newest look like?",
                    sql=f"""SELECT reason, count() AS letters, min(logged_at) AS first, max(logged_at) AS last,
    argMax(detail, logged_at) AS example, argMax(if(source = '', '(not said)', toString(source)), logged_at) AS sender,
    substringUTF8(toValidUTF8(argMax(raw, logged_at)), 1, 400) AS written,
    argMax(concat(topic, '/', toString(partition), ' offset ', toString(offset)), logged_at) AS place
FROM {_REFUSED} GROUP BY reason ORDER BY letters DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("reason", "Reason"),
                        Column("letters", "Letters", Unit.COUNT),
                        Column("first", "First", Unit.TIME),
                        Column("last", "Last", Unit.TIME),
                        Column("example", "In words"),
                        Column("sender", "Sender"),
                        Column("written", "What was sent"),
                        Column("place", "Where it is"),
                    ),
                    todo="Mend what the app sends; docs/reference/events.md has each reason. What was refused stays in"
                    " the view `refusals`, and can be sent again once mended.",
                    empty="Nothing was refused in this time range.",
                    width=24,
                    height=6,
                ),
            ),
        ),
        Row(
            "How it is watched",
            (
                _number(
                    "Watched",
                    "How many series are watched, their baselines being made?",
                    f"SELECT countIf(state = 'ready') AS value FROM baselines WHERE since <= $__toTime AND {CHOSEN}",
                    "0 while there are calls: no series has had its 64 events yet.",
                ),
                _number(
                    "Being learned",
                    "How many series are being learned, so that no change of them can be seen yet?",
                    f"SELECT countIf(state = 'learning') AS value FROM baselines WHERE since <= $__toTime AND {CHOSEN}",
                    "Watch errors and latency of these yourself, right after a release above all.",
                ),
                _number(
                    "Fired in a week",
                    "How many series signals fired in the seven days up to the end of the time range? False ones among"
                    " them should be no more than WINDVANE_FALSE_ALARMS_PER_WEEK (1, if it is not set).",
                    f"SELECT countIf(state = 'fired') AS value FROM {_WEEK}",
                    "Far more than there were incidents: see below which signal it is, and lower the setting.",
                ),
                _number(
                    "Over within ten minutes",
                    "What share of what has ended in these seven days had lasted less than ten minutes?",
                    f"""SELECT countIf(state = 'recovered' AND dateDiff('second', since, signal_changes.time) < 600)
    / nullIf(countIf(state != 'fired'), 0) AS value
FROM {_WEEK}""",
                    "Much: these are short outages, or alarms that were false. Read two of each below.",
                    unit=Unit.SHARE,
                ),
                Panel(
                    title="Fired by the day",
                    question="How many fired on each of these seven days (UTC) on which any did?",
                    sql=f"""SELECT formatDateTime(toStartOfDay(signal_changes.time), '%d %b') AS name, count() AS value
FROM {_WEEK} AND state = 'fired' GROUP BY name ORDER BY min(signal_changes.time) LIMIT 20""",
                    kind=Kind.BARS,
                    todo="Days without an incident that have alarms all the same: their signal is the one to look at.",
                    empty="Nothing fired in these seven days.",
                    width=8,
                ),
                Panel(
                    title="Alarms by signal",
                    question="Of these seven days: what fired, how did it end, and which was the last?",
                    sql=f"""SELECT signal, countIf(state = 'fired') AS fired, countIf(state = 'recovered') AS recovered,
    countIf(state = 'accepted') AS accepted, max(signal_changes.time) AS last,
    argMaxIf(feature, signal_changes.time, state = 'fired') AS feature,
    argMaxIf(service_name, signal_changes.time, state = 'fired') AS service,
    argMaxIf(gen_ai_request_model, signal_changes.time, state = 'fired') AS model,
    argMaxIf(says, signal_changes.time, state = 'fired') AS example
FROM {_WEEK} GROUP BY signal HAVING countIf(state = 'fired') > 0 ORDER BY fired DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("signal", "Signal", link=TO_SIGNAL),
                        Column("fired", "Fired", Unit.COUNT),
                        Column("recovered", "Came back", Unit.COUNT),
                        Column("accepted", "Accepted", Unit.COUNT),
                        Column("service", "Last of", link=TO_SERVICE),
                        Column("example", "What it said"),
                    ),
                    todo="Was there nothing behind it? Then lower WINDVANE_FALSE_ALARMS_PER_WEEK. Many accepted: what"
                    " is usual changes often here, such as by releases that are not announced as service.version.",
                    empty="Nothing fired in these seven days.",
                    width=16,
                ),
                Panel(
                    title="Being learned, series by series",
                    question="Which series cannot be judged yet, and from when on are they?",
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
                    todo="Wait. A series that is learned for days is called too seldom to be judged.",
                    empty="Every series is watched.",
                    width=24,
                    height=5,
                ),
            ),
        ),
    ),
)
