"""Where sentences begin among the words of texts."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.text.words import Words

__all__ = ["sentence_starts"]

_NEWLINE, _SPACE, _QUOTE, _CLOSE = (ord(sign) for sign in '\n ")')
_STOPS: Final = np.zeros(256, bool)
_STOPS[[ord(sign) for sign in ".!?"]] = True


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
    starts = np.zeros(len(words.begin) + 1, bool)
    sign = words.raw[words.marks]
    after = words.raw[words.marks + 1]
    ends = _STOPS.take(sign) & ((after == _SPACE) | (after == _NEWLINE) | (after == _QUOTE) | (after == _CLOSE))
    starts[np.searchsorted(words.begin, words.marks[ends | (sign == _NEWLINE)])] = True
    if len(words.stops):
        starts[np.searchsorted(words.begin, words.stops)] = True
    starts[words.first[:-1]] = True
    return starts[:-1]
