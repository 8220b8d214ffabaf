"""The sentences of answers, with the items of their lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.text.sentences import sentence_starts
from windvane.stream.text.words import Words

__all__ = ["Sentences", "sentences_of"]

_POINT, _CLOSE, _STAR, _HYPHEN, _BULLET_END = (*b".)*-", 0xA2)
"""The last is that of the three bytes of a bullet."""
_MOST_DIGITS: Final = 2


@dataclass(frozen=True)
class Sentences:
    """k sentences of the answers.

    `start`, `size` int64 (k,): their first words and how many they have; `text` int64 (k,): whose they are; `of_word`
    int64 (m,): the sentence of each word. `opens`, `closes`, `item`, `marked` bool (k,): the first and the last of an
    answer, an item of a list, and one that begins with its number, which says nothing by itself.
    """

    start: NDArray[np.int64]
    size: NDArray[np.int64]
    text: NDArray[np.int64]
    of_word: NDArray[np.int64]
    opens: NDArray[np.bool_]
    closes: NDArray[np.bool_]
    item: NDArray[np.bool_]
    marked: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.start)

    def count(
        self, words: NDArray[np.int64] | NDArray[np.bool_], weights: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """Return how many of the given words each sentence has, or the sum of their weights, float64 (k,)."""
        return np.bincount(self.of_word[words], weights, len(self)).astype(np.float64)


def sentences_of(words: Words) -> Sentences:
    """Return the sentences of answers; an item's number, cut off alone by its point, is joined to its item."""
    total = len(words.begin)
    opening = np.zeros(total + 1, bool)
    opening[words.first[:-1]] = True
    start = np.flatnonzero(words.derived(sentence_starts))
    size = np.diff(start, append=total)
    behind = words.raw[words.end[start]]
    marked = words.number[start] & (words.length[start] <= _MOST_DIGITS) & ((behind == _POINT) | (behind == _CLOSE))
    joined = np.zeros(len(start), bool)
    joined[1:] = (marked & (size == 1))[:-1] & ~opening[start[1:]]
    start, marked = start[~joined], marked[~joined]
    size = np.diff(start, append=total)
    before = words.raw[words.begin[start] - 2]
    item = marked | (before == _STAR) | (before == _HYPHEN) | (before == _BULLET_END)
    opens = opening[start]
    return Sentences(
        start,
        size,
        words.owner[start],
        np.repeat(np.arange(len(start)), size),
        opens,
        np.append(opens[1:], True)[: len(start)],
        item,
        marked,
    )
