"""What has fired of a measure: until it is back, or has stayed so long that it is the new usual."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from windvane.stream.anomaly.bets import begin_bets
from windvane.stream.anomaly.track import RING
from windvane.stream.compiled import compiled

__all__ = [
    "ACCEPTED",
    "ACCEPTED_MINUTES",
    "CALM",
    "RECOVERED",
    "RENEWED",
    "SHIFTS",
    "SILENT",
    "SPIKES",
    "fire",
    "follow_fired",
    "recent",
]

SPIKES: Final = np.array([1, 2])
SHIFTS: Final = np.array([3, 4, 5])
"""Codes, by side: up, down, silent."""
SILENT: Final = 5
RECOVERED: Final = 6
ACCEPTED: Final = 7
RENEWED: Final = 8
ACCEPTED_MINUTES: Final = 120
_NOW: Final = 0.35
_STAYED: Final = 1.0 / 30.0
_BACK: Final = 0.4
"""It is back when less than this part of the move is left, for three minutes."""
CALM: Final = 3


@compiled
def fire(track: Any, code: int, minute: int, since: int, off: float) -> None:
    """Note that `code` fires at this minute, since one before; it is `off` the usual on logarithms. Nothing is
    learned until it ends."""
    track.fired, track.fired_at, track.fired_since = code, minute, since
    track.size = track.now = track.stayed = off
    track.calm = 0


@compiled
def follow_fired(track: Any, minute: int, count: float, off: float) -> int:
    """Take a minute in, and return whether what has fired ends with it: `RECOVERED`, `ACCEPTED` or 0."""
    track.now += _NOW * (off - track.now)
    track.stayed += _STAYED * (off - track.stayed)
    sign = 1.0 if track.size > 0 else -1.0
    track.calm = track.calm + 1 if sign * track.now < _BACK * abs(track.size) else 0
    said = 0
    if count > 0 if track.fired == SILENT else track.calm >= CALM:
        said = RECOVERED
    elif minute - track.fired_at >= ACCEPTED_MINUTES and track.fired != SILENT:
        said = ACCEPTED
        track.level += track.stayed
        track.week += track.stayed
    if said:
        begin_bets(track)
        track.fired = 0
        track.last = track.mean = 0.0
    return said


@compiled
def recent(track: Any, counted: bool, minute: int, since: int) -> tuple[float, float]:
    """Return the level of the last minutes since one of them, ten at most, and their events."""
    total, events, known = 0.0, 0.0, 0
    for back in range(min(minute - since + 1, 10)):
        place = (minute - back) % RING
        events += track.counts[place]
        if counted:
            total += track.values[place]
            known += 1
        elif track.counts[place] > 0:
            total += math.log(track.values[place])
            known += 1
    mean = total / max(known, 1)
    return (mean if counted else math.exp(mean)), events
