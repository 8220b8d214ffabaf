"""NAB's score of anomaly scores, by its published rules (Lavin & Ahmad 2015): 100 is perfect, 0 is to say nothing.

A labelled window is found by its best-placed alarm: worth 1 at its left edge, 0 at its right. An alarm outside costs
0.11, less just after a window; a window not found costs 1. The first 15 % of a file, 750 rows at most, do not count.
One threshold is chosen for all files: the best. Two other profiles double the cost of false alarms, or of misses.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["FileScores", "PROFILES", "score"]

PROFILES: Final = {"standard": (0.11, 1.0), "reward_low_FP_rate": (0.22, 1.0), "reward_low_FN_rate": (0.11, 2.0)}
"""What a false alarm and a miss cost."""
FileScores = tuple[NDArray[np.float64], NDArray[np.int64], list[tuple[int, int]]]
"""The anomaly scores of a file, the time of each, and the first and last time of each window."""


def _sigmoid(place: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(place > 3, -1.0, 2 / (1 + np.exp(5 * np.minimum(place, 3))) - 1)


def _worth(times: NDArray[np.int64], windows: list[tuple[int, int]]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return what an alarm at each row is worth, and the number of its window, -1 outside."""
    worth, window = np.full(len(times), -1.0), np.full(len(times), -1)
    for number, (begin, end) in enumerate(windows):
        first, last = (int(np.flatnonzero(times == edge)[0]) for edge in (begin, end))
        width, after = last - first + 1, np.arange(1, len(times) - last)
        worth[last + 1 :] = _sigmoid(after / max(width - 1, 1))
        worth[first : last + 1] = _sigmoid(np.arange(-width, 0) / width) / _sigmoid(np.array(-1.0))
        window[first : last + 1] = number
    return worth, window


def score(files: Iterable[FileScores]) -> dict[str, float]:
    """Return the score of each profile, and under `threshold` that of the standard one."""
    rows: list[tuple[float, float, tuple[int, int] | None]] = []
    windows, reachable = 0, set()
    for file, (scores, times, labels) in enumerate(files):
        worth, window = _worth(times, labels)
        windows += len(labels)
        for at in range(min(int(0.15 * len(times)), 750), len(times)):
            where = (file, int(window[at])) if window[at] >= 0 else None
            reachable |= {where} if where else set()
            if scores[at] > 0:
                rows.append((float(scores[at]), float(worth[at]), where))
    rows.sort(key=lambda row: -row[0])
    found = {}
    for profile, (false, miss) in PROFILES.items():
        best: dict[tuple[int, int], float] = {}
        total, peak, threshold = -miss * len(reachable), -miss * len(reachable), float("inf")
        for number, (level, worth_here, where) in enumerate(rows):
            if where is None:
                total += false * worth_here
            else:
                before = best.get(where, -miss)
                best[where] = max(before, worth_here)
                total += best[where] - before
            last = number + 1 == len(rows) or rows[number + 1][0] < level
            if last and total > peak:
                peak, threshold = total, level
        found[profile] = round(100 * (peak + miss * windows) / ((1 + miss) * windows), 2) if windows else 0.0
        found.setdefault("threshold", round(threshold, 4))
    return found
