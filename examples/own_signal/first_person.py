"""A signal of one's own, one function over columns: the share of words by which a model speaks of itself."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.text.texts import answer_words
from windvane.stream.text.word_table import WordTable

__all__ = ["first_person"]

_SELF: Final = WordTable(dict.fromkeys(("i", "me", "my", "mine", "myself"), 1))


def first_person(batch: Batch) -> NDArray[np.float64]:
    """Return the share of each answer's words, float64 (n,); NaN where there is no answer.

    >>> from windvane.stream.testing import batch_of
    >>> first_person(batch_of([{"response": "I think so, by my clock"}, {"response": "Yes"}, {}])).round(2).tolist()
    [0.33, 0.0, nan]
    """
    words = batch.derived(answer_words)  # found once per batch, shared with windvane's own signals
    own = np.bincount(words.owner[_SELF.look_up(words) != 0], minlength=len(batch))
    with np.errstate(invalid="ignore"):
        return np.where(words.counts > 0, own / words.counts, np.nan)
