"""How much of an answer says again, word for word, what it has said."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.detector import EventSignal
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import answer_words
from windvane.stream.text.words import Words

__all__ = ["Repetition"]

_ODD, _BYTE, _NINE = (np.uint64(number) for number in (0x9E3779B97F4A7C15, 0xFF, ord("9")))
_WORDS: Final = 12
_BYTES: Final = 50
"""A stretch this long that was said before is said again: a sentence, not a turn of phrase."""


class Repetition(EventSignal):
    """The share of the answer's words that say again, in the same words, what was said before.

    They are in a loop that has come round, or in a stretch of twelve words or more. Lists and tables whose items
    only begin alike are none; nor are rows of numbers.

    >>> from windvane.stream.testing import batch_of
    >>> answers = ["Yes. " + "and so on " * 9, "- the red one\\n- the blue one\\n- the red two", "Yes", None]
    >>> Repetition().score(batch_of({"response": answer} for answer in answers)).round(2).tolist()
    [0.86, 0.0, 0.0, nan]
    """

    name = Signal.REPETITION
    info = SignalInfo(
        unit="share",
        range="0 to 1, below 1",
        columns=("gen_ai_output_messages",),
        source="repeated n-grams after Holtzman et al., arXiv 1904.09751",
        cost_us=2.5,
        doc="The share of the answer's words that say again, in the same words, what was said before: in a loop that "
        "has come round, or in a stretch of twelve words or more.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        words = batch.derived(answer_words)
        again = np.bincount(words.owner[_again(words)], minlength=len(batch))
        with np.errstate(invalid="ignore"):
            return np.asarray(again / np.where(words.counts > 0, words.counts, np.nan))


def _again(words: Words) -> NDArray[np.int64]:
    """Return which words are in a stretch that was said before."""
    at, back = _said_before(words)
    if not len(at):
        return at
    # A stretch: one word after the other whose run of three is found the same number of words before.
    starts = np.flatnonzero(np.concatenate([[True], (np.diff(at) != 1) | (np.diff(back) != 0)]))
    first, distance = at[starts], back[starts]
    last = np.append(at[starts[1:] - 1], at[-1]) + 2
    length = last - first + 1
    loop = (length >= 4) & (length >= 2 * distance) | (length >= 6) & (length >= distance)
    long = (length >= _WORDS) & (words.end[last] - words.begin[first] >= _BYTES)
    change = np.zeros(len(words.begin) + 1, np.int64)
    kept = loop | long
    np.add.at(change, first[kept], 1)
    np.add.at(change, last[kept] + 1, -1)
    return np.flatnonzero(np.cumsum(change[:-1]))


def _said_before(words: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the words that begin a run of three which the text has had before, and how many words before."""
    at, back = np.empty(len(words.head), np.int64), np.empty(len(words.head), np.int64)
    most = int(words.counts.max(initial=1))
    count = _find(words.head, words.first, np.full(1 << (2 * most).bit_length(), -1), at, back)
    return at[:count], back[:count]


@compiled
def _find(
    head: NDArray[np.uint64], first: NDArray[np.int64], table: NDArray[np.int64], found: NDArray[np.int64],
    back: NDArray[np.int64],
) -> int:  # fmt: skip
    """Write them, and return how many there are. `table` holds where each run was last: -1s, room for two per word.

    It is wiped for no text: a place before the text's first word is an empty one.
    """
    count = 0
    for text in range(len(first) - 1):
        begin, bits = first[text], 1
        while 1 << bits < 2 * (first[text + 1] - begin):
            bits += 1
        for at in range(begin, first[text + 1] - 2):
            one, two, three = head[at], head[at + 1], head[at + 2]
            if max(one & _BYTE, two & _BYTE, three & _BYTE) <= _NINE:  # numbers
                continue
            key = one * _ODD
            for more in (two, three):
                key = ((key ^ (key >> np.uint64(31))) + more) * _ODD
            place = np.int64(key >> np.uint64(64 - bits))
            while table[place] >= begin:
                other = table[place]
                if head[other] == one and head[other + 1] == two and head[other + 2] == three:
                    found[count], back[count] = at, at - other
                    count += 1
                    break
                place = (place + 1) & ((1 << bits) - 1)
            table[place] = at
    return count
