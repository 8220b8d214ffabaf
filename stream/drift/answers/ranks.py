"""Where a value ranks among those before it: an interval, as ties leave it open, and its expected normal score."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from windvane.stream.compiled import compiled
from windvane.stream.drift.answers.layout import BINS

__all__ = ["GRID", "NORMAL", "bin_of", "number_rank", "kind_rank", "score"]

GRID: Final = 1024
NORMAL: Final = ndtri(np.linspace(0, 1, GRID + 1)).clip(-8, 8)
_HEIGHT: Final = np.concatenate([[0], np.exp(-(NORMAL[1:-1] ** 2) / 2) / np.sqrt(2 * np.pi), [0]]).astype(np.float32)
_REACH: Final = np.float32(2.8)
_STEP: Final = np.float32(2 * 2.8 / (BINS - 2))
_MOST_COUNTED: Final = 2048
"""Above it counts are halved: what was usual long ago fades."""
_OFTEN: Final = (3 * np.log2(np.arange(_MOST_COUNTED + 3) + 8)).astype(np.uint8)
"""Counts by steps of a quarter: taken to the one, what comes by turns would always be the rarest."""
_MOST_SCORE: Final = np.float32(3.4)


@compiled
def bin_of(value: np.float32, mean: np.float32, deviation: np.float32) -> int:
    """Return the bin of a number, on the scale of its series; the outermost ones are open."""
    scaled = min(max((value - mean) / deviation, -_REACH), _REACH)
    return min(int((scaled + _REACH) / _STEP) + 1 if scaled > -_REACH else 0, BINS - 1)


@compiled
def number_rank(counts: NDArray[np.uint16], own: int, learn: bool) -> tuple[np.float32, np.float32]:
    """Return the interval in which the rank of a number in bin `own` lies among the counted ones and itself.

    Were it drawn evenly from that interval it would be even on [0, 1], whatever is usual, and independent of the ranks
    before it, while the numbers are exchangeable. `learn`: count it, too.
    """
    below, total = 0, 0
    for at in range(BINS):
        total += counts[at]
        if at < own:
            below += counts[at]
    size = np.float32(total + 1)
    low, high = np.float32(below) / size, np.float32(below + counts[own] + 1) / size
    if learn:
        counts[own] += 1
        if total >= _MOST_COUNTED:
            for at in range(BINS):
                counts[at] >>= 1
    return low, high


@compiled
def kind_rank(counts: NDArray[np.uint16], own: int, learn: bool) -> tuple[np.float32, np.float32]:
    """Return the like for a category: they rank by how rare they are, the rarest first; about as rare is as rare."""
    mine = int(counts[own]) + 1
    rarer, alike, total = 0, mine, mine
    often = _OFTEN[mine]
    for at in range(len(counts)):
        if at != own:
            count = int(counts[at])
            total += count
            if _OFTEN[count] < often:
                rarer += count
            elif _OFTEN[count] == often:
                alike += count
    low, high = np.float32(rarer) / np.float32(total), np.float32(rarer + alike) / np.float32(total)
    if learn:
        counts[own] += 1
        if total > _MOST_COUNTED:
            for at in range(len(counts)):
                counts[at] >>= 1
    return low, high


@compiled
def score(low: np.float32, high: np.float32) -> np.float32:
    """Return the mean normal score over an interval of ranks: 0 on average, whatever the ties."""
    mean = (_below(_HEIGHT, low) - _below(_HEIGHT, high)) / max(high - low, np.float32(1e-6))
    return min(max(mean, -_MOST_SCORE), _MOST_SCORE)


@compiled
def _below(table: NDArray[np.float32], rank: np.float32) -> Any:
    at = min(int(rank * np.float32(GRID)), GRID - 1)
    return table[at] + (rank * np.float32(GRID) - np.float32(at)) * (table[at + 1] - table[at])
