"""The loop over events: counted in their minutes, and the minutes that the clock has passed closed."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.anomaly.bets import begin_bets
from windvane.stream.anomaly.clock import MINUTE_US, heard, last_closed
from windvane.stream.anomaly.fired import ACCEPTED, CALM, RECOVERED, RENEWED, SILENT, recent
from windvane.stream.anomaly.judge import judge
from windvane.stream.anomaly.usual import hours_known, usual
from windvane.stream.budget import WEEK_US
from windvane.stream.compiled import compiled

__all__ = ["FOUND", "GONE_MINUTES", "MEASURES", "close", "count", "judge_minute"]

MEASURES: Final = 4
"""Of a series: its calls, and the latency, the tokens and the cost of a call."""
FOUND: Final = np.dtype(
    [(name, "i8") for name in ("at", "place", "code", "before", "minute", "since", "fired_at")]
    + [(name, "f8") for name in ("usual", "now", "events_before", "events_since", "hours_known")]
)
"""A line of what is to be said: at which membership, of which record, the code, what had fired before, ..."""
_GAP: Final = 60
"""Minutes without an event in the whole partition that are a gap: nobody was there to call."""
_GENTLE: Final = 10
GONE_MINUTES: Final = 3 * 1440
"""A series with no event for so many minutes is forgotten."""
_LEARNED: Final = 10
_FAR: Final = 2.0
_MOST_LATE: Final = 0.01
"""Of the last events: if more come too late, minutes do not have what happened in them, and are not judged."""
_LATE_MEMORY: Final = 0.98
"""What is left of that count after a minute."""
_WITHIN: Final = 0.1
_LEAST_WITHIN: Final = 0.0025


@compiled
def count(
    state: Any, rows: NDArray[np.int64], series: NDArray[np.int64], begins: NDArray[np.bool_], times: NDArray[np.int64],
    logged: NDArray[np.int64], values: NDArray[np.float64], start: int, entered: bool,
) -> int:  # fmt: skip
    """Count the memberships from `start` on in their minutes; return the first at which a minute must be closed before.

    It is to be called again from there, with `entered`: the clock has heard that event.
    """
    clock, believed = state[0], True
    for at in range(start, len(rows)):
        row = rows[at]
        if at == start and entered:
            believed = True
        elif at == 0 or rows[at - 1] != row:
            believed = heard(clock, times[row], logged[row])
            clock.heard_of += 1
            clock.late += believed and 0 < times[row] // MINUTE_US <= clock.closed
        if not believed:
            continue
        closes = last_closed(clock.now_us)
        if clock.closed == 0:
            clock.closed = closes
        if clock.closed < closes:
            return at
        _count(state, MEASURES * series[at] + 1, begins[at], times[row] // MINUTE_US, closes, values, row)
    return len(rows)


@compiled
def close(state: Any, known: int, per_week: float, at: int, found: Any) -> int:
    """Close the minutes of all `known` series that the clock has passed, until that is done or `found` is full.

    What is to be said at the membership `at` is written into `found`; return how much.
    """
    clock, tracks, said = state[0], MEASURES * known + 1, 0
    closes = last_closed(clock.now_us)
    while clock.closed < closes and said + tracks <= len(found):
        if closes - clock.closed > _GAP and not _open(state, tracks):
            clock.closed = closes
            _rest(state, tracks)
        else:
            clock.closed += 1
            said += _close(state, tracks, clock.closed, per_week, known, at, found[said:])
            clock.late *= _LATE_MEMORY
            clock.heard_of *= _LATE_MEMORY
    return said


@compiled
def _open(state: Any, tracks: int) -> bool:
    """Return whether there are events in the minutes that are open."""
    events = 0.0
    for place in range(1, tracks, MEASURES):
        events += state[place].open_count[0] + state[place].open_count[1]
    return events > 0


@compiled
def _rest(state: Any, tracks: int) -> None:
    """After a gap begin gently: what the last minutes said is no measure of the next."""
    for place in range(1, tracks):
        track = state[place]
        if track.life == 2:
            begin_bets(track)
            track.last = track.mean = 0.0
            track.quiet = _GENTLE


@compiled
def _count(
    state: Any, first: int, begins: bool, minute: int, closed: int, values: NDArray[np.float64], row: int
) -> None:
    """Count an event in its minute, if that is open still."""
    for measure in range(MEASURES):
        track = state[first + measure]
        track.renewed |= begins and measure > 0
        value = values[measure, row]
        if minute <= closed or np.isnan(value):
            continue
        if track.life == 0:
            track.life = 1
        if measure > 0 and track.minutes > _LEARNED:
            # One absurd value is one very high one.
            level = usual(track, minute)
            value = min(max(value, level - _FAR), level + _FAR)
        place = minute % 2
        track.open_count[place] += 1
        track.open_sum[place] += value
        track.open_squares[place] += value * value


@compiled
def _close(state: Any, tracks: int, minute: int, per_week: float, known: int, at: int, found: Any) -> int:
    """Close a minute of all series; return how much is written into `found`."""
    said = 0
    stake = per_week * MINUTE_US / (WEEK_US * known * MEASURES)
    out_of_order = state[0].late > _MOST_LATE * state[0].heard_of + 1
    for place in range(1, tracks):
        track = state[place]
        if track.life == 0:
            continue
        half = minute % 2
        count = track.open_count[half]
        counted = (place - 1) % MEASURES == 0
        track.empty = 0 if count > 0 else track.empty + 1
        if track.renewed or (track.empty >= GONE_MINUTES and track.life == 2):
            said += _forget(track, at, place, minute, counted, found[said])
        elif track.life == 1:
            # The first minute is not a whole one.
            track.life = 2 if count > 0 else 1
        elif (count > 0 or counted) and not out_of_order:
            before = track.fired
            code = judge_minute(track, counted, minute, count, track.open_sum[half], track.open_squares[half], stake)
            if code:
                _say(found[said], at, place, code, before, minute, counted, track)
                said += 1
        track.open_count[half], track.open_sum[half], track.open_squares[half] = 0.0, 0.0, 0.0
    return said


@compiled
def _forget(track: Any, at: int, place: int, minute: int, counted: bool, one: Any) -> int:
    """Learn a measure anew, after a new release or days of silence. If something has fired, it ends: return 1 then."""
    fired = track.fired
    if fired:
        code = RENEWED if track.renewed else ACCEPTED
        _say(one, at, place, code, fired, minute, counted, track)
    track.renewed = 0
    track.life, track.minutes, track.events, track.fired, track.within = 1, 0, 0.0, 0, 0.0
    track.day_sum, track.strange, track.whole = 0.0, 0, 0
    track.rested[:] = 0
    track.hour, track.day, track.hour_sum, track.hour_minutes, track.day_minutes = 0, 0, 0.0, 0, 0
    track.open_count[:] = 0.0
    track.open_sum[:] = 0.0
    track.open_squares[:] = 0.0
    track.hours_heard[:] = 0
    track.days_heard[:] = 0
    track.products[:] = 0.0
    track.beyond[:] = 0.0
    track.excess[:] = 0.0
    track.temper[:] = 0.0
    track.centre = track.bias = track.last = track.mean = track.heard = track.week = track.known = 0.0
    return 1 if fired else 0


@compiled
def _say(one: Any, at: int, place: int, code: int, before: int, minute: int, counted: bool, track: Any) -> None:
    one.at, one.place, one.code, one.before, one.minute = at, place, code, before, minute
    one.since, one.fired_at = track.fired_since, track.fired_at
    # Of what is over, the last minutes; a silence is over with the first.
    lasted = 1 if before == SILENT else CALM
    first = minute - lasted + 1 if code == RECOVERED else track.fired_since
    one.now, one.events_since = recent(track, counted, minute, first)
    one.usual, one.events_before = math.exp(usual(track, minute)), track.events
    one.hours_known = hours_known(track, minute)


@compiled
def judge_minute(
    track: Any, counted: bool, minute: int, count: float, total: float, squares: float, stake: float
) -> int:
    """Judge a minute of a measure by the sum and the squares of its events' logarithms; see `judge`."""
    value, unit = count, 1.0
    if not counted:
        value = total / count
        if count > 1:
            within = max(squares - total * value, 0.0) / (count - 1)
            track.within += (min(within, 9.0 * track.within + _WITHIN) - track.within) / min(track.minutes + 1, 100)
        unit = max(track.within, _LEAST_WITHIN) / count + _LEAST_WITHIN / 10
    return judge(track, counted, minute, count, value, unit, stake)
