"""How the last minutes foretell the next: what of their deviation from the usual goes on."""

from __future__ import annotations

import math
from typing import Any, Final

from windvane.stream.compiled import compiled

__all__ = ["FORETOLD", "MEMORY", "learn_weights", "usual_deviation", "weights", "within"]

FORETOLD: Final = 10
"""Minutes after which the next ones are foretold."""
MEMORY: Final = 1440.0
"""Minutes over which is learned."""
_TRUST: Final = 20.0
_FAR: Final = 9.0
_MOST: Final = 0.95
_BOUND: Final = 1.5


@compiled
def weights(track: Any) -> tuple[float, float]:
    """Return how much of the last minute's deviation, and of the last ones' mean, is expected of the next: ridge
    regression, at first towards 0.2 and 0.5."""
    held = track.products
    ridge = _TRUST * held[0] / (min(track.minutes, MEMORY) + 1.0) + 1e-3
    one, both, other = held[0] + ridge, held[1], held[2] + ridge
    right, left = held[3] + 0.2 * ridge, held[4] + 0.5 * ridge
    det = one * other - both * both
    own = min(max((right * other - left * both) / det, 0.0), _MOST)
    lately = min(max((left * one - right * both) / det, 0.0), _MOST - own)
    return own, lately


@compiled
def learn_weights(track: Any, now: float, wide: float) -> None:
    """Learn how the last minutes foretell this one; not while they are far off: a move is not how it goes on."""
    held = track.products
    usual = held[2] / min(track.minutes + 1.0, MEMORY)
    if track.minutes > 2 * FORETOLD and track.mean * track.mean > _FAR * usual:
        return
    keep = 1.0 - 1.0 / MEMORY
    last, mean, now = within(track.last, wide), within(track.mean, wide), within(now, wide)
    held[0] = held[0] * keep + last * last
    held[1] = held[1] * keep + last * mean
    held[2] = held[2] * keep + mean * mean
    held[3] = held[3] * keep + last * now
    held[4] = held[4] * keep + mean * now


@compiled
def usual_deviation(track: Any) -> float:
    """Return how far from the usual a minute may be before it counts for less: 2.5 times the usual deviation."""
    if track.minutes < FORETOLD:
        return _BOUND
    mean = track.products[0] / min(track.minutes, MEMORY)
    return min(max(2.5 * math.sqrt(mean), 0.05), 2.0)


@compiled
def within(value: float, bound: float) -> float:
    """Return the value, or the bound that it passes."""
    return min(max(value, -bound), bound)
