"""Words that the documents have, but nowhere together: what an answer says of one thing, they say of another."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.features.groundedness.sentences import Sentences
from windvane.stream.text.presence import Presence
from windvane.stream.text.word_table import MIX

__all__ = ["apart"]

_REACH: Final = 6
"""How many content words further on in a document a word is still near."""
_PARTNERS: Final = 2
"""Neighbours on either side that a word of the answer is paired with."""


def apart(
    sentences: Sentences, at: NDArray[np.int64], keys: NDArray[np.uint64], counts: NDArray[np.int64],
    source_keys: NDArray[np.uint64], source_counts: NDArray[np.int64],
) -> NDArray[np.float64]:  # fmt: skip
    """Return, for the words `at` of the answers, the share of their pairs that no document has, float64 (j,).

    These are the answers' content words that the documents have: `keys` uint64 (j,) their stems, `counts` int64 (n,)
    how many each event has; `source_keys` are the stems of the documents' content words, `source_counts` (n,) how many
    each event has. A pair is two of a sentence next or next but one; it is unordered.
    """
    there = Presence(4 * source_counts)
    spread = there.spread(source_counts)
    place = np.arange(len(source_keys)) - np.repeat(np.cumsum(source_counts) - source_counts, source_counts)
    for step in range(1, _REACH + 1):
        slots = there.slots((source_keys[step:] ^ source_keys[:-step]) * MIX[1], spread[step:])
        there.add(slots[place[step:] >= step])
    of_answers, sentence = there.spread(counts), sentences.of_word[at]
    missing, pairs = np.zeros(len(at)), np.zeros(len(at))
    for step in range(1, _PARTNERS + 1):
        pair = (keys[step:] ^ keys[:-step]) * MIX[1]
        asked = (sentence[step:] == sentence[:-step]) & (pair != 0)
        absent = asked & ~there.has(there.slots(pair, of_answers[step:]))
        for side in (slice(step, None), slice(None, -step)):
            pairs[side] += asked
            missing[side] += absent
    return missing / np.maximum(pairs, 1)
