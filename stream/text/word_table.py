"""A small set of known words, looked up for all words of a batch at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.compiled import compiled
from windvane.stream.text.words import Words

__all__ = ["MIX", "WordTable"]

MIX: Final = tuple(np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))
"""Odd multipliers: their products have all of a key in their high bits (Knuth, The Art of Computer Programming 6.4)."""
_LENGTH: Final = MIX[2]
_BUCKET_BITS, _BUCKETS = np.uint64(32), np.uint64(0xFF)


class WordTable:
    """Words, each with a number from 1 to 255, found without a collision.

    A perfect hash by displacement (Belazzougui, Botelho and Dietzfelbinger 2009): the words of a bucket share a move
    that lets each fall on a free place.

    >>> import pyarrow as pa
    >>> from windvane.stream.text.words import words_of
    >>> table = WordTable({"such": 1, "including": 2})
    >>> table.look_up(words_of(pa.array(["Such things, including them"]))).tolist()
    [1, 0, 2, 0]
    """

    def __init__(self, words: Mapping[str, int]) -> None:
        """Take lower-case words, a few thousand at most; those of one length that share eight bytes are one."""
        keys = {_key(word): number for word, number in words.items()}
        self._bits = max(8, (2 * len(keys)).bit_length())
        factor = int(MIX[0])
        while not self._placed(keys, factor):
            factor = (factor * 6364136223846793005 + 1442695040888963407) % 2**64 | 1
        self._factor, self._shift = np.uint64(factor), np.uint64(64 - self._bits)

    def _placed(self, keys: Mapping[int, int], factor: int) -> bool:
        """Give each key a place; return whether there is one for all."""
        self._moves = np.zeros(256, np.uint64)
        self._keys, self._numbers = np.zeros(1 << self._bits, np.uint64), np.zeros(1 << self._bits, np.uint8)
        buckets: dict[int, list[int]] = {}
        for key in keys:
            buckets.setdefault(key * factor % 2**64 >> 32 & 0xFF, []).append(key)
        for bucket, members in sorted(buckets.items(), key=lambda held: -len(held[1])):
            hashes = [key * factor % 2**64 >> 64 - self._bits for key in members]
            if len(set(hashes)) < len(hashes):
                return False
            for move in range(1 << self._bits):
                places = [(one + move) % (1 << self._bits) for one in hashes]
                if not self._numbers[places].any():
                    break
            else:
                return False
            self._moves[bucket] = move
            self._keys[places], self._numbers[places] = members, [keys[key] for key in members]
        return True

    def look_up(self, words: Words, at: NDArray[np.int64] | slice = slice(None)) -> NDArray[np.uint8]:
        """Return the number of each word, or of those `at` places, uint8 (m,); 0 if it is not in the table."""
        heads, lengths = words.head[at], words.length[at]
        found = np.empty(len(heads), np.uint8)
        _look_up(heads, lengths, self._factor, self._shift, self._moves, self._keys, self._numbers, found)
        return found


@compiled
def _look_up(
    heads: NDArray[np.uint64], lengths: NDArray[np.int64], factor: np.uint64, shift: np.uint64,
    moves: NDArray[np.uint64], keys: NDArray[np.uint64], numbers: NDArray[np.uint8], found: NDArray[np.uint8],
) -> None:  # fmt: skip
    last = np.uint64(len(keys) - 1)
    for word in range(len(heads)):
        key = heads[word] + np.uint64(min(lengths[word], 15)) * _LENGTH
        mixed = key * factor
        place = np.int64(((mixed >> shift) + moves[np.int64(mixed >> _BUCKET_BITS & _BUCKETS)]) & last)
        found[word] = numbers[place] if keys[place] == key else 0


def _key(word: str) -> int:
    encoded = word.encode()
    return (int.from_bytes(encoded[:8], "little") + min(len(encoded), 15) * int(_LENGTH)) % 2**64
