"""Where sentences begin among the words of texts."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.compiled import compiled
from windvane.stream.text.words import Words

__all__ = ["sentence_starts"]

_NEWLINE: Final = ord("\n")
_STOPS: Final = np.array([chr(sign) in ".!?\n" for sign in range(256)])
_AFTER: Final = np.array([chr(sign) in '\n ")' for sign in range(256)])


def sentence_starts(words: Words) -> NDArray[np.bool_]:
    """Return whether a sentence begins with a word, bool (m,): the first of a text, and the first behind an end.

    An end is a line feed; `.`, `!` or `?` before a space, a line feed, a quote or a closing bracket; or a sign of
    another script that ends a sentence.

    >>> import pyarrow as pa
    >>> from windvane.stream.text.words import words_of
    >>> words = words_of(pa.array(["Pi is 3.14. Isn't it?\\n- yes", "Well"]))
    >>> [bytes(words.raw[at : at + 3]).decode() for at in words.begin[sentence_starts(words)]]
    ['Pi ', 'Isn', 'yes', 'Wel']
    """
    starts = np.zeros(len(words.begin) + 1, np.bool_)
    _start(words.raw, words.marks, words.begin, starts)
    if len(words.stops):
        starts[np.searchsorted(words.begin, words.stops)] = True
    starts[words.first[:-1]] = True
    return starts[:-1]


@compiled
def _start(raw: NDArray[np.uint8], marks: NDArray[np.int64], begin: NDArray[np.int64],
           starts: NDArray[np.bool_]) -> None:  # fmt: skip
    """Mark the word behind each sign that ends a sentence: signs and words are walked side by side."""
    word = 0
    for mark in marks:
        if _STOPS[raw[mark]] and (raw[mark] == _NEWLINE or _AFTER[raw[mark + 1]]):
            while word < len(begin) and begin[word] < mark:
                word += 1
            starts[word] = True
