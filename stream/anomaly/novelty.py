"""How unlike everything before it the present of a series is: one score per point, for thousands of series at once."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.anomaly.novelty_memory import VIEWS, follow_range, meet
from windvane.stream.anomaly.novelty_situation import FEATURES, HOURS, RECENT, SHORT, describe
from windvane.stream.compiled import compiled

__all__ = ["NOVELTY", "novelty", "novelty_state"]

_WARM_UP: Final = 66
_ALARM: Final = 0.15
_REST: Final = 60
_AGAIN: Final = 2.5
_EDGES: Final = (0, 1, 5, 6)
_FINEST: Final = (0.04, 0.08, 0.04)
_HUGE: Final = 1e30


def novelty_state(situations: int) -> np.dtype[np.void]:
    """Return the dtype of what is remembered of a series, at most so many situations in each of three views.

    All zeros is a series not seen; `points` set to 0 makes it one.
    """
    return np.dtype(
        [
            ("points", "i4"),
            ("stored", "i4", (VIEWS,)),
            ("radius", "f4", (VIEWS,)),
            ("origin", "f8"),
            ("recent", "f4", (RECENT,)),
            ("hourly", "f4", (HOURS,)),
            ("heard", "i4", (HOURS,)),
            ("center", "f4", (FEATURES,)),
            ("low", "f4", (FEATURES,)),
            ("high", "f4", (FEATURES,)),
            ("typical", "f4", (FEATURES,)),
            ("known", "f4", (FEATURES, situations)),
            ("used", "i4", (VIEWS, situations)),
            ("born", "i4", (VIEWS, situations)),
            ("past", "f4", (_REST,)),
        ]
    )


NOVELTY: Final = novelty_state(128)
"""The state of a series: 6.8 KB. With 64 situations it is 3.7 KB, with 32 it is 2.2 KB."""


@compiled
def novelty(
    state: Any, places: NDArray[np.int64], values: NDArray[np.float64],
    times_us: NDArray[np.int64], scores: NDArray[np.float64],
) -> None:  # fmt: skip
    """Take points in, one after the other, and write into `scores` how novel each makes its series: 0 to below 1.

    `state[places[k]]` is the record of the series that point k is of, of a dtype of `novelty_state`. Points of a series
    come in its order, at one pace: of an irregular series, hand in one value per minute or so, silent minutes too.
    A value that is not finite is skipped, with score 0.

    0.5 is an alarm. It means that what the last two points or six look like is a twentieth of the range of the series
    away from whatever was seen before, on average over three ways of looking: the level; mean, spread, highest and
    lowest; the level beside that usual at this hour of the day (UTC). Nothing is said of the first 66 points, and
    nothing again of what was said: a point scores 0 unless it is more novel than each of the 60 before it, and
    two and a half times as novel as an alarm among them.

    Every series remembers the situations it has been in, learns each point after it is scored, and nothing else: no
    model of what is normal, no look ahead, no threshold to fit.

    >>> minutes = np.arange(4 * 1440)
    >>> day = 100 + 50 * np.sin(minutes / 1440 * 2 * np.pi) + minutes * 7919 % 13
    >>> def alarms(values):
    ...     state, scores = np.zeros(1, NOVELTY), np.empty(len(values))
    ...     novelty(state, np.zeros(len(values), np.int64), values, minutes * 60_000_000, scores)
    ...     return np.flatnonzero(scores[1440:] >= 0.5) + 1440
    >>> alarms(day)
    array([], dtype=int64)
    >>> stopped = np.where((minutes >= 5000) & (minutes < 5020), 0, day)
    >>> alarms(stopped)
    array([5000])

    After fuzzy ART (Carpenter, Grossberg & Rosen 1991), as ARTime uses it on the same benchmark: the radius within
    which situations count as known follows from how many there are. Views, distance and rest are our own.
    """
    features = np.empty(FEATURES, np.float32)
    distance = np.empty(state[0].used.shape[1], np.float32)
    for at in range(len(places)):
        scores[at] = 0.0
        if not np.isfinite(values[at]):
            continue
        held = state[places[at]]
        if held.points == 0:
            _begin(held, values[at])
        held.recent[held.points % RECENT] = min(max(values[at] - held.origin, -_HUGE), _HUGE)
        held.points += 1
        if held.points < SHORT:
            continue
        describe(held, times_us[at], features)
        found = 0.0
        for view in range(VIEWS):
            found += meet(held, view, _EDGES[view], _EDGES[view + 1], _FINEST[view], features, distance)
        follow_range(held, features)
        if held.points > _WARM_UP:
            scores[at] = _shown(held, found)


@compiled
def _begin(held: Any, value: float) -> None:
    held.origin = value
    for view in range(VIEWS):
        held.stored[view] = 0
        held.radius[view] = 0
    for hour in range(HOURS):
        held.heard[hour] = 0
    for feature in range(FEATURES):
        held.low[feature] = held.high[feature] = held.center[feature] = 0
    for back in range(_REST):
        held.past[back] = 0


@compiled
def _shown(held: Any, found: float) -> float:
    """Return the score of a novelty: 0 when its like was not long ago."""
    peak = 0.0
    for back in range(_REST):
        peak = max(peak, held.past[back])
    held.past[held.points % _REST] = found
    return found / (found + _ALARM) if found > (_AGAIN * peak if peak >= _ALARM else peak) else 0.0
