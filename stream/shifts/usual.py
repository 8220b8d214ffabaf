"""What is usual of one feature of one series: its values counted by size, its level, and the last values."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from windvane.stream.compiled import compiled
from windvane.stream.shifts.record import BINS, LAST

__all__ = ["count", "learn", "level_before", "level_now", "place", "push", "slot_of", "uncount", "whole"]

_MEMORY: Final = 8192
"""Values that are remembered; at so many all counts are halved."""
_WIDTHS: Final = 6
_LOW, _HIGH = 2, LAST - 3
"""Of the last values in order, those between which the scale is taken: two absurd ones do not matter."""


@compiled
def whole(number: Any) -> int:
    """Return an integer of any type as a signed one: 0 less 1 is not -1 of every type."""
    return np.int64(number)  # type: ignore[return-value]


@compiled
def slot_of(held: Any, feature: int) -> int:
    """Return where a feature is kept, -1 where it is not."""
    return whole(held.slot[feature]) - 1 if feature >= 0 else whole(-1)


@compiled
def push(held: Any, slot: int, code: int) -> None:
    """Remember a value among the last ones."""
    held.last[slot, held.at[slot]] = code
    held.at[slot] = (held.at[slot] + 1) % LAST


@compiled
def _sorted(held: Any, slot: int, among: int) -> Any:
    """Return the last `among` values in order."""
    found = np.empty(LAST, np.int64)
    for number in range(among):
        code = whole(held.last[slot, (held.at[slot] + LAST - 1 - number) % LAST])
        at = number
        while at > 0 and found[at - 1] > code:
            found[at] = found[at - 1]
            at -= 1
        found[at] = code
    return found


@compiled
def learn(held: Any, slot: int, grain: int, zeros: int) -> None:
    """Make the bins from the last values, `LAST` of them, or from `zeros` zeros: none is narrower than `grain`."""
    found = _sorted(held, slot, whole(LAST))
    held.centre[slot] = found[LAST // 2]
    held.width[slot] = max((found[_HIGH] - found[_LOW]) // _WIDTHS, grain)
    for number in range(BINS):
        held.bins[slot, number] = 0
    total = 0
    for number in range(LAST):
        held.bins[slot, place(held, slot, found[number])] += 1
        total += found[number]
    held.mean[slot] = total / LAST
    held.seen[slot] = LAST
    if zeros > LAST:
        held.bins[slot, place(held, slot, found[0])] = zeros
        held.seen[slot] = zeros


@compiled
def place(held: Any, slot: int, code: int) -> int:
    """Return the bin of a value."""
    width = whole(held.width[slot])
    off = code - whole(held.centre[slot]) + width // 2
    return min(max(off // width + BINS // 2, 0), BINS - 1)


@compiled
def count(held: Any, slot: int, code: int, at: int) -> None:
    """Take a value, of bin `at`, into what is usual."""
    held.bins[slot, at] += 1
    held.seen[slot] += 1
    held.mean[slot] += (code - held.mean[slot]) / held.seen[slot]
    if held.seen[slot] >= _MEMORY:
        total = 0
        for number in range(BINS):
            # What is rare stays known.
            held.bins[slot, number] = (held.bins[slot, number] + 1) // 2
            total += held.bins[slot, number]
        held.seen[slot] = total


@compiled
def uncount(held: Any, slot: int) -> None:
    """Take the last values, as many as came since the change, out of what is usual again."""
    for number in range(min(held.since_n[slot], LAST)):
        code = whole(held.last[slot, (held.at[slot] + LAST - 1 - number) % LAST])
        at = place(held, slot, code)
        if held.bins[slot, at] > 0 and held.seen[slot] > 1:
            held.bins[slot, at] -= 1
            held.seen[slot] -= 1
            held.mean[slot] -= (code - held.mean[slot]) / held.seen[slot]


@compiled
def level_before(held: Any, slot: int, mean: bool) -> float:
    """Return the usual level, as a code: the mean, or the median."""
    if mean:
        return float(held.mean[slot])
    half = 0.5 * held.seen[slot]
    below = 0.0
    for number in range(BINS):
        own = float(held.bins[slot, number])
        if below + own >= half and own > 0:
            middle = held.centre[slot] + float(held.width[slot]) * (number - BINS // 2)
            return float(middle + held.width[slot] * ((half - below) / own - 0.5))
        below += own
    return float(held.centre[slot])


@compiled
def level_now(held: Any, slot: int, among: int, mean: bool) -> float:
    """Return the level of the last `among` values, `LAST` at most, as a code."""
    found = _sorted(held, slot, among)
    if mean:
        total = 0
        for number in range(among):
            total += found[number]
        return float(total / among)
    return 0.5 * float(found[(among - 1) // 2] + found[among // 2])
