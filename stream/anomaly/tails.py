"""How rare a minute as far off as this one is, by the series' own past: for single minutes that stand out."""

from __future__ import annotations

import math
from typing import Any, Final

from windvane.stream.compiled import compiled

__all__ = ["rarity", "remember"]

_FROM: Final = 2.0
"""Spreads from which on a deviation belongs to the tail, which is taken to be exponential."""
_LIKELY: Final = 0.03
_LONG: Final = 0.8
_TRUST: Final = 100.0
_TRUST_TAIL: Final = 20.0
"""What is believed before anything was heard: 3 % beyond two spreads, by 0.8 in the mean (of a normal law, 0.37)."""
_MEMORY: Final = 10080.0


@compiled
def rarity(track: Any, off: float) -> float:
    """Return how likely a minute is to be as far off as this on its side, `off` in spreads."""
    side = 0 if off > 0 else 1
    over = abs(off) - _FROM
    likely = (track.beyond[side] + _LIKELY * _TRUST) / (track.heard + _TRUST)
    return float(likely * math.exp(-max(over, 0.0) / _length(track, side)))


@compiled
def _length(track: Any, side: int) -> float:
    return float((track.excess[side] + _LONG * _TRUST_TAIL) / (track.beyond[side] + _TRUST_TAIL))


@compiled
def remember(track: Any, off: float) -> None:
    """Learn from a minute; one absurd value counts as four times the usual excess at most."""
    keep = 1.0 - 1.0 / _MEMORY
    track.heard = track.heard * keep + 1.0
    for side in range(2):
        over = (off if side == 0 else -off) - _FROM
        longest = 4.0 * _length(track, side)
        track.beyond[side] *= keep
        track.excess[side] *= keep
        if over > 0:
            track.beyond[side] += 1.0
            track.excess[side] += min(over, longest)
