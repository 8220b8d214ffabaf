"""The situations of a series that are remembered: how far a new one is from all of them, in ranges of the series."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.anomaly.novelty_situation import FEATURES, SHORT
from windvane.stream.compiled import compiled

__all__ = ["VIEWS", "follow_range", "meet"]

VIEWS: Final = 3
_MATURE: Final = 30
_FORGET: Final = 1 / 6_000
_REACH: Final = 1.0
_WIDEST: Final = 50
_GROW, _SHRINK = 1.02, 0.9996


@compiled
def meet(
    held: Any, view: int, first: int, last: int, finest: float,
    features: NDArray[np.float32], distance: NDArray[np.float32],
) -> float:  # fmt: skip
    """Return how far the situation is from the nearest that was known 30 points ago: 1, the whole range, is the most.

    It is seen by the features from `first` up to, not with, `last`. Then it is learned: within the view's radius of one
    that is known it refreshes that; else it is stored, in place of the one not met for longest when the memory is full.
    The radius is at least `finest`, and grows while the memory overflows: so it comes to hold all that the series does.
    """
    count, now, width = held.stored[view], held.points, last - first
    for slot in range(count):
        distance[slot] = 0
    for feature in range(first, last):
        value = features[feature]
        span = min(held.high[feature] - held.low[feature], _WIDEST * held.typical[feature])
        unit = np.float32(1 / (span + 1e-9 * abs(held.center[feature]) + 1e-12))
        for slot in range(count):
            step = (held.known[feature, slot] - value) * unit
            distance[slot] += step * step
    nearest = mature = np.float32(np.inf)
    winner = oldest = 0
    for slot in range(count):
        if distance[slot] < nearest:
            nearest, winner = distance[slot], slot
        if distance[slot] < mature and held.born[view, slot] <= now - _MATURE:
            mature = distance[slot]
        if held.used[view, slot] < held.used[view, oldest]:
            oldest = slot
    radius = max(held.radius[view], finest)
    if nearest <= radius * radius * width:
        held.used[view, winner] = now
        radius *= _SHRINK
    else:
        if count < held.used.shape[1]:
            oldest = count
            held.stored[view] = count + 1
        else:
            radius *= _GROW
        for feature in range(first, last):
            held.known[feature, oldest] = features[feature]
        held.used[view, oldest] = held.born[view, oldest] = now
    held.radius[view] = radius
    return float(min(np.sqrt(mature / width), 1.0))


@compiled
def follow_range(held: Any, features: NDArray[np.float32]) -> None:
    """Let the range of each feature take in the situation, a span further at most, and forget over 6,000 points.

    An absurd value stretches it for weeks: so what counts is no more than 50 times the usual distance from the centre.
    """
    rate = max(_FORGET, 1 / (held.points - SHORT + 1))
    for feature in range(FEATURES):
        value = features[feature]
        if held.points == SHORT:
            held.low[feature] = held.high[feature] = held.center[feature] = value
            held.typical[feature] = 0
        low, high, center = held.low[feature], held.high[feature], held.center[feature]
        if high > low:
            reach = _REACH * (high - low)
            value = min(max(value, low - reach), high + reach)
        held.typical[feature] += rate * (abs(value - center) - held.typical[feature])
        center += rate * (value - center)
        held.low[feature] = min(low + _FORGET * (center - low), value)
        held.high[feature] = max(high + _FORGET * (center - high), value)
        held.center[feature] = center
