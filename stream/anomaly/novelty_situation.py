"""The situation a series is in after a point: six numbers that say where it is, how it moves, how usual that is now."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.compiled import compiled

__all__ = ["FEATURES", "HOURS", "RECENT", "SHORT", "describe"]

FEATURES: Final = 6
"""Level | mean, spread, highest, lowest | level less what is usual at this hour."""
SHORT: Final = 6
"""Points that mean, spread, highest and lowest are of; nothing is said of a series before it has so many."""
RECENT: Final = 24
"""Points that are kept. Their mean stands in for an hour of the day that is not learned yet."""
HOURS: Final = 24
_LEVEL: Final = 2
_HEARD: Final = 15
_RATE: Final = 1 / 150
_HOUR_US: Final = 3_600_000_000


@compiled
def describe(held: Any, time_us: int, features: NDArray[np.float32]) -> None:
    """Write the situation after the newest point into `features`, and learn what is usual at this hour of UTC."""
    newest = held.points - 1
    highest = lowest = held.recent[newest % RECENT]
    level = total = squares = slow = 0.0
    for back in range(min(held.points, RECENT)):
        value = held.recent[(newest - back) % RECENT]
        slow += value
        if back < SHORT:
            total += value
            squares += value * value
            highest, lowest = max(highest, value), min(lowest, value)
        if back < _LEVEL:
            level += value / _LEVEL
    mean = total / SHORT
    features[0] = level
    features[1] = mean
    features[2] = np.sqrt(max(squares / SHORT - mean * mean, 0.0))
    features[3] = highest
    features[4] = lowest
    features[5] = level - _usual(held, time_us, slow / min(held.points, RECENT))
    _learn_hour(held, time_us, level)


@compiled
def _usual(held: Any, time_us: int, otherwise: float) -> float:
    """Return the level that is usual at this time of day, between the middles of two hours."""
    since = time_us - _HOUR_US // 2
    before = since // _HOUR_US
    weight = since / _HOUR_US - before
    left, right = before % HOURS, (before + 1) % HOURS
    early = held.hourly[left] if held.heard[left] > _HEARD else otherwise
    late = held.hourly[right] if held.heard[right] > _HEARD else otherwise
    return early + weight * (late - early)


@compiled
def _learn_hour(held: Any, time_us: int, level: float) -> None:
    hour = time_us // _HOUR_US % HOURS
    held.heard[hour] += 1
    span = held.high[0] - held.low[0]
    if span > 0:  # one absurd value must not spoil the hour for days
        level = min(max(level, held.low[0] - span), held.high[0] + span)
    held.hourly[hour] += max(_RATE, 1 / held.heard[hour]) * (level - held.hourly[hour])
