"""How much of an answer says again, word for word, what it has said."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.recurring import recurring
from windvane.stream.text.texts import answer_words
from windvane.stream.text.words import Words

__all__ = ["Repetition"]

_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
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
    nothing = np.zeros(0, np.int64)
    if len(words.head) < 4:
        return nothing, nothing
    key = (words.head[:-2] ^ words.owner[:-2].view(np.uint64)) * _ODD
    for ahead in (1, 2):
        key ^= key >> np.uint64(31)
        key += words.head[ahead : len(words.head) - 2 + ahead]
        key *= _ODD
    at = recurring(key)
    at = at[
        (words.owner[at] == words.owner[at + 2]) & ~(words.number[at] & words.number[at + 1] & words.number[at + 2])
    ]
    order = at[np.argsort(key[at], kind="stable")]
    same = np.flatnonzero(key[order[1:]] == key[order[:-1]])
    again, before = order[same + 1], order[same]
    sort = np.argsort(again)
    return again[sort], (again - before)[sort]
