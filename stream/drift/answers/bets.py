"""Bets on one column: that its values have moved, spread, or changed the shape of their distribution."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from scipy.special import ndtr

from windvane.stream.compiled import compiled
from windvane.stream.drift.answers.layout import BETS, MOVED_PART, SHAPE_PART
from windvane.stream.drift.answers.ranks import GRID, NORMAL

__all__ = ["bet"]

_SHIFTS: Final = (-1.4, -0.6, 0.6, 1.4)
_SPREADS: Final = (0.6, 1.6)
_WEIGHT: Final = np.float32(MOVED_PART / BETS)
_SHAPE_WEIGHT: Final = np.float32(SHAPE_PART)

# What a bet says of ranks up to each point of a grid: it is even on [0, 1] before a change, and this after one.
_AFTER: Final = np.stack(
    [ndtr(NORMAL - shift) for shift in _SHIFTS] + [ndtr(NORMAL / spread) for spread in _SPREADS], axis=1
).astype(np.float32)
_AFTER[0], _AFTER[-1] = 0, 1

_EDGES: Final = np.array([0, 0.02, 0.06, 0.15, 0.3, 0.5, 0.7, 0.85, 0.94, 0.98, 1], np.float32)
_WIDTHS: Final = np.diff(_EDGES)
_PARTS: Final = len(_WIDTHS)
_FADES: Final = np.float32(0.5 ** (1 / 30))
_PRIOR: Final = np.float32(15)
_UNIT: Final = np.float32(1024)
_MOST: Final = np.float32(1e6)
_LEAST: Final = np.float32(1e-6)
_SIZE: Final = np.float32(GRID)


@compiled
def bet(held: Any, at: int, low: np.float32, high: np.float32, spent: np.float32) -> np.float32:
    """Take in the ranks from `low` to `high` of a value of column `at`; return the evidence that it has changed.

    Every bet is averaged over the interval: with E the mean of what it pays, E = 1 while nothing has changed.
    """
    return _WEIGHT * _moved(held, at, low, high, spent) + _SHAPE_WEIGHT * _reshaped(held, at, low, high, spent)


@compiled
def _moved(held: Any, at: int, low: np.float32, high: np.float32, spent: np.float32) -> np.float32:
    width = max(high - low, _LEAST)
    first, last = min(int(low * _SIZE), GRID - 1), min(int(high * _SIZE), GRID - 1)
    into, out = low * _SIZE - np.float32(first), high * _SIZE - np.float32(last)
    sums = held.sums[at]
    total = np.float32(0)
    for one in range(BETS):
        below = _AFTER[first, one] + into * (_AFTER[first + 1, one] - _AFTER[first, one])
        upto = _AFTER[last, one] + out * (_AFTER[last + 1, one] - _AFTER[last, one])
        sums[one] = min((sums[one] + spent) * max((upto - below) / width, _LEAST), _MOST)
        total += sums[one]
    return total


@compiled
def _reshaped(held: Any, at: int, low: np.float32, high: np.float32, spent: np.float32) -> np.float32:
    """Bet on what the recent ranks look like: a histogram of them that fades, and a prior that all are even."""
    width = max(high - low, _LEAST)
    shape = held.shape[at]
    said, total = _PRIOR, _PRIOR
    for part in range(_PARTS):
        was = np.float32(shape[part])
        total += was / _UNIT
        now = was * _FADES
        inside = min(high, _EDGES[part + 1]) - max(low, _EDGES[part])
        if inside > 0:
            share = inside / width
            said += share * was / (_UNIT * _WIDTHS[part])
            now += share * _UNIT
        shape[part] = np.uint16(now)
    held.shape_sums[at] = min((held.shape_sums[at] + spent) * (said / total), _MOST)
    return np.float32(held.shape_sums[at])
