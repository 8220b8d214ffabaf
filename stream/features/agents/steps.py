"""How many calls an agent has made so far."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.detector import LearnedSignal
from windvane.stream.features.agents.traces import COLUMNS, TRACES, seconds, slot, trace_keys
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.state import ArrayState

__all__ = ["AgentSteps"]


class AgentSteps(ArrayState, LearnedSignal):
    """Calls so far in this trace, this one among them; in this conversation where the app names no trace.

    A trace that has been still for an hour begins anew. Some 32,000 traces are remembered at once. Calls with different
    models are counted together where they are in one partition of the log, which the local setting has only one of.

    >>> from windvane.stream.testing import batch_of
    >>> events = [{"trace_id": "a"}, {"trace_id": "b"}, {"trace_id": "a"}, {"session": "c"}, {"prompt": "hi"}]
    >>> AgentSteps().score(batch_of(events), np.zeros(5, int), 1).tolist()
    [1.0, 1.0, 2.0, 1.0, nan]
    """

    name = Signal.AGENT_STEPS
    info = SignalInfo(
        unit="calls",
        range="from 1",
        columns=COLUMNS,
        source="definition",
        cost_us=0.3,
        doc="Calls so far in this trace, or in this conversation where no trace is named, this one among them; anew"
        " after an hour without one. Calls of one trace with several models are counted together where they are in one"
        " partition of the log.",
    )
    dtype: ClassVar = np.dtype([("key", "u8"), ("last", "u4"), ("steps", "u4")])
    page_size: ClassVar = 4096

    def score(self, batch: Batch, series: NDArray[np.int64], count: int) -> NDArray[np.float64]:
        """See `LearnedSignal.score`."""
        said = np.full(len(batch), np.nan)
        keys = batch.derived(trace_keys)
        if keys.any():
            self._grow(TRACES)
            _count(self.state[:TRACES], self._dirty, self.page_size, keys, batch.derived(seconds), said)
        return said


@compiled
def _count(
    table: Any, dirty: NDArray[np.bool_], page: int, keys: NDArray[np.uint64], now: NDArray[np.int64],
    said: NDArray[np.float64],
) -> None:  # fmt: skip
    for row in range(len(keys)):
        if keys[row]:
            place, begins = slot(table, keys[row], now[row])
            table[place].steps = 1 if begins else table[place].steps + 1
            said[row] = table[place].steps
            dirty[place // page] = True
