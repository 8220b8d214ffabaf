"""Words that the documents have, but nowhere together: what an answer says of one thing, they say of another."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.compiled import compiled
from windvane.stream.features.groundedness.sentences import Sentences
from windvane.stream.text.presence import Presence, held, put
from windvane.stream.text.word_table import MIX

__all__ = ["apart"]

_REACH: Final = 6
"""How many content words further on in a document a word is still near."""
_PARTNERS: Final = 2
"""Neighbours on either side that a word of the answer is paired with."""
_MIX: Final = MIX[1]


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
    missing, pairs = np.zeros(len(at)), np.zeros(len(at))
    _put(there.there, there.shift, there.base, source_keys, source_counts)
    _ask(there.there, there.shift, there.base, keys, counts, sentences.of_word[at], missing, pairs)
    return missing / np.maximum(pairs, 1)


@compiled
def _put(there: NDArray[np.uint8], shift: NDArray[np.uint64], base: NDArray[np.int64], keys: NDArray[np.uint64],
         counts: NDArray[np.int64]) -> None:  # fmt: skip
    """Take the pairs of each event's documents in."""
    first = 0
    for event in range(len(counts)):
        last = first + counts[event]
        for at in range(first, last):
            for other in range(max(at - _REACH, first), at):
                pair = (keys[at] ^ keys[other]) * _MIX
                put(there, base[event] + np.int64(pair >> shift[event]))
        first = last


@compiled
def _ask(
    there: NDArray[np.uint8], shift: NDArray[np.uint64], base: NDArray[np.int64], keys: NDArray[np.uint64],
    counts: NDArray[np.int64], sentence: NDArray[np.int64], missing: NDArray[np.float64], pairs: NDArray[np.float64],
) -> None:  # fmt: skip
    """Count the pairs of each word, and those of them that are not there."""
    first = 0
    for event in range(len(counts)):
        last = first + counts[event]
        for at in range(first, last):
            for other in range(max(at - _PARTNERS, first), at):
                pair = (keys[at] ^ keys[other]) * _MIX
                if sentence[at] == sentence[other] and pair != 0:
                    absent = not held(there, base[event] + np.int64(pair >> shift[event]))
                    for one in (at, other):
                        pairs[one] += 1
                        missing[one] += absent
        first = last
