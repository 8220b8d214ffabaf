"""64-bit hashes of many texts at once: the same in every process and on every machine."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch

__all__ = ["column_hashes", "mixed", "text_hashes"]

_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_MASKS: Final = np.array([(1 << 8 * count) - 1 for count in range(8)] + [2**64 - 1], np.uint64)
_NULL: Final = np.uint64(0x5851F42D4C957F2D)


def text_hashes(texts: pa.Array) -> NDArray[np.uint64]:
    """Return a hash per text, uint64 (n,): absence has one of its own.

    The bytes in words of eight, each mixed with its place, are summed: no text is looked at by itself.

    >>> one, other, same, absent = text_hashes(pa.array(["a", "b", "a", None])).tolist()
    >>> one == same, one == other, absent in (one, other)
    (True, False, False)
    """
    filled = pc.fill_null(texts, "")
    length = pc.binary_length(filled).to_numpy(zero_copy_only=False).astype(np.int64)
    begin = np.frombuffer(filled.buffers()[1], np.int32)[filled.offset : filled.offset + len(filled)].astype(np.int64)
    found = mixed(length.astype(np.uint64))
    words = (length + 7) // 8
    some = np.flatnonzero(words)
    if len(some):
        first = np.cumsum(words[some]) - words[some]
        place = np.arange(words.sum()) - np.repeat(first, words[some])
        low, high = int(begin[some[0]]), int(begin[some[-1]] + length[some[-1]])
        data = np.zeros(high - low + 8, np.uint8)
        data[:-8] = np.frombuffer(filled.buffers()[2], np.uint8)[low:high]
        at = np.repeat(begin[some] - low, words[some]) + 8 * place
        word = np.ndarray((len(data) - 7,), "<u8", buffer=data, strides=(1,))[at]
        last = first + words[some] - 1
        word[last] &= _MASKS[(length[some] - 1) % 8 + 1]
        word ^= place.astype(np.uint64) * _STEP
        word *= _FIRST
        word ^= word >> np.uint64(32)
        word *= _SECOND
        found[some] = mixed(found[some] + np.add.reduceat(word, first))
    absent = texts.is_null().to_numpy(zero_copy_only=False)
    found[absent] = _NULL
    return found


def column_hashes(batch: Batch, name: str) -> NDArray[np.uint64]:
    """Return a hash per event of a text column that has few distinct values, uint64 (n,); 0 where absent."""
    coded = batch.codes(name)
    hashes: NDArray[np.uint64] = np.append(text_hashes(coded.dictionary), np.uint64(0))
    codes: NDArray[np.int64] = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return hashes[codes]


def mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the words with every bit of each spread over all 64 (the finalizer of splitmix64)."""
    spread = words + _STEP
    spread = (spread ^ (spread >> np.uint64(30))) * _FIRST
    spread = (spread ^ (spread >> np.uint64(27))) * _SECOND
    spread ^= spread >> np.uint64(31)
    return spread
