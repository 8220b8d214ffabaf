"""Signs of format in a sentence that tell orders to a machine from talk: a question mark, capitals, markup."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.text.words import GAP, Words

__all__ = ["FORMATS", "FORMAT_LIMIT", "FORMAT_UNIT", "formats"]

FORMATS: Final = (
    "question", "exclamation", "colon", "quote", "capitals", "many capitals", "digits in words", "single letters",
    "hidden characters", "markup", "address", "long word", "mixed scripts",
)  # fmt: skip
FORMAT_UNIT: Final = 6
"""What one sign counts, a multiple of the parts that several of a kind are counted in: sums stay whole numbers."""
FORMAT_LIMIT: Final = 9
"""Two sentences together count no more of one kind."""
_SPACE, _QUOTE, _COLON, _SLASH = (ord(sign) for sign in ' ":/')
_MARKUP: Final = np.zeros(256, bool)
_MARKUP[[ord(sign) for sign in "<>[#={"]] = True
_LONG: Final = 24
_SHOUTED: Final = 4
_SPELLED: Final = 6
_MOST_MARKUP: Final = 6
_MOST_MIXED: Final = 4


def formats(
    words: Words, begin: NDArray[np.int64], size: NDArray[np.int64], text: NDArray[np.int64], owner: NDArray[np.int64],
    mixed: NDArray[np.int64],
) -> NDArray[np.int64]:  # fmt: skip
    """Return the signs of s sentences, int64 (s, len(FORMATS)), in sixths.

    `begin` and `size` are the sentences' words, `text` whose they are, `owner` the sentence of each word, `mixed` the
    words with digits between letters.
    """
    count = len(begin)
    found = np.zeros((count, len(FORMATS)), np.int64)
    if not count:
        return found
    raw, marks = words.raw, words.marks
    start, stop = words.begin[begin], words.end[begin + size - 1]
    sign = raw[marks]
    owners = np.searchsorted(start, marks, side="right") - 1
    # A sign before the first word of a text belongs to that text.
    owners += (owners < 0) | (marks >= words.text[text[owners] + 1] - GAP)
    owners[owners == count] = 0

    def words_in(places: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.bincount(owner[places], minlength=count)

    def signs_in(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(owners[which], minlength=count)

    last = raw[stop]
    last = np.where((last == _SPACE) | (last == _QUOTE), raw[stop + 1], last)
    found[:, 0] = last == ord("?")
    found[:, 1] = last == ord("!")
    found[:, 2] = last == _COLON
    found[:, 3] = signs_in(sign == _QUOTE) > 0
    head, tail = raw[words.begin], raw[words.end - 1]
    shouted = words_in(np.flatnonzero((head - 65 < 26) & (tail - 65 < 26) & (words.length >= _SHOUTED)))
    found[:, 4], found[:, 5] = shouted >= 1, shouted >= 3
    found[:, 7] = words_in(np.flatnonzero((words.length == 1) & (head > 64))) >= _SPELLED
    if not words.ascii:
        found[:, 8], found[:, 12] = _hidden(words, start, count), words_in(_two_scripts(words)) > 0
    found[:, 10] = signs_in((sign == _COLON) & (raw[marks + 1] == _SLASH) & (raw[marks + 2] == _SLASH)) > 0
    found[:, 11] = words_in(np.flatnonzero(words.length >= _LONG)) > 0
    found *= FORMAT_UNIT
    found[:, 6] = np.minimum(words_in(mixed), _MOST_MIXED) * 3
    found[:, 9] = np.minimum(signs_in(_MARKUP.take(sign)), _MOST_MARKUP) * 2
    return found


def _hidden(words: Words, start: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Return in which sentences there are spaces without width (U+200B) or word joiners (U+2060)."""
    raw = words.raw
    at = np.flatnonzero(raw == 0xE2)
    one, two = raw[at + 1], raw[at + 2]
    at = at[((one == 0x80) & (two == 0x8B)) | ((one == 0x81) & (two == 0xA0))]
    return np.bincount(np.maximum(np.searchsorted(start, at, side="right") - 1, 0), minlength=count) > 0


def _two_scripts(words: Words) -> NDArray[np.int64]:
    """Return the words that mix Latin letters with Greek or Cyrillic ones, in their first eight bytes."""
    bytes_ = words.head.view(np.uint8)
    at = np.unique(np.flatnonzero((bytes_ >= 0xCD) & (bytes_ <= 0xD1)) // 8)
    return at[((bytes_.reshape(-1, 8)[at] - 97) < 26).any(axis=1)]
