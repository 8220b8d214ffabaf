"""What an event is known by: 64-bit keys of its columns, for signals that remember."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.text.hashes import mixed

__all__ = ["among", "list_hashes"]

_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)


def among(batch: Batch, name: str, values: pa.Array) -> NDArray[np.bool_]:
    """Return per event whether a text column that has few distinct values has one of these, bool (n,)."""
    coded = batch.codes(name)
    found = np.append(pc.is_in(coded.dictionary, values).to_numpy(zero_copy_only=False), False)
    codes: NDArray[np.int64] = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return found[codes]


def list_hashes(batch: Batch, name: str) -> NDArray[np.uint64]:
    """Return a hash per event of a column of texts and their order, uint64 (n,); 0 where it has none.

    >>> from windvane.stream.testing import batch_of
    >>> lists = [["a", "b"], ["b", "a"], ["ab"], ["a", "b"], None]
    >>> one, other, joined, same, none = list_hashes(batch_of({"context": texts} for texts in lists),
    ...     "gen_ai_retrieval_documents").tolist()
    >>> len({one, other, joined}), one == same, none
    (3, True, 0)
    """
    cells = batch.arrow(name)
    ends = cells.offsets.to_numpy().astype(np.int64)
    ends -= ends[0]
    found = np.zeros(len(batch), np.uint64)
    if ends[-1]:
        texts = cells.flatten()
        cuts = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
        # Their bytes in words of eight, from any place on; behind the last there is room for one more.
        data = np.zeros(int(cuts[-1] - cuts[0]) + 8, np.uint8)
        if len(data) > 8:
            data[:-8] = np.frombuffer(texts.buffers()[2], np.uint8)[cuts[0] : cuts[-1]]
        _hash(
            np.ndarray((len(data) - 7,), "<u8", buffer=data, strides=(1,)), cuts.astype(np.int64) - cuts[0], ends, found
        )
        found = np.where(found != 0, mixed(found), found)
    return found


@compiled
def _hash(
    words: NDArray[np.uint64], cuts: NDArray[np.int64], ends: NDArray[np.int64], found: NDArray[np.uint64]
) -> None:
    for row in range(len(found)):
        held = np.uint64(ends[row + 1] - ends[row])
        for text in range(ends[row], ends[row + 1]):
            at = cuts[text]
            while at + 8 <= cuts[text + 1]:
                held = (held ^ words[at]) * _FACTOR
                held ^= held >> np.uint64(29)
                at += 8
            left = np.uint64(8 * (cuts[text + 1] - at))
            # What is left of a text is less than a word: its number of bits takes the place above it.
            rest = (words[at] & ((np.uint64(1) << left) - np.uint64(1))) + ((left + np.uint64(1)) << np.uint64(56))
            held = (held ^ rest) * _FACTOR
            held ^= held >> np.uint64(29)
        found[row] = held
