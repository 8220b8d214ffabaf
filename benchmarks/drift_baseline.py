"""The trivial baseline of the answer drift detector: river's Page-Hinkley test on the length of answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from river.drift import PageHinkley

from windvane.stream.baseline import WARM_UP

__all__ = ["page_hinkley"]


def page_hinkley(lengths: NDArray[np.float64], change: int) -> tuple[float, int]:
    """Return the events from the change until it has fired, infinite if it has not, and its alarms before it.

    Lengths are scaled by the mean and the spread of the first 64, else its own threshold of 50 is that of characters.
    """
    detector = PageHinkley()
    false = 0
    scale = max(float(lengths[:WARM_UP].std()), 1e-9)
    for at, length in enumerate(((lengths - lengths[:WARM_UP].mean()) / scale).tolist()):
        detector.update(length)
        if detector.drift_detected:
            if at >= change:
                return at - change + 1, false
            false += 1
    return np.inf, false
