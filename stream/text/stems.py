"""What makes two words the same: a key per word, and which words carry content."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.compiled import compiled
from windvane.stream.text.stop_words import STOP_WORDS
from windvane.stream.text.word_table import MIX, WordTable
from windvane.stream.text.words import Words

__all__ = ["content", "stems"]

_FIRST: Final = np.array([(1 << 8 * count) - 1 for count in range(8)] + [2**64 - 1], np.uint64)
_HIGH, _BYTE, _ZERO, _TEN = (np.uint64(number) for number in (0x8080808080808080, 0xFF, ord("0"), 10))
_NINE, _S, _LETTERS = ord("9"), ord("s"), 5
_MIX: Final = MIX[0]


def stems(words: Words) -> NDArray[np.uint64]:
    """Return a key per word, uint64 (m,), mixed so that its high bits serve as a hash: equal for words of one stem.

    The stem is the first five letters of a word, less the s of a short plural; of a number its leading digits (23 of
    `23rd`); of a word that is not ASCII its first eight bytes.

    >>> import pyarrow as pa
    >>> from windvane.stream.text.words import words_of
    >>> one = lambda text: stems(words_of(pa.array([text]))).tolist()
    >>> one("Paintings cats 23rd") == one("painted cat 23"), one("art") == one("artist")
    (True, False)
    """
    keys = np.empty(len(words.head), np.uint64)
    _stems(words.head, words.begin, words.end, words.lower, keys)
    return keys


@compiled
def _stems(head: NDArray[np.uint64], begin: NDArray[np.int64], end: NDArray[np.int64], lower: NDArray[np.uint8],
           keys: NDArray[np.uint64]) -> None:  # fmt: skip
    for word in range(len(head)):
        key, length = head[word], min(end[word] - begin[word], 8)
        if lower[begin[word]] <= _NINE:  # nothing but a digit is below a letter
            length = 0
            while length < 8 and (key >> np.uint64(8 * length) & _BYTE) - _ZERO < _TEN:
                length += 1
        elif key & _HIGH == 0:
            plural = lower[end[word] - 1] == _S and 4 <= end[word] - begin[word] <= 6
            length = min(end[word] - begin[word] - plural, _LETTERS)
        keys[word] = (key & _FIRST[length]) * _MIX


_STOP_WORDS: Final = WordTable(dict.fromkeys(STOP_WORDS, 1))


def content(words: Words) -> NDArray[np.bool_]:
    """Return whether a word carries content, bool (m,): it is no stop word and no single ASCII letter."""
    carries: NDArray[np.bool_] = _STOP_WORDS.look_up(words) == 0
    carries &= (words.length > 1) | words.number
    return carries
