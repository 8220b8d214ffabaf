"""Whether an embedding has the shape of one."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.embeddings.vectors import vectors
from windvane.stream.signals import Signal, SignalInfo

__all__ = ["EmbeddingBroken", "EmbeddingDimension", "EmbeddingNorm"]

_COLUMNS: Final = ("embedding",)


class EmbeddingDimension(EventSignal):
    """The numbers in an embedding.

    >>> from windvane.stream.testing import batch_of
    >>> EmbeddingDimension().score(batch_of([{"embedding": [0.6, 0.8]}, {}])).tolist()
    [2.0, nan]
    """

    name = Signal.EMBEDDING_DIMENSION
    info = SignalInfo(
        unit="numbers",
        range="from 1",
        columns=_COLUMNS,
        source="definition",
        cost_us=0.1,
        doc="The numbers in an embedding: another model of embeddings often has another dimension.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        dimension = batch.derived(vectors).dimension
        return np.where(dimension > 0, dimension, np.nan)


class EmbeddingNorm(EventSignal):
    """The length of an embedding, as a vector; nothing of one that is no vector of numbers.

    >>> from windvane.stream.testing import batch_of
    >>> EmbeddingNorm().score(batch_of([{"embedding": [0.6, 0.8]}, {"embedding": [3, 4]}, {}])).round(3).tolist()
    [1.0, 5.0, nan]
    """

    name = Signal.EMBEDDING_NORM
    info = SignalInfo(
        unit="length",
        range="from 0",
        columns=_COLUMNS,
        source="definition",
        cost_us=1.7,
        doc="The length of an embedding as a vector: 1 where they are normalized.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        held = batch.derived(vectors)
        return np.where((held.dimension > 0) & np.isfinite(held.norm), held.norm, np.nan)


class EmbeddingBroken(EventSignal):
    """1 where all numbers of an embedding are one and the same, such as 0, or one of them is no number; else 0.

    >>> from windvane.stream.testing import batch_of
    >>> EmbeddingBroken().score(batch_of({"embedding": one} for one in ([0.6, 0.8], [0, 0], [0.1, 0.1], None))).tolist()
    [0.0, 1.0, 1.0, nan]
    """

    name = Signal.EMBEDDING_BROKEN
    info = SignalInfo(
        unit="yes or no",
        range="0 or 1",
        columns=_COLUMNS,
        source="definition",
        cost_us=0.1,
        doc="1 where all numbers of an embedding are one and the same, such as 0, or one of them is no number.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        held = batch.derived(vectors)
        return np.where(held.dimension > 0, held.broken, np.nan)
