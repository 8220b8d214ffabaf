"""What is usual at a minute: a level that is followed, and what the hour of day and the day of week add to it."""

from __future__ import annotations

import math
from typing import Any, Final

from windvane.stream.anomaly.track import DAYS, HOURS
from windvane.stream.compiled import compiled

__all__ = ["drift", "follow_level", "hours_known", "turn", "usual"]

_DAY: Final = 1440
_WHOLE_HOUR: Final = 30
_WHOLE_DAY: Final = 720
_STRANGE: Final = 240
"""Minutes of the first weekend, and of the first working day, in which its level is found."""
_DOUBT: Final = 0.35
_LEAST_RATE: Final = 0.2
_MEMORY: Final = (60.0, 180.0, 720.0)
"""Minutes over which the level is followed: while no hour of the day is known, when it was heard once, and twice."""


@compiled
def usual(track: Any, minute: int) -> float:
    """Return the usual level at a minute, on logarithms."""
    return float(track.level + hours_known(track, minute) * _hourly(track, minute))


@compiled
def hours_known(track: Any, minute: int) -> float:
    """Return how far the hours of the day are trusted: 0 before this one was heard, 0.8 after once, and so on."""
    heard = track.hours_heard[minute % _DAY // 60]
    return float(1.0 - _DOUBT**heard)


@compiled
def _hourly(track: Any, minute: int) -> float:
    """Return what the hour adds: between the middles of two hours the line between them."""
    place = (minute % _DAY) / 60.0 + (HOURS - 0.5)
    one = int(place)
    part = place - one
    one, other = one % HOURS, (one + 1) % HOURS
    if track.hours_heard[one] == 0:
        return float(track.hours[other])
    if track.hours_heard[other] == 0:
        return float(track.hours[one])
    return float((1.0 - part) * track.hours[one] + part * track.hours[other])


@compiled
def turn(track: Any, counted: bool, minute: int) -> None:
    """Begin a new hour and a new day where this minute does: what the old ones have taught is kept."""
    hour, day = minute % _DAY // 60, (minute // _DAY + 3) % DAYS
    if track.hour == 0:
        track.hour, track.day = hour + 1, day + 1
        return
    if track.hour != hour + 1:
        _end_hour(track, counted)
        track.hour = hour + 1
        # The usual level does not leap because the hour is trusted more or less than the one before.
        known = hours_known(track, minute)
        track.level -= (known - track.known) * _hourly(track, minute)
        track.known = known
    if track.day != day + 1:
        _turn_day(track, counted, day)


@compiled
def _turn_day(track: Any, counted: bool, day: int) -> None:
    """Begin a new day: at the level of the old one, and what the two days of the week have differed by before."""
    if track.day_minutes >= _WHOLE_DAY:
        _end_day(track)
    if track.whole >= _WHOLE_DAY:
        track.rested[int(track.day > 5)] = 1
    track.day_sum, track.day_minutes, track.whole = 0.0, 0, 0
    old, new = _alike(track, track.day - 1), _alike(track, day)
    if old >= 0 and new >= 0:
        trust = 1.0 - _DOUBT ** track.days_heard[new]
        track.level += trust * (track.days[new] - track.days[old])
    # Weekends change how many call, more than what a call is like.
    track.strange = _STRANGE if counted and new < 0 and track.rested[int(day < 5)] else 0
    track.day = day + 1


@compiled
def _end_hour(track: Any, counted: bool) -> None:
    if track.hour_minutes >= _WHOLE_HOUR:
        place = track.hour - 1
        mean = track.hour_sum / track.hour_minutes
        if counted:
            mean = math.log(mean + 0.5 / track.hour_minutes)
        mean -= track.anchor
        rate = max(1.0 / (track.hours_heard[place] + 1), _LEAST_RATE)
        track.hours[place] += rate * (mean - track.hours[place])
        track.hours_heard[place] = min(track.hours_heard[place] + 1, 200)
    track.hour_sum, track.hour_minutes = 0.0, 0


@compiled
def _end_day(track: Any) -> None:
    place, heard = track.day - 1, 0
    for number in range(DAYS):
        heard += track.days_heard[number]
    mean = track.day_sum / track.day_minutes
    if heard == 0:
        track.week = mean
    rate = max(1.0 / (track.days_heard[place] + 1), _LEAST_RATE)
    track.days[place] += rate * (mean - track.week - track.days[place])
    track.week += max(1.0 / (heard + 1), 1.0 / DAYS) * (mean - track.week)
    track.days_heard[place] = min(track.days_heard[place] + 1, 200)


@compiled
def _alike(track: Any, day: int) -> int:
    """Return a day of the week that was heard and is like this one: itself, else another working day or day of rest."""
    if track.days_heard[day] > 0:
        return day
    for number in range(DAYS):
        if track.days_heard[number] > 0 and (number >= 5) == (day >= 5):
            return number
    return -1


@compiled
def follow_level(track: Any, minute: int, off: float, own: float) -> None:
    """Learn from a minute: `off`, how far it is from the usual, and `own`, its count or level, both bounded."""
    known = 0 if track.strange else min(track.hours_heard[minute % _DAY // 60], 2)
    drift(track, known, off)
    track.strange = max(track.strange - 1, 0)
    track.hour_sum += own
    track.hour_minutes += 1
    track.whole += 1
    if track.hours_heard[minute % _DAY // 60] > 1:
        track.day_sum += track.level + off
        track.day_minutes += 1


@compiled
def drift(track: Any, known: int, off: float) -> None:
    """Follow the level alone, as while something has fired: days of rest come slowly through."""
    track.level += max(1.0 / (track.minutes + 1.0), 1.0 / _MEMORY[known]) * off
