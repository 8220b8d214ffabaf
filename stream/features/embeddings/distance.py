"""How far an embedding is from where those of its series usually point."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.detector import LearnedSignal
from windvane.stream.features.embeddings.vectors import LANES, vectors
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.state import ArrayState

__all__ = ["EmbeddingDistance"]

_WARM_UP: Final = 16
_MEMORY: Final = 1000
"""Embeddings that the mean is of: a space that has moved is the usual one some thousands later."""


class EmbeddingDistance(ArrayState, LearnedSignal):
    """The cosine distance of an embedding from the mean direction of its series before it.

    A fall towards 0 is a collapse: all point one way. A rise is a space that has moved: another model of embeddings, or
    other texts. Vectors are compared by 64 random projections (Achlioptas 2003, on disjoint places), so that the state
    is small whatever the dimension: one distance is off by about 0.1, equal vectors are at 0. Silent for the first 16.

    >>> from windvane.stream.testing import batch_of
    >>> usual = [{"embedding": [1.0, 0.1, number % 3 / 10]} for number in range(20)]
    >>> events = [*usual, {"embedding": [-1.0, 0, 0]}, {}]
    >>> EmbeddingDistance().score(batch_of(events), np.zeros(22, int), 1)[[0, 19, 20, 21]].round(2).tolist()
    [nan, 0.0, 1.99, nan]
    """

    name = Signal.EMBEDDING_DISTANCE
    info = SignalInfo(
        unit="cosine distance",
        range="0 to 2",
        columns=("embedding", "service_name", "gen_ai_request_model", "gen_ai_operation_name", "gen_ai_prompt_version"),
        source="Achlioptas 2003, random projections",
        cost_us=0.2,
        doc="The cosine distance of an embedding from the mean direction of its series, once 16 are known. A fall"
        " towards 0 is a collapse, a rise a space that has moved.",
    )
    dtype: ClassVar = np.dtype([("seen", "u4"), ("mean", "f4", (LANES,))])

    def score(self, batch: Batch, series: NDArray[np.int64], count: int) -> NDArray[np.float64]:
        """See `LearnedSignal.score`."""
        said = np.full(len(batch), np.nan)
        held = batch.derived(vectors)
        rows = np.flatnonzero((held.dimension > 0) & ~held.broken)
        if len(rows):
            self._grow(count)
            self._dirty[series[rows] // self.page_size] = True
            _follow(self.state, rows, series, held.direction, said)
        return said


@compiled
def _follow(
    state: Any, rows: NDArray[np.int64], series: NDArray[np.int64], direction: NDArray[np.float64],
    said: NDArray[np.float64],
) -> None:  # fmt: skip
    for row in rows:
        held, own = state[series[row]], direction[row]
        mean = held.mean
        if held.seen >= _WARM_UP:
            along, square = 0.0, 0.0
            for lane in range(LANES):
                along += own[lane] * mean[lane]
                square += np.float64(mean[lane]) * mean[lane]
            # A mean of nothing is nearest to none.
            said[row] = min(max(1.0 - along / np.sqrt(square), 0.0), 2.0) if square > 0.0 else 1.0
        held.seen = min(held.seen + 1, _MEMORY)
        weight = 1.0 / held.seen
        for lane in range(LANES):
            mean[lane] += weight * (own[lane] - mean[lane])
