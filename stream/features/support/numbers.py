"""The numbers in texts, by value: 4,300 is 4300, and a number that is written out is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.compiled import compiled
from windvane.stream.text.word_table import MIX, WordTable
from windvane.stream.text.words import Words

__all__ = ["SPELLED_UP_TO", "Numbers", "numbers", "spelled"]

_ENGLISH: Final = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty
"""
_SPELLED: Final = WordTable({word: number + 1 for number, word in enumerate(_ENGLISH.split())})
_COMMA, _POINT = ord(","), ord(".")
_BYTE, _ZERO, _TEN = (np.uint64(number) for number in (0xFF, ord("0"), 10))
_TENTHS: Final = 10.0 ** -np.arange(9.0)
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
    which = words.number if of is None else words.number & of
    count = int(np.count_nonzero(which))
    first, last, digits = (np.empty(count, np.int64) for _ in range(3))
    values = np.empty((count, 2))
    count = _read(words.raw, words.begin, words.end, words.head, which, first, last, digits, values)
    values = values[:count]
    return Numbers(first[:count], last[:count], digits[:count], values[:, 0], values.view(np.uint64) * MIX[0])


@compiled
def _read(
    raw: NDArray[np.uint8], begin: NDArray[np.int64], end: NDArray[np.int64], head: NDArray[np.uint64],
    which: NDArray[np.bool_], first: NDArray[np.int64], last: NDArray[np.int64], digits: NDArray[np.int64],
    values: NDArray[np.float64],
) -> int:  # fmt: skip
    """Write the numbers that the words of `which` make, with both their values, and return how many there are.

    Which word goes on with the number before it depends on the one before: a loop.
    """
    count, parts, whole = 0, 0, False
    for word in range(len(which)):
        if not which[word]:
            continue
        held, part = _leading(head[word])
        length = end[word] - begin[word]
        sign = raw[begin[word] - 1]
        close = whole and last[count - 1] == word - 1 and begin[word] == end[word - 1] + 1
        whole = held == length
        if not close or (sign != _COMMA and sign != _POINT):
            first[count] = last[count] = word
            digits[count] = held
            values[count] = part
            count, parts = count + 1, 1
            continue
        last[count - 1] = word
        parts += 1
        if parts <= _MOST_PARTS:
            value = values[count - 1]
            for way, thousands in enumerate((_COMMA, _POINT)):
                if sign == thousands and held == 3 and length == 3:
                    value[way] = value[way] * 1000 + part
                else:
                    value[way] += part * _TENTHS[held]
    return count


@compiled
def _leading(head: np.uint64) -> tuple[int, float]:
    """Return how many digits a head begins with, and the number they make."""
    held, value = 0, np.uint64(0)
    while held < 8 and (head >> np.uint64(8 * held) & _BYTE) - _ZERO < _TEN:
        value = value * _TEN + (head >> np.uint64(8 * held) & _BYTE) - _ZERO
        held += 1
    return held, np.float64(value)


def spelled(words: Words, at: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return which of the words `at` some places are numbers written out in English, and the keys of their values."""
    found = _SPELLED.look_up(words, at)
    held = np.flatnonzero(found)
    return at[held], (found[held] - 1.0).view(np.uint64) * MIX[0]
