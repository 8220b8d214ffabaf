"""The code fences of answers."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.text.texts import answer_words

__all__ = ["answer_fences"]

_TICK: Final = ord("`")


def answer_fences(batch: Batch) -> NDArray[np.int64]:
    """Return how many code fences, which open or close a block, each answer has, int64 (n,)."""
    words = batch.derived(answer_words)
    ticks = words.marks[words.raw[words.marks] == _TICK]
    raw = words.raw
    fences = ticks[(raw[ticks - 1] != _TICK) & (raw[ticks + 1] == _TICK) & (raw[ticks + 2] == _TICK)]
    return np.diff(np.searchsorted(fences, words.text))
