"""The numbers in texts, by value: 4,300 is 4300, and a number that is written out is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.text.word_table import MIX, WordTable
from windvane.stream.text.words import Words

__all__ = ["SPELLED_UP_TO", "Numbers", "numbers", "spelled"]

_ENGLISH: Final = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty
"""
_SPELLED: Final = WordTable({word: number + 1 for number, word in enumerate(_ENGLISH.split())})
_COMMA, _POINT = ord(","), ord(".")
_ZEROS: Final = np.array([int.from_bytes(b"0" * (8 - digits), "little") for digits in range(9)], np.uint64)
_MOVES: Final = np.array([8 * (8 - digits) if digits else 0 for digits in range(9)], np.uint64)
_MOST_PARTS: Final = 5
SPELLED_UP_TO: Final = 20


@dataclass(frozen=True)
class Numbers:
    """The numbers in some texts, k in all, in order.

    `first`, `last` int64 (k,): the words each begins and ends with. `digits` int64 (k,): how many its first word has.
    `keys` uint64 (k, 2): of its value as it is written in English, 4,300.5, and elsewhere, 4.300,5.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    digits: NDArray[np.int64]
    value: NDArray[np.float64]
    keys: NDArray[np.uint64]


def numbers(words: Words, of: NDArray[np.bool_] | None = None) -> Numbers:
    """Return the numbers among the words: runs of digits joined by commas and points. Of `23rd` the digits count.

    `of` bool (m,): only these words are looked at, those of some texts.

    >>> import pyarrow as pa
    >>> from windvane.stream.text.words import words_of
    >>> numbers(words_of(pa.array(["In 1912 it had 4,300.50 on the 23rd."]))).value.tolist()
    [1912.0, 4300.5, 23.0]
    """
    at = np.flatnonzero(words.number if of is None else words.number & of)
    heads, digits = words.head[at], _digits(words.head[at])
    parts = _parsed(heads, digits).astype(np.float64)
    close = np.zeros(len(at), bool)
    close[1:] = (at[1:] == at[:-1] + 1) & (words.begin[at[1:]] == words.end[at[:-1]] + 1)
    sign = words.raw[words.begin[at] - 1]
    close &= (sign == _COMMA) | (sign == _POINT)
    close &= np.concatenate([[False], digits[:-1] == words.length[at[:-1]]])[: len(at)]
    start = np.flatnonzero(~close)
    size = np.diff(start, append=len(at))
    triple = (digits == 3) & (words.length[at] == 3)
    english, other = parts[start], parts[start]
    for step in range(1, min(int(size.max(initial=1)), _MOST_PARTS)):
        there = np.flatnonzero(size > step)
        part = start[there] + step
        tens = 10.0 ** -digits[part].astype(np.float64)
        for value, thousands in ((english, _COMMA), (other, _POINT)):
            joined = (sign[part] == thousands) & triple[part]
            value[there] = np.where(joined, value[there] * 1000 + parts[part], value[there] + parts[part] * tens)
    keys = np.stack([english, other], 1).view(np.uint64) * MIX[0]
    return Numbers(at[start], at[start + size - 1], digits[start], english, keys)


def spelled(words: Words, at: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return which of the words `at` some places are numbers written out in English, and the keys of their values."""
    found = _SPELLED.look_up(words, at)
    held = np.flatnonzero(found)
    return at[held], (found[held] - 1.0).view(np.uint64) * MIX[0]


def _digits(heads: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return how many digits each head begins with, 8 at most."""
    each = heads.view(np.uint8).reshape(-1, 8)
    other = (each - np.uint8(48)) > 9
    return np.where(other.any(1), other.argmax(1), 8)


def _parsed(heads: NDArray[np.uint64], digits: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return the value of the first `digits` bytes, all eight at once (Langdale and Lemire, 2019)."""
    held = (heads << _MOVES.take(digits)) | _ZEROS.take(digits)
    held = held - np.uint64(0x3030303030303030)
    held = held * np.uint64(10) + (held >> np.uint64(8))
    low, high = np.uint64(0x000000FF000000FF), np.uint64(16)
    left = (held & low) * np.uint64(0x000F424000000064)
    right = ((held >> high) & low) * np.uint64(0x0000271000000001)
    return (left + right) >> np.uint64(32)
