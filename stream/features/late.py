"""Events that came too late to be counted in their minute."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from windvane.stream.anomaly.clock import CLOCK, closes_us, heard
from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.detector import LearnedSignal
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.state import ArrayState

__all__ = ["Late"]


class Late(ArrayState, LearnedSignal):
    """By how many seconds an event came after its minute was closed; nothing of one that came in time.

    The clock of a partition is the latest time among its events; it closes a minute ten seconds after its end. What
    comes out of order before that is counted where it belongs. A time that the log's own does not bear out moves no
    clock.

    >>> from windvane.stream.testing import batch_of
    >>> batch = batch_of({"time": 1_699_999_980 + second} for second in (0, 59, 65, 40, 75, 40, 58.5))
    >>> Late().score(batch, np.zeros(7, int), 1).tolist()
    [nan, nan, nan, nan, nan, 5.0, 5.0]
    """

    name = Signal.LATE
    info = SignalInfo(
        unit="seconds",
        range="from 0",
        columns=("time",),
        source="definition",
        cost_us=0.1,
        doc="By how long an event came after its minute was closed, ten seconds after the minute's end by the latest"
        " event: it is stored, and missing from what is said of that minute.",
    )
    dtype: ClassVar = np.dtype(CLOCK)

    def score(self, batch: Batch, series: NDArray[np.int64], count: int) -> NDArray[np.float64]:
        """See `LearnedSignal.score`."""
        self._grow(1)
        said = np.full(len(batch), np.nan)
        if len(batch):
            _score(self.state[0], batch.times_us(), batch.logged_us, said)
            self._dirty[0] = True
        return said


@compiled
def _score(clock: Any, times: NDArray[np.int64], logged: NDArray[np.int64], said: NDArray[np.float64]) -> None:
    for at in range(len(times)):
        closes = closes_us(times[at])
        if clock.now_us > 0 and clock.now_us >= closes:
            said[at] = (clock.now_us - closes) / 1e6
        heard(clock, times[at], logged[at])
