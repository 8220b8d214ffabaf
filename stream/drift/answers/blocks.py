"""When a change began: a series' past as means over blocks of events, the finer the more recent."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.compiled import compiled

__all__ = ["LEVELS", "PER_LEVEL", "append", "began"]

LEVELS: Final = 7
PER_LEVEL: Final = 4
"""Blocks of 1, 2, 4 … 64 events, at most four of each size: some 500 events in 28 blocks."""
_STEPS: Final = np.float32(32)


@compiled
def append(held: Any, scores: NDArray[np.float32], now_us: int) -> None:
    """Append an event's scores. Where a size has four blocks already, its oldest two become one of the next size."""
    full = 0
    while full < LEVELS and held.blocks[full] == PER_LEVEL:
        full += 1
    if full == LEVELS:  # the oldest are forgotten
        full -= 1
        held.oldest[full] = (held.oldest[full] + 2) % PER_LEVEL
        held.blocks[full] -= 2
    for level in range(full, 0, -1):
        first = held.oldest[level - 1]
        second = (first + 1) % PER_LEVEL
        place = (held.oldest[level] + held.blocks[level]) % PER_LEVEL
        older, newer, merged = held.scores[level - 1, first], held.scores[level - 1, second], held.scores[level, place]
        for at in range(len(scores)):
            merged[at] = (np.int64(older[at]) + np.int64(newer[at]) + ((at + level) & 1)) >> 1
        held.begun[level, place] = held.begun[level - 1, first]
        held.blocks[level] += 1
        held.oldest[level - 1] = (first + 2) % PER_LEVEL
        held.blocks[level - 1] -= 2
    place = (held.oldest[0] + held.blocks[0]) % PER_LEVEL
    own = held.scores[0, place]
    for at in range(len(scores)):
        own[at] = np.rint(scores[at] * _STEPS)
    held.begun[0, place] = now_us
    held.blocks[0] += 1


@compiled
def began(held: Any, direction: NDArray[np.float32], first: int) -> tuple[int, np.int64]:
    """Return how many events ago a change of the scores from place `first` on began, and the time of its first event.

    It is where the mean since then along `direction` is the surest: the likelihood ratio of a mean that is 0 before.
    """
    events, total, best, found, since = 0, 0.0, -1.0, 0, np.int64(0)
    for level in range(LEVELS):
        for back in range(held.blocks[level]):
            place = (held.oldest[level] + held.blocks[level] - 1 - back) % PER_LEVEL
            mean = 0.0
            for at in range(len(direction)):
                mean += direction[at] * held.scores[level, place, first + at]
            events += 1 << level
            total += mean * (1 << level)
            if total > 0 and total * total / events > best:
                best, found, since = total * total / events, events, held.begun[level, place]
    return found, since
