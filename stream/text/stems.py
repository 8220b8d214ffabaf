"""What makes two words the same: a key per word, and which words carry content."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.text.stop_words import STOP_WORDS
from windvane.stream.text.word_table import MIX, WordTable
from windvane.stream.text.words import Words

__all__ = ["content", "stems"]

_BYTES: Final = [(1 << 8 * count) - 1 for count in range(8)] + [2**64 - 1] * 8
_KEPT: Final = np.array(
    [[_BYTES[min(length - (plural and 4 <= length <= 6), 5)] for length in range(16)] for plural in (0, 1)]
    + [_BYTES, _BYTES],
    np.uint64,
).reshape(-1)
"""Which bytes of a word's head are its stem, by length, a final s (16) and whether it is a number or not ASCII (32)."""
_HIGH: Final = np.uint64(0x8080808080808080)


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
    reach = np.minimum(words.length, 15).astype(np.uint8)
    plural = words.lower.take(words.end - 1) == ord("s")
    number = words.number
    whole = number if words.ascii else number | ((words.head & _HIGH) != 0)
    reach |= plural.view(np.uint8) << 4
    reach |= whole.view(np.uint8) << 5
    keys = words.head & _KEPT.take(reach)
    at = np.flatnonzero(number)
    keys[at] = _leading_digits(keys[at])
    keys *= MIX[0]
    return keys


def _leading_digits(heads: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Keep the bytes before the first one that is no digit, all eight at once: bit 7 of a byte says "no digit"."""
    odd = heads ^ np.uint64(0x3030303030303030)
    odd |= (odd & ~_HIGH) + np.uint64(0x7676767676767676)
    odd &= _HIGH
    odd &= ~odd + np.uint64(1)  # the lowest such bit; where there is none, the mask below is all ones
    odd >>= np.uint64(7)
    return heads & (odd - np.uint64(1))


_STOP_WORDS: Final = WordTable(dict.fromkeys(STOP_WORDS, 1))


def content(words: Words) -> NDArray[np.bool_]:
    """Return whether a word carries content, bool (m,): it is no stop word and no single ASCII letter."""
    carries: NDArray[np.bool_] = _STOP_WORDS.look_up(words) == 0
    carries &= (words.length > 1) | words.number
    return carries
