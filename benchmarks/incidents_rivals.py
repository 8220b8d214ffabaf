"""What `benchmarks.incidents` sets the detector beside: deviations from running means, and river's detectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from river import drift

from benchmarks.incidents_series import MINUTES, Minutes
from windvane.stream.compiled import compiled

__all__ = ["DEVIATIONS", "RIVER", "deviations", "levels", "noticed", "shown"]

Floats = NDArray[np.float64]

DEVIATIONS: Final = {"ewma .02": (0.02, False), "ewma .001": (0.001, False), "ewma differences .005": (0.005, True)}
"""The weight of a minute in the running mean and variance, and whether of differences between minutes."""
REST: Final = 100
"""A score is shown only if none of the last hundred minutes was as high: alarms are not repeated."""

RIVER: Final[dict[str, tuple[Callable[[], Any], ...]]] = {
    "ADWIN": tuple(partial(drift.ADWIN, delta=delta) for delta in (0.002, 1e-6, 1e-12, 1e-30)),
    "KSWIN": tuple(partial(drift.KSWIN, alpha=alpha, window_size=100, stat_size=30, seed=0) for alpha in (1e-6, 1e-12)),
    "PageHinkley": tuple(
        partial(drift.PageHinkley, min_instances=30, delta=0.05, threshold=bar) for bar in (15.0, 60.0, 250.0, 1000.0)
    ),
}
"""Each with the settings among which the one is taken that comes closest to the false alarms allowed from below."""


def levels(one: Minutes) -> Floats:
    """Return what these are shown of a series: the logarithm of a minute's calls, or the mean of the logarithms."""
    if one.counted:
        return np.log1p(one.count)
    with np.errstate(invalid="ignore"):
        level = one.total / one.count
    heard = np.maximum.accumulate(np.where(one.count > 0, np.arange(MINUTES), 0))
    return np.nan_to_num(level[heard])


def deviations(level: Floats, weight: float, differences: bool) -> Floats:
    """Return how many deviations each minute is from the running mean of those before, where that is to be shown."""
    values = np.diff(level, prepend=level[0]) if differences else level
    scores = np.zeros(len(values))
    _deviations(values, weight, scores)
    return shown(scores)


@compiled
def _deviations(values: Floats, weight: float, scores: Floats) -> None:
    mean, variance = values[0], 0.0
    for at in range(1, len(values)):
        off = values[at] - mean
        if at > 30:
            scores[at] = abs(off) / np.sqrt(variance + 1e-9)
        rate = max(weight, 1.0 / (at + 1))
        mean += rate * off
        variance += rate * ((1 - rate) * off * off - variance)


def shown(scores: Floats) -> Floats:
    """Return the scores that are higher than those of the last hundred minutes, else 0."""
    before = np.concatenate([np.zeros(REST), scores])
    highest = np.lib.stride_tricks.sliding_window_view(before, REST)[:-1].max(axis=1)
    return np.where(scores > highest, scores, 0.0)


def noticed(make: Callable[[], Any], clean: Floats, hits: list[tuple[int, Floats]]) -> Iterator[NDArray[np.int64]]:
    """Yield the minutes in which one of river's notices something: of the clean series, then of each that is hit.

    `hits`: from which minute on a series differs from the clean one, and its values from there on.
    """
    spread = float(np.std(clean)) or 1.0
    detector, held, found = make(), {}, []
    starts = {start for start, _ in hits}
    for minute, value in enumerate(((clean - clean[0]) / spread).tolist()):
        if minute in starts:
            held[minute] = deepcopy(detector)
        detector.update(value)
        if detector.drift_detected:
            found.append(minute)
    yield np.array(found, np.int64)
    for start, values in hits:
        detector, found = deepcopy(held[start]), []
        for minute, value in enumerate(((values - clean[0]) / spread).tolist(), start):
            detector.update(value)
            if detector.drift_detected:
                found.append(minute)
        yield np.array(found, np.int64)
